import { z } from 'zod';
import { operation } from '../operation.ts';
import { completion, sampleAnswer } from './chat.ts';
import { clientId, from, modelName, project, scenarioId, scenarioPlatform, to, usd } from './common.ts';
import { callErrors, tokenCeiling } from './model-call.ts';
import { promptId, usedPrompt, variables, versionChoice, versionNumber } from './prompt-shapes.ts';

const messages = z
  .array(
    z
      .looseObject({ role: z.string().meta({ title: 'Role', description: 'Role of the speaker.' }) })
      .meta({ title: 'Message' }),
  )
  .max(10_000)
  .optional()
  .meta({
    title: 'Messages',
    description: 'Messages that follow those of the prompt, or fill its placeholder, as chat completions have them.',
  });

const surplus = z
  .array(z.string())
  .meta({ title: 'Surplus', description: 'Values that no variable of the prompt takes.' });

const sampleUsed = { id: 'support-reply', version: 7, label: 'production' };
const sampleInput = { id: 'support-reply', variables: { email: 'Where is my parcel?' } };

export const renderPrompt = operation({
  id: 'prompts.render',
  method: 'POST',
  path: '/v1/prompts/:id/render',
  group: 'Prompts',
  label: 'Preview a prompt',
  description: 'Shows the messages that a call would send, their tokens and the most it could cost. Calls no model.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({
    id: promptId,
    ...versionChoice,
    variables,
    messages,
    model: modelName.optional().meta({ title: 'Model', description: 'Another model than the prompt’s.' }),
  }),
  output: z.object({
    prompt: usedPrompt,
    model: z
      .string()
      .nullable()
      .meta({ title: 'Model', description: 'The model that would be called; null for none.' }),
    messages: z
      .array(z.looseObject({ role: z.string().meta({ title: 'Role', description: 'Role of the speaker.' }) }))
      .meta({ title: 'Messages', description: 'The messages with every value in place.' }),
    parameters: z
      .record(z.string(), z.unknown())
      .meta({ title: 'Parameters', description: 'The other fields that the prompt adds to the call.' }),
    tokens: z.number().int().meta({ title: 'Tokens', description: 'About how many tokens of input it has.' }),
    max_cost_usd: usd.nullable().meta({
      title: 'Max cost',
      description: 'The most that one call could cost, in dollars; null where no price is known.',
    }),
    surplus,
  }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found', 'model_not_found'],
  sample: {
    input: sampleInput,
    output: {
      prompt: sampleUsed,
      model: 'gpt-4o-mini',
      messages: [
        { role: 'system', content: 'You answer e-mails of customers. Tone: friendly.' },
        { role: 'user', content: 'Where is my parcel?' },
      ],
      parameters: { max_tokens: 400 },
      tokens: 24,
      max_cost_usd: 0.000255,
      surplus: [],
    },
  },
  wrong: [
    { input: { variables: {} }, because: 'it needs to know which prompt' },
    { input: { id: 'support-reply', variables: 'email' }, because: 'values have names' },
  ],
});

