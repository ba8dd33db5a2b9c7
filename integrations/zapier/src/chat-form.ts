import { type Field, fieldsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import type { Bundle, PlainInputField, PlainOutputField } from 'zapier-platform-core';
import type { ChatAnswer } from './chat-answer.ts';
import { dynamicOf, zapierField } from './zapier-field.ts';

/** The form of a chat completion, by hand: the one step people meet first and use most. What the contract has is its own. */
export function chatForm(operation: Operation): (PlainInputField | typeof schemaField)[] {
  const fields = fieldsOf(operation);
  const ofContract = (key: string): PlainInputField => zapierField(fieldNamed(key, fields));
  return [
    {
      ...ofContract('model'),
      required: true,
      default: 'auto',
      helpText: 'The model that answers. `auto` picks one that fits the task.',
    },
    {
      key: 'prompt',
      label: 'Prompt',
      type: 'text',
      required: false,
      helpText: 'Your question or instruction. It may be empty if you fill in messages below.',
    },
    {
      key: 'system_prompt',
      label: 'System Prompt',
      type: 'text',
      required: false,
      placeholder: 'You sort e-mails. Answer in one word.',
      helpText: 'Instructions that apply to the whole answer, such as its tone or its form.',
    },
    outputFormat,
    schemaField,
    { ...ofContract('client_id'), helpText: 'Which of your clients this call is for: its budget pays.' },
    ofContract('project'),
    {
      ...ofContract('scenario_id'),
      helpText:
        'A name to count this call under, in place of the Zap’s own ID. Fill it in to make reports readable, or if several Zaps share a budget.',
    },
    messages,
    {
      key: 'images',
      label: 'Image URLs',
      type: 'string',
      list: true,
      required: false,
      placeholder: 'https://example.com/receipt.png',
      helpText: 'Pictures that go with the prompt.',
    },
    ...['temperature', 'max_tokens', 'reasoning_effort'].map(ofContract),
    {
      ...ofContract('fallback_models'),
      dynamic: dynamicOf('models.list'),
      helpText: 'Tried in this order if the model fails. Left empty, the default fallbacks of your gateway apply.',
    },
    {
      key: 'long_answer',
      label: 'Wait for Long Answer',
      type: 'boolean',
      required: false,
      default: 'false',
      helpText:
        'Zapier allows a step 30 seconds. With this on, the Zap pauses until the answer is there, however long the model takes. A test of the step still waits only 25 seconds.',
    },
  ];
}

/** Tags stand under `metadata` in the operation. */
function fieldNamed(key: string, fields: readonly Field[]): Field {
  const tags = fields.find((field) => field.key === 'metadata')?.children ?? [];
  const found = [...fields, ...tags].find((field) => field.key === key);
  if (found === undefined)
    throw new Error(`chat.complete has no field "${key}" any more; see integrations/zapier/src/chat-form.ts`);
  return found;
}

const outputFormat: PlainInputField = {
  key: 'output_format',
  label: 'Output Format',
  type: 'string',
  required: false,
  default: 'text',
  altersDynamicFields: true,
  choices: [
    { value: 'text', sample: 'text', label: 'Text' },
    { value: 'json_object', sample: 'json_object', label: 'JSON' },
    { value: 'json_schema', sample: 'json_schema', label: 'JSON by a Schema' },
  ],
  helpText:
    'JSON comes parsed, field by field. With plain JSON, describe in the prompt what it holds. If the answer holds no JSON, its text is there all the same.',
};

/** Shown once it is wanted. On first sight of a form nothing is filled in yet. */
const schemaField = (_z: unknown, { inputData }: Bundle): PlainInputField[] =>
  inputData?.output_format === 'json_schema'
    ? [
        {
          key: 'json_schema',
          label: 'JSON Schema',
          type: 'text',
          required: true,
          helpText:
            'For example, `{"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"], "additionalProperties": false}`. The model keeps to it strictly if every object is closed and every property required.',
        },
      ]
    : [];

const messages: PlainInputField = {
  key: 'messages',
  label: 'Messages',
  children: [
    {
      key: 'role',
      label: 'Role',
      type: 'string',
      required: false,
      choices: [
        { value: 'user', sample: 'user', label: 'User' },
        { value: 'assistant', sample: 'assistant', label: 'Assistant' },
        { value: 'system', sample: 'system', label: 'System' },
      ],
      helpText: 'Role of the speaker. Default: user.',
    },
    {
      key: 'content',
      label: 'Content',
      type: 'text',
      required: false,
      helpText: 'Text of an earlier message of the conversation. The prompt follows the messages.',
    },
  ],
};

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
} satisfies ChatAnswer;

export const chatOutput: PlainOutputField[] = [
  { key: 'text', label: 'Answer Text', type: 'string' },
  { key: 'refusal', label: 'Refusal', type: 'string' },
  { key: 'model', label: 'Model', type: 'string' },
  { key: 'finish_reason', label: 'Finish Reason', type: 'string' },
  { key: 'usage__input_tokens', label: 'Input Tokens', type: 'integer' },
  { key: 'usage__output_tokens', label: 'Output Tokens', type: 'integer' },
  { key: 'usage__total_tokens', label: 'Total Tokens', type: 'integer' },
  { key: 'provider', label: 'Provider', type: 'string' },
  { key: 'cost_usd', label: 'Cost (USD)', type: 'number' },
  { key: 'budget_remaining_usd', label: 'Budget Left (USD)', type: 'number' },
  { key: 'route', label: 'Route', type: 'string' },
  { key: 'request_id', label: 'Request ID', type: 'string' },
];
