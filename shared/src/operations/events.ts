import { z } from 'zod';
import { sampleBudget } from './budgets.ts';
import { id, isoTime, livemode } from './common.ts';

const eventTypes = [
  'budget.threshold_reached',
  'budget.exceeded',
  'budget.reset',
  'scenario.paused',
  'scenario.resumed',
  'provider.down',
  'provider.recovered',
  'provider.refused_account',
  'latency.degraded',
  'client.lookalike',
  'experiment.decided',
  'experiment.guard_tripped',
  'incident.opened',
  'incident.updated',
  'incident.resolved',
  'prompt.published',
  'rule.unreachable',
  'auto.task_cleared',
  'auto.task_withdrawn',
] as const;
export type EventType = (typeof eventTypes)[number];

export const eventType = z.enum(eventTypes).meta({ title: 'Type', description: 'The kind of event.' });

/** An event, sent by webhook and listed for polling. `data` depends on the type; docs/webhooks.md has each. */
export const gatewayEvent = z
  .object({
    id: id.meta({ title: 'Id', description: 'The same in every delivery of this event. Ignore duplicates.' }),
    type: eventType,
    created_at: isoTime.meta({ title: 'Created at', description: 'Time of the event.' }),
    livemode,
    data: z.record(z.string(), z.unknown()).meta({
      title: 'Data',
      description: 'Data of the event. A budget alert has the budget, the percentage and the tags of the call.',
    }),
  })
  .meta({ title: 'Event', description: 'An event, such as a budget alert.' });

export const sampleEvent = {
  id: 'evt_01k2',
  type: 'budget.threshold_reached' as const,
  created_at: '2026-11-01T08:00:00.000Z',
  livemode: true,
  data: {
    budget: sampleBudget,
    percent: 80,
    client_id: 'acme',
    project: null,
    scenario_id: '42',
    scenario_platform: 'make',
    execution_id: null,
  },
};
