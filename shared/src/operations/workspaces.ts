import { z } from 'zod';
import { operation } from '../operation.ts';
import { branding, brandingInput, brandingSample } from './branding.ts';
import { clientId, id, lines, locale, nothing, timeZone } from './common.ts';

const key = (title: string) => z.string().meta({ title, description: 'Shown only once.' });

export const createWorkspace = operation({
  id: 'workspaces.create',
  method: 'POST',
  path: '/v1/workspaces',
  group: 'Operator',
  label: 'Create a workspace',
  description: 'Creates another workspace on this gateway. Needs the operator’s key.',
  surfaces: ['dashboard'],
  access: 'operator',
  status: 201,
  input: z.strictObject({
    name: z.string().trim().min(1).max(100).meta({ title: 'Name', description: 'Name of the workspace.' }),
  }),
  output: z.object({
    id,
    name: z.string().meta({ title: 'Name', description: 'Name of the workspace.' }),
    live_key: key('Live key'),
    test_key: key('Test key'),
  }),
  errors: ['invalid_api_key', 'invalid_request'],
  sample: {
    input: { name: 'Acme' },
    output: { id: 'ws_01k2', name: 'Acme', live_key: 'gw_live_…', test_key: 'gw_test_…' },
  },
  wrong: [
    { input: { name: '' }, because: 'a workspace has a name' },
    { input: { name: 'Acme', plan: 'pro' }, because: 'unknown fields are refused' },
  ],
});

