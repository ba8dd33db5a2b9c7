import { z } from 'zod';
import { isoTime, numberOrText } from './common.ts';

/** Shapes that the operations of prompts share. */

/** As a call or a path names it: its own id, or an alias such as OpenAI's `pmpt_…`. */
export const promptId = z
  .string()
  .min(1)
  .max(200)
  .meta({ title: 'Prompt', description: 'Pick a prompt.', 'x-field': { options: 'prompts.list' } });

/** The id of a new prompt. */
export const newPromptId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be 1 to 64 lower-case letters, digits, - and _, such as support-reply')
  .meta({ title: 'Id', description: 'A short name that calls use, such as support-reply. It cannot change.' });

export const labelName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,35}$/, 'must be 1 to 36 lower-case letters, digits, - and _, such as staging')
  .meta({ title: 'Label', description: 'A name that points at a version, such as production or staging.' });

/** In a query and a path numbers come as text, and OpenAI's SDK has texts for versions. */
export const versionNumber = numberOrText(z.number().int().min(1).max(1_000_000_000)).meta({
  title: 'Version',
  description: 'The number of a version.',
});

export const name = z.string().trim().min(1).max(100).meta({ title: 'Name', description: 'A name for people.' });

export const description = z
  .string()
  .trim()
  .max(2_000)
  .meta({ title: 'Description', description: 'The purpose of the prompt.', 'x-field': { multiline: true } });

export const clientIds = z.array(z.string().min(1).max(128)).max(1_000).meta({
  title: 'Clients',
  description: 'Keys locked to a client run the prompt only for one of these. Empty: every client.',
});

export const aliases = z
  .array(
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'must be 1 to 128 letters, digits, ., - and _, such as pmpt_68c1'),
  )
  .max(20)
  .meta({
    title: 'Aliases',
    description: 'Other ids by which calls name it, such as the pmpt_… id that it had at OpenAI.',
  });

const templateHelp = 'Text; {{name}} is replaced by the value of that variable. Write \\{{ for two braces.';

export const promptMessage = z
  .strictObject({
    role: z
      .enum(['system', 'developer', 'user', 'assistant'])
      .optional()
      .meta({ title: 'Role', description: 'Role of the speaker.' }),
    content: z
      .union([
        z.string(),
        z.array(
          z
            .looseObject({ type: z.string().meta({ title: 'Type', description: 'text or image_url.' }) })
            .meta({ title: 'Part' }),
        ),
      ])
      .optional()
      .meta({ title: 'Content', description: templateHelp, 'x-field': { multiline: true } }),
    placeholder: z.string().max(64).optional().meta({
      title: 'Placeholder',
      description: 'In place of role and content: the messages of this variable go here, or those of the call.',
    }),
  })
  .meta({ title: 'Message', description: 'A role with its content, or a placeholder for messages.' });

export const variableTypes = ['text', 'number', 'boolean', 'choice', 'json', 'image', 'messages'] as const;

export const promptVariable = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_]{1,64}$/, 'must be 1 to 64 letters, digits and _, such as customer_name')
      .meta({ title: 'Name', description: 'The name between the braces.' }),
    type: z
      .enum(variableTypes)
      .default('text')
      .meta({ title: 'Type', description: 'The kind of value: forms show a field that fits.' }),
    required: z
      .boolean()
      .optional()
      .meta({ title: 'Required', description: 'A call without a value is refused. True unless there is a default.' }),
    default: z.unknown().optional().meta({ title: 'Default', description: 'The value of calls that give none.' }),
    description: z
      .string()
      .max(500)
      .optional()
      .meta({ title: 'Description', description: 'Help for the person who fills in the form.' }),
    options: z
      .array(z.string().min(1).max(200))
      .max(100)
      .optional()
      .meta({ title: 'Options', description: 'The values of a choice.' }),
  })
  .meta({ title: 'Variable', description: 'A value that each call brings along.' });

export const note = z.string().trim().max(1_000).meta({ title: 'Note', description: 'Why, for your team.' });

