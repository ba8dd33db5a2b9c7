import { z } from 'zod';
import { operation } from '../operation.ts';
import { modelName } from './common.ts';
import { callErrors, fallbackModels, metadata, stream, temperature, toolChoice, topP, typed } from './model-call.ts';

const block = typed('text, image, tool_use, tool_result, …').meta({ title: 'Block' });
const content = z.union([z.string(), z.array(block)]);

/** The fields that a message and a count of its tokens have in common. */
const conversation = {
  model: modelName,
  messages: z
    .array(
      z
        .looseObject({
          role: z.enum(['user', 'assistant', 'system']).meta({ title: 'Role', description: 'Role of the speaker.' }),
          content: content.meta({
            title: 'Content',
            description: 'Text, or a list of blocks.',
            'x-field': { multiline: true },
          }),
        })
        .meta({ title: 'Message' }),
    )
    .min(1)
    .meta({ title: 'Messages', description: 'The conversation so far.' }),
  system: content
    .nullable()
    .optional()
    .meta({
      title: 'System',
      description: 'Instructions for the model: its role, tone and rules.',
      'x-field': { multiline: true },
    }),
  tools: z
    .array(
      z
        .looseObject({
          type: z.string().nullable().optional().meta({
            title: 'Type',
            description: '`custom` (the default), or the type of one of Anthropic’s own tools.',
          }),
        })
        .meta({ title: 'Tool' }),
    )
    .nullable()
    .optional()
    .meta({ title: 'Tools', description: 'Functions that the model can call.' }),
  tool_choice: toolChoice,
  metadata,
};

export const createMessage = operation({
  id: 'messages.create',
  kind: 'model',
  errorShape: 'anthropic',
  method: 'POST',
  path: '/v1/messages',
  group: 'Model calls',
  label: 'Message',
  description: 'Anthropic’s messages, answered by any model of any provider.',
  surfaces: [],
  access: 'calls-models',
  input: z.looseObject({
    ...conversation,
    max_tokens: z.number().int().min(0).meta({
      title: 'Max tokens',
      description: 'Maximum length of the answer, in tokens. With 0, Claude caches the prompt and does not answer.',
    }),
    temperature,
    top_p: topP,
    stream,
    fallback_models: fallbackModels,
  }),
  output: z.looseObject({
    id: z.string().meta({ title: 'Id', description: 'The id of the answer.' }),
    type: z.literal('message').meta({ title: 'Type', description: 'Always message.' }),
    model: z.string().meta({ title: 'Model', description: 'The model that answered.' }),
    content: z.array(block).meta({ title: 'Content', description: 'Blocks of text, thinking and tool use.' }),
    stop_reason: z.string().nullable().meta({ title: 'Stop reason', description: 'The reason why the answer ended.' }),
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
      because: 'Anthropic’s dialect requires max_tokens',
    },
    {
      input: { model: 'gpt-4o', max_tokens: 100, messages: [{ role: 'tool', content: 'Hi' }] },
      because: 'tool results are blocks of the user here',
    },
  ],
});

export const countMessageTokens = operation({
  id: 'messages.countTokens',
  kind: 'model',
  errorShape: 'anthropic',
  method: 'POST',
  path: '/v1/messages/count_tokens',
  group: 'Model calls',
  label: 'Count tokens',
  description:
    'Counts the input tokens of a message. Anthropic counts for its own models, the gateway for all others. Free.',
  surfaces: [],
  access: 'calls-models',
  input: z.looseObject(conversation),
  output: z.object({
    input_tokens: z
      .number()
      .int()
      .min(0)
      .meta({ title: 'Input tokens', description: 'Tokens of messages, system prompt and tools.' }),
  }),
  errors: callErrors,
  sample: {
    input: { model: 'gpt-4o', messages: [{ role: 'user', content: 'Say hello.' }] },
    output: { input_tokens: 4 },
  },
  wrong: [
    { input: { model: 'gpt-4o' }, because: 'there is nothing to count' },
    { input: { model: 'gpt-4o', messages: [] }, because: 'an empty conversation has no tokens' },
  ],
});
