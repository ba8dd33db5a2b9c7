import { z } from 'zod';
import { operation } from '../operation.ts';
import {
  clientId,
  cursor,
  flag,
  from,
  hasOneRange,
  id,
  isoTime,
  limit,
  oneRange,
  page,
  period,
  project,
  providerName,
  scenarioId,
  scenarioPlatform,
  tag,
  timeZone,
  to,
  tokenCounts,
  usd,
  usdInput,
} from './common.ts';

const tokens = (title: string, description: string) => z.number().int().meta({ title, description });
const label = (title: string, description: string) => z.string().nullable().meta({ title, description });
const status = z.enum(['open', 'succeeded', 'failed', 'cancelled', 'interrupted']).meta({
  title: 'Status',
  description:
    'open: in progress. cancelled: the client disconnected. interrupted: the gateway stopped mid-call; cost estimated.',
});

const anyStatus = z.enum([...status.options, 'refused']).meta({
  title: 'Status',
  description:
    'cancelled: the client disconnected. interrupted: the gateway stopped mid-call; cost estimated. refused: calls that were not made, the last twenty of each hour, code, key and set of tags. Refused calls are listed only with this filter.',
});

const format = z
  .enum(['json', 'csv'])
  .optional()
  .meta({ title: 'Format', description: 'csv: the whole range as one CSV file, as with `Accept: text/csv`.' });

const forProgram = z.enum(['excel']).optional().meta({
  title: 'For',
  description: "excel: a CSV file that Excel opens as a table, with the separators of the workspace's language.",
});

const timezone = timeZone("The time zone of days and months. Default: the workspace's.").optional();

export const call = z.object({
  id,
  created_at: isoTime.meta({ title: 'Created at', description: 'Time at which the call arrived.' }),
  client_id: label('Client', 'Tag of the call.'),
  project: label('Project', 'Tag of the call.'),
  scenario_id: label('Scenario', 'Tag of the call.'),
  scenario_platform: label('Platform', 'Tag of the call.'),
  execution_id: label('Execution', 'Tag of the call.'),
  organization_id: label('Organization', 'Tag of the call.'),
  node: label('Node', 'Tag of the call.'),
  key_id: id.meta({ title: 'Key', description: 'The key that called.' }),
  model_requested: z.string().meta({ title: 'Model requested', description: 'The model that the caller asked for.' }),
  model: label('Model', 'The model that answered.'),
  provider: label('Provider', 'The provider that answered.'),
  attempts: tokens('Attempts', 'Number of attempts at providers, including the successful one.'),
  status,
  error_code: label('Error', 'The reason why a failed call failed.'),
  input_tokens: tokens('Input tokens', 'Includes cached and cache-write tokens.'),
  cached_tokens: tokens('Cached tokens', 'Input tokens read from a cache.'),
  cache_write_tokens: tokens('Cache-write tokens', 'Input tokens written to a cache.'),
  output_tokens: tokens('Output tokens', 'Includes reasoning tokens.'),
  reasoning_tokens: tokens('Reasoning tokens', 'Output tokens used for reasoning.'),
  cost_usd: usd.meta({ title: 'Cost', description: 'Dollars, with at most nine decimals.' }),
  estimated: z.boolean().meta({
    title: 'Estimated',
    description: 'True when the provider reported no usage and the gateway counted the tokens.',
  }),
  unpriced: z.boolean().meta({
    title: 'Unpriced',
    description: 'True when no price is known for the model, so the cost leaves it out.',
  }),
  ttft_ms: z.number().int().nullable().meta({ title: 'Time to first byte', description: 'Milliseconds.' }),
  total_ms: z.number().int().nullable().meta({ title: 'Total time', description: 'Milliseconds.' }),
  livemode: z.boolean().meta({ title: 'Live mode', description: 'False for calls with test keys.' }),
  cache: z.enum(['hit', 'stored']).nullable().meta({
    title: 'Cache',
    description: 'hit: answered from the response cache. stored: kept there. Null for other calls.',
  }),
  saved_usd: z.number().nullable().meta({
    title: 'Saved',
    description: 'Dollars saved, negative where the call cost more; null where nothing is known to compare it with.',
  }),
});

