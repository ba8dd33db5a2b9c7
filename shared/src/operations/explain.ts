import { z } from 'zod';
import { operation } from '../operation.ts';
import { callTag } from './common.ts';
import { callErrors } from './model-call.ts';

const text = (title: string, description: string) => z.string().meta({ title, description });
const because = text('Because', 'The reason, in a few words.');

const tags = {
  client_id: callTag('Client', 'The client the call would be for.', 'clients.list'),
  project: callTag('Project', 'The project the call would belong to.', 'projects.list'),
  scenario_id: callTag('Scenario', 'The scenario that would make the call.', 'scenarios.list'),
  scenario_platform: callTag('Platform', 'Where the scenario runs: make, zapier, n8n, …'),
  execution_id: callTag('Execution', 'The single run of a scenario.'),
};

const usd = (description: string) => z.number().nullable().meta({ title: 'US dollars', description });

export const explainRouting = operation({
  id: 'routing.explain',
  method: 'POST',
  path: '/v1/routing/explain',
  group: 'Routing',
  label: 'Explain where a call goes',
  description:
    'Decides a call as it would be decided now, and says why. Nothing is sent to a provider, and no money is held or spent.',
  surfaces: ['dashboard'],
  access: 'calls-models',
  input: z
    .looseObject({
      dialect: z.enum(['chat', 'responses', 'messages']).optional().meta({
        title: 'Dialect',
        description:
          'The endpoint of the call. Without it a body with `input` is one of responses, one with `system` or `anthropic_version` one of messages, and any other one of chat.',
      }),
      model: z
        .string()
        .max(200)
        .optional()
        .meta({ title: 'Model', description: 'A model, or auto.', 'x-field': { options: 'models.list' } }),
      messages: z
        .array(z.unknown())
        .optional()
        .meta({ title: 'Messages', description: 'The conversation, as in the call itself.' }),
      ...tags,
      tags: z
        .looseObject(tags)
        .optional()
        .meta({ title: 'Tags', description: 'The same tags together. `metadata` and headers work as in the call.' }),
    })
    .refine(({ model, prompt }) => model !== undefined || prompt !== undefined, {
      path: ['model'],
      message: 'must be given: a model, or auto',
    })
    .meta({
      title: 'Call to explain',
      description: 'The body of a call to chat, responses or messages, and its tags.',
    }),
  output: z.object({
    model: z
      .string()
      .nullable()
      .meta({ title: 'Model', description: 'The model that would answer; null where none would.' }),
    provider: z.string().nullable().meta({ title: 'Provider', description: 'The account that would be asked first.' }),
    reason: text('Reason', 'The text of x-gateway-route, or the reason for a refusal.'),
    steps: z
      .array(
        z.object({
          step: text('Step', 'rules, experiment, auto, route, cache or budget.'),
          outcome: text('Outcome', 'The result of the step.'),
          because,
        }),
      )
      .meta({ title: 'Steps', description: 'The steps of the decision, in their order.' }),
    candidates: z
      .array(
        z.object({
          model: text('Model', 'As its provider names it.'),
          provider: text('Provider', 'The account.'),
          expected_cost_usd: usd('The likely cost; null where no price is known.'),
          dearest_cost_usd: usd('The most it can cost, which is held; null where no price is known.'),
          quality: z
            .object({
              lower: z
                .number()
                .meta({ title: 'Lower bound', description: 'Of the share of answers that are good enough.' }),
              n: z.number().int().meta({ title: 'Pairs', description: 'The number of answers it is known from.' }),
            })
            .nullable()
            .meta({
              title: 'Quality',
              description: 'Known from the workspace’s own calls; null where nothing is known.',
            }),
          left_out: text('Left out', 'The reason why the model is not asked; absent where it is.').optional(),
        }),
      )
      .meta({ title: 'Candidates', description: 'Models in the order in which they are asked, then those left out.' }),
    rules: z
      .array(
        z.object({
          id: text('Rule', 'The id of the rule.'),
          matched: z.boolean().meta({ title: 'Matched', description: 'Whether its conditions hold.' }),
          because,
        }),
      )
      .meta({ title: 'Rules', description: 'Every rule, in the order in which they are looked at.' }),
    experiment: z
      .object({ id: text('Experiment', 'The id of the experiment.'), arm: text('Arm', 'The arm of this call.') })
      .nullable()
      .meta({ title: 'Experiment', description: 'Null where the call is in none.' }),
    session: z
      .object({ id: text('Session', 'The id of the session.'), because })
      .nullable()
      .meta({ title: 'Session', description: 'Null where nothing keeps the call at a model.' }),
    prompt: z
      .object({
        id: text('Prompt', 'The id of the prompt.'),
        version: z.number().int().meta({ title: 'Version', description: 'The version that is used.' }),
      })
      .nullable()
      .meta({ title: 'Prompt', description: 'Null where the call uses none.' }),
    cache: z
      .object({ would: text('Would', 'hit, miss or bypass.'), because })
      .meta({ title: 'Response cache', description: 'Whether the answer would come from memory.' }),
    budget: z
      .object({
        allowed: z.boolean().meta({ title: 'Allowed', description: 'Whether the money suffices.' }),
        reason: text('Reason', 'ok, budget_exceeded, scenario_paused or price_unknown.'),
        message: text('Message', 'An explanation for people.'),
        percent_used: z.number().nullable().meta({ title: 'Used (%)', description: 'Of the tightest budget.' }),
        remaining_usd: usd('Left of the tightest budget; null where no budget applies.'),
      })
      .meta({ title: 'Budget', description: 'The money of the call.' }),
  }),
  errors: callErrors,
  sample: {
    input: { model: 'auto', messages: [{ role: 'user', content: 'Please pay this invoice.' }], client_id: 'acme' },
    output: {
      model: 'gpt-6-luna',
      provider: 'openai',
      reason: 'rule "Invoices" v12',
      steps: [
        { step: 'rules', outcome: 'gpt-6-luna', because: 'rule "Invoices" v12' },
        { step: 'route', outcome: 'openai/gpt-6-luna', because: 'rule "Invoices" v12' },
      ],
      candidates: [
        {
          model: 'gpt-6-luna',
          provider: 'openai',
          expected_cost_usd: 0.0001,
          dearest_cost_usd: 0.0004,
          quality: null,
        },
      ],
      rules: [{ id: 'invoices', matched: true, because: 'client_id is acme, text contains "invoice"' }],
      experiment: null,
      session: null,
      prompt: null,
      cache: { would: 'bypass', because: 'the call does not ask for an answer from memory' },
      budget: {
        allowed: true,
        reason: 'ok',
        message: 'No budget limits this call.',
        percent_used: null,
        remaining_usd: null,
      },
    },
  },
  wrong: [
    { input: { model: 5 }, because: 'a model has a name' },
    { input: { dialect: 'morse' }, because: 'there are three dialects' },
  ],
});
