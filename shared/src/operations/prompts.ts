import { z } from 'zod';
import { operation } from '../operation.ts';
import { cursor, flag, isoTime, limit, nothing, page } from './common.ts';
import {
  aliases,
  clientIds,
  description,
  labelAt,
  labelChange,
  name,
  newPromptId,
  promptId,
  sampleAuthor,
  sampleSummary,
  versionSummary,
} from './prompt-shapes.ts';

const prompt = z
  .object({
    id: z.string().meta({ title: 'Id', description: 'The name that calls use.' }),
    name: z.string().meta({ title: 'Name', description: 'A name for people.' }),
    description: z.string().meta({ title: 'Description', description: 'The purpose of the prompt.' }),
    aliases: z.array(z.string()).meta({ title: 'Aliases', description: 'Other ids by which calls name it.' }),
    client_ids: z
      .array(z.string())
      .meta({ title: 'Clients', description: 'The clients whose locked keys may run it; empty: every client.' }),
    newest_version: z
      .number()
      .int()
      .nullable()
      .meta({ title: 'Newest version', description: 'Number of the newest version; null for none.' }),
    labels: z.array(labelAt).meta({ title: 'Labels', description: 'Every label with its version.' }),
    created_at: isoTime.meta({ title: 'Created at', description: 'Time at which it was created.' }),
    archived_at: isoTime
      .nullable()
      .meta({ title: 'Archived at', description: 'Time at which it was deleted; null while it can be called.' }),
  })
  .meta({ title: 'Prompt', description: 'A prompt with its labels.' });

const wholePrompt = prompt
  .extend({
    versions: z.array(versionSummary).meta({ title: 'Versions', description: 'Newest first, without their texts.' }),
    label_log: z.array(labelChange).meta({ title: 'Label changes', description: 'The newest 100 moves of labels.' }),
  })
  .meta({ title: 'Whole prompt', description: 'A prompt with its versions and the moves of its labels.' });

const sample = {
  id: 'support-reply',
  name: 'Support reply',
  description: 'Answers an e-mail of a customer.',
  aliases: [],
  client_ids: [],
  newest_version: 7,
  labels: [{ label: 'production', version: 7 }],
  created_at: '2026-10-01T08:00:00.000Z',
  archived_at: null,
};
const wholeSample = {
  ...sample,
  versions: [sampleSummary],
  label_log: [
    {
      label: 'production',
      from_version: 6,
      to_version: 7,
      note: 'Better in the test',
      changed_at: '2026-11-01T08:05:00.000Z',
      changed_by: sampleAuthor,
    },
  ],
};

export const createPrompt = operation({
  id: 'prompts.create',
  method: 'POST',
  path: '/v1/prompts',
  group: 'Prompts',
  label: 'Create a prompt',
  description: 'Creates a prompt without a version. Save its first version next, then point `production` at it.',
  surfaces: ['dashboard'],
  access: 'member',
  workspaceWide: true,
  status: 201,
  input: z.strictObject({
    id: newPromptId,
    name: name.optional(),
    description: description.default(''),
    client_ids: clientIds.default([]),
    aliases: aliases.default([]),
  }),
  output: prompt,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'conflict'],
  sample: {
    input: { id: 'support-reply', name: 'Support reply', description: 'Answers an e-mail of a customer.' },
    output: { ...sample, newest_version: null, labels: [] },
  },
  wrong: [
    { input: { name: 'Support reply' }, because: 'calls need an id' },
    { input: { id: 'Support reply' }, because: 'an id has neither capitals nor spaces' },
    { input: { id: 'reply', label: 'production' }, because: 'labels point at versions, and there are none yet' },
  ],
});

export const listPrompts = operation({
  id: 'prompts.list',
  method: 'GET',
  path: '/v1/prompts',
  group: 'Prompts',
  label: 'List prompts',
  description: 'Lists the prompts that the key can run, by id, without their texts.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'anyone',
  input: z.strictObject({
    search: z
      .string()
      .max(200)
      .optional()
      .meta({ title: 'Search', description: 'Part of a name or an id. Case does not matter.' }),
    archived: flag
      .optional()
      .meta({ title: 'Archived', description: 'List deleted prompts in place of those that can be called.' }),
    cursor,
    limit,
  }),
  output: page(prompt),
  errors: ['invalid_request', 'forbidden'],
  sample: { input: { search: 'reply' }, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { limit: 1000 }, because: 'a page has at most 100 rows' },
    { input: { name: 'reply' }, because: 'unknown fields are refused' },
  ],
});

export const getPrompt = operation({
  id: 'prompts.get',
  method: 'GET',
  path: '/v1/prompts/:id',
  group: 'Prompts',
  label: 'Get a prompt',
  description: 'Gets a prompt with its labels, its versions without their texts, and the moves of its labels.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({ id: promptId }),
  output: wholePrompt,
  errors: ['forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'support-reply' }, output: wholeSample },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'support-reply', version: 7 }, because: 'unknown fields are refused' },
  ],
});

export const updatePrompt = operation({
  id: 'prompts.update',
  method: 'PATCH',
  path: '/v1/prompts/:id',
  group: 'Prompts',
  label: 'Change a prompt',
  description: 'Changes the fields that are given. Texts change by a new version.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  input: z.strictObject({
    id: promptId,
    name: name.optional(),
    description: description.optional(),
    client_ids: clientIds.optional(),
    aliases: aliases.optional(),
    archived: z
      .boolean()
      .optional()
      .meta({ title: 'Archived', description: 'false restores a deleted prompt. DELETE archives one.' }),
  }),
  output: prompt,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: { input: { id: 'support-reply', client_ids: ['acme'] }, output: { ...sample, client_ids: ['acme'] } },
  wrong: [
    { input: { id: 'support-reply', name: '' }, because: 'a name has a letter' },
    { input: { id: 'support-reply', messages: [] }, because: 'texts change by a new version' },
  ],
});

export const removePrompt = operation({
  id: 'prompts.remove',
  method: 'DELETE',
  path: '/v1/prompts/:id',
  group: 'Prompts',
  label: 'Delete a prompt',
  description: 'Archives a prompt: calls cannot use it, its versions and figures stay. Refused while it is in use.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  status: 204,
  input: z.strictObject({ id: promptId }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: { input: { id: 'support-reply' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'support-reply', force: true }, because: 'unknown fields are refused' },
  ],
});
