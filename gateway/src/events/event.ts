import type { EventType } from '@ai-gateway/shared/operations/events';

/** Something that happened, on its way into the outbox. */
export interface NewEvent {
  workspaceId: string;
  livemode: boolean;
  type: EventType;
  clientId?: string | undefined;
  project?: string | undefined;
  scenarioId?: string | undefined;
  budgetId?: string | undefined;
  percent?: number | undefined;
  data: Record<string, unknown>;
}

/** Pauses and their ends. One without a client and a project is for all calls of the scenario. */
export function isOfScenario(type: EventType): boolean {
  return type === 'scenario.paused' || type === 'scenario.resumed';
}