export const removeWorkspace = operation({
  id: 'workspaces.remove',
  method: 'DELETE',
  path: '/v1/workspaces/:id',
  group: 'Operator',
  label: 'Delete a workspace',
  description:
    'Deletes a workspace with everything in it, including invoices. Its keys stop working immediately. Export it first. Needs the operator’s key.',
  surfaces: ['dashboard'],
  access: 'operator',
  status: 204,
  input: z.strictObject({ id }),
  output: nothing,
  errors: ['invalid_api_key', 'not_found', 'conflict'],
  sample: { input: { id: 'ws_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'ws_01k2', keep: 'invoices' }, because: 'unknown fields are refused' },
  ],
});

const text = (title: string, description: string) => z.string().nullable().meta({ title, description });

const about = {
  name: { title: 'Name', description: 'Display name of the workspace.' },
  legal_name: [
    'Legal name',
    'The seller’s name on invoices. Default: the name of the branding, else of the workspace.',
  ],
  address: ['Address', 'The seller’s address, line by line.'],
  tax_id: ['Tax id', 'The seller’s VAT or tax number.'],
  bank: ['Bank details', 'The account to pay to, line by line.'],
  footer: ['Footer', 'The last lines of an invoice: register, directors, thanks.'],
  terms: { title: 'Payment terms (days)', description: 'An invoice is due this many days after its date.' },
  prefix: {
    title: 'Invoice prefix',
    description:
      'Text before the number: "INV-" makes INV-7. `{year}` is the year of issue; each # at the end is a digit: "{year}-####" makes 2026-0007.',
  },
  next: {
    title: 'Next number',
    description: 'The number of the next invoice or credit note. Raise it to continue the numbering of earlier books.',
  },
  billing: { title: 'Billing', description: 'The seller’s side of invoices.' },
} as const;

const zone = 'The time zone in which days and months begin: an IANA name such as Europe/Berlin.';
const language = 'Language of documents, and of the numbers and dates in them: en, de, pt-BR.';

const workspace = z
  .object({
    name: z.string().meta(about.name),
    timezone: z.string().meta({ title: 'Time zone', description: zone }),
    locale: z.string().meta({ title: 'Language', description: language }),
    billing: z
      .object({
        legal_name: text(...about.legal_name),
        address: text(...about.address),
        tax_id: text(...about.tax_id),
        payment_terms_days: z.number().int().nullable().meta(about.terms),
        bank: text(...about.bank),
        footer: text(...about.footer),
        invoice_prefix: z.string().nullable().meta(about.prefix),
        next_number: z.number().int().optional().meta(about.next),
      })
      .meta(about.billing),
    branding,
  })
  .meta({ title: 'Workspace', description: 'The workspace with its settings.' });

const workspaceSample = {
  name: 'North Agency',
  timezone: 'Europe/Berlin',
  locale: 'en',
  billing: {
    legal_name: 'North Agency GmbH',
    address: 'Hafenstraße 1\n20457 Hamburg\nGermany',
    tax_id: 'DE123456789',
    payment_terms_days: 14,
    bank: 'IBAN DE02 1203 0000 0000 2020 51\nBIC BYLADEM1001',
    footer: 'Registered in Hamburg, HRB 12345',
    invoice_prefix: 'INV-',
    next_number: 7,
  },
  branding: brandingSample,
};

export const getWorkspace = operation({
  id: 'workspace.get',
  method: 'GET',
  path: '/v1/workspace',
  group: 'Workspace',
  label: 'Get the workspace',
  description: 'Gets the workspace: name, time zone, language and billing settings.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({}),
  output: workspace,
  errors: ['forbidden'],
  sample: { input: {}, output: workspaceSample },
  wrong: [
    { input: { id: 'ws_01k2' }, because: 'a key belongs to one workspace' },
    { input: null, because: 'the input is an object' },
  ],
});

export const updateWorkspace = operation({
  id: 'workspace.update',
  method: 'PATCH',
  path: '/v1/workspace',
  group: 'Workspace',
  label: 'Change the workspace',
  description:
    'Changes the fields that are given; null empties a field. Changes made with a test key apply in test mode only, where all other fields keep their live values.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({
    name: z.string().trim().min(1).max(100).optional().meta(about.name),
    timezone: timeZone(zone).optional(),
    locale: locale(language).optional(),
    billing: z
      .strictObject({
        legal_name: lines(200, ...about.legal_name).optional(),
        address: lines(1_000, ...about.address).optional(),
        tax_id: lines(100, ...about.tax_id).optional(),
        payment_terms_days: z.number().int().min(0).max(365).nullable().optional().meta(about.terms),
        bank: lines(1_000, ...about.bank).optional(),
        footer: lines(1_000, ...about.footer).optional(),
        invoice_prefix: z
          .string()
          .trim()
          .max(30)
          // A refinement: as a pattern of the API's description it would be unreadable to Python's `re`, which knows no \p{…}.
          .refine(
            (prefix) => /^(?:[^\p{C}#]*[^\p{C}\p{N}#}])?#{0,12}$/u.test(prefix),
            'must end in a letter or a sign such as "-"; # is allowed only after it',
          )
          .transform((prefix) => (prefix === '' ? null : prefix))
          .nullable()
          .optional()
          .meta(about.prefix),
        next_number: z.number().int().min(1).max(999_999_999_999).optional().meta(about.next),
      })
      .optional()
      .meta(about.billing),
    branding: brandingInput.optional(),
  }),
  output: workspace,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'conflict'],
  sample: {
    input: {
      timezone: 'Europe/Berlin',
      billing: { legal_name: 'North Agency GmbH', payment_terms_days: 14, invoice_prefix: 'INV-' },
    },
    output: workspaceSample,
  },
  wrong: [
    { input: { timezone: 'Mars/Olympus' }, because: 'there is no such time zone' },
    { input: { timezone: '+01:00' }, because: 'an offset has no summer time' },
    { input: { locale: 'deutsch_DE' }, because: 'languages are BCP 47 tags' },
    { input: { branding: { accent: 'blue' } }, because: 'colours are hexadecimal' },
    { input: { branding: { logo: 'http://agency.example/logo.png' } }, because: 'a logo comes over https' },
    { input: { branding: { logo: 'data:image/bmp;base64,Qk0=' } }, because: 'a logo is a PNG, JPEG or WebP' },
    { input: { branding: { reply_to: 'billing' } }, because: 'answers need an address' },
    { input: { branding: { host: 'https://ai.agency.example' } }, because: 'a URL is not a host name' },
    { input: { billing: { invoice_prefix: 'A1' } }, because: 'A1 and 2 would read as A and 12' },
  ],
});

export const exportWorkspace = operation({
  id: 'workspace.export',
  method: 'GET',
  path: '/v1/workspace/export',
  group: 'Workspace',
  label: 'Export the workspace',
  description:
    'Exports the workspace, or one client, as a ZIP of JSON and CSV files: calls, usage, clients, budgets, invoices, events, keys without their secrets, settings. A live key exports live data, a test key test data.',
  surfaces: ['dashboard'],
  access: 'owner',
  input: z.strictObject({
    client_id: clientId.optional(),
    format: z.enum(['zip']).default('zip').meta({ title: 'Format', description: 'The format of the export.' }),
  }),
  alternatives: ['application/zip'],
  isFile: true,
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'rate_limited'],
  sample: { input: { client_id: 'acme' }, output: null },
  wrong: [
    { input: { format: 'tar' }, because: 'it is a ZIP' },
    { input: { from: '2026-11-01' }, because: 'unknown fields are refused' },
  ],
});
