import { z } from 'zod';
import { operation } from '../operation.ts';
import { isVendor, providerKinds, vendors } from '../provider-kinds.ts';
import { credential, id, nothing, page, usdInput } from './common.ts';

const priced = <Price extends z.ZodType>(price: Price) => ({
  id: z.string().trim().min(1).max(200).meta({ title: 'Model', description: 'The provider’s own name for the model.' }),
  input_usd_per_mtok: price.meta({ title: 'Input price', description: 'Dollars for a million tokens.' }),
  output_usd_per_mtok: price.meta({ title: 'Output price', description: 'Dollars for a million tokens.' }),
  context_window: z
    .number()
    .int()
    .min(1)
    .max(1_000_000_000)
    .optional()
    .meta({ title: 'Context window', description: 'Tokens.' }),
});
const modelsMeta = {
  title: 'Models',
  description: 'Models that it serves, with their prices. Models listed here need no prefix.',
};
const models = z
  .array(z.strictObject(priced(usdInput({ max: 1_000_000 }))))
  .max(500)
  .meta(modelsMeta);
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be lower-case letters, digits, dots and dashes')
  .meta({
    title: 'Name',
    description: `The prefix in model names: \`name/model\`. A vendor’s own name (${vendors.join(', ')}) replaces the operator’s account.`,
  });
const kind = z.enum(providerKinds).meta({ title: 'Kind', description: 'The API that it has.' });
const baseUrl = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .meta({
    title: 'Base URL',
    description:
      'The base URL as the vendor’s SDK uses it, such as `https://api.groq.com/openai/v1`. Required for openai-compatible.',
  });
const apiKey = credential(1_000).meta({
  title: 'API key',
  description: 'Stored encrypted and never shown again. For a local server without keys, use any text.',
});

const provider = z.object({
  id,
  name,
  kind,
  base_url: z.string().meta({ title: 'Base URL', description: 'The address of the provider.' }),
  key_hint: z.string().meta({ title: 'Key hint', description: 'The last four characters of the key.' }),
  models: z.array(z.object(priced(z.number()))).meta(modelsMeta),
});

const sample = {
  id: 'prov_01k2',
  name: 'groq',
  kind: 'openai-compatible' as const,
  base_url: 'https://api.groq.com/openai/v1',
  key_hint: 'a1b2',
  models: [{ id: 'llama-4-70b', input_usd_per_mtok: 0.59, output_usd_per_mtok: 0.79 }],
};

export const createProvider = operation({
  id: 'providers.create',
  method: 'POST',
  path: '/v1/providers',
  group: 'Providers',
  label: 'Add a provider',
  description:
    'Adds a provider account to the workspace: your own key at a vendor, or any server with an OpenAI-compatible API.',
  surfaces: ['dashboard'],
  access: 'owner',
  changesEveryCall: true,
  status: 201,
  input: z
    .strictObject({ name, kind, base_url: baseUrl.optional(), api_key: apiKey, models: models.default([]) })
    .refine((input) => isVendor(input.kind) || input.base_url !== undefined, {
      path: ['base_url'],
      message: 'is required for an openai-compatible provider',
    }),
  output: provider,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'conflict'],
  sample: {
    input: {
      name: 'groq',
      kind: 'openai-compatible',
      base_url: 'https://api.groq.com/openai/v1',
      api_key: 'gsk_0000a1b2',
      models: sample.models,
    },
    output: sample,
  },
  wrong: [
    {
      input: { name: 'groq', kind: 'openai-compatible', api_key: 'k' },
      because: 'a server of your own needs an address',
    },
    {
      input: { name: 'My Server', kind: 'openai', api_key: 'k' },
      because: 'a name comes before a slash in model names',
    },
    {
      input: { name: 'x', kind: 'openai', api_key: 'k', base_url: 'file:///etc/passwd' },
      because: 'only http and https',
    },
    {
      input: {
        name: 'x',
        kind: 'openai',
        api_key: 'k',
        models: [{ id: 'm', input_usd_per_mtok: '-1', output_usd_per_mtok: 0 }],
      },
      because: 'a price is not negative',
    },
  ],
});

export const listProviders = operation({
  id: 'providers.list',
  method: 'GET',
  path: '/v1/providers',
  group: 'Providers',
  label: 'List providers',
  description: 'Lists the provider accounts of the workspace.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({}),
  output: page(provider),
  errors: ['forbidden'],
  sample: { input: {}, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { kind: 'openai' }, because: 'it takes no fields' },
    { input: { limit: 10 }, because: 'there is one page' },
  ],
});

export const updateProvider = operation({
  id: 'providers.update',
  method: 'PATCH',
  path: '/v1/providers/:id',
  group: 'Providers',
  label: 'Change a provider',
  description:
    'Changes the address, key or models. A new host needs the key again: a stored key is sent only to the host it was stored for.',
  surfaces: ['dashboard'],
  access: 'owner',
  changesEveryCall: true,
  input: z.strictObject({ id, base_url: baseUrl.optional(), api_key: apiKey.optional(), models: models.optional() }),
  output: provider,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'prov_01k2', api_key: 'gsk_0000a1b2' }, output: sample },
  wrong: [
    { input: { id: 'prov_01k2', name: 'other' }, because: 'a name stays, since calls use it' },
    { input: { id: 'prov_01k2', api_key: ' ' }, because: 'a key is not nothing' },
    { input: { id: 'prov_01k2', api_key: 'sk-one\nsk-two' }, because: 'a key is one line' },
  ],
});

export const removeProvider = operation({
  id: 'providers.remove',
  method: 'DELETE',
  path: '/v1/providers/:id',
  group: 'Providers',
  label: 'Remove a provider',
  description: 'Removes the account and deletes its key.',
  surfaces: ['dashboard'],
  access: 'owner',
  changesEveryCall: true,
  status: 204,
  input: z.strictObject({ id }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'prov_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'prov_01k2', force: true }, because: 'unknown fields are refused' },
  ],
});
