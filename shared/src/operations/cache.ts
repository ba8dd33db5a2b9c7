import { z } from 'zod';
import { operation } from '../operation.ts';
import { clientId, isoTime, nothing, project, usd } from './common.ts';

const count = (title: string, description: string) => z.number().int().meta({ title, description });

/** How a key, a rule or a prompt turns the response cache on. */
export const cacheSetting = z.strictObject({
  ttl_seconds: z
    .number()
    .int()
    .min(1)
    .max(2_592_000)
    .meta({ title: 'Seconds', description: 'How long an answer is kept: 1 second to 30 days.' }),
  scope: z.enum(['client', 'workspace', 'key']).optional().meta({
    title: 'Scope',
    description:
      'The calls that share an answer: those of one client, of the workspace or of one key. Default: client for calls with a client.',
  }),
});

export const clearCache = operation({
  id: 'cache.clear',
  method: 'DELETE',
  path: '/v1/cache',
  group: 'Usage',
  label: 'Clear the cache',
  description:
    'Deletes kept answers, so that models answer again. Without a filter, all of them at once, on every process.',
  surfaces: ['dashboard'],
  access: 'member',
  workspaceWide: true,
  status: 204,
  input: z.strictObject({
    client_id: clientId.optional(),
    project: project.optional(),
    prompt_id: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .meta({ title: 'Prompt', description: 'Answers to calls that were made from this prompt.' }),
    model: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ title: 'Model', description: 'Answers of this model, as the field `model` of a call names it.' }),
  }),
  output: nothing,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: { input: { client_id: 'acme' }, output: null },
  wrong: [
    { input: { client: 'acme' }, because: 'unknown fields are refused' },
    { input: { client_id: '' }, because: 'a client has a name' },
  ],
});

export const cacheStats = operation({
  id: 'cache.stats',
  method: 'GET',
  path: '/v1/cache/stats',
  group: 'Usage',
  label: 'Show the cache',
  description: 'Shows how many answers are kept, how much room they take, and what they saved in the last 30 days.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({}),
  output: z.object({
    entries: count('Answers', 'Answers that are kept.'),
    max_entries: count('Most answers', 'The most answers of a workspace; those that expire soonest are deleted first.'),
    bytes: count('Bytes', 'Room that they take.'),
    max_bytes: count('Most bytes', 'The most room of a workspace.'),
    entry_hits: count('Hits of these', 'Calls that the answers kept now have answered.'),
    oldest_at: isoTime.nullable().meta({ title: 'Oldest', description: 'Time of the oldest answer; null for none.' }),
    last_30_days: z
      .object({
        requests: count(
          'Calls',
          'Finished calls, hits included. Second answers, which `auto` learns from, are left out.',
        ),
        cache_hits: count('Cache hits', 'Calls that were answered from the cache.'),
        saved_usd: usd.meta({ title: 'Saved', description: 'Cost of the answers when they were made, in dollars.' }),
      })
      .meta({ title: 'Last 30 days', description: 'Calls of the last 30 days.' }),
  }),
  errors: ['forbidden', 'tag_forbidden'],
  sample: {
    input: {},
    output: {
      entries: 412,
      max_entries: 50_000,
      bytes: 903_112,
      max_bytes: 268_435_456,
      entry_hits: 1_530,
      oldest_at: '2026-11-28T09:12:00.000Z',
      last_30_days: { requests: 20_400, cache_hits: 4_210, saved_usd: 3.18 },
    },
  },
  wrong: [
    { input: { client_id: 'acme' }, because: 'it shows the whole cache' },
    { input: { limit: 1 }, because: 'unknown fields are refused' },
  ],
});
