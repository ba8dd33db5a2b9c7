import { z } from 'zod';
import { operation } from '../operation.ts';
import { modelName } from './common.ts';
import {
  callErrors,
  fallbackModels,
  functionTools,
  metadata,
  stream,
  temperature,
  tokenCeiling,
  toolChoice,
  topP,
  typed,
} from './model-call.ts';

const message = z
  .looseObject({
    role: z
      .enum(['system', 'developer', 'user', 'assistant', 'tool', 'function'])
      .meta({ title: 'Role', description: 'Role of the speaker.' }),
    // Text first: of several shapes a form shows the first.
    content: z
      .union([z.string(), z.array(typed('text, image_url, file, …'))])
      .nullable()
      .optional()
      .meta({
        title: 'Content',
        description: 'Text, or a list of parts (text, image_url, file).',
        'x-field': { multiline: true },
      }),
  })
  .meta({ title: 'Message' });

/** The fields a person would set; every other field of OpenAI's goes along as it is. */
export const chatInput = z.looseObject({
  model: modelName,
  messages: z.array(message).min(1).max(10_000).meta({ title: 'Messages', description: 'The conversation so far.' }),
  temperature,
  top_p: topP,
  max_tokens: tokenCeiling
    .nullable()
    .optional()
    .meta({ title: 'Max tokens', description: 'Maximum length of the answer, in tokens.' }),
  max_completion_tokens: tokenCeiling
    .nullable()
    .optional()
    .meta({ title: 'Max completion tokens', description: 'OpenAI’s newer name for max_tokens. Includes reasoning.' }),
  stop: z
    .union([z.string(), z.array(z.string())])
    .nullable()
    .optional()
    .meta({ title: 'Stop', description: 'The answer stops before this text.' }),
  // Servers that follow OpenAI have words of their own, here and in `response_format`.
  reasoning_effort: z
    .union([z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']), z.string()])
    .nullable()
    .optional()
    .meta({ title: 'Reasoning effort', description: 'How long a reasoning model thinks before it answers.' }),
  response_format: z
    .looseObject({
      type: z
        .union([z.enum(['text', 'json_object', 'json_schema']), z.string()])
        .meta({ title: 'Type', description: 'json_schema also needs the schema, in OpenAI’s form.' }),
    })
    .nullable()
    .optional()
    .meta({ title: 'Response format', description: 'Text, any JSON, or JSON by a schema.' }),
  tools: functionTools,
  tool_choice: toolChoice,
  stream,
  stream_options: z
    .looseObject({
      include_usage: z
        .boolean()
        .nullable()
        .optional()
        .meta({ title: 'Include usage', description: 'Adds the token counts at the end of a stream.' }),
    })
    .nullable()
    .optional()
    .meta({ title: 'Stream options', description: 'Only with `stream`.' }),
  fallback_models: fallbackModels,
  metadata,
});

const count = (title: string) => z.number().int().meta({ title, description: 'Counted as OpenAI does.' });

export const completion = z.looseObject({
  id: z.string().meta({ title: 'Id', description: 'The id of the answer.' }),
  object: z.literal('chat.completion').meta({ title: 'Object', description: 'Always chat.completion.' }),
  model: z.string().meta({ title: 'Model', description: 'The model that answered.' }),
  choices: z
    .array(
      z.looseObject({
        message: z
          .looseObject({
            role: z.literal('assistant').meta({ title: 'Role', description: 'Always assistant.' }),
            content: z.string().nullable().meta({ title: 'Content', description: 'The text of the answer.' }),
          })
          .meta({ title: 'Message', description: 'The answer; with `tool_calls` when the model calls functions.' }),
        finish_reason: z
          .string()
          .meta({ title: 'Finish reason', description: 'stop, length, tool_calls or content_filter.' }),
      }),
    )
    .meta({ title: 'Choices', description: 'The first entry has the answer.' }),
  usage: z
    .looseObject({
      prompt_tokens: count('Prompt tokens'),
      completion_tokens: count('Completion tokens'),
      total_tokens: count('Total tokens'),
    })
    .optional()
    .meta({ title: 'Usage', description: 'Tokens, counted as OpenAI does.' }),
});

export const sampleQuestion = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: 'Is this an invoice or a newsletter? One word.' }],
  metadata: { client_id: 'acme', scenario_id: '42' },
};

export const sampleAnswer = {
  id: 'chatcmpl-01k2',
  object: 'chat.completion' as const,
  created: 1_793_520_000,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{ index: 0, message: { role: 'assistant' as const, content: 'Invoice' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 21, completion_tokens: 1, total_tokens: 22 },
};

export const wrongQuestions = [
  { input: { model: 'gpt-4o' }, because: 'there is nothing to answer' },
  { input: { model: 'gpt-4o', messages: [] }, because: 'there is nothing to answer' },
  { input: { model: 'gpt-4o', messages: [{ role: 'robot', content: 'Hi' }] }, because: 'there is no such role' },
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
  sample: { input: sampleQuestion, output: sampleAnswer },
  wrong: wrongQuestions,
});
