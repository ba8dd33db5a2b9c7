import { z } from 'zod';
import { operation } from '../operation.ts';
import { numberOrText, usd, usdInput } from './common.ts';

const modelName = z.string().trim().min(1).max(200);
const fallbacks = z
  .record(modelName, z.array(modelName).max(20))
  .refine((map) => Object.keys(map).length <= 500, 'has at most 500 models')
  .meta({
    title: 'Fallbacks',
    description: 'For each model, the models to try next, in order. An empty list means no fallback.',
  });

const sample = { 'gpt-4o': ['claude-sonnet-5', 'gemini-3.8-flash'] };

export const getFallbacks = operation({
  id: 'fallbacks.get',
  method: 'GET',
  path: '/v1/fallbacks',
  group: 'Routing',
  label: 'Get fallbacks',
  description:
    'Gets the workspace’s fallbacks. Models not listed here fall back to the same class at the other vendors.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({}),
  output: fallbacks,
  errors: ['forbidden'],
  sample: { input: {}, output: sample },
  wrong: [
    { input: { model: 'gpt-4o' }, because: 'it takes no fields' },
    { input: [], because: 'the input is an object' },
  ],
});

export const setFallbacks = operation({
  id: 'fallbacks.set',
  method: 'PUT',
  path: '/v1/fallbacks',
  group: 'Routing',
  label: 'Set fallbacks',
  description: 'Replaces the workspace’s fallbacks.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  // A title of its own: generators of clients name classes for it, and the answer has the other.
  input: fallbacks.meta({
    title: 'New fallbacks',
    description: 'For each model, the models to try when it fails, in order.',
  }),
  output: fallbacks,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'model_not_found'],
  sample: { input: sample, output: sample },
  wrong: [
    { input: { 'gpt-4o': 'gemini-3.8-flash' }, because: 'fallbacks are a list' },
    { input: [], because: 'fallbacks are a map' },
  ],
});

const pool = z
  .array(
    z.strictObject({
      model: modelName.meta({ title: 'Model', description: 'A model’s own name, or provider/model.' }),
      class: z
        .enum(['strong', 'small'])
        .meta({ title: 'Class', description: 'strong: for hard tasks. small: for simple ones, at a lower price.' }),
    }),
  )
  .max(5)
  .refine((models) => new Set(models.map(({ model }) => model)).size === models.length, 'must name each model once')
  .meta({
    title: 'Models',
    description:
      'The models of each class, in the order in which they are tried: two to five. A class without a model here uses the gateway’s default models; an empty list does so for both classes.',
  });
const dial = z.enum(['quality', 'balanced', 'cost']).meta({
  title: 'Dial',
  description:
    'The choice of plain `auto`. quality: the strong model until your own calls prove a small one. balanced: small models for simple tasks. cost: the small model unless your calls speak against it.',
});
const baseline = modelName.nullable().meta({
  title: 'Baseline model',
  description: 'Savings are measured against it. Null: the strong model of the call.',
});
const allowed = z.array(modelName).min(1).max(50).nullable().meta({
  title: 'Allowed models',
  description: 'The only models that `auto` chooses from. Null: all of the classes.',
});
const enabled = z.boolean().meta({
  title: 'Learning',
  description:
    'On a sample of calls the other class answers too, after your answer has left, and the answers are compared.',
});
const samplePercent = z
  .number()
  .min(0)
  .max(100)
  .meta({ title: 'Sample (percent)', description: 'The share of calls that both classes answer.' });
const judge = z
  .union([
    z.enum(['agreement', 'feedback']),
    z.strictObject({
      model: modelName.meta({ title: 'Model', description: 'The model that judges.' }),
      rubric: z
        .string()
        .trim()
        .min(1)
        .max(4_000)
        .meta({ title: 'Rubric', description: 'The rules by which one answer is better than another.' }),
    }),
  ])
  .meta({
    title: 'Judge',
    description:
      'agreement: a program compares JSON, tool calls and short answers. A model with a rubric compares free text too. feedback: no second answers; the scores of your users count.',
  });
