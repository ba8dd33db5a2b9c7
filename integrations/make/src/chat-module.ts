import { type Field, fieldsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import { type Component, componentId, connectionId, type Json, type Parameter } from './component.ts';
import { jsonIn, patterns, whole } from './json-in-text.ts';
import { makeField } from './make-field.ts';

/** The one form written by hand: people have a prompt in mind where the operation has messages, parts and formats. */
export function chatModule(operation: Operation): Component {
  return {
    kind: 'module',
    id: componentId(operation.id),
    about: {
      label: 'Create a chat completion',
      description: 'Creates an answer of any model of any provider, under your budgets.',
      moduleType: 'action',
      actionCrud: 'create',
      connection: connectionId,
      altConnection: null,
    },
    code: {
      communication: [parts, request(operation)],
      staticParams: [],
      mappableParams: form(operation),
      interface: answer,
      samples: sample,
    },
  };
}

/** Two steps, since what is set in `temp` can be used only after it: first the pieces, then what is made of them. */
const parts: Json = {
  temp: {
    text: [{ type: 'text', text: `{{${asText('parameters.prompt')}}}` }],
    patterns,
    whole,
    // A field of the type `json` comes as an object already:
    // https://developers.make.com/custom-apps-documentation/block-elements/parameters/json
    given: "{{if(parameters.format == 'json_schema', parameters.schema, undefined)}}",
  },
  response: { valid: true },
};

/** A mapped value of any type as text: lists and collections as JSON, all else in its own words. */
function asText(given: string): string {
  const written = `createJSON(${given})`;
  return `switch(substring(${written}, 0, 1), '{', ${written}, '[', ${written}, '' + ${given})`;
}

const wantsJson = "(parameters.format == 'json_object' || parameters.format == 'json_schema')";

function request({ path, method }: Operation): Json {
  return {
    url: path,
    method,
    // What a person fills in wins over the scenario's own id, and the gateway takes the header first.
    // `''` and not `emptystring`, which is an object in Make; and not the id itself, since a header cannot carry every name.
    headers: { 'X-Scenario-ID': "{{if(parameters.scenario_id, '', scenario.id)}}" },
    temp: {
      system: [{ role: 'system', content: `{{${asText('parameters.system')}}}` }],
      user: [
        {
          role: 'user',
          content: '{{if(parameters.images[1], merge(temp.text, parameters.images), temp.text[1].text)}}',
        },
      ],
      tags: {
        client_id: '{{ifempty(parameters.client_id, undefined)}}',
        project: '{{ifempty(parameters.project, undefined)}}',
        scenario_id: '{{ifempty(parameters.scenario_id, undefined)}}',
      },
      formats: {
        json_object: { type: 'json_object' },
        json_schema: {
          type: 'json_schema',
          json_schema: {
            name: 'answer',
            strict: '{{ifempty(parameters.strict, false)}}',
            // OpenAI's documents show the schema inside `{name, schema}`, and people paste it as it stands there.
            schema: '{{ifempty(temp.given.schema, temp.given)}}',
          },
        },
      },
    },
    body: {
      model: '{{parameters.model}}',
      messages:
        "{{merge(if(parameters.system, temp.system, emptyarray), if(parameters.input == 'messages', parameters.messages, temp.user))}}",
      response_format: `{{if(${wantsJson}, get(temp.formats, parameters.format), undefined)}}`,
      temperature: '{{ifempty(parameters.temperature, undefined)}}',
      max_tokens: '{{ifempty(parameters.max_tokens, undefined)}}',
      reasoning_effort: '{{ifempty(parameters.reasoning_effort, undefined)}}',
      // An empty list says that there is no fallback; a form that is left empty does not mean that.
      fallback_models:
        '{{if(parameters.no_fallback, emptyarray, if(parameters.fallback_models[1], parameters.fallback_models, undefined))}}',
      // In the body and not in headers, which cannot carry every name. Where there is none it is left out: providers
      // refuse metadata, be it empty, of calls they do not store.
      metadata: '{{if(parameters.client_id || parameters.project || parameters.scenario_id, temp.tags, undefined)}}',
      stream: false,
    },
    response: { temp: { answer: `{{if(${wantsJson}, ${text}, '')}}` }, output },
  };
}

/** A refusal is an answer too: its words stand in place of the text. */
const text = "ifempty(body.choices[1].message.content, ifempty(body.choices[1].message.refusal, ''))";

/** What was cut short is no JSON; it stays text, since it is paid for. */
const json = `{{if(${wantsJson} && body.choices[1].finish_reason == 'stop', ${jsonIn('temp.answer')}, null)}}`;

const output: Json = {
  text: `{{${text}}}`,
  json,
  refusal: '{{ifempty(body.choices[1].message.refusal, null)}}',
  model: '{{body.model}}',
  finish_reason: '{{body.choices[1].finish_reason}}',
  usage: {
    input_tokens: '{{body.usage.prompt_tokens}}',
    output_tokens: '{{body.usage.completion_tokens}}',
    total_tokens: '{{body.usage.total_tokens}}',
  },
  cost_usd: dollars('x-gateway-cost-usd'),
  budget_remaining_usd: dollars('x-gateway-budget-remaining-usd'),
  provider: '{{headers.`x-gateway-provider`}}',
  route: '{{headers.`x-gateway-route`}}',
  request_id: '{{headers.`x-request-id`}}',
};

/** Null where there is no budget, which is not the same as nothing left. */
function dollars(header: string): string {
  return `{{if(headers.\`${header}\`, parseNumber(headers.\`${header}\`, '.'), null)}}`;
}

/** Labels, help and drop-downs are the contract's where it has the field. */
function form(operation: Operation): Parameter[] {
  const fields = fieldsOf(operation);
  const ofContract = (key: string): Parameter => makeField(fieldNamed(key, fields));
  return [
    { ...ofContract('model'), default: 'auto' },
    {
      name: 'input',
      type: 'select',
      label: 'Input',
      required: true,
      default: 'prompt',
      options: [
        { label: 'Prompt', value: 'prompt', nested: [prompt, images] },
        { label: 'Messages', value: 'messages', nested: [messages(fieldNamed('messages', fields))] },
      ],
    },
    {
      name: 'system',
      type: 'text',
      label: 'System prompt',
      multiline: true,
      help: 'How the model must behave, whatever the input.',
    },
    {
      name: 'format',
      type: 'select',
      label: 'Output format',
      required: true,
      default: 'text',
      options: [
        { label: 'Text', value: 'text' },
        { label: 'JSON', value: 'json_object' },
        { label: 'JSON by a schema', value: 'json_schema', nested: [schema, strict] },
      ],
      help: 'JSON comes parsed, under **JSON**. With plain JSON, say in the prompt what it must hold.',
    },
    ofContract('client_id'),
    ofContract('project'),
    {
      ...ofContract('scenario_id'),
      help: 'What this call counts for, in place of this scenario’s own ID. For example, one ID for scenarios that share a budget.',
    },
    ...['temperature', 'max_tokens', 'reasoning_effort'].map((key) => ({ ...ofContract(key), advanced: true })),
    {
      ...ofContract('fallback_models'),
      help: 'Tried in this order when the model fails. Left empty, the default fallbacks of your gateway apply.',
      type: 'select',
      options: 'rpc://modelsList',
      multiple: true,
      advanced: true,
      spec: undefined,
      labels: undefined,
    },
    {
      name: 'no_fallback',
      type: 'boolean',
      label: 'No fallback',
      advanced: true,
      default: false,
      help: 'Fails when the model fails, in place of trying another one.',
    },
  ];
}

/** Tags stand under `metadata` in the operation. */
function fieldNamed(key: string, fields: readonly Field[]): Field {
  const tags = fields.find((field) => field.key === 'metadata')?.children ?? [];
  const found = [...fields, ...tags].find((field) => field.key === key);
  if (found === undefined)
    throw new Error(`chat.complete has no field "${key}" any more; see integrations/make/src/chat-module.ts`);
  return found;
}

const prompt: Parameter = {
  name: 'prompt',
  type: 'text',
  label: 'Prompt',
  multiline: true,
  required: true,
  help: 'Your question or instruction.',
};

/**
 * In OpenAI's own shape of a part, so that they go into the message as they are: IML cannot build one from a bare URL. What is the
 * same in all of them is hidden: "The value of a hidden parameter can be set using default option."
 * https://developers.make.com/custom-apps-documentation/block-elements/parameters/hidden
 */
const images: Parameter = {
  name: 'images',
  type: 'array',
  label: 'Images',
  help: 'Pictures that go with the prompt.',
  labels: { add: 'Add image' },
  spec: [
    { name: 'type', type: 'hidden', default: 'image_url' },
    {
      name: 'image_url',
      type: 'collection',
      label: 'Image',
      required: true,
      spec: [
        {
          name: 'url',
          type: 'text',
          label: 'URL',
          required: true,
          validate: { pattern: '^(https?://|data:image/)' },
          help: 'For example, `https://example.com/photo.jpg`, or a data URL: `data:image/jpeg;base64,…`',
        },
        {
          name: 'detail',
          type: 'select',
          label: 'Detail',
          options: [
            { label: 'Automatic', value: 'auto' },
            { label: 'Low', value: 'low' },
            { label: 'High', value: 'high' },
          ],
          help: 'How closely the model looks. Low costs least.',
        },
      ],
    },
  ],
};

function messages(field: Field): Parameter {
  return {
    ...makeField(field),
    validate: { minItems: 1 },
    spec: [
      {
        name: 'role',
        type: 'select',
        label: 'Role',
        required: true,
        default: 'user',
        options: [
          { label: 'User', value: 'user' },
          { label: 'Assistant', value: 'assistant' },
          { label: 'System', value: 'system' },
        ],
        help: 'Role of the speaker.',
      },
      {
        name: 'content',
        type: 'text',
        label: 'Content',
        multiline: true,
        required: true,
        help: 'Text of the message.',
      },
    ],
  };
}

const schema: Parameter = {
  name: 'schema',
  type: 'json',
  label: 'JSON schema',
  required: true,
  help: 'For example, `{"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"], "additionalProperties": false}`.',
};

const strict: Parameter = {
  name: 'strict',
  type: 'boolean',
  label: 'Strict',
  default: false,
  help: 'The answer keeps to the schema exactly. Every object must be closed (`"additionalProperties": false`) and every property required.',
};

const answer: readonly Parameter[] = [
  { name: 'text', type: 'text', label: 'Text', multiline: true },
  { name: 'json', type: 'any', label: 'JSON' },
  { name: 'refusal', type: 'text', label: 'Refusal' },
  { name: 'model', type: 'text', label: 'Model' },
  { name: 'finish_reason', type: 'text', label: 'Finish reason' },
  {
    name: 'usage',
    type: 'collection',
    label: 'Usage',
    spec: [
      { name: 'input_tokens', type: 'integer', label: 'Input tokens' },
      { name: 'output_tokens', type: 'integer', label: 'Output tokens' },
      { name: 'total_tokens', type: 'integer', label: 'Total tokens' },
    ],
  },
  { name: 'cost_usd', type: 'number', label: 'Cost (USD)' },
  { name: 'budget_remaining_usd', type: 'number', label: 'Budget left (USD)' },
  { name: 'provider', type: 'text', label: 'Provider' },
  { name: 'route', type: 'text', label: 'Route' },
  { name: 'request_id', type: 'text', label: 'Request ID' },
];

const sample: Json = {
  text: '{"kind": "invoice"}',
  json: { kind: 'invoice' },
  refusal: null,
  model: 'gpt-4o-mini-2024-07-18',
  finish_reason: 'stop',
  usage: { input_tokens: 21, output_tokens: 6, total_tokens: 27 },
  cost_usd: 0.00000675,
  budget_remaining_usd: 8.75,
  provider: 'openai',
  route: 'asked for',
  request_id: 'req_01k2',
};
