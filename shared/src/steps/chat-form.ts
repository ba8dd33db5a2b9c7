import { z } from 'zod';
import { type Field, fieldsOf } from '../fields.ts';
import { completeChat } from '../operations/chat.ts';
import { answerTypeLabels, answerTypes } from './answer-fields.ts';
import type { Receipt, stepAnswer } from './chat-step.ts';
import type { Platform } from './platform-exceptions.ts';
import { fieldsOn, stepField } from './step-field.ts';

/*
 * The chat completion as a step of an automation: the one step people meet first and use most. The operation has messages, parts
 * and formats; a person has a prompt in mind. Each platform maps these fields by one small file:
 *
 *     integrations/make/src/chat-module.ts     integrations/zapier/src/chat-form.ts     integrations/n8n/src/chat-form.ts
 *
 * ```ts
 * import { chatForm, chatOutput, chatSample } from '@ai-gateway/shared/steps/chat-form';
 *
 * const inputs = chatForm('zapier').map(({ key, label }) => ({ key, label })); // model, prompt, messages, system_prompt, …
 * const outputs = chatOutput.map(({ key, label }) => ({ key, label, example: chatSample[key as keyof typeof chatSample] }));
 * ```
 *
 * platform-exceptions.ts has where a platform forces a form to differ.
 */

export const chatStep = {
  label: 'Create a chat completion',
  description: 'Creates a chat completion with any model of any provider, within your budgets.',
};

/** The form as one platform has it. */
export function chatForm(platform: Platform): Field[] {
  return fieldsOn(platform, chatFields);
}

const schemaExample =
  '{"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"], "additionalProperties": false}';

const role = stepField({
  key: 'role',
  label: 'Role',
  kind: 'choice',
  choices: ['user', 'assistant', 'system'],
  initial: 'user',
  required: true,
  help: 'Role of the speaker.',
});
const content = stepField({
  key: 'content',
  label: 'Content',
  multiline: true,
  required: true,
  help: 'Text of the message.',
});

const answerField = stepField({
  key: 'item',
  label: 'Field',
  kind: 'group',
  required: true,
  children: [
    stepField({
      key: 'field_name',
      label: 'Field name',
      required: true,
      placeholder: 'category',
      help: 'A name in one word, such as category or total.',
    }),
    stepField({
      key: 'field_type',
      label: 'Field type',
      kind: 'choice',
      choices: [...answerTypes],
      choiceLabels: answerTypeLabels,
      initial: 'string',
      required: true,
      help: 'The kind of value that the field holds.',
    }),
    stepField({
      key: 'field_description',
      label: 'Field description',
      placeholder: 'The sum with tax, in euros',
      help: 'Tells the model which value belongs here, and what to give if the text has none.',
    }),
    stepField({
      key: 'field_values',
      label: 'Allowed values',
      placeholder: 'invoice, complaint, other',
      help: 'The values to choose from, separated by commas. Left empty, any value may come.',
    }),
  ],
});

