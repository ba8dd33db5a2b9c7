import { z } from 'zod';
import { operation } from '../operation.ts';
import { isoTime } from './common.ts';
import {
  author,
  note,
  promptId,
  promptMessage,
  promptVariable,
  sampleSummary,
  usedPrompt,
  variableTypes,
  versionChoice,
  versionFields,
  versionNumber,
} from './prompt-shapes.ts';

const shown = <Schema extends z.ZodType>(schema: Schema, title: string, text: string) =>
  schema.nullable().meta({ title, description: text });

const promptVersion = z
  .object({
    prompt_id: z.string().meta({ title: 'Prompt', description: 'The prompt it belongs to.' }),
    version: versionNumber,
    messages: z.array(promptMessage).meta({ title: 'Messages', description: 'With every snippet in place.' }),
    variables: z
      .array(promptVariable.required({ required: true }))
      .meta({ title: 'Variables', description: 'The values that a call brings along.' }),
    model: shown(z.string(), 'Model', 'The model of calls that name none; null for none.'),
    parameters: versionFields.parameters.unwrap().meta({ title: 'Parameters', description: 'Defaults of calls.' }),
    tools: shown(versionFields.tools.unwrap(), 'Tools', 'Functions that the model can call; null for none.'),
    response_format: shown(versionFields.response_format.unwrap(), 'Response format', 'The form of the answer.'),
    fallback_models: shown(z.array(z.string()), 'Fallback models', 'Models to try next; null: the usual ones.'),
    lock: z.array(z.string()).meta({ title: 'Locked fields', description: 'Fields that a call cannot change.' }),
    snippets: z
      .array(z.string())
      .meta({ title: 'Snippets', description: 'The snippets that were put in when it was saved: name@3.' }),
    note: z.string().meta({ title: 'Note', description: 'Why it was written.' }),
    labels: z.array(z.string()).meta({ title: 'Labels', description: 'The labels that point at it now.' }),
    created_at: isoTime.meta({ title: 'Created at', description: 'Time at which it was saved.' }),
    created_by: author,
  })
  .meta({ title: 'Prompt version', description: 'One version of a prompt. It never changes.' });

const content = {
  messages: [
    { role: 'system' as const, content: 'You answer e-mails of customers. Tone: {{tone}}.' },
    { role: 'user' as const, content: '{{email}}' },
  ],
  variables: [
    { name: 'email', type: 'text' as const, required: true, description: 'The e-mail to answer.' },
    { name: 'tone', type: 'choice' as const, required: false, default: 'friendly', options: ['friendly', 'formal'] },
  ],
  model: 'gpt-4o-mini',
  parameters: { max_tokens: 400 },
};
const sample = {
  prompt_id: 'support-reply',
  ...sampleSummary,
  ...content,
  tools: null,
  response_format: null,
  fallback_models: null,
  lock: [],
  snippets: [],
  labels: ['production'],
};

export const createVersion = operation({
  id: 'prompts.versions.create',
  method: 'POST',
  path: '/v1/prompts/:id/versions',
  group: 'Prompts',
  label: 'Save a version of a prompt',
  description: 'Saves a new version, which never changes. The same content as the newest version saves nothing: 200.',
  surfaces: ['dashboard'],
  access: 'member',
  workspaceWide: true,
  status: 201,
  statusAgain: 200,
  input: z.strictObject({ id: promptId, ...versionFields, note: note.default('') }),
  output: promptVersion,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found', 'conflict', 'request_too_large'],
  sample: {
    input: { id: 'support-reply', ...content, note: 'Shorter answers' },
    output: { ...sample, labels: [] },
  },
  wrong: [
    { input: { id: 'support-reply' }, because: 'a version has messages' },
    { input: { id: 'support-reply', messages: [] }, because: 'a version has messages' },
    {
      input: { id: 'support-reply', messages: content.messages, variables: [{ name: 'two words' }] },
      because: 'the name of a variable has no spaces',
    },
  ],
});

