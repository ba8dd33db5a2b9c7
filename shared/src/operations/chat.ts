import { z } from 'zod';
import { operation } from '../operation.ts';
import { clientId, id, project, scenarioId, scenarioPlatform, tag } from './common.ts';

const content = z
  .union([z.string(), z.array(z.looseObject({ type: z.string() }))])
  .nullable()
  .optional()
  .meta({ title: 'Content', description: 'Text, or a list of parts (text, image_url, file).' });

const message = z.looseObject({
  role: z
    .enum(['system', 'developer', 'user', 'assistant', 'tool', 'function'])
    .meta({ title: 'Role', description: 'Who speaks.' }),
  content,
});

export const metadata = z
  .looseObject({
    client_id: clientId.optional(),
    project: project.optional(),
    scenario_id: scenarioId.optional(),
    scenario_platform: scenarioPlatform.optional(),
    execution_id: tag('Execution', 'The single run of a scenario.').optional(),
  })
  .nullable()
  .optional()
  .meta({
    title: 'Metadata',
    description: 'Tags of the call, for tools that can set no header. Other entries go to the provider.',
  });

export const fallbackModels = z
  .array(z.string())
  .max(20)
  .optional()
  .meta({ title: 'Fallback models', description: 'Tried in order when the model fails; an empty list means none.' });

export const modelName = z
  .string()
  .min(1)
  .max(200)
  .meta({
    title: 'Model',
    description: 'A model’s own name, provider/model, or auto.',
    'x-field': { options: 'models.list' },
  });
export const stream = z
  .boolean()
  .nullable()
  .optional()
  .meta({ title: 'Stream', description: 'Answer in server-sent events, as it is written.' });

/** The fields the gateway reads; every other field of OpenAI's goes along. */
const chatInput = z.looseObject({
  model: modelName,
  messages: z.array(message).min(1).max(10_000).meta({ title: 'Messages', description: 'The conversation so far.' }),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .nullable()
    .optional()
    .meta({ title: 'Temperature', description: 'How freely the model chooses its words, 0 to 2.' }),
  max_tokens: z
    .number()
    .int()
    .min(1)
    .nullable()
    .optional()
    .meta({ title: 'Max tokens', description: 'The most tokens the answer may have.' }),
  response_format: z
    .looseObject({ type: z.enum(['text', 'json_object', 'json_schema']) })
    .nullable()
    .optional()
    .meta({ title: 'Response format', description: 'Text, any JSON, or JSON by a schema.' }),
  tools: z
    .array(z.looseObject({ type: z.string() }))
    .nullable()
    .optional()
    .meta({ title: 'Tools', description: 'Functions the model may call.' }),
  tool_choice: z
    .unknown()
    .optional()
    .meta({ title: 'Tool choice', description: 'auto, none, required, or one function.' }),
  stream,
  stream_options: z
    .looseObject({ include_usage: z.boolean().optional() })
    .nullable()
    .optional()
    .meta({ title: 'Stream options', description: 'include_usage adds the token counts at the end of a stream.' }),
  fallback_models: fallbackModels,
  metadata,
});

const completion = z.looseObject({
  id: z.string().meta({ title: 'Id', description: 'The id of the answer.' }),
  object: z.literal('chat.completion').meta({ title: 'Object', description: 'Always chat.completion.' }),
  model: z.string().meta({ title: 'Model', description: 'The model that answered.' }),
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({ role: z.literal('assistant'), content: z.string().nullable() }),
        finish_reason: z.string(),
      }),
    )
    .meta({ title: 'Choices', description: 'The answer is in the first.' }),
  usage: z
    .looseObject({
      prompt_tokens: z.number().int(),
      completion_tokens: z.number().int(),
      total_tokens: z.number().int(),
    })
    .optional()
    .meta({ title: 'Usage', description: 'Tokens, as OpenAI counts them.' }),
});

const sampleAnswer = {
  id: 'chatcmpl-01k2',
  object: 'chat.completion' as const,
  created: 1_793_520_000,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{ index: 0, message: { role: 'assistant' as const, content: 'Invoice' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 21, completion_tokens: 1, total_tokens: 22 },
};

const sampleInput = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: 'Is this an invoice or a newsletter? One word.' }],
  metadata: { client_id: 'acme', scenario_id: '42' },
};

const callErrors = [
  'invalid_request',
  'invalid_tag',
  'unsupported_parameter',
  'invalid_api_key',
  'forbidden',
  'tag_forbidden',
  'model_not_found',
  'conflict',
  'idempotency_conflict',
  'request_too_large',
  'unsupported_media_type',
  'provider_error',
  'no_provider_available',
  'provider_timeout',
  'service_unavailable',
] as const;