/** The settings that hold an amount of money: a number in answers, a number or text in requests. */
function settingsWith(amount: z.ZodType<number, number | string>) {
  const usdPerDay = amount.meta({
    title: 'Most a day (USD)',
    description: 'Comparing stops for the day once all comparing of the workspace has cost this much.',
  });
  const learning = z
    .strictObject({
      enabled: enabled.default(false),
      sample_percent: samplePercent.default(2),
      max_usd_per_day: usdPerDay.default(1),
      judge: judge.default('agreement'),
    })
    .meta({ title: 'Learning', description: 'How the gateway gathers evidence of your own tasks.' });
  const ownLearning = z.strictObject({
    enabled: enabled.optional(),
    sample_percent: samplePercent.optional(),
    max_usd_per_day: usdPerDay.optional(),
    judge: judge.optional(),
  });
  const per_client = z
    .record(
      z.string().min(1).max(128),
      z.strictObject({
        dial: dial.optional(),
        baseline_model: modelName
          .optional()
          .meta({ title: 'Baseline model', description: 'The client’s savings are measured against it.' }),
        allowed_models: z
          .array(modelName)
          .min(1)
          .max(50)
          .optional()
          .meta({ title: 'Allowed models', description: 'The only models that `auto` chooses from for the client.' }),
        learning: ownLearning
          .optional()
          .meta({ title: 'Learning', description: 'The fields in which the client differs.' }),
      }),
    )
    .refine((map) => Object.keys(map).length <= 1_000, 'has at most 1,000 clients')
    .meta({
      title: 'Per client',
      description: 'For each client, the settings in which it differs from the workspace.',
    });
  const per_key = z
    .record(
      z.string().min(1).max(100),
      z.strictObject({
        learning: ownLearning
          .optional()
          .meta({ title: 'Learning', description: 'The fields in which the calls of the key differ.' }),
      }),
    )
    .refine((map) => Object.keys(map).length <= 200, 'has at most 200 keys')
    .meta({
      title: 'Per key',
      description: 'By the id of a key, how its calls are learned from. It counts before the client and the workspace.',
    });
  return { learning, per_client, per_key };
}
const given = settingsWith(usdInput({ max: 10_000 }));

const classOf = z.array(z.string()).meta({ title: 'Models', description: 'In the order in which they are tried.' });
const autoVersion = z
  .number()
  .int()
  .meta({ title: 'Version', description: 'The active version of rules and auto; 0 before the first.' });
const auto = z.object({
  pool,
  dial,
  baseline_model: baseline,
  allowed_models: allowed,
  ...settingsWith(usd),
  classes: z
    .object({ strong: classOf, small: classOf })
    .meta({ title: 'Classes', description: 'The models that `auto` and fallbacks choose from now.' }),
  version: autoVersion,
});
const usualLearning = { enabled: false, sample_percent: 2, max_usd_per_day: 1, judge: 'agreement' as const };
const autoInput = {
  pool: [
    { model: 'gpt-6-luna', class: 'small' as const },
    { model: 'gpt-6-sol', class: 'strong' as const },
  ],
  dial: 'balanced' as const,
  baseline_model: 'gpt-6-sol',
  learning: { ...usualLearning, enabled: true },
  per_client: { acme: { dial: 'quality' as const } },
};
const autoSample = {
  ...autoInput,
  allowed_models: null,
  per_key: { key_01k2: { learning: { enabled: true } } },
  classes: { strong: ['gpt-6-sol'], small: ['gpt-6-luna'] },
  version: 12,
};

export const getAuto = operation({
  id: 'auto.get',
  method: 'GET',
  path: '/v1/routing/auto',
  group: 'Routing',
  label: 'Get the settings of auto',
  description: 'Gets the settings of `auto`: models, dial, learning, clients that differ, and the classes in use now.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({}),
  output: auto,
  errors: ['forbidden'],
  sample: { input: {}, output: autoSample },
  wrong: [
    { input: { class: 'strong' }, because: 'it takes no fields' },
    { input: [], because: 'the input is an object' },
  ],
});

export const setAuto = operation({
  id: 'auto.set',
  method: 'PUT',
  path: '/v1/routing/auto',
  group: 'Routing',
  label: 'Change the settings of auto',
  description: 'Changes the given settings of `auto` and makes a version of them. They hold for the next call.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  input: z.strictObject({
    pool: pool.optional(),
    dial: dial.optional(),
    baseline_model: baseline.optional(),
    allowed_models: allowed.optional(),
    learning: given.learning.optional(),
    per_client: given.per_client.optional(),
    per_key: given.per_key.optional(),
    classes: z.object({ strong: classOf, small: classOf }).optional().meta({
      title: 'Classes',
      description: 'Ignored, so that the answer of GET can be sent back. The field `pool` sets the classes.',
    }),
    version: numberOrText(z.number().int().min(0)).optional().meta({
      title: 'Version',
      description: 'The version that was read: refused with 409 where another one is active. As expected_version.',
    }),
    note: z
      .string()
      .trim()
      .max(500)
      .optional()
      .meta({ title: 'Note', description: 'Why the change was made; kept with the version.' }),
    expected_version: numberOrText(z.number().int().min(0)).optional().meta({
      title: 'Expected version',
      description: 'Refused with 409 where another version is active. As If-Match.',
    }),
  }),
  output: auto,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'model_not_found', 'conflict'],
  sample: { input: autoInput, output: autoSample },
  wrong: [
    { input: { dial: 'cheap' }, because: 'a dial is quality, balanced or cost' },
    { input: { pool: [{ model: 'gpt-6-sol', class: 'medium' }] }, because: 'a class is strong or small' },
    {
      input: { pool: ['strong', 'small'].map((one) => ({ model: 'gpt-6-sol', class: one })) },
      because: 'a model belongs to one class',
    },
    { input: { learning: { sample_percent: 200 } }, because: 'a share is 100 percent at most' },
  ],
});
