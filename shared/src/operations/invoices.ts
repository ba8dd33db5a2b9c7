import { z } from 'zod';
import { operation } from '../operation.ts';
import { clientId, cursor, id, isoTime, limit, moment, page, tokenCounts, usd } from './common.ts';

const letterhead = (title: string, description: string) => z.string().nullable().meta({ title, description });

const money = (title: string, description: string) => z.number().meta({ title, description });

const invoice = z
  .object({
    id,
    number: z.number().int().meta({ title: 'Number', description: 'Runs without gaps, credit notes included.' }),
    label: z.string().meta({ title: 'Label', description: 'The number as it is printed, with the prefix: INV-0007.' }),
    livemode: z.boolean().meta({ title: 'Live mode', description: 'False of test keys: TEST is printed across it.' }),
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
        billing_email: letterhead('Billing e-mail', 'As it was then.'),
        address: letterhead('Address', 'As it was then.'),
        tax_id: letterhead('Tax id', 'As it was then.'),
      })
      .meta({ title: 'Client', description: 'Who is billed.' }),
    seller: z
      .object({
        name: z.string().meta({ title: 'Name', description: 'The legal name, or the workspace’s.' }),
        address: letterhead('Address', 'As it was then.'),
        tax_id: letterhead('Tax id', 'As it was then.'),
        bank: letterhead('Bank details', 'Where to pay.'),
        footer: letterhead('Footer', 'The last lines.'),
      })
      .meta({ title: 'Seller', description: 'Who bills.' }),
    from: isoTime.meta({ title: 'From', description: 'First moment, inclusive.' }),
    to: isoTime.meta({ title: 'To', description: 'End, exclusive.' }),
    timezone: z.string().meta({ title: 'Time zone', description: 'Of the dates that are printed.' }),
    locale: z.string().meta({ title: 'Language', description: 'Of the page, and of its numbers and dates.' }),
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
          amount: money('Amount', 'With markup, in the currency’s own smallest unit: no hundredths of a yen.'),
        }),
      )
      .meta({ title: 'Lines', description: 'One for each model.' }),
    subtotal: money('Subtotal', 'The lines together.'),
    tax_percent: z.number().nullable().meta({ title: 'Tax (%)', description: 'Null where no tax is added.' }),
    tax_note: letterhead('Tax note', 'What is said of tax, such as reverse charge.'),
    tax: money('Tax', 'Tax on the subtotal.'),
    total: money('Total', 'What is due, tax included; negative on a credit note.'),
    due_at: isoTime.nullable().meta({ title: 'Due at', description: 'By the payment terms; null without any.' }),
    reason: z.string().nullable().meta({ title: 'Reason', description: 'Why an invoice was taken back.' }),
    issued_at: isoTime.meta({ title: 'Issued at', description: 'From then on it is locked.' }),
    url: z.string().meta({
      title: 'Link',
      description:
        'For the client: a page a browser opens without a key, with the PDF. It shows neither cost nor markup.',
    }),
  })
  .meta({ title: 'Invoice', description: 'What a client owes for a period.' });

const sample = {
  id: 'inv_01k2',
  number: 7,
  label: 'INV-7',
  livemode: true,
  kind: 'invoice' as const,
  status: 'issued' as const,
  credits: null,
  client: {
    id: 'acme',
    name: 'Acme Inc.',
    billing_email: 'billing@acme.example',
    address: '1 Main Street\nDublin\nIreland',
    tax_id: 'IE6388047V',
  },
  seller: {
    name: 'North Agency GmbH',
    address: 'Hafenstraße 1\n20457 Hamburg\nGermany',
    tax_id: 'DE123456789',
    bank: 'IBAN DE02 1203 0000 0000 2020 51',
    footer: null,
  },
  from: '2026-10-01T00:00:00.000Z',
  to: '2026-11-01T00:00:00.000Z',
  timezone: 'UTC',
  locale: 'en',
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
  tax_percent: null,
  tax_note: 'Reverse charge: VAT is due by the customer.',
  tax: 0,
  total: 2.35,
  due_at: '2026-11-15T08:00:00.000Z',
  reason: null,
  issued_at: '2026-11-01T08:00:00.000Z',
  url: 'https://gateway.example/invoices/ws_01k2.inv_01k2.x4…',
};

