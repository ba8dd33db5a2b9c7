import { z } from 'zod';
import { operation } from '../operation.ts';
import { numberOrText, usd } from './common.ts';

const share = (title: string, description: string) => z.number().meta({ title, description });

const task = z.object({
  task: z
    .string()
    .meta({ title: 'Task', description: 'Its key, as in savings by task and in GET /v1/usage/requests/:id.' }),
  topic: z
    .string()
    .meta({ title: 'Type', description: 'The type of work that its texts ask for, such as classification.' }),
  prompt_id: z
    .string()
    .nullable()
    .meta({ title: 'Prompt', description: 'The prompt that the task is; null for others.' }),
  small_model: z.string().meta({ title: 'Small model', description: 'The model whose answers are compared.' }),
  strong_model: z.string().meta({ title: 'Strong model', description: 'The model that they are compared with.' }),
  pairs: z
    .number()
    .int()
    .meta({ title: 'Pairs', description: 'Pairs of answers, counted from the last withdrawal on.' }),
  agreement: z
    .number()
    .nullable()
    .meta({ title: 'Agreement', description: 'The share of pairs that agree, 0 to 1; null without pairs.' }),
  judged: z.boolean().meta({
    title: 'Judged',
    description: 'True where a model judged most of the pairs: a pair agrees where it found the small answer as good.',
  }),
  lower: share('Lower bound', 'The small model agrees at least so often, 0 to 1; 0 while nothing is proven.'),
  needed: share('Needed', 'The share that the dial of the workspace asks for.'),
  state: z.enum(['measuring', 'cleared', 'withdrawn', 'refuted']).meta({
    title: 'State',
    description:
      'measuring: the pairs prove nothing yet. cleared: they prove the share that is needed, and nine in ten of the sampled answers can be compared. withdrawn: they did, and the newest took it back. refuted: they prove that the share is lower.',
  }),
  model: z.string().meta({ title: 'Model now', description: 'The model that `auto` prefers for the task now.' }),
  because: z.string().meta({ title: 'Because', description: 'The reason for that model.' }),
  updated_at: z.string().meta({ title: 'Updated at', description: 'Time of the newest pair.' }),
});

export const listAutoTasks = operation({
  id: 'auto.tasks',
  method: 'GET',
  path: '/v1/routing/auto/tasks',
  group: 'Routing',
  label: 'List tasks of auto',
  description:
    'Lists the tasks whose answers `auto` has compared, those with the newest pairs first: the evidence, its state and the model that the task goes to now.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({
    limit: numberOrText(z.number().int().min(1).max(1_000).default(100)).meta({
      title: 'Limit',
      description: 'The number of tasks.',
    }),
  }),
  output: z.object({
    data: z.array(task).meta({ title: 'Tasks', description: 'A row for each task and pair of models.' }),
    today: z
      .object({
        second_answers: z.number().int().meta({
          title: 'Second answers',
          description: 'Second answers of the day, in UTC; the questions to a judge are not counted.',
        }),
        cost_usd: usd.meta({
          title: 'Cost',
          description: 'The cost of these answers and of judges, and the highest cost of those under way.',
        }),
      })
      .meta({ title: 'Today', description: 'The budget of learning, as far as it is used today.' }),
  }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: {
    input: { limit: 100 },
    output: {
      data: [
        {
          task: '3f2a9c0d51e84b7796aa10c2d3e4f506',
          topic: 'classification',
          prompt_id: null,
          small_model: 'gpt-6-luna',
          strong_model: 'gpt-6-sol',
          pairs: 143,
          agreement: 0.993,
          judged: false,
          lower: 0.953,
          needed: 0.95,
          state: 'cleared' as const,
          model: 'gpt-6-luna',
          because: '143 pairs agree 99%',
          updated_at: '2026-11-29T10:00:00.000Z',
        },
      ],
      today: { second_answers: 12, cost_usd: 0.04 },
    },
  },
  wrong: [
    { input: { limit: 0 }, because: 'a list has at least one row' },
    { input: { task: 'invoices' }, because: 'tasks are not looked up by name' },
  ],
});