export const getVersion = operation({
  id: 'prompts.versions.get',
  method: 'GET',
  path: '/v1/prompts/:id/versions/:n',
  group: 'Prompts',
  label: 'Get a version of a prompt',
  description: 'Gets one version with its texts.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({ id: promptId, n: versionNumber }),
  output: promptVersion,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'support-reply', n: 7 }, output: sample },
  wrong: [
    { input: { id: 'support-reply' }, because: 'it needs to know which version' },
    { input: { id: 'support-reply', n: 0 }, because: 'versions begin at 1' },
  ],
});

const diffLine = z
  .object({
    kind: z
      .enum(['same', 'added', 'removed'])
      .meta({ title: 'Kind', description: 'In both, only in `to`, only in `from`.' }),
    text: z.string().meta({ title: 'Text', description: 'The line.' }),
  })
  .meta({ title: 'Line', description: 'One line of the comparison.' });

export const diffVersions = operation({
  id: 'prompts.diff',
  method: 'GET',
  path: '/v1/prompts/:id/diff',
  group: 'Prompts',
  label: 'Compare two versions of a prompt',
  description: 'Compares two versions line by line.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({
    id: promptId,
    from: versionNumber.meta({ title: 'From', description: 'The older version.' }),
    to: versionNumber.meta({ title: 'To', description: 'The newer version.' }),
  }),
  output: z.object({
    from: versionNumber,
    to: versionNumber,
    added: z.number().int().meta({ title: 'Added', description: 'Number of lines only in `to`.' }),
    removed: z.number().int().meta({ title: 'Removed', description: 'Number of lines only in `from`.' }),
    lines: z.array(diffLine).meta({ title: 'Lines', description: 'Both versions as text, line by line.' }),
  }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found'],
  sample: {
    input: { id: 'support-reply', from: 6, to: 7 },
    output: {
      from: 6,
      to: 7,
      added: 1,
      removed: 1,
      lines: [
        { kind: 'same', text: 'system:' },
        { kind: 'removed', text: 'You answer e-mails.' },
        { kind: 'added', text: 'You answer e-mails of customers. Tone: {{tone}}.' },
      ],
    },
  },
  wrong: [
    { input: { id: 'support-reply', from: 6 }, because: 'two versions are compared' },
    { input: { id: 'support-reply', from: 'old', to: 7 }, because: 'versions are numbers' },
  ],
});

const formField = z
  .object({
    name: z.string().meta({ title: 'Name', description: 'Name of the variable.' }),
    label: z.string().meta({ title: 'Label', description: 'The name as people write it.' }),
    type: z.enum(variableTypes).meta({ title: 'Type', description: 'The kind of value.' }),
    required: z.boolean().meta({ title: 'Required', description: 'A call needs a value.' }),
    default: z.unknown().meta({ title: 'Default', description: 'The value of calls that give none; null for none.' }),
    description: z.string().meta({ title: 'Description', description: 'Help for the person who fills in the form.' }),
    options: z.array(z.string()).meta({ title: 'Options', description: 'The values of a choice.' }),
  })
  .meta({ title: 'Field', description: 'A variable as a field of a form.' });

export const listFields = operation({
  id: 'prompts.fields',
  method: 'GET',
  path: '/v1/prompts/:id/fields',
  group: 'Prompts',
  label: 'List the variables of a prompt',
  description: 'Lists the variables of a prompt as the fields of a form.',
  surfaces: ['dashboard'],
  access: 'anyone',
  input: z.strictObject({ id: promptId, ...versionChoice }),
  output: z.object({
    prompt: usedPrompt,
    data: z.array(formField).meta({ title: 'Fields', description: 'In the order of the variables.' }),
    next_cursor: z.null().meta({ title: 'Next cursor', description: 'Always null: all fields are on one page.' }),
  }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found'],
  sample: {
    input: { id: 'support-reply' },
    output: {
      prompt: { id: 'support-reply', version: 7, label: 'production' },
      data: [
        {
          name: 'email',
          label: 'Email',
          type: 'text',
          required: true,
          default: null,
          description: 'The e-mail to answer.',
          options: [],
        },
      ],
      next_cursor: null,
    },
  },
  wrong: [
    { input: {}, because: 'it needs to know which prompt' },
    { input: { id: 'support-reply', label: 'Production' }, because: 'a label has no capitals' },
  ],
});