const format = z
  .enum(['json', 'csv', 'html', 'pdf'])
  .optional()
  .meta({ title: 'Format', description: 'csv, html for a page, or pdf; also by `Accept`.' });

const invoiceId = z
  .string()
  .min(1)
  .max(100)
  .meta({ title: 'Invoice', description: 'Its id, its number, or its number as it is printed.' });

const period = z
  .string()
  .regex(/^(last_month|[12]\d{3}-(0[1-9]|1[0-2]))$/, 'must be last_month, or a month such as 2026-10')
  .meta({
    title: 'Period',
    description:
      'A month such as 2026-10, or last_month, by the workspace’s time zone; the current month is billed up to now. Or leave it empty and fill in from and to.',
  });

const billed = z.object({
  client_id: clientId,
  name: z.string().meta({ title: 'Name', description: 'What people call the client.' }),
});
const lineParts = {
  from: invoice.shape.from,
  to: invoice.shape.to,
  currency: invoice.shape.currency,
  subtotal: invoice.shape.subtotal,
  tax: invoice.shape.tax,
  total: invoice.shape.total,
};

export const createInvoice = operation({
  id: 'invoices.create',
  method: 'POST',
  path: '/v1/invoices',
  group: 'Invoices',
  label: 'Create an invoice',
  description:
    'Creates an invoice for a client’s calls of a period. It is numbered and locked, and no call is billed twice.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'member',
  status: 201,
  input: z
    .strictObject({
      client_id: clientId,
      // Either the period or both ends: a form shows all three, and each may stay empty.
      period: period.optional().meta({
        title: 'Period',
        description:
          'A month such as 2026-10, or last_month, by the workspace’s time zone. Leave it empty to give From and To.',
        'x-field': { inSight: true },
      }),
      from: moment.optional().meta({
        title: 'From',
        description: 'The first day or moment that is billed. Only without a period.',
        'x-field': { inSight: true },
      }),
      to: moment.optional().meta({
        title: 'To',
        description: 'The first day or moment that is not billed any more; not in the future. Only without a period.',
        'x-field': { inSight: true },
      }),
    })
    .refine(hasOnePeriod, { error: 'needs `from` and `to`, or `period` alone', path: ['period'] }),
  output: invoice,
  errors: ['invalid_request', 'forbidden', 'conflict'],
  sample: { input: { client_id: 'acme', period: '2026-10' }, output: sample },
  wrong: [
    { input: { client_id: 'acme', from: '2026-10-01' }, because: 'a period has an end' },
    { input: { client_id: 'acme', period: 'last_month', to: '2026-11-01' }, because: 'it would be two periods' },
    { input: { client_id: 'acme', period: 'october' }, because: 'months are written 2026-10' },
    { input: { client_id: '', from: '2026-10-01', to: '2026-11-01' }, because: 'somebody is billed' },
  ],
});

/** A sibling of the invoice that is not issued: what it would say. */
const billingState = (states: readonly [string, ...string[]], description: string) =>
  z.enum(states).meta({ title: 'Status', description });

export const previewInvoices = operation({
  id: 'invoices.preview',
  method: 'GET',
  path: '/v1/invoices/preview',
  group: 'Invoices',
  label: 'Preview invoices',
  description: 'Shows what would be billed for a period, by client. Issues nothing and takes no number.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ period, client_id: clientId.optional() }),
  output: z.object({
    data: z
      .array(
        billed.extend({
          status: billingState(
            ['to_bill', 'nothing_to_bill', 'already_billed', 'under_way'],
            'already_billed: by the invoice in `number`. under_way: calls of the period are not over.',
          ),
          number: z.number().int().nullable().meta({ title: 'Number', description: 'Of the invoice that covers it.' }),
          ...lineParts,
          lines: invoice.shape.lines,
        }),
      )
      .meta({ title: 'Clients', description: 'By id; amounts are zero but for those to bill.' }),
  }),
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { period: 'last_month' },
    output: {
      data: [
        {
          client_id: 'acme',
          name: 'Acme Inc.',
          status: 'to_bill',
          number: null,
          from: sample.from,
          to: sample.to,
          currency: 'EUR',
          subtotal: 2.35,
          tax: 0,
          total: 2.35,
          lines: sample.lines,
        },
      ],
    },
  },
  wrong: [
    { input: {}, because: 'it needs to know which period' },
    { input: { period: '2026-13' }, because: 'a year has twelve months' },
  ],
});

