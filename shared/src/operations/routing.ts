import { z } from 'zod';
import { operation } from '../operation.ts';

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
  .max(20)
  .refine((models) => new Set(models.map(({ model }) => model)).size === models.length, 'must name each model once')
  .meta({
    title: 'Models',
    description:
      'The models of each class, in the order in which they are tried. A class without a model here uses the gateway’s default models; an empty list does so for both classes.',
  });
const classOf = z.array(z.string()).meta({ title: 'Models', description: 'In the order in which they are tried.' });
const auto = z.object({
  pool,
  classes: z
    .object({ strong: classOf, small: classOf })
    .meta({ title: 'Classes', description: 'The models that `auto` and fallbacks choose from now.' }),
});
const autoSample = {
  pool: [{ model: 'gpt-6-sol', class: 'strong' as const }],
  classes: { strong: ['gpt-6-sol'], small: ['gpt-6-luna', 'claude-haiku-4-5', 'gemini-3.5-flash-lite'] },
};

export const getAuto = operation({
  id: 'auto.get',
  method: 'GET',
  path: '/v1/routing/auto',
  group: 'Routing',
  label: 'Get the settings of auto',
  description: 'Gets the models that the workspace chose for each class, and the classes in use now.',
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
  description: 'Sets the models of the classes `strong` and `small`, from which `auto` and fallbacks choose.',
  surfaces: ['dashboard'],
  access: 'member',
  changesEveryCall: true,
  input: z.strictObject({ pool }),
  output: auto,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'model_not_found'],
  sample: { input: { pool: autoSample.pool }, output: autoSample },
  wrong: [
    { input: {}, because: 'the models must be given' },
    { input: { pool: [{ model: 'gpt-6-sol', class: 'medium' }] }, because: 'a class is strong or small' },
    {
      input: { pool: ['strong', 'small'].map((one) => ({ model: 'gpt-6-sol', class: one })) },
      because: 'a model belongs to one class',
    },
  ],
});
