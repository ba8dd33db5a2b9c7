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
      .meta({ title: 'Input', description: 'Text, or a list of items.', 'x-field': { multiline: true } }),
    instructions: z
      .string()
      .nullable()
      .optional()
      .meta({
        title: 'Instructions',
        description: 'Instructions for the model: its role, tone and rules.',
        'x-field': { multiline: true },
      }),
    max_output_tokens: tokenCeiling
      .nullable()
      .optional()
      .meta({ title: 'Max output tokens', description: 'Maximum length of the answer, in tokens.' }),
    temperature,
    top_p: topP,
    tools: functionTools,
    tool_choice: toolChoice,
    stream,
    fallback_models: fallbackModels,
    metadata,
  }),
  output: z.looseObject({
    id: z.string().meta({ title: 'Id', description: 'The id of the answer.' }),
    object: z.literal('response').meta({ title: 'Object', description: 'Always response.' }),
    model: z.string().meta({ title: 'Model', description: 'The model that answered.' }),
    output: z
      .array(typed('message, reasoning, function_call, …'))
      .meta({ title: 'Output', description: 'Messages, reasoning and calls.' }),
  }),
  errors: callErrors,
  sample: {
    input: { model: 'claude-sonnet-5', input: 'Say hello.' },
    output: {
      id: 'resp_01k2',
      object: 'response',
      status: 'completed',
      model: 'claude-sonnet-5',
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello.' }] }],
    },
  },
  wrong: [
    { input: { model: 'gpt-4o' }, because: 'there is nothing to answer' },
    { input: { model: 'gpt-4o', input: 'Hi', max_output_tokens: 0 }, because: 'an answer has at least one token' },
  ],
});
