import { z } from 'zod';
import { operation } from '../operation.ts';
import { cursor, id, isoTime, limit, livemode, modelName, page, usd } from './common.ts';
import { condition } from './rules.ts';

const experimentUnits = ['execution', 'client', 'scenario', 'session', 'user', 'call'] as const;
const experimentMetrics = ['feedback', 'json_ok', 'error', 'cost', 'total_ms', 'ttft_ms', 'output_tokens'] as const;
export type ExperimentUnit = (typeof experimentUnits)[number];
export type ExperimentMetric = (typeof experimentMetrics)[number];

const experimentId = id.meta({
  title: 'Experiment',
  description: 'Pick an experiment.',
  'x-field': { options: 'experiments.list' },
});
const text = (title: string, description: string) => z.string().meta({ title, description });
const count = (title: string, description: string) => z.number().int().meta({ title, description });

const name = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^[^\u0000-\u001f\u007f=,;"]*$/, 'must be one line without = , ; and quotes, since a header carries it');
const armName = name.max(40);

const armSettings = {
  model: modelName.optional().meta({ title: 'Model', description: 'Answers the calls of this arm.' }),
  prompt: z
    .strictObject({
      id: id.meta({ title: 'Prompt', description: 'The prompt whose calls are divided.' }),
      version: z.number().int().min(1).meta({ title: 'Version', description: 'The version of this arm.' }),
    })
    .optional()
    .meta({ title: 'Prompt', description: 'A version of a prompt, in place of the one labelled production.' }),
  effort: z
    .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
    .optional()
    .meta({ title: 'Effort', description: 'How much the model thinks.' }),
  dial: z
    .enum(['quality', 'balanced', 'cost'])
    .optional()
    .meta({ title: 'Dial', description: '`auto` chooses the model by this dial.' }),
};
const arm = z
  .strictObject({
    name: armName.meta({ title: 'Name', description: 'Such as A. Shown in x-gateway-experiment.' }),
    weight: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(50)
      .meta({ title: 'Weight', description: 'Its share of the units, compared with the other arms.' }),
    ...armSettings,
  })
  .refine(({ model, dial }) => model === undefined || dial === undefined, {
    message: 'has a model or a dial, not both',
    path: ['dial'],
  })
  .refine(
    ({ prompt, model, dial, effort }) =>
      prompt === undefined || (model === undefined && dial === undefined && effort === undefined),
    {
      message: 'has no model, dial or effort beside it: the version of the prompt brings its own',
      path: ['prompt'],
    },
  );
const arms = z
  .array(arm)
  .min(2)
  .max(5)
  .refine((list) => new Set(list.map((one) => one.name)).size === list.length, 'must have a name of its own each')
  .refine(
    (list) =>
      new Set(list.map(({ name: _name, weight: _weight, ...rest }) => JSON.stringify(rest))).size === list.length,
    'must differ in model, prompt version, effort or dial',
  )
  .refine(
    (list) => new Set(list.flatMap(({ prompt }) => (prompt === undefined ? [] : [prompt.id]))).size <= 1,
    'must be versions of one prompt',
  )
  .meta({
    title: 'Arms',
    description:
      'Two to five. The first is what the others are compared with. An arm without settings leaves calls as they are.',
  });

const when = condition.meta({
  title: 'When',
  description: 'The calls that take part, in the grammar of rules. An empty object means every call.',
});
const unit = z.enum(experimentUnits).meta({
  title: 'Unit',
  description:
    'The calls that stay together in one arm: those of a run (execution), a client, a scenario, a session or a user, or each call alone. Results count units.',
});
const metric = z
  .enum(experimentMetrics)
  .meta({ title: 'Metric', description: 'The one figure that decides, chosen beforehand.' });
const goal = z.enum(['up', 'down']).meta({
  title: 'Goal',
  description: 'Whether more or less is better. Default: up for feedback and json_ok, else down.',
});
const guards = z
  .array(z.enum(experimentMetrics))
  .max(experimentMetrics.length)
  .meta({ title: 'Guards', description: 'Figures that stop an arm by themselves where it is clearly worse.' });
const priority = z.number().int().min(0).max(1_000_000).meta({
  title: 'Priority',
  description: 'Of several experiments, a call takes part in the one with the lowest number.',
});

const stoppedArm = z.object({
  guard: z.enum(experimentMetrics).meta({ title: 'Guard', description: 'The figure that was clearly worse.' }),
  at: isoTime.meta({ title: 'At', description: 'Time at which the arm was stopped.' }),
  text: text('Text', 'The reason, in words.'),
});
const verdict = z.object({
  kind: z
    .enum(['better', 'no_difference', 'stopped'])
    .meta({ title: 'Kind', description: 'An arm is better, none is, or a guard has stopped all arms but one.' }),
  winner: z.string().nullable().meta({ title: 'Winner', description: 'The arm that is better; null for none.' }),
  text: text('In words', 'The verdict in words.'),
  units: count('Units', 'The units it was decided with.'),
  at: isoTime.meta({ title: 'At', description: 'Time of the decision.' }),
});
const adopted = z.object({
  arm: text('Arm', 'The arm that was adopted.'),
  at: isoTime.meta({ title: 'At', description: 'Time of the change.' }),
  rule_id: z.string().nullable().meta({ title: 'Rule', description: 'The rule that was written; null for none.' }),
  prompt: z
    .object({ id, version: count('Version', 'The version that is labelled production.') })
    .nullable()
    .meta({ title: 'Prompt', description: 'The prompt whose label was moved; null for none.' }),
});
const expected = z.object({
  units: count('Units', 'About how many units it takes to show the difference below.'),
  difference: text('Difference', 'The difference that this size can show.'),
  units_per_30_days: z
    .number()
    .int()
    .nullable()
    .meta({ title: 'Units in 30 days', description: 'From the newest calls; null where there are none.' }),
  text: text('Text', 'The same in words.'),
});

const experiment = z
  .object({
    id,
    name: text('Name', 'Shown in x-gateway-experiment.'),
    state: z
      .enum(['draft', 'running', 'stopped', 'adopted'])
      .meta({ title: 'State', description: 'draft, running, stopped or adopted.' }),
    livemode,
    when,
    unit,
    arms: z
      .array(
        z.object({
          name: text('Name', 'The name of the arm.'),
          weight: count('Weight', 'Its share of the units, compared with the other arms.'),
          share_percent: z.number().meta({ title: 'Share (%)', description: 'The part of the units that it gets.' }),
          ...armSettings,
          stopped: stoppedArm.nullable().meta({ title: 'Stopped', description: 'By a guard; null while it runs.' }),
        }),
      )
      .meta({ title: 'Arms', description: 'The first is what the others are compared with.' }),
    metric,
    goal,
    guards,
    priority,
    phase: count(
      'Phase',
      'A change of more than weights, name and priority starts a new phase; results never mix phases.',
    ),
    created_at: isoTime.meta({ title: 'Created at', description: 'Time of its creation.' }),
    started_at: isoTime.nullable().meta({ title: 'Started at', description: 'Null for a draft.' }),
    stopped_at: isoTime.nullable().meta({ title: 'Stopped at', description: 'Null while it runs.' }),
    verdict: verdict.nullable().meta({ title: 'Verdict', description: 'Null while it is too early.' }),
    adopted: adopted.nullable().meta({ title: 'Adopted', description: 'The arm that was adopted; null for none.' }),
    expected: expected.meta({ title: 'Expected size', description: 'How large it has to get.' }),
  })
  .meta({ title: 'Experiment', description: 'A comparison of two to five arms on the workspace’s own calls.' });

const sampleArms = [
  { name: 'A', weight: 50, prompt: { id: 'reply', version: 6 } },
  { name: 'B', weight: 50, prompt: { id: 'reply', version: 7 } },
];
const sampleInput = {
  name: 'tone',
  when: { field: 'scenario_id', eq: '42' },
  unit: 'execution' as const,
  arms: sampleArms,
  metric: 'feedback' as const,
  goal: 'up' as const,
  guards: ['error' as const],
};
const sample = {
  ...sampleInput,
  id: 'exp_01k2',
  state: 'draft' as const,
  livemode: true,
  arms: sampleArms.map((one) => ({ ...one, share_percent: 50, stopped: null })),
  priority: 100,
  phase: 1,
  created_at: '2026-11-01T08:00:00.000Z',
  started_at: null,
  stopped_at: null,
  verdict: null,
  adopted: null,
  expected: {
    units: 610,
    difference: '10 points more thumbs up',
    units_per_30_days: 2_400,
    text: 'About 610 runs show a difference of 10 points, which takes about 8 days.',
  },
};
const running = { ...sample, state: 'running' as const, started_at: '2026-11-01T09:00:00.000Z' };

const fields = {
  name: name.meta({ title: 'Name', description: 'Shown in x-gateway-experiment.' }),
  when,
  unit,
  arms,
  metric,
  goal,
  guards,
  priority,
};

export const createExperiment = operation({
  id: 'experiments.create',
  method: 'POST',
  path: '/v1/experiments',
  group: 'Experiments',
  label: 'Create an experiment',
  description:
    'Creates a draft that divides calls among arms once it is started. The answer says how large it has to get.',
  surfaces: ['dashboard'],
  access: 'member',
  workspaceWide: true,
  status: 201,
  input: z.strictObject({
    name: fields.name,
    when: when.default({}),
    unit: unit.default('execution'),
    arms,
    metric,
    goal: goal.optional(),
    guards: guards.default(['error']),
    priority: priority.default(100),
  }),
  output: experiment,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'model_not_found', 'not_found', 'conflict'],
  sample: { input: sampleInput, output: sample },
  wrong: [
    { input: { ...sampleInput, arms: sampleArms.slice(0, 1) }, because: 'one arm compares nothing' },
    { input: { ...sampleInput, metric: 'happiness' }, because: 'there is no such metric' },
    {
      input: { ...sampleInput, arms: sampleArms.map((one) => ({ ...one, name: 'A' })) },
      because: 'arms have names of their own',
    },
    {
      input: { ...sampleInput, arms: sampleArms.map((one) => ({ ...one, prompt: { id: 'reply', version: 6 } })) },
      because: 'equal arms compare nothing',
    },
  ],
});

