import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, isoTime } from './common.ts';
import { opinion } from './feedback.ts';
import { refusal } from './refusals.ts';
import { call, listRequests } from './usage.ts';

const attempt = z.object({
  provider: z.string().meta({ title: 'Provider', description: 'The provider that was asked.' }),
  model: z.string().meta({ title: 'Model', description: 'The model, as that provider names it.' }),
  error: z.string().nullable().meta({
    title: 'Error',
    description: 'The kind of failure, such as busy or timeout. Null for the attempt that answered.',
  }),
  status: z
    .number()
    .int()
    .nullable()
    .meta({ title: 'Status', description: "The provider's HTTP status, where it gave one." }),
  ms: z.number().int().nullable().meta({
    title: 'Time',
    description: 'Milliseconds. Null for a provider that was skipped because it is cooling down.',
  }),
});

const chargedBudget = z.object({
  id: id.meta({ title: 'Budget', description: 'The budget that the call is charged to.' }),
  name: z.string().meta({ title: 'Name', description: 'The name of the budget.' }),
  scope: z
    .record(z.string(), z.string())
    .meta({ title: 'Scope', description: 'The tags whose calls this budget, or this instance of it, counts.' }),
  period_starts_at: isoTime.meta({ title: 'Period starts at', description: 'The period in which it is charged.' }),
  resets_at: isoTime
    .nullable()
    .meta({ title: 'Resets at', description: 'When that period ends. Null for a budget that never resets.' }),
});

const named = (title: string, description: string) => z.string().meta({ title, description });
const decision = z
  .object({
    chosen_by: z.enum(['rule', 'arm', 'auto', 'budget']).nullable().meta({
      title: 'Chosen by',
      description: 'The step that chose the model. Null where the caller named it, or its prompt did.',
    }),
    routing_version: z
      .number()
      .int()
      .nullable()
      .meta({ title: 'Routing version', description: 'The version of rules and auto that was active.' }),
    rule: z
      .object({ id: named('Rule', 'The id of the rule.'), name: named('Name', 'The name that it had then.') })
      .nullable()
      .meta({ title: 'Rule', description: 'The rule that decided the call.' }),
    experiment: z
      .object({
        id: named('Experiment', 'The id of the experiment.'),
        name: named('Name', 'The name of the experiment.'),
        arm: named('Arm', 'The arm that the call was in.'),
      })
      .nullable()
      .meta({ title: 'Experiment', description: 'The experiment that the call was in.' }),
    prompt: z
      .object({
        id: named('Prompt', 'The id of the prompt.'),
        version: z.number().int().meta({ title: 'Version', description: 'The version that was used.' }),
      })
      .nullable()
      .meta({ title: 'Prompt', description: 'The prompt of the call.' }),
    task: z
      .string()
      .nullable()
      .meta({ title: 'Task', description: 'The key that `auto` learns by, as in savings by task.' }),
    shadow_of: z
      .string()
      .nullable()
      .meta({ title: 'Second answer to', description: 'The call whose answer this one is compared with.' }),
    json_ok: z
      .boolean()
      .nullable()
      .meta({ title: 'JSON valid', description: 'Whether an answer that had to be JSON is valid JSON.' }),
  })
  .meta({
    title: 'Decision',
    description: 'The parts of the gateway that decided the call. Fields that do not apply are null.',
  });

const savings = z
  .object({
    auto: z.number().meta({ title: 'Auto', description: 'Dollars saved by a model that auto chose.' }),
    rules: z.number().meta({ title: 'Rules', description: 'Dollars saved by a model that a rule chose.' }),
    provider_cache: z.number().meta({ title: 'Provider cache', description: 'Dollars saved by marks of the gateway.' }),
    response_cache: z
      .number()
      .meta({ title: 'Response cache', description: 'Dollars saved by an answer from memory.' }),
  })
  .nullable()
  .meta({
    title: 'Savings',
    description:
      'The parts of `saved_usd`, as in GET /v1/savings. Null where nothing is known to compare the call with.',
  });

const [sampleCall] = listRequests.sample.output.data;

export const getCall = operation({
  id: 'usage.request',
  method: 'GET',
  path: '/v1/usage/requests/:id',
  group: 'Usage',
  label: 'Get a call',
  description:
    'Shows a single call: each attempt, why its model was chosen, and the budgets it is charged to. For a refused call, the refusal.',
  surfaces: ['dashboard'],
  access: 'anyone',
  input: z.strictObject({
    id: id.meta({ title: 'Call', description: 'The id of the call, as in the header `x-request-id`.' }),
  }),
  output: call.extend({
    status: z
      .enum([...call.shape.status.options, 'refused'])
      .meta({ title: 'Status', description: 'As in the list of calls; `refused` for a call that was not made.' }),
    streamed: z.boolean().meta({ title: 'Streamed', description: 'The answer came as a stream.' }),
    route: z.string().nullable().meta({ title: 'Route', description: 'Why the model that answered was chosen.' }),
    decision,
    savings,
    attempts_trail: z.array(attempt).meta({ title: 'Attempts', description: 'Each attempt, in order.' }),
    budgets: z.array(chargedBudget).meta({ title: 'Budgets', description: 'The budgets that the call is charged to.' }),
    feedback: z.array(opinion).meta({ title: 'Feedback', description: 'The scores of the call, by their names.' }),
    refusal: refusal
      .nullable()
      .meta({ title: 'Refusal', description: 'Why the call was refused. Null for a call that was made.' }),
  }),
  errors: ['invalid_request', 'forbidden', 'not_found'],
  sample: {
    input: { id: 'req_01k2' },
    output: {
      ...(sampleCall as NonNullable<typeof sampleCall>),
      attempts: 2,
      streamed: false,
      route: 'rule "Invoices" v12',
      saved_usd: 0.0011,
      decision: {
        chosen_by: 'rule' as const,
        routing_version: 12,
        rule: { id: 'invoices', name: 'Invoices' },
        experiment: null,
        prompt: { id: 'support-reply', version: 7 },
        task: '3f2a9c0d51e84b7796aa10c2d3e4f506',
        shadow_of: null,
        json_ok: null,
      },
      savings: { auto: 0, rules: 0.0011, provider_cache: 0, response_cache: 0 },
      attempts_trail: [
        { provider: 'openai', model: 'gpt-4o', error: 'busy', status: 429, ms: 210 },
        { provider: 'openai', model: 'gpt-4o-mini', error: null, status: 200, ms: 1070 },
      ],
      budgets: [
        {
          id: 'bud_01k2',
          name: 'Acme',
          scope: { client_id: 'acme' },
          period_starts_at: '2026-11-01T00:00:00.000Z',
          resets_at: '2026-12-01T00:00:00.000Z',
        },
      ],
      feedback: [
        {
          name: 'user',
          score: 1,
          comment: 'Just right',
          by: { id: 'key_01k2', name: 'Newsletter' },
          created_at: '2026-11-03T09:30:00.000Z',
        },
      ],
      refusal: null,
    },
  },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'req_01k2', deep: true }, because: 'unknown fields are refused' },
  ],
});