/** Every field some platform has, in the order of the forms. */
export const chatFields: readonly Field[] = [
  {
    ...ofContract('model'),
    initial: 'auto',
    help: 'The model that answers. “auto” picks one that fits the task.',
    placeholder: 'gpt-4o-mini',
  },
  stepField({
    key: 'input',
    label: 'Input',
    kind: 'choice',
    required: true,
    choices: ['prompt', 'messages'],
    choiceLabels: { prompt: 'Prompt', messages: 'Messages', json: 'Messages as JSON' },
    initial: 'prompt',
    help: 'One prompt, or a conversation message by message.',
  }),
  stepField({
    key: 'prompt',
    label: 'Prompt',
    multiline: true,
    required: true,
    visibleWhen: { field: 'input', is: 'prompt' },
    placeholder: 'Is this e-mail an invoice or a newsletter? One word.',
    help: 'Your question or instruction.',
  }),
  stepField({
    key: 'messages',
    label: 'Messages',
    kind: 'list',
    required: true,
    visibleWhen: { field: 'input', is: 'messages' },
    children: [stepField({ key: 'item', label: 'Message', kind: 'group', required: true, children: [role, content] })],
    help: 'The conversation so far.',
  }),
  stepField({
    key: 'messages_json',
    label: 'Messages',
    kind: 'json',
    required: true,
    visibleWhen: { field: 'input', is: 'json' },
    initial: '[\n  { "role": "user", "content": "Hello" }\n]',
    help: 'As OpenAI has them: a list of objects with role and content.',
  }),
  stepField({
    key: 'system_prompt',
    label: 'System prompt',
    multiline: true,
    placeholder: 'You sort e-mails. Answer in one word.',
    help: 'Instructions that apply to the whole answer, such as its tone or its form.',
  }),
  stepField({
    key: 'output_format',
    label: 'Output format',
    kind: 'choice',
    choices: ['text', 'fields', 'json_object', 'json_schema'],
    choiceLabels: { json_object: 'JSON', json_schema: 'JSON by a schema' },
    initial: 'text',
    help: 'Fields gives each field that you name, to map on its own. JSON comes parsed; with plain JSON, describe in the prompt what it holds. An answer without JSON still has its text.',
  }),
  stepField({
    key: 'answer_fields',
    label: 'Fields',
    kind: 'list',
    required: true,
    visibleWhen: { field: 'output_format', is: 'fields' },
    children: [answerField],
    help: 'The fields of the answer, such as a category or a total.',
  }),
  stepField({
    key: 'json_schema',
    label: 'JSON schema',
    kind: 'json',
    required: true,
    visibleWhen: { field: 'output_format', is: 'json_schema' },
    placeholder: schemaExample,
    help: 'The form of the answer. The model keeps to it strictly if every object is closed (`"additionalProperties": false`) and every property required.',
  }),
  stepField({
    key: 'strict',
    label: 'Strict',
    kind: 'boolean',
    initial: false,
    visibleWhen: { field: 'output_format', is: 'json_schema' },
    help: 'Whether the answer keeps to the schema exactly. Every object must be closed (`"additionalProperties": false`) and every property required.',
  }),
  {
    ...ofContract('client_id'),
    placeholder: 'acme',
    help: 'Which of your clients this call is for. It counts against that client’s budget.',
  },
  { ...ofContract('project'), placeholder: 'newsletter', help: 'The project this call belongs to.' },
  {
    ...ofContract('scenario_id'),
    placeholder: 'classify-emails',
    help: 'A name to count this call under, in place of this {automation}’s own ID. Use one name in several {automations} that share a budget.',
  },
  stepField({
    key: 'execution_id',
    label: 'Run',
    placeholder: 'ID of the e-mail',
    help: 'A value that is new in each run of the {automation}, such as the ID of the e-mail that started it. Fill in the same value in each step of the run: experiments keep a run together by it, and feedback finds its answer.',
  }),
  stepField({
    key: 'images',
    label: 'Image URLs',
    kind: 'list',
    children: [stepField({ key: 'item', label: 'Image' })],
    placeholder: 'https://example.com/receipt.png',
    help: 'Pictures that go with the prompt.',
  }),
  stepField({
    key: 'image_detail',
    label: 'Image detail',
    kind: 'choice',
    choices: ['auto', 'low', 'high'],
    choiceLabels: { auto: 'Automatic' },
    advanced: true,
    help: 'How closely the model looks. Low costs least.',
  }),
  stepField({
    key: 'image_binary_fields',
    label: 'Binary fields',
    advanced: true,
    placeholder: 'data',
    help: 'Names of the input’s binary fields that go with the prompt, separated by commas: PDFs, pictures, texts, or recordings (MP3, WAV) for models that listen.',
  }),
  stepField({
    key: 'files',
    label: 'Files',
    kind: 'list',
    children: [stepField({ key: 'item', label: 'File' })],
    help: 'Files that go with the prompt: PDFs, pictures, texts, or recordings (MP3, WAV) for models that listen.',
  }),
  stepField({
    key: 'file_name',
    label: 'File name',
    placeholder: 'invoice.pdf',
    visibleWhen: { field: 'input', is: 'prompt' },
    help: 'The name of the file below. Its ending says what kind of file it is.',
  }),
  stepField({
    key: 'file_data',
    label: 'File data',
    visibleWhen: { field: 'input', is: 'prompt' },
    help: 'A file that goes with the prompt: a PDF, a picture, a text, or a recording (MP3, WAV) for models that listen.',
  }),
  { ...ofContract('temperature'), advanced: true, least: 0, most: 2 },
  { ...ofContract('max_tokens'), advanced: true, least: 1 },
  { ...ofContract('reasoning_effort'), advanced: true },
  stepField({
    ...ofContract('fallback_models'),
    children: [stepField({ key: 'item', label: 'Fallback model', options: 'models.list' })],
    advanced: true,
    help: 'Tried in this order if the model fails. Left empty, the default fallbacks of your gateway apply.',
  }),
  stepField({
    key: 'no_fallback',
    label: 'No fallback',
    kind: 'boolean',
    initial: false,
    advanced: true,
    help: 'Whether to fail when the model fails, instead of trying another one.',
  }),
  stepField({
    key: 'cache_seconds',
    label: 'Answer from memory for (seconds)',
    kind: 'integer',
    advanced: true,
    least: 1,
    placeholder: '3600',
    help: 'The same question gets the same answer for so long, at no cost. Left empty, every question goes to the model.',
  }),
  stepField({
    key: 'simplify',
    label: 'Simplify',
    kind: 'boolean',
    initial: true,
    help: 'Whether to return a simplified version of the response instead of the raw data.',
  }),
  stepField({
    key: 'timeout',
    label: 'Timeout',
    kind: 'number',
    initial: 300,
    least: 1,
    advanced: true,
    help: 'How many seconds to wait for the answer.',
  }),
  stepField({
    key: 'long_answer',
    label: 'Wait for long answer',
    kind: 'boolean',
    initial: false,
    help: 'Zapier allows a step 30 seconds. With this on, the Zap pauses until the answer is there, however long the model takes. A test of the step still waits only 25 seconds.',
  }),
];