export const listExperiments = operation({
  id: 'experiments.list',
  method: 'GET',
  path: '/v1/experiments',
  group: 'Experiments',
  label: 'List experiments',
  description: 'Lists experiments with their state and verdict, the newest first.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({ state: experiment.shape.state.optional(), cursor, limit }),
  output: page(experiment),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: { input: { state: 'draft' }, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { state: 'sleeping' }, because: 'there is no such state' },
    { input: { name: 'tone' }, because: 'unknown fields are refused' },
  ],
});

export const getExperiment = operation({
  id: 'experiments.get',
  method: 'GET',
  path: '/v1/experiments/:id',
  group: 'Experiments',
  label: 'Get an experiment',
  description: 'Gets one experiment.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({ id: experimentId }),
  output: experiment,
  errors: ['forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'exp_01k2' }, output: sample },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'exp_01k2', deep: true }, because: 'unknown fields are refused' },
  ],
});

export const updateExperiment = operation({
  id: 'experiments.update',
  method: 'PATCH',
  path: '/v1/experiments/:id',
  group: 'Experiments',
  label: 'Change an experiment',
  description:
    'Changes a draft or a running experiment. A raised weight only moves units into that arm; any other change of a running one starts a new phase.',
  surfaces: ['dashboard'],
  access: 'member',
  workspaceWide: true,
  input: z.strictObject({
    id: experimentId,
    name: fields.name.optional(),
    when: when.optional(),
    unit: unit.optional(),
    arms: arms.optional(),
    metric: metric.optional(),
    goal: goal.optional(),
    guards: guards.optional(),
    priority: priority.optional(),
  }),
  output: experiment,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'model_not_found', 'not_found', 'conflict'],
  sample: { input: { id: 'exp_01k2', priority: 100 }, output: sample },
  wrong: [
    { input: { id: 'exp_01k2', arms: [] }, because: 'an experiment has arms' },
    { input: { id: 'exp_01k2', state: 'running' }, because: 'it is started by its own operation' },
  ],
});

