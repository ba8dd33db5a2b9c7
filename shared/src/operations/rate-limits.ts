import { z } from 'zod';
import { operation } from '../operation.ts';
import { page, perMinute, tag } from './common.ts';

const each = ' "*" gives each a limit of its own.';
const limit = {
  key_id: tag('Key', `Calls with this key.${each}`).optional(),
  client_id: tag('Client', `Calls for this client.${each}`, 'clients.list').optional(),
  scenario_id: tag('Scenario', `Calls of this scenario.${each}`, 'scenarios.list').optional(),
};
const most = (title: string) =>
  perMinute(title).nullable().optional().meta({ title, description: 'The highest number allowed; null for no limit.' });
const stored = z
  .object({
    key_id: z.string().nullable().meta({ title: 'Key', description: 'The key, client or scenario that is limited.' }),
    client_id: z
      .string()
      .nullable()
      .meta({ title: 'Client', description: 'The key, client or scenario that is limited.' }),
    scenario_id: z
      .string()
      .nullable()
      .meta({ title: 'Scenario', description: 'The key, client or scenario that is limited.' }),
    calls_per_minute: z.number().nullable().meta({ title: 'Calls per minute', description: 'Null for no limit.' }),
    tokens_per_minute: z.number().nullable().meta({ title: 'Tokens per minute', description: 'Null for no limit.' }),
    concurrent: z.number().nullable().meta({ title: 'Concurrent calls', description: 'Null for no limit.' }),
  })
  .meta({ title: 'Rate limit', description: 'Calls above this limit are refused with 429.' });

const sample = {
  key_id: null,
  client_id: 'acme',
  scenario_id: null,
  calls_per_minute: 60,
  tokens_per_minute: null,
  concurrent: null,
};

export const setRateLimit = operation({
  id: 'rate-limits.set',
  method: 'PUT',
  path: '/v1/rate-limits',
  group: 'Rate limits',
  label: 'Set a rate limit',
  description:
    'Limits the calls of one key, client or scenario, or of each of them. Fields that are not given are not limited.',
  surfaces: ['dashboard'],
  access: 'member',
  input: z
    .strictObject({
      ...limit,
      calls_per_minute: most('Calls per minute'),
      tokens_per_minute: most('Tokens per minute'),
      concurrent: most('Concurrent calls'),
    })
    .refine(({ key_id, client_id, scenario_id }) => [key_id, client_id, scenario_id].filter(Boolean).length === 1, {
      message: 'must name exactly one of key_id, client_id and scenario_id',
    }),
  output: stored,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { client_id: 'acme', calls_per_minute: 60 }, output: sample },
  wrong: [
    { input: { calls_per_minute: 60 }, because: 'a limit needs a key, a client or a scenario' },
    { input: { client_id: 'acme', calls_per_minute: 0 }, because: 'revoke a key to stop it' },
  ],
});

export const listRateLimits = operation({
  id: 'rate-limits.list',
  method: 'GET',
  path: '/v1/rate-limits',
  group: 'Rate limits',
  label: 'List rate limits',
  description: 'Lists the rate limits. Limits of keys are listed with the keys.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({}),
  output: page(stored),
  errors: ['forbidden'],
  sample: { input: {}, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { client_id: 'acme' }, because: 'it takes no fields' },
    { input: [], because: 'the input is an object' },
  ],
});