/** A field of the operation itself; tags are under `metadata` there. */
function ofContract(key: string): Field {
  const fields = fieldsOf(completeChat);
  const tags = fields.find((field) => field.key === 'metadata')?.children ?? [];
  const found = [...fields, ...tags].find((field) => field.key === key);
  if (found === undefined)
    throw new Error(`chat.complete has no field "${key}" any more; see shared/src/steps/chat-form.ts`);
  return found;
}

const output = (title: string) => z.string().meta({ title });
const tokens = (title: string) => z.number().int().meta({ title });
const dollars = (title: string) => z.number().nullable().meta({ title });

/** The answer of a step that asks a model, on every platform. */
export const answerShape = z.object({
  text: z.string().meta({ title: 'Answer text', 'x-field': { multiline: true } }),
  json: z.unknown().meta({ title: 'JSON' }),
  refusal: output('Refusal').nullable(),
  model: output('Model'),
  finish_reason: output('Finish reason').nullable(),
  usage: z
    .object({
      input_tokens: tokens('Input tokens'),
      output_tokens: tokens('Output tokens'),
      total_tokens: tokens('Total tokens'),
    })
    .meta({ title: 'Usage' }),
  provider: output('Provider').nullable(),
  cost_usd: dollars('Cost (USD)'),
  budget_remaining_usd: dollars('Budget left (USD)'),
  route: output('Route').nullable(),
  request_id: output('Request ID').nullable(),
  cache: output('Cache').nullable(),
  saved_usd: dollars('Saved (USD)'),
});

export const chatOutput: readonly Field[] = fieldsOf({ input: answerShape });

export const chatSample = {
  text: '{"kind": "invoice"}',
  json: { kind: 'invoice' },
  refusal: null,
  model: 'gpt-4o-mini-2024-07-18',
  finish_reason: 'stop',
  usage: { input_tokens: 21, output_tokens: 6, total_tokens: 27 },
  provider: 'openai',
  cost_usd: 0.00000675,
  budget_remaining_usd: 8.75,
  route: 'asked for',
  request_id: 'req_01k2',
  cache: null,
  saved_usd: null,
} satisfies ReturnType<typeof stepAnswer> & Receipt;
