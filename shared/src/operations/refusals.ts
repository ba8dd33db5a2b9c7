import { z } from 'zod';
import { operation } from '../operation.ts';
import {
  clientId,
  cursor,
  from,
  id,
  isoTime,
  limit,
  page,
  project,
  scenarioId,
  scenarioPlatform,
  to,
} from './common.ts';

const code = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .meta({ title: 'Code', description: 'Refusals with this error code, such as budget_exceeded.' });

const filters = {
  from,
  to,
  code,
  client_id: clientId.optional(),
  project: project.optional(),
  scenario_id: scenarioId.optional(),
  scenario_platform: scenarioPlatform.optional(),
  key_id: id.optional().meta({ title: 'Key', description: 'Calls with this key, by its id as GET /v1/keys lists it.' }),
  budget_id: id.optional().meta({ title: 'Budget', description: 'Calls that this budget could not pay for.' }),
};

const tag = (title: string) => z.string().nullable().meta({ title, description: 'Tag of the calls.' });
const count = z.number().int().meta({ title: 'Count', description: 'How many calls were refused.' });
const errorCode = z.string().meta({ title: 'Code', description: 'The error code that the callers got.' });

export const refusal = z.object({
  hour: isoTime.meta({ title: 'Hour', description: 'When the hour starts in which they were refused.' }),
  code: errorCode,
  count,
  message: z.string().nullable().meta({
    title: 'Message',
    description: 'The message that the last caller got. Null where it names amounts that this key may not see.',
  }),
  model: z.string().nullable().meta({ title: 'Model', description: 'The model that the last of them asked for.' }),
  client_id: tag('Client'),
  project: tag('Project'),
  scenario_id: tag('Scenario'),
  scenario_platform: tag('Platform'),
  key_id: id.meta({ title: 'Key', description: 'The key that called.' }),
  budget_id: id.nullable().meta({ title: 'Budget', description: 'The budget that could not pay.' }),
  first_at: isoTime.meta({ title: 'First at', description: 'The first refusal of the hour.' }),
  last_at: isoTime.meta({ title: 'Last at', description: 'The last refusal of the hour.' }),
  request_ids: z
    .array(z.string())
    .meta({ title: 'Request ids', description: 'The ids of the last 20 of these calls, the newest first.' }),
});

const sampleRefusal = {
  hour: '2026-11-01T08:00:00.000Z',
  code: 'budget_exceeded',
  count: 37,
  message:
    'Budget "Acme" has $0.11 of $5.00 left, too little for this call. Raise it, or wait for the reset on 1 December.',
  model: 'gpt-4o-mini',
  client_id: 'acme',
  project: null,
  scenario_id: '42',
  scenario_platform: 'make',
  key_id: 'key_01k2',
  budget_id: 'bud_01k2',
  first_at: '2026-11-01T08:02:11.000Z',
  last_at: '2026-11-01T08:41:09.000Z',
  request_ids: ['req_01k2'],
};

export const listRefusals = operation({
  id: 'refusals.list',
  method: 'GET',
  path: '/v1/refusals',
  group: 'Usage',
  label: 'List refusals',
  description:
    'Lists the calls that were refused, such as those over a budget: how many an hour, by code, tags, key and budget.',
  surfaces: ['dashboard'],
  access: 'anyone',
  input: z.strictObject({ ...filters, cursor, limit }),
  output: page(refusal),
  errors: ['invalid_request', 'forbidden'],
  sample: { input: { client_id: 'acme', limit: 1 }, output: { data: [sampleRefusal], next_cursor: null } },
  wrong: [
    { input: { limit: 1000 }, because: 'a page has at most 100 rows' },
    { input: { from: 'yesterday' }, because: 'times are ISO 8601' },
  ],
});

export const summarizeRefusals = operation({
  id: 'refusals.summary',
  method: 'GET',
  path: '/v1/refusals/summary',
  group: 'Usage',
  label: 'Count refusals',
  description: 'Counts the calls that were refused by error code, the most frequent code first.',
  surfaces: ['dashboard'],
  access: 'anyone',
  input: z.strictObject(filters),
  output: z.object({
    data: z
      .array(
        z.object({
          code: errorCode,
          count,
          last_at: isoTime.meta({ title: 'Last at', description: 'The last of these refusals.' }),
        }),
      )
      .meta({ title: 'Codes', description: 'A row for each error code.' }),
    total: z.number().int().meta({ title: 'Total', description: 'All refusals of the range.' }),
  }),
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { from: '2026-11-01' },
    output: { data: [{ code: 'budget_exceeded', count: 37, last_at: '2026-11-01T08:41:09.000Z' }], total: 37 },
  },
  wrong: [
    { input: { from: 'yesterday' }, because: 'times are ISO 8601' },
    { input: { tag: 'acme' }, because: 'unknown fields are refused' },
  ],
});
