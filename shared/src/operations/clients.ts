import { z } from 'zod';
import { isCurrency } from '../currencies.ts';
import { operation } from '../operation.ts';
import { clientId, cursor, isoTime, limit, lines, locale, nothing, page, rateLimit } from './common.ts';

const settings = {
  name: z.string().trim().max(200).meta({ title: 'Name', description: 'Display name of the client.' }),
  markup_percent: z
    .number()
    .min(-100)
    .max(100_000)
    .meta({ title: 'Markup (%)', description: 'Percentage added to the cost in usage and invoices.' }),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, { error: 'must be three capital letters such as EUR', abort: true })
    .refine(isCurrency, 'must be a currency of ISO 4217 in use, such as EUR')
    .meta({ title: 'Currency', description: 'Billing currency: three letters such as EUR.' }),
  exchange_rate: z.number().positive().max(1_000_000).meta({
    title: 'Exchange rate',
    description: 'Units of the currency per US dollar. Required for any currency other than USD.',
  }),
  billing_email: z.email().max(320).nullable().meta({ title: 'Billing e-mail', description: 'Shown on invoices.' }),
  address: lines(1_000, 'Address', 'The buyer’s address on invoices, line by line.'),
  tax_id: lines(100, 'Tax id', 'The buyer’s VAT or tax number.'),
  tax_percent: z
    .number()
    .min(0)
    .max(100)
    .nullable()
    .meta({ title: 'Tax (%)', description: 'Added on invoices; null for none.' }),
  tax_note: lines(500, 'Tax note', 'Note about tax on invoices, such as "Reverse charge: VAT is due by the customer."'),
  locale: locale('')
    .nullable()
    .meta({ title: 'Language', description: 'Language of the client’s invoices; null for the workspace’s language.' }),
  locked: z.boolean().meta({
    title: 'Locked',
    description: 'The client’s calls are refused with 402 until it is unlocked.',
  }),
  rate_limit: rateLimit
    .nullable()
    .meta({ title: 'Rate limit', description: 'Calls above this limit are refused with 429; null for no limit.' }),
  notes: z
    .string()
    .max(10_000)
    .nullable()
    .meta({ title: 'Notes', description: 'Notes for your team. The client does not see them.' }),
};

const client = z
  .object({
    id: clientId,
    ...settings,
    currency: z.string().meta({ title: 'Currency', description: 'Billing currency.' }),
    address: z.string().nullable().meta({ title: 'Address', description: 'The buyer’s address on invoices.' }),
    tax_id: z.string().nullable().meta({ title: 'Tax id', description: 'The buyer’s VAT or tax number.' }),
    tax_note: z.string().nullable().meta({ title: 'Tax note', description: 'Note about tax on invoices.' }),
    locale: z.string().nullable().meta({
      title: 'Language',
      description: 'Language of the client’s invoices; null for the workspace’s language.',
    }),
    name: z.string().meta({ title: 'Name', description: 'Display name of the client; its id until a name is set.' }),
    markup_percent: z.number().nullable().meta({
      title: 'Markup (%)',
      description: 'Percentage added to the cost in usage and invoices; null for the client’s own keys.',
    }),
    first_call_at: isoTime.nullable().meta({
      title: 'First call',
      description: 'A client exists from its first call, or from the time it was set up.',
    }),
  })
  .meta({ title: 'Client', description: 'A client with its billing settings.' });

const sample = {
  id: 'acme',
  name: 'Acme Inc.',
  markup_percent: 20,
  currency: 'EUR',
  exchange_rate: 0.92,
  billing_email: 'billing@acme.example',
  address: '1 Main Street\nDublin\nIreland',
  tax_id: 'IE6388047V',
  tax_percent: null,
  tax_note: 'Reverse charge: VAT is due by the customer.',
  locale: null,
  locked: false,
  rate_limit: null,
  notes: null,
  first_call_at: '2026-11-01T08:00:00.000Z',
};

const search = z
  .string()
  .max(200)
  .optional()
  .meta({ title: 'Search', description: 'Part of a name or an id. Case does not matter.' });

