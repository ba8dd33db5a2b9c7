import { z } from 'zod';
import { operation } from '../operation.ts';

export const model = z
  .object({
    id: z.string().meta({ title: 'Model', description: 'The name a call gives as `model`.' }),
    object: z.literal('model').meta({ title: 'Object', description: 'Always `model`, as OpenAI has it.' }),
    created: z.number().int().meta({ title: 'Created', description: 'Always 0: the catalogue has no dates.' }),
    owned_by: z.string().meta({ title: 'Owned by', description: 'The provider, under OpenAI’s name for it.' }),
    provider: z.string().meta({ title: 'Provider', description: 'The account that serves it; `gateway` for `auto`.' }),
    context_window: z.number().int().nullable().meta({ title: 'Context window', description: 'Tokens, where known.' }),
    input_usd_per_mtok: z
      .number()
      .nullable()
      .meta({ title: 'Input price', description: 'Dollars for a million tokens.' }),
    output_usd_per_mtok: z
      .number()
      .nullable()
      .meta({ title: 'Output price', description: 'Dollars for a million tokens.' }),
  })
  .meta({ title: 'Model', description: 'A chat model this key can use.' });

const sample = {
  id: 'gpt-4o',
  object: 'model' as const,
  created: 0,
  owned_by: 'openai',
  provider: 'openai',
  context_window: 128_000,
  input_usd_per_mtok: 2.5,
  output_usd_per_mtok: 10,
};

export const listModels = operation({
  id: 'models.list',
  method: 'GET',
  path: '/v1/models',
  group: 'Models',
  label: 'List models',
  description: 'The chat models this key can use, `auto` first.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'anyone',
  // The vendors' SDKs page here; there is one page, whatever they ask.
  input: z.object({}),
  output: z.object({
    object: z.literal('list').meta({ title: 'Object', description: 'Always `list`.' }),
    data: z.array(model).meta({ title: 'Models', description: 'All of them: there is one page.' }),
  }),
  errors: ['invalid_api_key'],
  sample: { input: {}, output: { object: 'list', data: [sample] } },
  wrong: [
    { input: 'gpt-4o', because: 'the input is an object' },
    { input: [], because: 'the input is an object' },
  ],
});

export const getModel = operation({
  id: 'models.get',
  method: 'GET',
  path: '/v1/models/:id',
  group: 'Models',
  label: 'Get a model',
  description: 'One model, with its provider, context window and prices.',
  surfaces: ['dashboard'],
  access: 'anyone',
  input: z.strictObject({
    id: z.string().min(1).max(200).meta({ title: 'Model', description: 'The name of the model.' }),
  }),
  output: model,
  errors: ['invalid_api_key', 'model_not_found'],
  sample: { input: { id: 'gpt-4o' }, output: sample },
  wrong: [
    { input: { id: '' }, because: 'a model has a name' },
    { input: { id: 'gpt-4o', provider: 'openai' }, because: 'a provider is part of the name: openai/gpt-4o' },
  ],
});
