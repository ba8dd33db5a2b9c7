import { z } from 'zod';
import { operation } from '../operation.ts';
import { cursor, isoTime, limit, page, scenarioId, usd, usdInput } from './common.ts';

const reason = z.string().trim().max(500);

export const scenario = z
  .object({
    id: scenarioId,
    name: z
      .string()
      .nullable()
      .meta({ title: 'Name', description: 'The name that people gave it; null without one, and for locked keys.' }),
    platform: z
      .string()
      .nullable()
      .meta({ title: 'Platform', description: 'The platform where it runs, as named by its calls.' }),
    state: z
      .enum(['running', 'paused'])
      .meta({ title: 'State', description: 'running, or paused: its calls are refused.' }),
    reason: z.string().nullable().meta({ title: 'Reason', description: 'The reason for the pause.' }),
    by: z
      .string()
      .nullable()
      .meta({ title: 'Paused by', description: 'The name of the key that paused it, or `loop_breaker`.' }),
    since: isoTime.nullable().meta({ title: 'Paused since', description: 'Time of the pause.' }),
    clients: z
      .array(
        z.object({
          client_id: z.string().meta({ title: 'Client', description: 'Tag of the calls.' }),
          name: z.string().meta({ title: 'Name', description: 'The name of the client, or its id.' }),
        }),
      )
      .meta({
        title: 'Clients',
        description:
          'The clients of its calls in the 31 days before the last one, the busiest five; none for locked keys.',
      }),
    client_count: z
      .number()
      .int()
      .meta({ title: 'Number of clients', description: 'All clients of these calls, also those not listed.' }),
    last_call_at: isoTime.nullable().meta({ title: 'Last call', description: 'Time of its last call.' }),
    spent_today_usd: usd.meta({
      title: 'Spent today',
      description: "Dollars since midnight, by the workspace's time zone.",
    }),
    spent_period_usd: usd.meta({
      title: 'Spent this month',
      description: "Dollars since the first of the month, by the workspace's time zone.",
    }),
    calls_per_minute: z.number().meta({ title: 'Calls per minute', description: 'Calls in the last minute.' }),
    source_stop: z
      .object({
        ok: z.boolean().meta({ title: 'Succeeded', description: 'Whether the platform confirmed the stop.' }),
        answer: z.string().meta({ title: 'Answer', description: 'The answer of the platform.' }),
        at: isoTime.meta({ title: 'Time', description: 'Time of the request to the platform.' }),
      })
      .nullable()
      .meta({
        title: 'Source stop',
        description: 'Result of stopping it at its platform; null without a stored connection.',
      }),
  })
  .meta({ title: 'Scenario', description: 'A scenario, zap or workflow that makes calls.' });

export const sampleScenario = {
  id: '42',
  name: 'Newsletter',
  platform: 'make',
  state: 'paused' as const,
  reason: 'It made more than 1,000 calls in a minute.',
  by: 'loop_breaker',
  since: '2026-11-01T02:14:09.000Z',
  clients: [{ client_id: 'acme', name: 'Acme Ltd' }],
  client_count: 1,
  last_call_at: '2026-11-01T02:14:09.000Z',
  spent_today_usd: 3.2,
  spent_period_usd: 3.2,
  calls_per_minute: 1001,
  source_stop: null,
};

export const listScenarios = operation({
  id: 'scenarios.list',
  method: 'GET',
  path: '/v1/scenarios',
  group: 'Scenarios',
  label: 'List scenarios',
  description: 'Lists scenarios that have called, with state, rate and spending, latest first.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'anyone',
  input: z.strictObject({
    state: scenario.shape.state.optional(),
    search: z.string().max(200).optional().meta({ title: 'Search', description: 'Part of the id or the name.' }),
    cursor,
    limit,
  }),
  output: page(scenario),
  errors: ['forbidden'],
  sample: { input: { state: 'paused' }, output: { data: [sampleScenario], next_cursor: null } },
  wrong: [
    { input: { state: 'sleeping' }, because: 'there is no such state' },
    { input: { platform: 'make' }, because: 'unknown fields are refused' },
  ],
});