const wrongCalls = [
  { input: { model: 'gpt-4o' }, because: 'there is nothing to answer' },
  { input: { model: 'gpt-4o', messages: [] }, because: 'there is nothing to answer' },
  { input: { model: 'gpt-4o', messages: [{ role: 'robot', content: 'Hi' }] }, because: 'nobody knows that role' },
  {
    input: { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }], temperature: 'hot' },
    because: 'a temperature is a number',
  },
];

export const completeChat = operation({
  id: 'chat.complete',
  kind: 'model',
  method: 'POST',
  path: '/v1/chat/completions',
  group: 'Model calls',
  label: 'Chat completion',
  description: 'OpenAI’s chat completions, answered by any model of any provider.',
  surfaces: ['make', 'zapier', 'n8n'],
  access: 'calls-models',
  input: chatInput,
  output: completion,
  errors: callErrors,
  sample: { input: sampleInput, output: sampleAnswer },
  wrong: wrongCalls,
});

export const createResponse = operation({
  id: 'responses.create',
  kind: 'model',
  method: 'POST',
  path: '/v1/responses',
  group: 'Model calls',
  label: 'Response',
  description: 'OpenAI’s responses, answered by any model of any provider.',
  surfaces: [],
  access: 'calls-models',
  input: z.looseObject({
    model: modelName,
    input: z
      .union([z.string(), z.array(z.looseObject({}))])
      .meta({ title: 'Input', description: 'Text, or a list of items.' }),
    instructions: z
      .string()
      .nullable()
      .optional()
      .meta({ title: 'Instructions', description: 'What the model is to be.' }),
    max_output_tokens: z
      .number()
      .int()
      .min(1)
      .nullable()
      .optional()
      .meta({ title: 'Max output tokens', description: 'The most tokens the answer may have.' }),
    stream,
    fallback_models: fallbackModels,
    metadata,
  }),
  output: z.looseObject({
    id: z.string().meta({ title: 'Id', description: 'The id of the answer.' }),
    object: z.literal('response').meta({ title: 'Object', description: 'Always response.' }),
    model: z.string().meta({ title: 'Model', description: 'The model that answered.' }),
    output: z
      .array(z.looseObject({ type: z.string() }))
      .meta({ title: 'Output', description: 'Messages, reasoning and calls.' }),
  }),
  errors: callErrors,
  sample: {
    input: { model: 'claude-3-5-sonnet-20241022', input: 'Say hello.' },
    output: {
      id: 'resp_01k2',
      object: 'response',
      status: 'completed',
      model: 'claude-3-5-sonnet-20241022',
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello.' }] }],
    },
  },
  wrong: [{ input: { model: 'gpt-4o' }, because: 'there is nothing to answer' }],
});

export const createMessage = operation({
  id: 'messages.create',
  kind: 'model',
  method: 'POST',
  path: '/v1/messages',
  group: 'Model calls',
  label: 'Message',
  description: 'Anthropic’s messages, answered by any model of any provider.',
  surfaces: [],
  access: 'calls-models',
  input: z.looseObject({
    model: modelName,
    max_tokens: z
      .number()
      .int()
      .min(1)
      .meta({ title: 'Max tokens', description: 'The most tokens the answer may have.' }),
    messages: z
      .array(
        z.looseObject({
          role: z.enum(['user', 'assistant', 'system']),
          content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]),
        }),
      )
      .min(1)
      .meta({ title: 'Messages', description: 'The conversation so far.' }),
    system: z
      .union([z.string(), z.array(z.looseObject({ type: z.string() }))])
      .optional()
      .meta({ title: 'System', description: 'What the model is to be.' }),
    stream,
    fallback_models: fallbackModels,
    metadata,
  }),
  output: z.looseObject({
    id: z.string().meta({ title: 'Id', description: 'The id of the answer.' }),
    type: z.literal('message').meta({ title: 'Type', description: 'Always message.' }),
    model: z.string().meta({ title: 'Model', description: 'The model that answered.' }),
    content: z
      .array(z.looseObject({ type: z.string() }))
      .meta({ title: 'Content', description: 'Blocks of text, thinking and tool use.' }),
    stop_reason: z.string().nullable().meta({ title: 'Stop reason', description: 'Why the answer ended.' }),
  }),
  errors: callErrors,
  sample: {
    input: { model: 'gpt-4o', max_tokens: 100, messages: [{ role: 'user', content: 'Say hello.' }] },
    output: {
      id: 'msg_01k2',
      type: 'message',
      role: 'assistant',
      model: 'gpt-4o-2024-08-06',
      content: [{ type: 'text', text: 'Hello.' }],
      stop_reason: 'end_turn',
    },
  },
  wrong: [
    {
      input: { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] },
      because: 'Anthropic’s dialect demands max_tokens',
    },
  ],
});

