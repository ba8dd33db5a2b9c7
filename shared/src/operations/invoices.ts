import { z } from 'zod';
import { operation } from '../operation.ts';
import { clientId, cursor, id, isoTime, limit, moment, page, tokenCounts, usd } from './common.ts';

const money = (title: string, description: string) => z.number().meta({ title, description });

const invoice = z
  .object({
    id,
    number: z.number().int().meta({ title: 'Number', description: 'Runs without gaps, credit notes included.' }),
    kind: z.enum(['invoice', 'credit_note']).meta({ title: 'Kind', description: 'A credit note takes one back.' }),
    status: z
      .enum(['issued', 'void'])
      .meta({ title: 'Status', description: 'void: taken back by a credit note. Nothing else ever changes.' }),
    credits: z
      .number()
      .int()
      .nullable()
      .meta({ title: 'Credits', description: 'Of a credit note: the number of the invoice it takes back.' }),
    client: z
      .object({
        id: clientId,
        name: z.string().meta({ title: 'Name', description: 'As it was when the invoice was issued.' }),
        billing_email: z.string().nullable().meta({ title: 'Billing e-mail', description: 'As it was then.' }),
      })
      .meta({ title: 'Client', description: 'Who is billed.' }),
    from: isoTime.meta({ title: 'From', description: 'First moment, inclusive.' }),
    to: isoTime.meta({ title: 'To', description: 'End, exclusive.' }),
    currency: z.string().meta({ title: 'Currency', description: 'Of every amount.' }),
    exchange_rate: z.number().meta({ title: 'Exchange rate', description: 'Units of the currency for one dollar.' }),
    markup_percent: z
      .number()
      .nullable()
      .meta({ title: 'Markup', description: 'Percent added to cost; null to the client’s own keys.' }),
    lines: z
      .array(
        z.object({
          description: z.string().meta({ title: 'Description', description: 'For people.' }),
          model: z.string().nullable().meta({ title: 'Model', description: 'The model that answered.' }),
          requests: z.number().int().meta({ title: 'Requests', description: 'Calls.' }),
          input_tokens: tokenCounts.input_tokens,
          output_tokens: tokenCounts.output_tokens,
          cost_usd: usd.meta({ title: 'Cost', description: 'What the providers took, in dollars.' }),
          amount: money('Amount', 'With markup, in the currency, rounded to the cent.'),
        }),
      )
      .meta({ title: 'Lines', description: 'One for each model.' }),
    subtotal: money('Subtotal', 'The lines together.'),
    total: money('Total', 'What is due; negative on a credit note.'),
    reason: z.string().nullable().meta({ title: 'Reason', description: 'Why an invoice was taken back.' }),
    issued_at: isoTime.meta({ title: 'Issued at', description: 'From then on it is locked.' }),
  })
  .meta({ title: 'Invoice', description: 'What a client owes for a period.' });

const sample = {
  id: 'inv_01k2',
  number: 7,
  kind: 'invoice' as const,
  status: 'issued' as const,
  credits: null,
  client: { id: 'acme', name: 'Acme Inc.', billing_email: 'billing@acme.example' },
  from: '2026-10-01T00:00:00.000Z',
  to: '2026-11-01T00:00:00.000Z',
  currency: 'EUR',
  exchange_rate: 0.92,
  markup_percent: 20,
  lines: [
    {
      description: 'gpt-4o-mini: 1,042 calls',
      model: 'gpt-4o-mini',
      requests: 1042,
      input_tokens: 1_250_400,
      output_tokens: 83_360,
      cost_usd: 2.13,
      amount: 2.35,
    },
  ],
  subtotal: 2.35,
  total: 2.35,
  reason: null,
  issued_at: '2026-11-01T08:00:00.000Z',
};

const format = z
  .enum(['json', 'csv', 'html'])
  .optional()
  .meta({ title: 'Format', description: 'csv, or html for a page to print; also by `Accept`.' });

export const createInvoice = operation({
  id: 'invoices.create',
  method: 'POST',
  path: '/v1/invoices',
  group: 'Invoices',
  label: 'Create an invoice',
  description: 'Bills a client’s calls of a period. Numbered, locked, and no call is ever billed twice.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'member',
  status: 201,
  input: z.strictObject({
    client_id: clientId,
    from: moment.meta({ title: 'From', description: 'First moment, inclusive.' }),
    to: moment.meta({ title: 'To', description: 'End, exclusive; not in the future.' }),
  }),
  output: invoice,
  errors: ['invalid_request', 'forbidden', 'conflict'],
  sample: { input: { client_id: 'acme', from: '2026-10-01', to: '2026-11-01' }, output: sample },
  wrong: [
    { input: { client_id: 'acme', from: '2026-10-01' }, because: 'a period has an end' },
    { input: { client_id: '', from: '2026-10-01', to: '2026-11-01' }, because: 'somebody is billed' },
  ],
});

export const listInvoices = operation({
  id: 'invoices.list',
  method: 'GET',
  path: '/v1/invoices',
  group: 'Invoices',
  label: 'List invoices',
  description: 'Invoices and credit notes, newest first.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ client_id: clientId.optional(), cursor, limit }),
  output: page(invoice),
  errors: ['forbidden'],
  sample: { input: { client_id: 'acme' }, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { limit: 1000 }, because: 'a page has at most 100 rows' },
    { input: { year: 2026 }, because: 'unknown fields are refused' },
  ],
});

export const getInvoice = operation({
  id: 'invoices.get',
  method: 'GET',
  path: '/v1/invoices/:id',
  group: 'Invoices',
  label: 'Get an invoice',
  description: 'One invoice, as JSON, CSV or a page to print.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ id, format }),
  alternatives: ['text/csv', 'text/html'],
  output: invoice,
  errors: ['forbidden', 'not_found'],
  sample: { input: { id: 'inv_01k2' }, output: sample },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'inv_01k2', format: 'pdf' }, because: 'a browser prints PDF from HTML' },
  ],
});

export const voidInvoice = operation({
  id: 'invoices.void',
  method: 'POST',
  path: '/v1/invoices/:id/void',
  group: 'Invoices',
  label: 'Void an invoice',
  description: 'Takes an invoice back by a credit note. Its calls may be billed anew.',
  surfaces: ['dashboard'],
  access: 'member',
  status: 201,
  input: z.strictObject({
    id,
    reason: z.string().trim().max(1_000).optional().meta({ title: 'Reason', description: 'Why, for the credit note.' }),
  }),
  output: invoice,
  errors: ['forbidden', 'not_found', 'conflict'],
  sample: {
    input: { id: 'inv_01k2', reason: 'Wrong markup' },
    output: {
      ...sample,
      id: 'inv_01k3',
      number: 8,
      kind: 'credit_note',
      credits: 7,
      lines: sample.lines.map((line) => ({ ...line, amount: -2.35 })),
      subtotal: -2.35,
      total: -2.35,
      reason: 'Wrong markup',
    },
  },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'inv_01k2', amount: 1 }, because: 'an invoice is taken back whole' },
  ],
});
