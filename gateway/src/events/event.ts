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

/** Thousands of events at once take some seconds of their own. */
const aheadMaxMs = 60_000;

/**
 * The time of the event after the latest one: one after the other, also within a millisecond, since lists by time show them as they happened. Not after a
 * clock that was set back by more than that: events of a year ahead would hide those of other processes from everybody who polls.
 */
export function nextEventMs(latestMs: number, nowMs: number): number {
  const nextMs = latestMs + 1;
  return nextMs > nowMs && nextMs - nowMs <= aheadMaxMs ? nextMs : nowMs;
}