export const startExperiment = operation({
  id: 'experiments.start',
  method: 'POST',
  path: '/v1/experiments/:id/start',
  group: 'Experiments',
  label: 'Start an experiment',
  description: 'Starts a draft: from the next call on, calls are divided among its arms.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'member',
  workspaceWide: true,
  input: z.strictObject({ id: experimentId }),
  output: experiment,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'model_not_found', 'not_found', 'conflict'],
  sample: { input: { id: 'exp_01k2' }, output: running },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'exp_01k2', at: 'noon' }, because: 'unknown fields are refused' },
  ],
});

export const stopExperiment = operation({
  id: 'experiments.stop',
  method: 'POST',
  path: '/v1/experiments/:id/stop',
  group: 'Experiments',
  label: 'Stop an experiment',
  description: 'Stops a running experiment: its calls go where they would go without it. Its results stay.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'member',
  workspaceWide: true,
  input: z.strictObject({ id: experimentId }),
  output: experiment,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: {
    input: { id: 'exp_01k2' },
    output: { ...running, state: 'stopped', stopped_at: '2026-11-09T09:00:00.000Z' },
  },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'exp_01k2', reason: 'done' }, because: 'unknown fields are refused' },
  ],
});

const better = {
  kind: 'better' as const,
  winner: 'B',
  text: 'B is better: 4 to 9 points more thumbs up (640 runs). You can adopt it.',
  units: 640,
  at: '2026-11-09T08:00:00.000Z',
};