/** The fields of a version that a person writes. */
export const versionFields = {
  messages: z
    .array(promptMessage)
    .min(1)
    .max(1_000)
    .meta({ title: 'Messages', description: 'The messages that each call begins with.' }),
  variables: z
    .array(promptVariable)
    .max(100)
    .default([])
    .meta({ title: 'Variables', description: 'The names used in the messages, with the type of each value.' }),
  model: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .meta({
      title: 'Model',
      description: 'The model of calls that name none.',
      'x-field': { options: 'models.list' },
    }),
  parameters: z.record(z.string().max(64), z.unknown()).default({}).meta({
    title: 'Parameters',
    description: 'Defaults as chat completions name them: temperature, max_tokens, reasoning_effort.',
  }),
  tools: z
    .array(
      z.looseObject({ type: z.string().meta({ title: 'Type', description: 'function.' }) }).meta({ title: 'Tool' }),
    )
    .max(128)
    .optional()
    .meta({ title: 'Tools', description: 'Functions that the model can call, in the form of chat completions.' }),
  response_format: z
    .looseObject({ type: z.string().meta({ title: 'Type', description: 'text, json_object or json_schema.' }) })
    .optional()
    .meta({
      title: 'Response format',
      description: 'Text, any JSON, or JSON by a schema, as chat completions have it.',
    }),
  fallback_models: z
    .array(z.string().trim().min(1).max(200))
    .max(20)
    .optional()
    .meta({ title: 'Fallback models', description: 'Models to try in this order when the first one fails.' }),
  lock: z
    .array(z.string().regex(/^[a-z_]{1,64}$/, 'must be the name of a field, such as model'))
    .max(50)
    .default([])
    .meta({ title: 'Locked fields', description: 'Fields that a call cannot change, such as model.' }),
};

export const author = z
  .object({
    type: z
      .enum(['key', 'person', 'operator', 'scim', 'system'])
      .meta({ title: 'Type', description: 'A key or a person.' }),
    id: z.string().meta({ title: 'Id', description: 'The id of the key or the person.' }),
    name: z.string().nullable().meta({ title: 'Name', description: 'The name; null once a person is erased.' }),
  })
  .meta({ title: 'Author', description: 'The key or the person that made the change.' });

export const versionSummary = z
  .object({
    version: versionNumber,
    note: z.string().meta({ title: 'Note', description: 'Why it was written.' }),
    created_at: isoTime.meta({ title: 'Created at', description: 'Time at which it was saved.' }),
    created_by: author,
  })
  .meta({ title: 'Version', description: 'A version without its texts.' });

export const labelAt = z
  .object({ label: z.string().meta({ title: 'Label', description: 'Name of the label.' }), version: versionNumber })
  .meta({ title: 'Label', description: 'A label and the version it points at.' });

export const labelChange = z
  .object({
    label: z.string().meta({ title: 'Label', description: 'Name of the label.' }),
    from_version: z
      .number()
      .int()
      .nullable()
      .meta({ title: 'From', description: 'The version before; null for none.' }),
    to_version: z
      .number()
      .int()
      .nullable()
      .meta({ title: 'To', description: 'The version after; null: it was removed.' }),
    note: z.string().meta({ title: 'Note', description: 'Why it was moved.' }),
    changed_at: isoTime.meta({ title: 'Changed at', description: 'Time of the change.' }),
    changed_by: author,
  })
  .meta({ title: 'Label change', description: 'One move of a label.' });

/** Which version a call means. */
export const versionChoice = {
  label: labelName
    .optional()
    .meta({ title: 'Label', description: 'Use the version of this label. Default: production.' }),
  version: versionNumber.optional().meta({ title: 'Version', description: 'Use this version; in place of a label.' }),
};

export const variables = z
  .record(z.string(), z.unknown())
  .default({})
  .meta({ title: 'Variables', description: 'The value of each variable, by its name.' });

/** The prompt that an answer came from. */
export const usedPrompt = z
  .object({
    id: z.string().meta({ title: 'Id', description: 'The prompt.' }),
    version: z.number().int().meta({ title: 'Version', description: 'The version that was used.' }),
    label: z.string().nullable().meta({ title: 'Label', description: 'The label it was found by; null for a number.' }),
  })
  .meta({ title: 'Prompt', description: 'The prompt and the version that were used.' });

export const sampleAuthor = { type: 'key' as const, id: 'key_01k2', name: 'Owner' };
export const sampleSummary = {
  version: 7,
  note: 'Shorter answers',
  created_at: '2026-11-01T08:00:00.000Z',
  created_by: sampleAuthor,
};
