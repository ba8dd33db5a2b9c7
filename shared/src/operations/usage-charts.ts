import { z } from 'zod';
import { operation } from '../operation.ts';
import {
  clientId,
  flag,
  from,
  id,
  modelName,
  numberOrText,
  project,
  providerName,
  scenarioId,
  scenarioPlatform,
  timeZone,
  to,
  usd,
} from './common.ts';

const timezone = timeZone("The time zone of days, weeks and months. Default: the workspace's.").optional();
const key = id
  .optional()
  .meta({ title: 'Key', description: 'Calls with this key, by its id as GET /v1/keys lists it.' });

const tags = {
  client_id: clientId.optional(),
  project: project.optional(),
  scenario_id: scenarioId.optional(),
  scenario_platform: scenarioPlatform.optional(),
  key_id: key,
};

const groups = ['client', 'project', 'scenario', 'model', 'provider', 'platform', 'key'] as const;
const group = z
  .string()
  .nullable()
  .meta({ title: 'Group', description: 'The client, scenario, model and so on. Null for calls without one.' });

export const usageSeries = operation({
  id: 'usage.series',
  method: 'GET',
  path: '/v1/usage/series',
  group: 'Usage',
  label: 'Usage over time',
  description: 'Lists cost, calls or tokens by hour, day, week or month, for a chart.',
  surfaces: ['dashboard'],
  access: 'anyone',
  input: z.strictObject({
    from,
    to,
    metric: z
      .enum(['cost_usd', 'billable_usd', 'requests', 'input_tokens', 'cached_tokens', 'output_tokens', 'tokens'])
      .default('cost_usd')
      .meta({ title: 'Metric', description: 'The figure to add up. `tokens` are input and output together.' }),
    interval: z
      .enum(['hour', 'day', 'week', 'month'])
      .default('day')
      .meta({ title: 'Interval', description: 'The length of a step. Weeks start on Monday.' }),
    group_by: z
      .enum(groups)
      .optional()
      .meta({ title: 'Group by', description: 'A line for each of these. One line for all calls by default.' }),
    top: numberOrText(z.number().int().min(1).max(50).default(10)).meta({
      title: 'Top',
      description: 'How many groups have a line of their own; the others are added up in rows with `rest`.',
    }),
    compare: flag
      .optional()
      .meta({ title: 'Compare', description: 'Also answer the figure of the stretch before, as `before`.' }),
    ...tags,
    timezone,
  }),
  output: z.object({
    data: z
      .array(
        z.object({
          at: z.string().meta({
            title: 'At',
            description: 'The date a day, week or month starts on, or the moment an hour starts.',
          }),
          group,
          rest: z.literal(true).optional().meta({
            title: 'Rest',
            description: 'The row adds up all smaller groups. Its group is `other`, as a client may be named too.',
          }),
          value: z.number().meta({ title: 'Value', description: 'Dollars, calls or tokens.' }),
          before: z
            .number()
            .optional()
            .meta({ title: 'Before', description: 'The figure at the same place of the stretch before.' }),
        }),
      )
      .meta({ title: 'Points', description: 'In the order of time. Steps without calls are left out.' }),
  }),
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { from: '2026-11-01', metric: 'cost_usd', group_by: 'client' },
    output: { data: [{ at: '2026-11-01', group: 'acme', value: 1.32 }] },
  },
  wrong: [
    { input: { metric: 'weather' }, because: 'usage has no such figure' },
    { input: { interval: 'minute' }, because: 'an hour is the shortest step' },
    { input: { top: 0 }, because: 'a chart has a line at least' },
  ],
});

