import { z } from 'zod';
import { operation } from '../operation.ts';
import { isoTime, keyOrPerson, page } from './common.ts';

const easyShare = (title: string) => z.number().meta({ title, description: 'The share with this dial, from 0 to 1.' });

const head = z
  .object({
    version: z.number().int().meta({ title: 'Version', description: 'The number of the version.' }),
    active: z.boolean().meta({ title: 'Active', description: '`auto` reads the words of calls by this version.' }),
    state: z.enum(['active', 'candidate', 'inactive', 'withdrawn', 'dropped', 'no_better']).meta({
      title: 'State',
      description:
        'A `candidate` is compared with the active version on calls newer than both. It becomes `active`, or it is `dropped`; so is one that ' +
        'this version of the gateway cannot read. `inactive`: promoted, and another is active. `withdrawn`: it did not keep what it had proven. `no_better`: never a candidate.',
    }),
    reason: z.string().nullable().meta({
      title: 'Reason',
      description: 'The reason for its state, as a sentence. Null for versions of older gateways.',
    }),
    better: z.boolean().meta({
      title: 'Better',
      description: 'It was better than the rates of the tasks on calls that it had not seen. Others are never active.',
    }),
    model: z.string().meta({ title: 'Model', description: 'The small model that it speaks of.' }),
    baseline_model: z.string().meta({ title: 'Baseline model', description: 'The strong model beside it.' }),
    calls: z.number().int().meta({ title: 'Calls', description: 'The calls that it was learned from.' }),
    tasks: z
      .number()
      .int()
      .nullable()
      .meta({ title: 'Tasks', description: 'The tasks among these calls. Null where nobody counted them.' }),
    judged: z.number().int().meta({ title: 'Judged on', description: 'The newest of them, on which it was judged.' }),
    gain: z
      .number()
      .nullable()
      .meta({ title: 'Gain', description: 'By how much more often the right calls go to the strong model.' }),
    gain_lower: z.number().nullable().meta({
      title: 'Lower bound',
      description:
        'The lower bound of the gain, which a first version is promoted by: it is stricter at each further look.',
    }),
    gain_upper: z
      .number()
      .nullable()
      .meta({ title: 'Upper bound', description: 'The upper bound of the gain, as far from it as the lower one.' }),
    easy: z
      .object({
        quality: easyShare('Quality'),
        balanced: easyShare('Balanced'),
        cost: easyShare('Cost'),
      })
      .nullable()
      .meta({
        title: 'Easy',
        description:
          'Of the calls that it was judged on, the share that goes to the small model, by each dial. Null where nobody counted them.',
      }),
    compared: z
      .object({
        version: z.number().int().meta({ title: 'Version', description: 'The version that was active then.' }),
        calls: z.number().int().meta({ title: 'Calls', description: 'The calls that neither had seen.' }),
        gain: z.number().meta({
          title: 'Gain',
          description: 'By how much smaller its squared error is, on average: from -1 to 1.',
        }),
        gain_lower: z.number().meta({ title: 'Lower bound', description: 'It is promoted once this is above 0.' }),
        gain_upper: z.number().meta({ title: 'Upper bound', description: 'It is dropped once this is below 0.' }),
      })
      .nullable()
      .meta({
        title: 'Compared',
        description:
          'How it does beside the version that was active: bounds at 95 percent, however often it is looked at.',
      }),
    decided_at: isoTime
      .nullable()
      .meta({ title: 'Decided at', description: 'Time of the promotion, the withdrawal or the drop.' }),
    created_at: isoTime.meta({ title: 'Created at', description: 'Time of learning.' }),
    active_since: isoTime
      .nullable()
      .meta({ title: 'Active since', description: 'When it last came into use. Null where it never did.' }),
    active_until: isoTime
      .nullable()
      .meta({ title: 'Active until', description: 'When it was taken out of use. Null while it is active.' }),
  })
  .meta({
    title: 'Learned heads',
    description: 'The chance that a small model does a call, by its words, as it was learned.',
  });