export const billAllClients = operation({
  id: 'invoices.all',
  method: 'POST',
  path: '/v1/invoices/all',
  group: 'Invoices',
  label: 'Create invoices for all clients',
  description:
    'Bills every client’s calls of a period, each by an invoice of its own. Safe to repeat: what is billed stays billed once.',
  surfaces: ['dashboard'],
  access: 'member',
  input: z.strictObject({ period }),
  output: z.object({
    data: z
      .array(
        billed.extend({
          status: billingState(
            ['made', 'nothing_to_bill', 'already_billed', 'under_way'],
            'under_way: calls of the period are not over; ask again.',
          ),
          id: z.string().nullable().meta({ title: 'Id', description: 'Of its invoice.' }),
          number: z.number().int().nullable().meta({ title: 'Number', description: 'Of its invoice.' }),
          label: z.string().nullable().meta({ title: 'Label', description: 'The number as it is printed.' }),
          currency: z.string().nullable().meta({ title: 'Currency', description: 'Of the total.' }),
          total: z.number().nullable().meta({ title: 'Total', description: 'What is due.' }),
          url: z.string().nullable().meta({ title: 'Link', description: 'For the client.' }),
        }),
      )
      .meta({ title: 'Clients', description: 'By id: what became of each.' }),
  }),
  errors: ['invalid_request', 'forbidden'],
  sample: {
    input: { period: 'last_month' },
    output: {
      data: [
        {
          client_id: 'acme',
          name: 'Acme Inc.',
          status: 'made',
          id: sample.id,
          number: sample.number,
          label: sample.label,
          currency: 'EUR',
          total: 2.35,
          url: sample.url,
        },
      ],
    },
  },
  wrong: [
    { input: {}, because: 'it needs to know which period' },
    { input: { period: '2026-10', client_id: 'acme' }, because: 'it bills all of them' },
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
  description: 'One invoice, as JSON, CSV, a page to print or PDF.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ id: invoiceId, format }),
  alternatives: ['text/csv', 'text/html', 'application/pdf'],
  output: invoice,
  errors: ['forbidden', 'not_found'],
  sample: { input: { id: 'inv_01k2' }, output: sample },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'inv_01k2', format: 'docx' }, because: 'there is no such format' },
  ],
});

export const voidInvoice = operation({
  id: 'invoices.void',
  method: 'POST',
  path: '/v1/invoices/:id/void',
  group: 'Invoices',
  label: 'Void an invoice',
  description: 'Takes an invoice back by a credit note. Its calls can be billed again.',
  surfaces: ['dashboard'],
  access: 'member',
  status: 201,
  input: z.strictObject({
    id: invoiceId,
    reason: z
      .string()
      .trim()
      .max(1_000)
      .optional()
      .meta({ title: 'Reason', description: 'Why, for yourself: the client does not see it.' }),
  }),
  output: invoice,
  errors: ['forbidden', 'not_found', 'conflict'],
  sample: {
    input: { id: 'inv_01k2', reason: 'Wrong markup' },
    output: {
      ...sample,
      id: 'inv_01k3',
      number: 8,
      label: 'INV-8',
      kind: 'credit_note',
      credits: 7,
      lines: sample.lines.map((line) => ({
        ...line,
        requests: -line.requests,
        input_tokens: -line.input_tokens,
        output_tokens: -line.output_tokens,
        cost_usd: -line.cost_usd,
        amount: -2.35,
      })),
      due_at: null,
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

function hasOnePeriod({ period, from, to }: { period?: unknown; from?: unknown; to?: unknown }): boolean {
  return period === undefined ? from !== undefined && to !== undefined : from === undefined && to === undefined;
}
