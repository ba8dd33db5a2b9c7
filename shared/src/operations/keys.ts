import { z } from 'zod';
import { operation } from '../operation.ts';
import { cacheSetting } from './cache.ts';
import {
  clientId,
  id,
  isoTime,
  nothing,
  page,
  project,
  rateLimit,
  role,
  scenarioId,
  scenarioPlatform,
} from './common.ts';

const mode = z.enum(['live', 'test']).meta({
  title: 'Mode',
  description: 'live: calls cost money at the providers. test: the sandbox answers, free of charge.',
});
const tags = z
  .strictObject({
    client_id: clientId.optional(),
    project: project.optional(),
    scenario_id: scenarioId.optional(),
    scenario_platform: scenarioPlatform.optional(),
  })
  .meta({ title: 'Tags', description: 'Tags of its calls, unless a call names its own.' });
const lockedTags = z
  .array(z.enum(['client_id', 'project', 'scenario_id', 'scenario_platform']))
  .meta({ title: 'Locked tags', description: 'Tags that calls with this key cannot change.' });
const key = z.object({
  id,
  name: z.string().meta({ title: 'Name', description: 'A name to recognise the key by.' }),
  role,
  mode,
  hint: z.string().meta({ title: 'Hint', description: 'The last four characters of the key.' }),
  tags: tags,
  locked_tags: lockedTags,
  rate_limit: rateLimit
    .nullable()
    .meta({ title: 'Rate limit', description: 'Calls above this limit are refused with 429; null for no limit.' }),
  response_cache: cacheSetting.nullable().meta({
    title: 'Response cache',
    description: 'How long answers to its calls are kept, where a call does not say; null for not at all.',
  }),
  created_at: isoTime.meta({ title: 'Created at', description: 'Time of creation.' }),
  expires_at: isoTime
    .nullable()
    .meta({ title: 'Expires at', description: 'After this time the key is refused; null for never.' }),
  last_used_at: isoTime
    .nullable()
    .meta({ title: 'Last used at', description: 'The last request with this key, to the minute; null for none yet.' }),
});

const sample = {
  id: 'key_01k2',
  name: 'Acme newsletter',
  role: 'caller' as const,
  mode: 'live' as const,
  hint: 'x7Qa',
  tags: { client_id: 'acme' },
  locked_tags: ['client_id' as const],
  rate_limit: null,
  response_cache: null,
  created_at: '2026-11-01T08:00:00.000Z',
  expires_at: null,
  last_used_at: null,
};

export const createKey = operation({
  id: 'keys.create',
  method: 'POST',
  path: '/v1/keys',
  group: 'Keys',
  label: 'Create a key',
  description: 'Creates an API key. This answer is the only place that shows the key itself.',
  surfaces: ['dashboard'],
  access: 'owner',
  status: 201,
  input: z
    .strictObject({
      name: z.string().trim().min(1).max(100).meta({ title: 'Name', description: 'A name to recognise the key by.' }),
      role: role.default('caller'),
      mode: mode.default('live'),
      tags: tags.default({}),
      locked_tags: lockedTags.max(4).default([]),
      expires_at: z.iso
        .datetime({ offset: true })
        .optional()
        .meta({ title: 'Expires at', description: 'After this time the key is refused.' }),
      rate_limit: rateLimit.optional(),
      response_cache: cacheSetting
        .optional()
        .meta({ title: 'Response cache', description: 'Keeps the answers to its calls, where a call does not say.' }),
    })
    .superRefine((input, context) => {
      for (const [i, name] of input.locked_tags.entries()) {
        if (input.tags[name] === undefined)
          context.addIssue({
            code: 'custom',
            path: ['locked_tags', i],
            message: `a locked tag needs its value in tags.${name}`,
          });
      }
    }),
  output: key.extend({ key: z.string().meta({ title: 'Key', description: 'The key, shown only once.' }) }),
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { name: 'Acme newsletter', tags: { client_id: 'acme' }, locked_tags: ['client_id'] },
    output: { ...sample, key: 'gw_live_0000000000000000000000000000x7Qa' },
  },
  wrong: [
    { input: { name: '' }, because: 'a key has a name' },
    { input: { name: 'x', role: 'admin' }, because: 'there is no such role' },
    { input: { name: 'x', user_role: 'owner' }, because: 'unknown fields are refused' },
    { input: { name: 'x', locked_tags: ['client_id'] }, because: 'a locked tag needs a value' },
    {
      input: { name: 'x', tags: { client_id: 'a' }, locked_tags: Array.from({ length: 5 }, () => 'client_id') },
      because: 'there are four tags',
    },
  ],
});