export const adoptExperiment = operation({
  id: 'experiments.adopt',
  method: 'POST',
  path: '/v1/experiments/:id/adopt',
  group: 'Experiments',
  label: 'Adopt an experiment’s winner',
  description:
    'Adopts the better arm for all calls: moves the label production to its prompt version, or writes a rule with its model, effort or dial. The experiment ends.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'member',
  changesEveryCall: true,
  workspaceWide: true,
  input: z.strictObject({
    id: experimentId,
    arm: armName.optional().meta({
      title: 'Arm',
      description:
        'Another arm than the better one. Left empty, the winner is adopted, and nothing is while there is none.',
    }),
  }),
  output: experiment,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: {
    input: { id: 'exp_01k2' },
    output: {
      ...running,
      state: 'adopted',
      stopped_at: '2026-11-09T09:00:00.000Z',
      verdict: better,
      adopted: { arm: 'B', at: '2026-11-09T09:00:00.000Z', rule_id: null, prompt: { id: 'reply', version: 7 } },
    },
  },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'exp_01k2', arm: '' }, because: 'an arm has a name' },
  ],
});

const interval = z.object({
  estimate: z.number().meta({ title: 'Estimate', description: 'Of the difference from the first arm.' }),
  lower: z.number().meta({ title: 'Lower bound', description: 'Holds however often one looks.' }),
  upper: z.number().meta({ title: 'Upper bound', description: 'Holds however often one looks.' }),
});
const percent = (title: string, description: string) => z.number().nullable().meta({ title, description });

