import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, isoTime } from './common.ts';
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
    attempts_trail: z.array(attempt).meta({ title: 'Attempts', description: 'Each attempt, in order.' }),
    budgets: z.array(chargedBudget).meta({ title: 'Budgets', description: 'The budgets that the call is charged to.' }),
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
      route: 'fallback',
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
      refusal: null,
    },
  },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'req_01k2', deep: true }, because: 'unknown fields are refused' },
  ],
});