export const listRequests = operation({
  id: 'usage.requests',
  method: 'GET',
  path: '/v1/usage/requests',
  group: 'Usage',
  label: 'List calls',
  description: 'Lists single calls, newest first.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'anyone',
  input: z.strictObject({
    from,
    to,
    client_id: clientId.optional(),
    project: project.optional(),
    scenario_id: scenarioId.optional(),
    scenario_platform: scenarioPlatform.optional(),
    execution_id: tag('Execution', 'The single run of a scenario.').optional(),
    key_id: id.optional().meta({ title: 'Key', description: 'Calls with this key. GET /v1/keys lists the ids.' }),
    status: anyStatus.optional(),
    model: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ title: 'Model', description: 'Calls that this model answered, as the field `model` names it.' }),
    provider: providerName.optional(),
    failed_over: flag.optional().meta({
      title: 'Failed over',
      description: 'true: calls with more than one attempt. false: calls that the first provider answered.',
    }),
    min_cost_usd: usdInput({ max: 1_000_000 })
      .optional()
      .meta({ title: 'Least cost (USD)', description: 'Calls that cost this much or more.' }),
    id: id.optional().meta({
      title: 'Call',
      description:
        'The call with this request id, which its answer has in a header and a step has as Request ID. It is found in any month, unless From or To is set.',
    }),
    timezone,
    format,
    for: forProgram,
    cursor,
    limit,
  }),
  alternatives: ['text/csv'],
  output: page(call.extend({ status: anyStatus })),
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { client_id: 'acme', limit: 1 },
    output: {
      data: [
        {
          id: 'req_01k2',
          created_at: '2026-11-01T08:00:00.000Z',
          client_id: 'acme',
          project: null,
          scenario_id: '42',
          scenario_platform: 'make',
          execution_id: null,
          organization_id: null,
          node: null,
          key_id: 'key_01k2',
          model_requested: 'gpt-4o-mini',
          model: 'gpt-4o-mini-2024-07-18',
          provider: 'openai',
          attempts: 1,
          status: 'succeeded',
          error_code: null,
          input_tokens: 1200,
          cached_tokens: 0,
          cache_write_tokens: 0,
          output_tokens: 80,
          reasoning_tokens: 0,
          cost_usd: 0.000228,
          estimated: false,
          unpriced: false,
          ttft_ms: 410,
          total_ms: 1280,
          livemode: true,
          cache: null,
          saved_usd: null,
        },
      ],
      next_cursor: null,
    },
  },
  wrong: [
    { input: { limit: 1000 }, because: 'a page has at most 100 rows' },
    { input: { from: 'yesterday' }, because: 'times are ISO 8601' },
    { input: { tag: 'acme' }, because: 'unknown fields are refused' },
    { input: { failed_over: 'perhaps' }, because: 'it is true or false' },
    { input: { min_cost_usd: '-1' }, because: 'a call costs nothing or more' },
  ],
});

const totals = {
  requests: tokens('Requests', 'Finished calls.'),
  ...tokenCounts,
  cost_usd: usd.meta({ title: 'Cost', description: 'Cost at the providers, in dollars, second answers included.' }),
  billable_usd: usd.meta({ title: 'Billable', description: 'Cost including the client’s markup, in dollars.' }),
  estimated_requests: tokens('Estimated requests', 'Calls whose tokens the gateway counted.'),
  cache_hits: tokens('Cache hits', 'Calls that were answered from the response cache.'),
  saved_usd: z.number().meta({
    title: 'Saved',
    description: 'Dollars saved by the choice of models and by caches; negative where it cost more.',
  }),
  second_answers: tokens(
    'Second answers',
    'Calls that the gateway makes to learn for auto: second answers and questions to judges. No other count has them.',
  ),
  second_answers_usd: usd.meta({
    title: 'Cost of second answers',
    description: 'The part of the cost that second answers and judges take, in dollars. No client is billed for it.',
  }),
};