const heads = page(head).extend({
  follows: z.boolean().meta({
    title: 'Follows',
    description:
      'A newer version that is shown to be better becomes active by itself. False after somebody chose a version, or none.',
  }),
  newest: z.number().int().nullable().meta({
    title: 'Newest',
    description:
      'The version that `latest` makes active: the last one that the gateway promoted by itself. Null where there is none that this version of the gateway can read, or where it was withdrawn.',
  }),
  chosen: z
    .object({
      version: z
        .number()
        .int()
        .nullable()
        .meta({ title: 'Version', description: 'The version that was chosen. Null for none.' }),
      by: keyOrPerson.meta({ title: 'By', description: 'The key or the person that chose.' }),
      at: isoTime.meta({ title: 'Chosen at', description: 'Time of the choice.' }),
    })
    .nullable()
    .meta({ title: 'Choice', description: 'The choice that holds. Null where the newest is followed.' }),
  collected: z
    .object({
      model: z.string().nullable().meta({ title: 'Model', description: 'The small model that is compared.' }),
      baseline_model: z
        .string()
        .nullable()
        .meta({ title: 'Baseline model', description: 'The strong model beside it.' }),
      calls: z.number().int().meta({
        title: 'Calls',
        description:
          'Compared calls that the next heads are learned from: of the last 30 days, up to 5,000, as this version of the gateway sees calls.',
      }),
      tasks: z.number().int().meta({ title: 'Tasks', description: 'The number of tasks among these calls.' }),
      needed: z.number().int().meta({ title: 'Needed', description: 'With so many calls, learning begins.' }),
    })
    .meta({
      title: 'Collected',
      description: 'The calls that the next version is learned from. The models are null before the first.',
    }),
});

const sampleHeads = {
  data: [
    {
      version: 3,
      active: true,
      state: 'active' as const,
      reason: 'It was better than version 2 on 412 calls that neither had seen.',
      better: true,
      model: 'gpt-6-luna',
      baseline_model: 'gpt-6-sol',
      calls: 1_200,
      tasks: 4,
      judged: 400,
      gain: 0.04,
      gain_lower: 0.01,
      gain_upper: 0.07,
      easy: { quality: 0, balanced: 0.4, cost: 0.6 },
      compared: { version: 2, calls: 412, gain: 0.012, gain_lower: 0.001, gain_upper: 0.024 },
      decided_at: '2026-11-01T08:00:00.000Z',
      created_at: '2026-11-01T08:00:00.000Z',
      active_since: '2026-11-01T08:00:00.000Z',
      active_until: null,
    },
  ],
  follows: true,
  newest: 3,
  chosen: null,
  collected: { model: 'gpt-6-luna', baseline_model: 'gpt-6-sol', calls: 1_260, tasks: 4, needed: 400 },
  next_cursor: null,
};

export const listHeads = operation({
  id: 'routing.heads.list',
  method: 'GET',
  path: '/v1/routing/heads',
  group: 'Routing',
  label: 'List learned heads',
  description:
    'Lists the latest versions of what the words of calls say, as the workspace has learned it, newest first.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({}),
  output: heads,
  errors: ['forbidden', 'tag_forbidden'],
  sample: { input: {}, output: sampleHeads },
  wrong: [
    { input: { version: 3 }, because: 'it takes no fields' },
    { input: [], because: 'the input is an object' },
  ],
});

export const activateHeads = operation({
  id: 'routing.heads.activate',
  method: 'POST',
  path: '/v1/routing/heads/:version/activate',
  group: 'Routing',
  label: 'Activate learned heads',
  description:
    'Goes back to an earlier version, or to none: `auto` then goes by the rates of the tasks alone. It holds until somebody chooses again.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  input: z.strictObject({
    version: z.coerce
      .string<string | number>()
      .regex(/^([1-9]\d{0,8}|none|latest)$/, 'must be the number of a version, none, or latest')
      .meta({
        title: 'Version',
        description: 'A number of the list; `none`; or `latest`, which follows again what is learned.',
      }),
  }),
  output: heads,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: { input: { version: '2' }, output: sampleHeads },
  wrong: [
    { input: {}, because: 'it needs to know which version' },
    { input: { version: 'newest' }, because: 'a version is a number, none, or latest' },
  ],
});
