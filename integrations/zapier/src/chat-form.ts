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
      helpText: 'What the model is to answer. Leave it empty where the messages below say it.',
    },
    {
      key: 'system_prompt',
      label: 'System Prompt',
      type: 'text',
      required: false,
      placeholder: 'You sort e-mails. Answer in one word.',
      helpText: 'How the model is to behave.',
    },
    outputFormat,
    schemaField,
    { ...ofContract('client_id'), helpText: 'The client of yours this call is for: its budget pays.' },
    ofContract('project'),
    {
      ...ofContract('scenario_id'),
      helpText:
        'What this call counts for, in place of the Zap’s own ID. Fill it in to make reports readable, or where several Zaps share a budget.',
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
    { ...ofContract('fallback_models'), dynamic: dynamicOf('models.list') },
    {
      key: 'long_answer',
      label: 'Wait for Long Answer',
      type: 'boolean',
      required: false,
      default: 'false',
      helpText:
        'A step may take 30 seconds. With this on, the Zap pauses until the answer is there, however long the model takes. A test of the step still waits 25 seconds only.',
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
  helpText: 'JSON comes parsed, field by field. With plain JSON, say in the prompt what it is to hold.',
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
            'For example, `{"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"], "additionalProperties": false}`. It is kept to strictly where every object is closed and every property required.',
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
      helpText: 'Who says it; the user where nothing is chosen.',
    },
    {
      key: 'content',
      label: 'Content',
      type: 'text',
      required: false,
      helpText: 'Earlier messages of the conversation, one line each. The prompt follows them.',
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
  { key: 'text', label: 'Text', type: 'string' },
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
