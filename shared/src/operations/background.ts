import { z } from 'zod';
import { operation } from '../operation.ts';
import { chatInput, completion, sampleAnswer, sampleQuestion, wrongQuestions } from './chat.ts';
import { id } from './common.ts';
import { callErrors } from './model-call.ts';
import { usedPrompt } from './prompt-shapes.ts';

const state = {
  id,
  status: z
    .enum(['queued', 'running', 'completed', 'failed'])
    .meta({ title: 'Status', description: 'queued or running at first, then completed or failed.' }),
};

export const createBackground = operation({
  id: 'background.create',
  kind: 'model',
  method: 'POST',
  path: '/v1/chat/completions/background',
  group: 'Model calls',
  label: 'Chat completion in the background',
  description:
    'Answers immediately and posts the completion to a URL when it is ready. Made for platforms that time out after 30 seconds.',
  surfaces: ['zapier'],
  access: 'calls-models',
  status: 202,
  input: chatInput.omit({ stream: true, stream_options: true }).extend({
    callback_url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .meta({
        title: 'Callback URL',
        description: 'The address that receives the completion, signed by Standard Webhooks.',
      }),
  }),
  output: z.object({
    ...state,
    secret: z.string().meta({ title: 'Secret', description: 'Verifies the signature of the callback.' }),
  }),
  errors: callErrors,
  sample: {
    input: { ...sampleQuestion, callback_url: 'https://example.com/hook' },
    output: { id: 'bg_01k2', status: 'queued', secret: 'whsec_…' },
  },
  wrong: [
    ...wrongQuestions.map(({ input, because }) => ({
      input: { ...input, callback_url: 'https://example.com/hook' },
      because,
    })),
    { input: sampleQuestion, because: 'the answer needs an address to go to' },
    { input: { ...sampleQuestion, callback_url: 'ftp://example.com' }, because: 'an answer is posted over HTTP' },
    {
      input: { ...sampleQuestion, callback_url: `https://example.com/${'a'.repeat(2000)}` },
      because: 'an address has at most 2000 characters',
    },
  ],
});

export const getBackground = operation({
  id: 'background.get',
  method: 'GET',
  path: '/v1/chat/completions/background/:id',
  group: 'Model calls',
  label: 'Get a background completion',
  description: 'Returns the state of a background completion, and the completion once it is ready.',
  surfaces: ['zapier'],
  access: 'calls-models',
  input: z.strictObject({ id }),
  output: z.object({
    ...state,
    response: completion.optional().meta({ title: 'Response', description: 'The chat completion.' }),
    error: z
      .looseObject({
        message: z
          .string()
          .meta({ title: 'Message', description: 'An explanation for people: the cause, then what to do.' }),
        code: z.string().meta({ title: 'Code', description: 'The kind of error.' }),
      })
      .optional()
      .meta({ title: 'Error', description: 'The reason for the failure.' }),
    cost_usd: z.number().optional().meta({ title: 'Cost', description: 'Dollars.' }),
    budget_remaining_usd: z.number().optional().meta({
      title: 'Budget left',
      description: 'Amount left in the tightest budget, in dollars; absent when no budget applies.',
    }),
    provider: z.string().optional().meta({ title: 'Provider', description: 'The provider that answered.' }),
    request_id: z
      .string()
      .optional()
      .meta({ title: 'Request id', description: 'The id of the call, for feedback and GET /v1/usage/requests/:id.' }),
    route: z.string().optional().meta({ title: 'Route', description: 'Why this model answered.' }),
    cache: z.string().optional().meta({
      title: 'Cache',
      description: 'hit, miss, stored or bypass; absent where the cache was not asked.',
    }),
    saved_usd: z.number().optional().meta({
      title: 'Saved',
      description:
        'Dollars that the call saved, below zero where it cost more; absent where there is nothing to compare.',
    }),
    prompt: usedPrompt.optional(),
  }),
  errors: ['forbidden', 'not_found'],
  sample: {
    input: { id: 'bg_01k2' },
    output: {
      id: 'bg_01k2',
      status: 'completed',
      response: sampleAnswer,
      cost_usd: 0.0000039,
      provider: 'openai',
      request_id: 'req_01k2',
      route: 'asked for',
    },
  },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'bg_01k2', wait: true }, because: 'unknown fields are refused' },
  ],
});