export const listClients = operation({
  id: 'clients.list',
  method: 'GET',
  path: '/v1/clients',
  group: 'Clients',
  label: 'List clients',
  description: 'Lists clients that have called or were set up, by name.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'anyone',
  input: z.strictObject({
    search,
    id: z
      .union([clientId, z.array(clientId).max(100)])
      .optional()
      .meta({ title: 'Client', description: 'Only this client.' }),
    cursor,
    limit,
  }),
  output: page(client),
  errors: ['forbidden'],
  sample: { input: { search: 'acm' }, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { limit: 1000 }, because: 'a page has at most 100 rows' },
    { input: { name: 'acme' }, because: 'unknown fields are refused' },
  ],
});

export const getClient = operation({
  id: 'clients.get',
  method: 'GET',
  path: '/v1/clients/:id',
  group: 'Clients',
  label: 'Get a client',
  description: 'Gets one client with its billing settings.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ id: clientId }),
  output: client,
  errors: ['forbidden', 'not_found'],
  sample: { input: { id: 'acme' }, output: sample },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'acme', at: 'now' }, because: 'unknown fields are refused' },
  ],
});

export const setClient = operation({
  id: 'clients.set',
  method: 'PUT',
  path: '/v1/clients/:id',
  group: 'Clients',
  label: 'Set up a client',
  description: 'Sets a client’s name, billing and lock. Fields that are not given stay unchanged.',
  surfaces: ['dashboard'],
  access: 'member',
  input: z.strictObject({
    id: clientId,
    name: settings.name.optional(),
    markup_percent: settings.markup_percent.optional(),
    currency: settings.currency.optional(),
    exchange_rate: settings.exchange_rate.optional(),
    billing_email: settings.billing_email.optional(),
    address: settings.address.optional(),
    tax_id: settings.tax_id.optional(),
    tax_percent: settings.tax_percent.optional(),
    tax_note: settings.tax_note.optional(),
    locale: settings.locale.optional(),
    locked: settings.locked.optional(),
    rate_limit: settings.rate_limit.optional(),
    notes: settings.notes.optional(),
  }),
  output: client,
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { id: 'acme', name: 'Acme Inc.', markup_percent: 20, currency: 'EUR', exchange_rate: 0.92 },
    output: sample,
  },
  wrong: [
    { input: { id: 'acme', currency: 'euro' }, because: 'currencies have three letters' },
    { input: { id: 'acme', currency: 'XXZ' }, because: 'it is not a currency' },
    { input: { id: 'acme', exchange_rate: 0 }, because: 'a rate is more than 0' },
  ],
});

export const eraseClient = operation({
  id: 'clients.erase',
  method: 'DELETE',
  path: '/v1/clients/:id/data',
  group: 'Clients',
  label: 'Erase a client',
  description:
    'Permanently erases the client’s data. Its settings, keys and budgets are deleted; its calls and sums keep their figures without its name. Invoices stay. A live key erases live data, a test key test data.',
  surfaces: ['dashboard'],
  access: 'owner',
  status: 204,
  input: z.strictObject({ id: clientId }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden'],
  sample: { input: { id: 'acme' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'acme', keep: 'calls' }, because: 'unknown fields are refused' },
  ],
});

export const listProjects = operation({
  id: 'projects.list',
  method: 'GET',
  path: '/v1/projects',
  group: 'Clients',
  label: 'List projects',
  description: 'Lists projects that have called.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'anyone',
  input: z.strictObject({ search, cursor, limit }),
  output: page(
    z.object({
      id: z.string().meta({ title: 'Project', description: 'The project, as calls name it.' }),
      name: z.string().meta({ title: 'Name', description: 'The same text, for drop-downs.' }),
      first_call_at: isoTime.meta({ title: 'First call', description: 'Time of the first call that named it.' }),
    }),
  ),
  errors: ['forbidden'],
  sample: {
    input: {},
    output: {
      data: [{ id: 'newsletter', name: 'newsletter', first_call_at: '2026-11-01T08:00:00.000Z' }],
      next_cursor: null,
    },
  },
  wrong: [
    { input: { limit: 1000 }, because: 'a page has at most 100 rows' },
    { input: { name: 'acme' }, because: 'unknown fields are refused' },
  ],
});