export const pauseScenario = operation({
  id: 'scenarios.pause',
  method: 'POST',
  path: '/v1/scenarios/:id/pause',
  group: 'Scenarios',
  label: 'Pause a scenario',
  description:
    'Pauses a scenario. Its calls are refused from now on. With a stored connection it is stopped at its platform too.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'member',
  input: z.strictObject({
    id: scenarioId,
    reason: reason.optional().meta({ title: 'Reason', description: 'Shown in the error message.' }),
  }),
  output: scenario,
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { id: '42', reason: 'Under repair' },
    output: { ...sampleScenario, reason: 'Under repair', by: 'Owner' },
  },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: '42', until: 'tomorrow' }, because: 'unknown fields are refused' },
  ],
});

export const resumeScenario = operation({
  id: 'scenarios.resume',
  method: 'POST',
  path: '/v1/scenarios/:id/resume',
  group: 'Scenarios',
  label: 'Resume a scenario',
  description: 'Resumes a scenario: allows its calls again and resets its counters.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'member',
  input: z.strictObject({ id: scenarioId }),
  output: scenario,
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { id: '42' },
    output: { ...sampleScenario, state: 'running', reason: null, by: null, since: null, calls_per_minute: 0 },
  },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: '42', reason: 'Repaired' }, because: 'unknown fields are refused' },
  ],
});

const limitsWith = <Usd extends z.ZodType>(amount: Usd) => ({
  max_usd_per_hour: amount.nullable().meta({
    title: 'Dollars per hour',
    description: 'Spending more than this in an hour pauses the scenario; null for no limit.',
  }),
  max_calls_per_minute: z.number().int().min(1).max(10_000_000).nullable().meta({
    title: 'Calls per minute',
    description: 'More calls than this in a minute pause the scenario; null for no limit.',
  }),
  max_repeats: z.number().int().min(1).max(10_000_000).nullable().meta({
    title: 'Repeats',
    description: 'Sending the same prompt more often than this in ten minutes pauses the scenario; null for no limit.',
  }),
});
const limits = limitsWith(usdInput({ above: 0, max: 1_000_000 }));
const limitsOf = scenarioId.meta({
  title: 'Scenario',
  description: 'The scenario; "*" for the default of all scenarios without limits of their own.',
  'x-field': { options: 'scenarios.list' },
});
const scenarioLimits = z
  .object({
    scenario_id: z.string().meta({ title: 'Scenario', description: 'The scenario; "*" for the default of all.' }),
    ...limitsWith(z.number()),
  })
  .meta({ title: 'Limits', description: 'Limits at which the loop breaker pauses a scenario.' });
const sampleLimits = { scenario_id: '42', max_usd_per_hour: 20, max_calls_per_minute: 1000, max_repeats: 250 };

export const getLimits = operation({
  id: 'scenarios.limits.get',
  method: 'GET',
  path: '/v1/scenarios/:id/limits',
  group: 'Scenarios',
  label: 'Get a scenario’s limits',
  description: 'Gets the limits at which the loop breaker pauses the scenario: its own, or the default of all.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ id: limitsOf }),
  output: scenarioLimits,
  errors: ['forbidden'],
  sample: { input: { id: '42' }, output: sampleLimits },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: '42', at: 'now' }, because: 'unknown fields are refused' },
  ],
});

export const setLimits = operation({
  id: 'scenarios.limits.set',
  method: 'PUT',
  path: '/v1/scenarios/:id/limits',
  group: 'Scenarios',
  label: 'Set a scenario’s limits',
  description: 'Changes the limits that are given; null switches a limit off.',
  surfaces: ['dashboard'],
  access: 'member',
  input: z.strictObject({
    id: limitsOf,
    max_usd_per_hour: limits.max_usd_per_hour.optional(),
    max_calls_per_minute: limits.max_calls_per_minute.optional(),
    max_repeats: limits.max_repeats.optional(),
  }),
  output: scenarioLimits,
  errors: ['invalid_request', 'forbidden'],
  sample: { input: { id: '42', max_usd_per_hour: 20 }, output: sampleLimits },
  wrong: [
    { input: { id: '42', max_repeats: 0 }, because: 'nothing could run' },
    { input: { id: '42', max_tokens: 5 }, because: 'unknown fields are refused' },
  ],
});
