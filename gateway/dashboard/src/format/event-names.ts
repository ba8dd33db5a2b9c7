import type { OutputOf } from '@ai-gateway/shared/contract';

type EventType = OutputOf<'events.list'>['data'][number]['type'];

/** Kinds of alerts in words: the codes are for programs. */
const names: Readonly<Record<EventType, string>> = {
  'budget.threshold_reached': 'Budget near its limit',
  'budget.exceeded': 'Budget at its limit',
  'budget.reset': 'Budget reset',
  'scenario.paused': 'Scenario paused',
  'scenario.resumed': 'Scenario resumed',
  'provider.down': 'Provider failing',
  'provider.recovered': 'Provider answers again',
  'provider.refused_account': 'Account refused by a provider',
  'latency.degraded': 'Slow model',
  'client.lookalike': 'Lookalike name',
  'experiment.decided': 'Experiment decided',
  'experiment.guard_tripped': 'Experiment arm stopped',
  'incident.opened': 'Incident',
  'incident.updated': 'Incident updated',
  'incident.resolved': 'Incident resolved',
  'prompt.published': 'Prompt published',
  'rule.unreachable': 'Unreachable rule',
  'auto.task_cleared': 'Task cleared for a small model',
  'auto.task_withdrawn': 'Task withdrawn from a small model',
};

export function eventName(type: EventType): string {
  return names[type];
}