const row = z.object({
  client_id: label('Client', 'The client; null for calls without a client, or when rows are not grouped by client.'),
  project: label('Project', 'Set when rows are grouped by project.'),
  scenario_id: label('Scenario', 'Set when rows are grouped by scenario.'),
  model: label('Model', 'Set when rows are grouped by model.'),
  provider: label('Provider', 'Set when rows are grouped by provider.'),
  scenario_platform: label('Platform', 'Set when rows are grouped by platform.'),
  key_id: label('Key', 'Set when rows are grouped by key.'),
  day: label('Day', 'Set when rows are grouped by day: 2026-11-01.'),
  hour: label('Hour', 'Set when rows are grouped by hour, in local time: 2026-11-01T08:00.'),
  name: label('Name', 'The name of the client or of the key.'),
  ...totals,
  markup_percent: z.number().nullable().meta({
    title: 'Markup',
    description: 'Percentage added to the cost, as set for the client; null for keys that see billed amounts.',
  }),
  currency: z.string().meta({ title: 'Currency', description: 'Billing currency of the client.' }),
  models: z.array(z.string()).meta({ title: 'Models', description: 'The models that answered.' }),
});

const sampleTotals = {
  requests: 1042,
  input_tokens: 1_250_400,
  cached_tokens: 210_000,
  output_tokens: 83_360,
  cost_usd: 2.13,
  billable_usd: 2.556,
  estimated_requests: 3,
  cache_hits: 120,
  saved_usd: 0.31,
  second_answers: 4,
  second_answers_usd: 0.002,
};

export const usageByClient = operation({
  id: 'usage.clients',
  method: 'GET',
  path: '/v1/usage/clients',
  group: 'Usage',
  label: 'Usage by client',
  description:
    'Lists clients with their calls, tokens, cost and the amount to bill. Can list projects, scenarios, models, keys or days instead.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'anyone',
  input: z
    .strictObject({
      period,
      from,
      to,
      client_id: z
        .union([clientId, z.array(clientId).max(100)])
        .optional()
        .meta({
          title: 'Client',
          description: 'Which of your clients the calls are for.',
          'x-field': { options: 'clients.list' },
        }),
      group_by: z
        .enum(['client', 'project', 'scenario', 'model', 'provider', 'platform', 'key', 'day', 'hour'])
        .default('client')
        .meta({ title: 'Group by', description: 'The meaning of a row: one client, one model, one day, and so on.' }),
      timezone,
      format,
      for: forProgram,
      cursor,
      limit,
    })
    .refine(hasOneRange, oneRange),
  alternatives: ['text/csv'],
  output: page(row).extend({
    totals: z.object(totals).meta({ title: 'Totals', description: 'Totals of the whole range, not of this page.' }),
  }),
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { from: '2026-11-01' },
    output: {
      data: [
        {
          client_id: 'acme',
          project: null,
          scenario_id: null,
          model: null,
          provider: null,
          scenario_platform: null,
          key_id: null,
          day: null,
          hour: null,
          name: 'Acme Inc.',
          ...sampleTotals,
          markup_percent: 20,
          currency: 'EUR',
          models: ['gpt-4o-mini-2024-07-18'],
        },
      ],
      next_cursor: null,
      totals: sampleTotals,
    },
  },
  wrong: [
    { input: { timezone: 'Mars/Olympus' }, because: 'there is no such time zone' },
    { input: { group_by: 'weather' }, because: 'usage cannot be grouped by that' },
    { input: { from: 'yesterday' }, because: 'times are ISO 8601' },
    { input: { period: 'last_month', from: '2026-11-01' }, because: 'a period is a range of its own' },
  ],
});