export const runPrompt = operation({
  id: 'prompts.run',
  method: 'POST',
  path: '/v1/prompts/:id/run',
  group: 'Prompts',
  label: 'Run a prompt',
  description: 'Fills in a prompt, calls its model and gives the answer as a chat completion with its cost.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'calls-models',
  input: z.strictObject({
    id: promptId,
    ...versionChoice,
    label: versionChoice.label.meta({
      title: 'Label',
      description: 'Use the version of this label. Default: production.',
      'x-field': { inSight: true },
    }),
    variables: variables.meta({
      title: 'Variables',
      description: 'The value of each variable, by its name.',
      'x-field': { fields: 'prompts.fields', by: 'id' },
    }),
    messages,
    model: modelName.optional().meta({ title: 'Model', description: 'Another model than the prompt’s.' }),
    max_tokens: tokenCeiling
      .optional()
      .meta({ title: 'Max tokens', description: 'Maximum length of the answer, in tokens.' }),
    client_id: clientId.optional(),
    project: project.optional(),
    scenario_id: scenarioId.optional(),
    scenario_platform: scenarioPlatform.optional(),
    execution_id: z
      .string()
      .max(128)
      .optional()
      .meta({ title: 'Execution', description: 'The single run of a scenario.' }),
  }),
  output: completion.extend({
    prompt: usedPrompt,
    cost_usd: usd.meta({ title: 'Cost', description: 'Cost of the call, in dollars.' }),
    budget_remaining_usd: usd.nullable().meta({
      title: 'Budget remaining',
      description: 'Dollars left of the tightest budget; null where no budget applies.',
    }),
    request_id: z
      .string()
      .meta({ title: 'Request id', description: 'The id of the call, for feedback and GET /v1/usage/requests/:id.' }),
    provider: z
      .string()
      .nullable()
      .meta({ title: 'Provider', description: 'The provider that answered; null for an answer from the cache.' }),
    route: z.string().nullable().meta({ title: 'Route', description: 'Why this model answered.' }),
    cache: z
      .string()
      .nullable()
      .meta({ title: 'Cache', description: 'hit, miss, stored or bypass; null where the cache was not asked.' }),
    saved_usd: z.number().nullable().meta({
      title: 'Saved',
      description:
        'Dollars that the call saved, below zero where it cost more; null where there is nothing to compare.',
    }),
    surplus,
  }),
  errors: [...callErrors, 'not_found'],
  sample: {
    input: { ...sampleInput, client_id: 'acme' },
    output: {
      ...sampleAnswer,
      prompt: sampleUsed,
      cost_usd: 0.0000234,
      budget_remaining_usd: 8.75,
      request_id: 'req_01k2',
      provider: 'openai',
      route: 'asked for',
      cache: null,
      saved_usd: null,
      surplus: [],
    },
  },
  wrong: [
    { input: { variables: {} }, because: 'it needs to know which prompt' },
    { input: { id: 'support-reply', max_tokens: 0 }, because: 'an answer has at least one token' },
  ],
});

const versionMetrics = z
  .object({
    version: versionNumber,
    calls: z.number().int().meta({ title: 'Calls', description: 'Number of calls.' }),
    cost_usd: usd.meta({ title: 'Cost', description: 'Cost of the calls, in dollars.' }),
    p50_ms: z
      .number()
      .nullable()
      .meta({ title: 'Median time', description: 'Half of the calls took at most this long, in milliseconds.' }),
    p95_ms: z
      .number()
      .nullable()
      .meta({ title: '95 % time', description: '95 % of the calls took at most this long, in milliseconds.' }),
    errors: z.number().int().meta({ title: 'Errors', description: 'Calls that failed.' }),
    json_calls: z.number().int().meta({ title: 'JSON calls', description: 'Calls whose answer had to be JSON.' }),
    json_ok: z.number().int().meta({ title: 'JSON ok', description: 'Those of them whose answer was valid.' }),
    feedback: z.number().int().meta({ title: 'Feedback', description: 'Calls with feedback.' }),
    feedback_score: z
      .number()
      .nullable()
      .meta({ title: 'Feedback score', description: 'Mean of the scores, 0 to 1; null without feedback.' }),
    cache_hits: z.number().int().meta({ title: 'Cache hits', description: 'Calls answered from the response cache.' }),
  })
  .meta({ title: 'Version figures', description: 'The calls of one version.' });

export const promptMetrics = operation({
  id: 'prompts.metrics',
  method: 'GET',
  path: '/v1/prompts/:id/metrics',
  group: 'Prompts',
  label: 'Get the figures of a prompt',
  description: 'Gets calls, cost, times, errors and feedback of each version of a prompt.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({ id: promptId, from, to }),
  output: z.object({ data: z.array(versionMetrics).meta({ title: 'Versions', description: 'Newest version first.' }) }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found'],
  sample: {
    input: { id: 'support-reply', from: '2026-11-01' },
    output: {
      data: [
        {
          version: 7,
          calls: 812,
          cost_usd: 0.41,
          p50_ms: 640,
          p95_ms: 1_900,
          errors: 3,
          json_calls: 0,
          json_ok: 0,
          feedback: 120,
          feedback_score: 0.91,
          cache_hits: 40,
        },
      ],
    },
  },
  wrong: [
    { input: {}, because: 'it needs to know which prompt' },
    { input: { id: 'support-reply', from: 'yesterday' }, because: 'a range begins on a day' },
  ],
});