export const getExperimentResults = operation({
  id: 'experiments.results',
  method: 'GET',
  path: '/v1/experiments/:id/results',
  group: 'Experiments',
  label: 'Get an experiment’s result',
  description: 'Gets in words and numbers which arm is better, or that it is too early to say, up to the last call.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({ id: experimentId }),
  output: z
    .object({
      id,
      name: text('Name', 'The name of the experiment.'),
      state: experiment.shape.state,
      verdict: z
        .enum(['too_early', 'better', 'no_difference', 'stopped'])
        .meta({ title: 'Verdict', description: 'too_early, better, no_difference, or stopped by a guard.' }),
      winner: z.string().nullable().meta({ title: 'Winner', description: 'The arm that is better; null for none.' }),
      text: text('Result in words', 'Ready for a message: which arm is better, or that it is too early to say.'),
      phase: count('Phase', 'The results are of this phase alone.'),
      since: isoTime.nullable().meta({ title: 'Since', description: 'Start of the phase; null for a draft.' }),
      unit,
      metric,
      goal,
      units: count('Units', 'Units with the metric, in all arms together.'),
      expected_units: count('Expected units', 'About how many it takes.'),
      arms: z
        .array(
          z.object({
            name: text('Name', 'The name of the arm.'),
            units: count('Units', 'Units with the metric.'),
            calls: count('Calls', 'Calls of the arm, without the downgraded ones.'),
            value: z.number().nullable().meta({
              title: 'Value',
              description:
                'Mean of the metric over units: a share from 0 to 1, or the typical (geometric mean) cost in dollars, time in milliseconds or number of tokens.',
            }),
            difference: interval.nullable().meta({
              title: 'Difference',
              description:
                'From the first arm: of shares as it is, else as a factor less one (-0.3: 30 % less). Null for the first arm and below 100 units.',
            }),
            cost_usd: usd.meta({ title: 'Cost', description: 'Dollars of its calls.' }),
            error_percent: percent('Errors (%)', 'Calls that failed.'),
            fallback_percent: percent(
              'Fallbacks (%)',
              'Calls that another model than the arm’s first answered or tried.',
            ),
            downgraded_calls: count('Downgraded calls', 'Left out: made while a budget was low.'),
            stopped: stoppedArm.nullable().meta({ title: 'Stopped', description: 'By a guard; null while it runs.' }),
          }),
        )
        .meta({ title: 'Arms', description: 'In the order of the experiment.' }),
      without_unit_calls: count(
        'Calls without the unit',
        'Ran outside of the experiment: they name no such run, client or user.',
      ),
      downgraded_calls: count('Downgraded calls', 'Left out of every arm: made while a budget was low.'),
    })
    .meta({ title: 'Experiment result', description: 'The figures of an experiment, up to the last call.' }),
  errors: ['forbidden', 'tag_forbidden', 'not_found'],
  sample: {
    input: { id: 'exp_01k2' },
    output: {
      id: 'exp_01k2',
      name: 'tone',
      state: 'running',
      verdict: 'better',
      winner: 'B',
      text: better.text,
      phase: 1,
      since: '2026-11-01T09:00:00.000Z',
      unit: 'execution',
      metric: 'feedback',
      goal: 'up',
      units: 640,
      expected_units: 610,
      arms: [
        {
          name: 'A',
          units: 318,
          calls: 402,
          value: 0.82,
          difference: null,
          cost_usd: 1.2,
          error_percent: 0.5,
          fallback_percent: 0,
          downgraded_calls: 0,
          stopped: null,
        },
        {
          name: 'B',
          units: 322,
          calls: 410,
          value: 0.885,
          difference: { estimate: 0.065, lower: 0.04, upper: 0.09 },
          cost_usd: 1.3,
          error_percent: 0.2,
          fallback_percent: 0.2,
          downgraded_calls: 0,
          stopped: null,
        },
      ],
      without_unit_calls: 12,
      downgraded_calls: 0,
    },
  },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'exp_01k2', day: 'today' }, because: 'unknown fields are refused' },
  ],
});
