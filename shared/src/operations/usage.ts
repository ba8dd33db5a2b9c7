import { z } from 'zod';
import { operation } from '../operation.ts';
import {
  clientId,
  cursor,
  id,
  isoTime,
  limit,
  moment,
  page,
  project,
  scenarioId,
  scenarioPlatform,
  tag,
  usd,
} from './common.ts';

const tokens = (title: string, description: string) => z.number().int().meta({ title, description });
const label = (title: string, description: string) => z.string().nullable().meta({ title, description });
const status = z.enum(['open', 'succeeded', 'failed', 'cancelled', 'interrupted']).meta({
  title: 'Status',
  description:
    'open: under way. cancelled: the client hung up. interrupted: the gateway was cut down; settled by estimate.',
});

const call = z.object({
  id,
  created_at: isoTime.meta({ title: 'Created at', description: 'When the call came in.' }),
  client_id: label('Client', 'Tag of the call.'),
  project: label('Project', 'Tag of the call.'),
  scenario_id: label('Scenario', 'Tag of the call.'),
  scenario_platform: label('Platform', 'Tag of the call.'),
  execution_id: label('Execution', 'Tag of the call.'),
  organization_id: label('Organization', 'Tag of the call.'),
  node: label('Node', 'Tag of the call.'),
  key_id: id.meta({ title: 'Key', description: 'The key that called.' }),
  model_requested: z.string().meta({ title: 'Model requested', description: 'What the caller asked for.' }),
  model: label('Model', 'What answered.'),
  provider: label('Provider', 'Who answered.'),
  attempts: tokens('Attempts', 'Provider tries, the good one included.'),
  status,
  error_code: label('Error', 'Why a failed call failed.'),
  input_tokens: tokens('Input tokens', 'Cached and cache-write tokens included.'),
  cached_tokens: tokens('Cached tokens', 'Of the input, read from a cache.'),
  cache_write_tokens: tokens('Cache-write tokens', 'Of the input, written to a cache.'),
  output_tokens: tokens('Output tokens', 'Reasoning included.'),
  reasoning_tokens: tokens('Reasoning tokens', 'Of the output.'),
  cost_usd: usd.meta({ title: 'Cost', description: 'Dollars, with at most nine decimals.' }),
  estimated: z
    .boolean()
    .meta({ title: 'Estimated', description: 'The provider reported no usage; tokens were counted here.' }),
  ttft_ms: z.number().int().nullable().meta({ title: 'Time to first byte', description: 'Milliseconds.' }),
  total_ms: z.number().int().nullable().meta({ title: 'Total time', description: 'Milliseconds.' }),
  livemode: z.boolean().meta({ title: 'Live mode', description: 'False for calls of test keys.' }),
});

export const listRequests = operation({
  id: 'usage.requests',
  method: 'GET',
  path: '/v1/usage/requests',
  group: 'Usage',
  label: 'List calls',
  description: 'The single calls, newest first.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'anyone',
  input: z.strictObject({
    from: moment
      .optional()
      .meta({ title: 'From', description: 'The first moment, inclusive; the start of this month where not given.' }),
    to: moment.optional().meta({ title: 'To', description: 'The end, exclusive; now where not given.' }),
    client_id: clientId.optional(),
    project: project.optional(),
    scenario_id: scenarioId.optional(),
    scenario_platform: scenarioPlatform.optional(),
    execution_id: tag('Execution', 'The single run of a scenario.').optional(),
    key_id: id.optional().meta({ title: 'Key', description: 'Calls of this key only.' }),
    status: status.optional(),
    cursor,
    limit,
  }),
  output: page(call),
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
          ttft_ms: 410,
          total_ms: 1280,
          livemode: true,
        },
      ],
      next_cursor: null,
    },
  },
  wrong: [
    { input: { limit: 1000 }, because: 'a page has at most 100 rows' },
    { input: { from: 'yesterday' }, because: 'times are ISO 8601' },
    { input: { tag: 'acme' }, because: 'unknown fields are refused' },
  ],
});
