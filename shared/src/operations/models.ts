import { z } from 'zod';
import { operation } from '../operation.ts';

const model = z
  .object({
    id: z.string().meta({ title: 'Model', description: 'The name to send as `model`.' }),
    object: z.literal('model').meta({ title: 'Object', description: 'Always `model`, as in OpenAI’s API.' }),
    type: z.literal('model').meta({ title: 'Type', description: 'Always `model`, as in Anthropic’s API.' }),
    display_name: z.string().meta({
      title: 'Name',
      description: 'Display name: the model, its vendor, its price for a million tokens of input and output.',
    }),
    created: z.number().int().meta({ title: 'Created', description: 'Always 0, since the catalogue has no dates.' }),
    created_at: z
      .string()
      .meta({ title: 'Created at', description: 'Always the first second of 1970, since the catalogue has no dates.' }),
    owned_by: z.string().meta({ title: 'Owned by', description: 'The vendor, under the field name of OpenAI’s API.' }),
    provider: z
      .string()
      .meta({ title: 'Provider', description: 'The vendor or the account that serves it; `gateway` for `auto`.' }),
    context_window: z.number().int().nullable().meta({ title: 'Context window', description: 'Tokens, if known.' }),
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
  type: 'model' as const,
  display_name: 'gpt-4o · OpenAI · $2.50 / $10',
  created: 0,
  created_at: '1970-01-01T00:00:00Z',
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
  description: 'Lists the chat models this key can use, `auto` first.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'anyone',
  // The vendors' SDKs page here; there is one page, whatever they ask.
  input: z.object({}),
  output: z.object({
    object: z.literal('list').meta({ title: 'Object', description: 'Always `list`.' }),
    data: z.array(model).meta({ title: 'Models', description: 'All models, on one page.' }),
    has_more: z
      .literal(false)
      .meta({ title: 'More', description: 'Always false: there is one page. Anthropic’s packages read it.' }),
    first_id: z.string().nullable().meta({ title: 'First', description: 'The first model of the page.' }),
    last_id: z.string().nullable().meta({ title: 'Last', description: 'The last model of the page.' }),
  }),
  errors: ['invalid_api_key'],
  sample: {
    input: {},
    output: { object: 'list', data: [sample], has_more: false, first_id: 'gpt-4o', last_id: 'gpt-4o' },
  },
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
  description: 'Gets one model, with its provider, context window and prices.',
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