export const createEmbeddings = operation({
  id: 'embeddings.create',
  kind: 'model',
  method: 'POST',
  path: '/v1/embeddings',
  group: 'Model calls',
  label: 'Embeddings',
  description: 'OpenAI’s embeddings, by OpenAI, Gemini or any server that speaks its dialect.',
  surfaces: [],
  access: 'calls-models',
  input: z.looseObject({
    model: modelName,
    input: z
      .union([z.string(), z.array(z.union([z.string(), z.number(), z.array(z.number())]))])
      .meta({ title: 'Input', description: 'A text, or a list of up to 2048.' }),
    encoding_format: z
      .enum(['float', 'base64'])
      .nullable()
      .optional()
      .meta({ title: 'Encoding', description: 'Numbers, or base64 of 32-bit floats.' }),
    dimensions: z
      .number()
      .int()
      .min(1)
      .nullable()
      .optional()
      .meta({ title: 'Dimensions', description: 'How long the vectors are to be.' }),
  }),
  output: z.looseObject({
    object: z.literal('list').meta({ title: 'Object', description: 'Always list.' }),
    data: z
      .array(z.looseObject({ index: z.number().int(), embedding: z.union([z.array(z.number()), z.string()]) }))
      .meta({ title: 'Embeddings', description: 'In the order of the input.' }),
    model: z.string().meta({ title: 'Model', description: 'The model that answered.' }),
  }),
  errors: callErrors,
  sample: {
    input: { model: 'text-embedding-3-small', input: 'hello' },
    output: {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.1, -0.2] }],
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 1, total_tokens: 1 },
    },
  },
  wrong: [{ input: { model: 'text-embedding-3-small' }, because: 'there is nothing to embed' }],
});

const backgroundState = {
  id,
  status: z
    .enum(['queued', 'running', 'completed', 'failed'])
    .meta({ title: 'Status', description: 'Where it stands.' }),
};

export const createBackground = operation({
  id: 'background.create',
  kind: 'model',
  method: 'POST',
  path: '/v1/chat/completions/background',
  group: 'Model calls',
  label: 'Chat completion in the background',
  description:
    'Answers at once and posts the completion to a URL when it is there: for platforms that time out in 30 seconds.',
  surfaces: ['zapier'],
  access: 'calls-models',
  status: 202,
  input: chatInput.extend({
    callback_url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .meta({ title: 'Callback URL', description: 'Where the completion is posted, signed by Standard Webhooks.' }),
  }),
  output: z.object({
    ...backgroundState,
    secret: z.string().meta({ title: 'Secret', description: 'Verifies the signature of what is posted.' }),
  }),
  errors: callErrors,
  sample: {
    input: { ...sampleInput, callback_url: 'https://example.com/hook' },
    output: { id: 'bg_01k2', status: 'queued', secret: 'whsec_…' },
  },
  wrong: [...wrongCalls, { input: sampleInput, because: 'nobody would hear the answer' }],
});

export const getBackground = operation({
  id: 'background.get',
  method: 'GET',
  path: '/v1/chat/completions/background/:id',
  group: 'Model calls',
  label: 'Get a background completion',
  description: 'Where a background completion stands, and the completion once it is there.',
  surfaces: ['zapier'],
  access: 'calls-models',
  input: z.strictObject({ id }),
  output: z.object({
    ...backgroundState,
    response: completion.optional().meta({ title: 'Response', description: 'The chat completion.' }),
    error: z
      .looseObject({ message: z.string(), code: z.string() })
      .optional()
      .meta({ title: 'Error', description: 'Why it failed.' }),
    cost_usd: z.number().optional().meta({ title: 'Cost', description: 'Dollars.' }),
    budget_remaining_usd: z
      .number()
      .optional()
      .meta({ title: 'Budget left', description: 'Dollars of the tightest budget; absent where there is none.' }),
    provider: z.string().optional().meta({ title: 'Provider', description: 'Who answered.' }),
  }),
  errors: ['invalid_api_key', 'not_found'],
  sample: {
    input: { id: 'bg_01k2' },
    output: { id: 'bg_01k2', status: 'completed', response: sampleAnswer, cost_usd: 0.0000039, provider: 'openai' },
  },
  wrong: [{ input: {}, because: 'it needs to know which one' }],
});
