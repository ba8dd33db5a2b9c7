import { z } from 'zod';
import { operation } from '../operation.ts';
import { credential, cursor, isoTime, leastUsd, limit, page, scenarioId, scenarioPlatform, usd } from './common.ts';

const reason = z.string().trim().max(500);

export const scenario = z
  .object({
    id: scenarioId,
    platform: z.string().nullable().meta({ title: 'Platform', description: 'Where it runs, as its calls say.' }),
    state: z.enum(['running', 'paused']).meta({ title: 'State', description: 'Paused: its calls are refused.' }),
    reason: z.string().nullable().meta({ title: 'Reason', description: 'Why it is paused.' }),
    by: z
      .string()
      .nullable()
      .meta({ title: 'Paused by', description: 'Who paused it: a key’s name, or `loop_breaker`.' }),
    since: isoTime.nullable().meta({ title: 'Paused since', description: 'When it was paused.' }),
    last_call_at: isoTime.nullable().meta({ title: 'Last call', description: 'When it last called.' }),
    spent_today_usd: usd.meta({ title: 'Spent today', description: 'Dollars since midnight UTC.' }),
    spent_period_usd: usd.meta({ title: 'Spent this month', description: 'Dollars since the first, UTC.' }),
    calls_per_minute: z.number().meta({ title: 'Calls per minute', description: 'Calls in the last minute.' }),
    source_stop: z
      .object({
        ok: z.boolean().meta({ title: 'Succeeded', description: 'Whether the platform confirmed the stop.' }),
        answer: z.string().meta({ title: 'Answer', description: 'What the platform answered.' }),
        at: isoTime.meta({ title: 'Time', description: 'When it was asked.' }),
      })
      .nullable()
      .meta({ title: 'Source stop', description: 'Where a connection is stored: how the stop there went.' }),
  })
  .meta({ title: 'Scenario', description: 'A scenario, zap or workflow that makes calls.' });

export const sampleScenario = {
  id: '42',
  platform: 'make',
  state: 'paused' as const,
  reason: 'It made 1,001 calls in a minute; its limit is 1,000.',
  by: 'loop_breaker',
  since: '2026-11-01T02:14:09.000Z',
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
  description: 'Lists scenarios that have called, with state, rate and spending, the latest first.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'anyone',
  input: z.strictObject({
    state: scenario.shape.state.optional(),
    search: z.string().max(200).optional().meta({ title: 'Search', description: 'Part of its id.' }),
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
    'Pauses a scenario: its calls are refused from now on. With a stored connection it is stopped at its source too.',
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

const limits = {
  max_usd_per_hour: z
    .number()
    .min(leastUsd)
    .max(1_000_000)
    .nullable()
    .meta({ title: 'Dollars per hour', description: 'More than this in an hour pauses it; null: no such limit.' }),
  max_calls_per_minute: z
    .number()
    .int()
    .min(1)
    .max(10_000_000)
    .nullable()
    .meta({ title: 'Calls per minute', description: 'More than this in a minute pauses it; null: no such limit.' }),
  max_repeats: z.number().int().min(1).max(10_000_000).nullable().meta({
    title: 'Repeats',
    description: 'The same prompt more often than this in ten minutes pauses it; null: no such limit.',
  }),
};
const limitsOf = scenarioId.meta({
  title: 'Scenario',
  description: 'Which scenario; "*" for the limits of all that have none of their own.',
  'x-field': { options: 'scenarios.list' },
});
const scenarioLimits = z
  .object({ scenario_id: z.string().meta({ title: 'Scenario', description: '"*" for all.' }), ...limits })
  .meta({ title: 'Limits', description: 'What the loop breaker pauses a scenario for.' });
const sampleLimits = { scenario_id: '42', max_usd_per_hour: 20, max_calls_per_minute: 1000, max_repeats: 250 };

export const getLimits = operation({
  id: 'scenarios.limits.get',
  method: 'GET',
  path: '/v1/scenarios/:id/limits',
  group: 'Scenarios',
  label: 'Get a scenario’s limits',
  description: 'What the loop breaker pauses it for: its own limits, else those of all.',
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
  description: 'Changes what is given; null switches a limit off.',
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

export const createConnection = operation({
  id: 'connections.create',
  method: 'POST',
  path: '/v1/connections',
  group: 'Scenarios',
  label: 'Connect a platform',
  description: 'Lets the gateway stop a scenario at its source when it is paused here.',
  surfaces: ['dashboard'],
  access: 'owner',
  changesEveryCall: true,
  status: 201,
  input: z.strictObject({
    platform: z.enum(['make', 'n8n']).meta({ title: 'Platform', description: 'Where scenarios run.' }),
    base_url: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .meta({ title: 'Base URL', description: 'https://eu1.make.com, or the address of your n8n.' }),
    token: credential(2_000).meta({ title: 'API token', description: 'Kept encrypted.' }),
    team_id: z
      .string()
      .trim()
      .max(100)
      .optional()
      .meta({ title: 'Team', description: 'Make’s team, for your records.' }),
  }),
  output: connection(),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: {
    input: { platform: 'make', base_url: 'https://eu1.make.com', token: 'secret-token-9f3a' },
    output: { id: 'con_01k2', platform: 'make', base_url: 'https://eu1.make.com', token_hint: '9f3a', team_id: null },
  },
  wrong: [
    {
      input: { platform: 'zapier', base_url: 'https://zapier.com', token: 'x' },
      because: 'Zapier stops no zap from outside',
    },
    { input: { platform: 'make', base_url: 'eu1.make.com', token: 'x' }, because: 'a URL begins with https://' },
  ],
});

export const listConnections = operation({
  id: 'connections.list',
  method: 'GET',
  path: '/v1/connections',
  group: 'Scenarios',
  label: 'List connections',
  description: 'The platforms this workspace is connected to, never their tokens.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({}),
  output: page(connection()),
  errors: ['forbidden'],
  sample: {
    input: {},
    output: {
      data: [{ id: 'con_01k2', platform: 'make', base_url: 'https://eu1.make.com', token_hint: '9f3a', team_id: null }],
      next_cursor: null,
    },
  },
  wrong: [
    { input: { platform: 'make' }, because: 'it takes no fields' },
    { input: [], because: 'the input is an object' },
  ],
});

export const removeConnection = operation({
  id: 'connections.remove',
  method: 'DELETE',
  path: '/v1/connections/:id',
  group: 'Scenarios',
  label: 'Remove a connection',
  description: 'Scenarios of that platform are refused here only from now on.',
  surfaces: ['dashboard'],
  access: 'owner',
  changesEveryCall: true,
  status: 204,
  input: z.strictObject({ id: z.string().min(1).max(100).meta({ title: 'Connection', description: 'Which one.' }) }),
  output: z.null().meta({ title: 'Nothing', description: 'The answer has no body.' }),
  errors: ['forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'con_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'con_01k2', force: true }, because: 'unknown fields are refused' },
  ],
});

function connection() {
  return z.object({
    id: z.string().meta({ title: 'Id', description: 'An opaque id.' }),
    platform: scenarioPlatform,
    base_url: z.string().meta({ title: 'Base URL', description: 'Where it is.' }),
    token_hint: z.string().meta({ title: 'Token hint', description: 'Its last four characters.' }),
    team_id: z.string().nullable().meta({ title: 'Team', description: 'Make’s team.' }),
  });
}