export const listKeys = operation({
  id: 'keys.list',
  method: 'GET',
  path: '/v1/keys',
  group: 'Keys',
  label: 'List keys',
  description: 'Lists the keys of the workspace, without the keys themselves.',
  surfaces: ['dashboard'],
  access: 'owner',
  input: z.strictObject({}),
  output: page(key),
  errors: ['forbidden'],
  sample: { input: {}, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { all: 'yes' }, because: 'it takes no fields' },
    { input: { limit: 10 }, because: 'there is one page' },
  ],
});

export const updateKey = operation({
  id: 'keys.update',
  method: 'PATCH',
  path: '/v1/keys/:id',
  group: 'Keys',
  label: 'Change a key',
  description: 'Renames a key, or changes when it expires. The key itself stays the same.',
  surfaces: ['dashboard'],
  access: 'owner',
  input: z.strictObject({
    id,
    name: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .optional()
      .meta({ title: 'Name', description: 'A name to recognise the key by.' }),
    expires_at: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .meta({ title: 'Expires at', description: 'After this time the key is refused; null for never.' }),
    response_cache: cacheSetting
      .nullable()
      .optional()
      .meta({ title: 'Response cache', description: 'Keeps the answers to its calls; null to keep none.' }),
  }),
  output: key,
  errors: ['invalid_request', 'forbidden', 'not_found'],
  sample: {
    input: { id: 'key_01k2', name: 'Acme newsletter' },
    output: { ...sample, last_used_at: '2026-11-03T09:30:00.000Z' },
  },
  wrong: [
    { input: { id: 'key_01k2', name: '' }, because: 'a key has a name' },
    { input: { id: 'key_01k2', role: 'owner' }, because: 'the role of a key cannot change' },
  ],
});

export const rollKey = operation({
  id: 'keys.roll',
  method: 'POST',
  path: '/v1/keys/:id/roll',
  group: 'Keys',
  label: 'Roll a key',
  description:
    'Replaces the secret of a key, for one that has leaked. Its id, settings, budgets and usage stay. This answer is the only place that shows the new key.',
  surfaces: ['dashboard'],
  access: 'owner',
  input: z.strictObject({
    id,
    old_key_hours: z
      .number()
      .min(0)
      .max(72)
      .default(0)
      .meta({ title: 'Old key works for', description: 'Hours for which the old key still works, 72 at most.' }),
  }),
  output: key.extend({ key: z.string().meta({ title: 'Key', description: 'The new key, shown only once.' }) }),
  errors: ['invalid_request', 'forbidden', 'not_found'],
  sample: {
    input: { id: 'key_01k2', old_key_hours: 24 },
    output: { ...sample, key: 'gw_live_0000000000000000000000000000x7Qa' },
  },
  wrong: [
    { input: { id: 'key_01k2', old_key_hours: 73 }, because: 'an old key lives 72 hours at most' },
    { input: { id: 'key_01k2', old_key_hours: -1 }, because: 'time does not run backwards' },
  ],
});

export const revokeKey = operation({
  id: 'keys.revoke',
  method: 'DELETE',
  path: '/v1/keys/:id',
  group: 'Keys',
  label: 'Revoke a key',
  description: 'Revokes a key. It stops working immediately, on every process.',
  surfaces: ['dashboard'],
  access: 'owner',
  status: 204,
  input: z.strictObject({ id }),
  output: nothing,
  errors: ['forbidden', 'not_found'],
  sample: { input: { id: 'key_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which key' },
    { input: { id: 'key_01k2', name: 'Acme' }, because: 'unknown fields are refused' },
  ],
});
