import { z } from 'zod';
import { operation } from '../operation.ts';
import { cursor, limit, page } from './common.ts';
import { labelAt, promptId } from './prompt-shapes.ts';

const file = z
  .object({
    path: z.string().max(200).meta({ title: 'Path', description: 'Such as support-reply/0007.json.' }),
    content: z.string().meta({ title: 'Content', description: 'The text of the file.' }),
  })
  .meta({ title: 'File', description: 'One file of a prompt.' });

const imported = z
  .object({
    id: z.string().meta({ title: 'Id', description: 'The prompt in this workspace.' }),
    name: z.string().meta({ title: 'Name', description: 'The name it came with.' }),
    action: z.enum(['create', 'update', 'none', 'conflict']).meta({
      title: 'Action',
      description: 'create and update: what is done. none: everything is there already. conflict: see because.',
    }),
    versions: z.array(z.number().int()).meta({ title: 'Versions', description: 'The versions that are new.' }),
    labels: z.array(labelAt).meta({ title: 'Labels', description: 'The labels that are set.' }),
    because: z
      .string()
      .nullable()
      .meta({ title: 'Because', description: 'Why it cannot be imported; null where it can.' }),
  })
  .meta({ title: 'Imported prompt', description: 'The import of one prompt.' });

export const importPrompts = operation({
  id: 'prompts.import',
  method: 'POST',
  path: '/v1/prompts/import',
  group: 'Prompts',
  label: 'Import prompts',
  description: 'Imports prompts with their versions and labels, all of them or, where one is in conflict, none.',
  surfaces: ['dashboard'],
  access: 'member',
  workspaceWide: true,
  input: z.strictObject({
    source: z.enum(['langfuse', 'openai', 'helicone', 'files']).meta({
      title: 'Source',
      description: 'Where the JSON comes from. files: what GET /v1/prompts/export gives.',
    }),
    data: z.unknown().meta({
      title: 'Data',
      description: 'The JSON: one prompt, a list, or {"data": […]}. For files: a list of {path, content}.',
    }),
    dry_run: z
      .boolean()
      .default(false)
      .meta({ title: 'Dry run', description: 'Say what would be imported, and what is in conflict. Changes nothing.' }),
  }),
  output: z.object({
    dry_run: z.boolean().meta({ title: 'Dry run', description: 'True: nothing was changed.' }),
    conflicts: z.number().int().meta({ title: 'Conflicts', description: 'Number of prompts in conflict.' }),
    prompts: z.array(imported).meta({ title: 'Prompts', description: 'Each prompt of the import.' }),
  }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'conflict', 'request_too_large'],
  sample: {
    input: {
      source: 'langfuse',
      data: [{ name: 'support-reply', version: 1, type: 'text', prompt: 'Answer {{email}}.', labels: ['production'] }],
      dry_run: true,
    },
    output: {
      dry_run: true,
      conflicts: 0,
      prompts: [
        {
          id: 'support-reply',
          name: 'support-reply',
          action: 'create',
          versions: [1],
          labels: [{ label: 'production', version: 1 }],
          because: null,
        },
      ],
    },
  },
  wrong: [
    { input: { data: [] }, because: 'it needs to know whose JSON it is' },
    { input: { source: 'excel', data: [] }, because: 'there is no such source' },
  ],
});

export const exportPrompts = operation({
  id: 'prompts.export',
  method: 'GET',
  path: '/v1/prompts/export',
  group: 'Prompts',
  label: 'Export prompts',
  description: 'Gives every prompt as files for git: one for each version, in a stable order and without times.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({
    id: promptId.optional().meta({
      title: 'Prompt',
      description: 'Only this prompt.',
      'x-field': { options: 'prompts.list' },
    }),
    cursor,
    limit,
  }),
  output: page(file),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found'],
  sample: {
    input: { id: 'support-reply' },
    output: {
      data: [
        {
          path: 'support-reply/0001.json',
          content:
            '{\n  "messages": [\n    {\n      "role": "user",\n      "content": "Answer {{email}}."\n    }\n  ]\n}\n',
        },
      ],
      next_cursor: null,
    },
  },
  wrong: [
    { input: { limit: 1000 }, because: 'a page has at most 100 files' },
    { input: { label: 'production' }, because: 'unknown fields are refused' },
  ],
});
