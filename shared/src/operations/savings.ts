import { z } from 'zod';
import { operation } from '../operation.ts';
import { from, hasOneRange, oneRange, period, timeZone, to, usd } from './common.ts';

const label = (title: string, description: string) => z.string().nullable().meta({ title, description });

const figures = {
  calls: z.number().int().meta({ title: 'Calls', description: 'Finished calls; second answers are left out.' }),
  cost_usd: usd.meta({ title: 'Cost', description: 'Cost at the providers, in dollars.' }),
  saved_usd: z
    .object({
      auto: z.number().meta({ title: 'Auto', description: 'By a model that auto chose; negative where it cost more.' }),
      rules: z
        .number()
        .meta({ title: 'Rules', description: 'By a model that a rule chose; negative where it cost more.' }),
      provider_cache: z.number().meta({
        title: 'Provider cache',
        description: 'By marks that the gateway placed; negative where writing cost more than reading saved.',
      }),
      response_cache: z.number().meta({ title: 'Response cache', description: 'By answers that were kept.' }),
    })
    .meta({ title: 'Saved', description: 'Dollars, each counted once: the four parts add up to the saving.' }),
};

const row = z.object({
  day: label('Day', 'Where rows are by day: 2026-11-01.'),
  client_id: label('Client', 'Where rows are by client; null for calls without one.'),
  task: label(
    'Task',
    'Where rows are by task; null for calls without one, other for all but the 1,000 largest tasks of an hour or a day.',
  ),
  model: label('Model', 'Where rows are by model, the one that answered.'),
  ...figures,
  evidence: z
    .object({
      pairs: z
        .number()
        .int()
        .meta({ title: 'Pairs', description: 'Answers that were compared with the strong model’s.' }),
      agreement: z.number().meta({ title: 'Agreement', description: 'The share that agrees, 0 to 1.' }),
      lower: z.number().meta({
        title: 'Lower bound',
        description: 'The share is at least this, 0 to 1; dollars without pairs count as 0.',
      }),
      judged: z.boolean().optional().meta({
        title: 'Judged',
        description:
          'True where a model judged most of the pairs: the share is then that of answers that were as good.',
      }),
    })
    .nullable()
    .meta({
      title: 'Evidence',
      description:
        'How well the models that auto chose here agree with the strong one, at the tasks they saved at, weighed by dollars. Null: price difference, quality not measured.',
    }),
});

const sampleFigures = {
  calls: 1042,
  cost_usd: 2.13,
  saved_usd: { auto: 3.2, rules: 0, provider_cache: -0.02, response_cache: 0.41 },
};

export const getSavings = operation({
  id: 'savings.get',
  method: 'GET',
  path: '/v1/savings',
  group: 'Usage',
  label: 'Get savings',
  description:
    'Lists savings of auto, rules, provider caches and the response cache, by day, client, task or model, with the evidence for them.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'reader',
  workspaceWide: true,
  input: z
    .strictObject({
      period,
      from,
      to,
      group_by: z
        .enum(['day', 'client', 'task', 'model'])
        .default('day')
        .meta({ title: 'Group by', description: 'The meaning of a row.' }),
      timezone: timeZone("The time zone of days. Default: the workspace's.").optional(),
    })
    .refine(hasOneRange, oneRange),
  output: z.object({
    data: z
      .array(row)
      .meta({ title: 'Rows', description: 'Days in their order, others by what they saved; at most 1,000.' }),
    totals: z
      .object({
        ...figures,
        second_answers_usd: usd.meta({
          title: 'Second answers',
          description:
            'Cost of second answers and of questions to judges, by which auto learns, in dollars. Take it off the four parts for the saving that is left.',
        }),
      })
      .meta({ title: 'Totals', description: 'Totals of the range, of all its groups.' }),
  }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: {
    input: { from: '2026-11-01', group_by: 'day' },
    output: {
      data: [{ day: '2026-11-01', client_id: null, task: null, model: null, ...sampleFigures, evidence: null }],
      totals: { ...sampleFigures, second_answers_usd: 0.12 },
    },
  },
  wrong: [
    { input: { group_by: 'weather' }, because: 'savings are not grouped by that' },
    { input: { from: 'yesterday' }, because: 'times are ISO 8601' },
  ],
});