export const usageMovers = operation({
  id: 'usage.movers',
  method: 'GET',
  path: '/v1/usage/movers',
  group: 'Usage',
  label: 'Movers',
  description:
    'Lists what changed most in cost against the stretch of equal length before; a month against the month before, to the same day and hour.',
  surfaces: ['dashboard'],
  access: 'anyone',
  input: z.strictObject({
    from,
    to,
    group_by: z.enum(groups).default('scenario').meta({ title: 'Group by', description: 'The things to compare.' }),
    limit: numberOrText(z.number().int().min(1).max(100).default(20)).meta({
      title: 'Limit',
      description: 'How many rows to answer, 100 at most.',
    }),
    ...tags,
    timezone,
  }),
  output: z.object({
    data: z
      .array(
        z.object({
          group,
          cost_usd: usd.meta({ title: 'Cost', description: 'Dollars in the range.' }),
          before_usd: usd.meta({ title: 'Before', description: 'Dollars in the stretch before.' }),
          change_usd: usd.meta({
            title: 'Change',
            description: 'Dollars more than before; negative where it is less.',
          }),
        }),
      )
      .meta({ title: 'Movers', description: 'The largest change first.' }),
  }),
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { from: '2026-11-24', to: '2026-11-24' },
    output: { data: [{ group: '42', cost_usd: 13.6, before_usd: 4.4, change_usd: 9.2 }] },
  },
  wrong: [
    { input: { group_by: 'weather' }, because: 'calls are not tagged with that' },
    { input: { limit: 1000 }, because: 'there are at most 100 rows' },
  ],
});

const percentiles = (title: string, description: string) =>
  z
    .object({
      p50: z.number().int().meta({ title: 'P50', description: 'Milliseconds; half of the calls took longer.' }),
      p95: z.number().int().meta({ title: 'P95', description: 'Milliseconds; 5 % of the calls took longer.' }),
      p99: z.number().int().meta({ title: 'P99', description: 'Milliseconds; 1 % of the calls took longer.' }),
    })
    .nullable()
    .meta({ title, description });

const by = (title: string, description: string) => z.string().nullable().meta({ title, description });

export const usageLatency = operation({
  id: 'usage.latency',
  method: 'GET',
  path: '/v1/usage/latency',
  group: 'Usage',
  label: 'Latency',
  description:
    'Lists the percentiles of total time and time to first byte of calls that succeeded, within 2.5 % of exact.',
  surfaces: ['dashboard'],
  access: 'anyone',
  input: z.strictObject({
    from,
    to,
    group_by: z
      .enum(['model', 'provider', 'client', 'hour', 'day'])
      .default('model')
      .meta({ title: 'Group by', description: 'A row for each of these.' }),
    model: modelName.optional(),
    provider: providerName.optional(),
    ...tags,
    timezone,
  }),
  output: z.object({
    data: z
      .array(
        z.object({
          model: by('Model', 'Where rows are by model.'),
          provider: by('Provider', 'Where rows are by provider.'),
          client_id: by('Client', 'Where rows are by client; null for calls without one.'),
          hour: by('Hour', 'Where rows are by hour, in local time: 2026-11-01T08:00.'),
          day: by('Day', 'Where rows are by day: 2026-11-01.'),
          n: z.number().int().meta({ title: 'Calls', description: 'Calls that succeeded.' }),
          total_ms: percentiles('Total time', 'Null with fewer than 20 calls.'),
          first_byte_ms: percentiles('Time to first byte', 'Null with fewer than 20 calls.'),
        }),
      )
      .meta({ title: 'Rows', description: 'In the order of their names.' }),
  }),
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { from: '2026-11-01', group_by: 'model' },
    output: {
      data: [
        {
          model: 'gpt-4o-mini-2024-07-18',
          provider: null,
          client_id: null,
          hour: null,
          day: null,
          n: 1042,
          total_ms: { p50: 1280, p95: 4110, p99: 9200 },
          first_byte_ms: { p50: 410, p95: 900, p99: 2100 },
        },
      ],
    },
  },
  wrong: [
    { input: { group_by: 'weather' }, because: 'calls are not measured by that' },
    { input: { timezone: 'Mars/Olympus' }, because: 'there is no such time zone' },
  ],
});
