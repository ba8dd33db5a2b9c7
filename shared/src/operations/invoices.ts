import { z } from 'zod';
import { operation } from '../operation.ts';
import { clientId, cursor, id, isoTime, limit, moment, month, page, tokenCounts, usd } from './common.ts';

const letterhead = (title: string, description: string) => z.string().nullable().meta({ title, description });

const money = (title: string, description: string) => z.number().meta({ title, description });

const invoice = z
  .object({
    id,
    number: z.number().int().meta({
      title: 'Number',
      description: 'Sequential number, without gaps; credit notes are in the same sequence.',
    }),
    label: z.string().meta({ title: 'Label', description: 'The number as printed, with the prefix: INV-0007.' }),
    livemode: z.boolean().meta({
      title: 'Live mode',
      description: 'False for invoices made with test keys; TEST is printed across them.',
    }),
    kind: z
      .enum(['invoice', 'credit_note'])
      .meta({ title: 'Kind', description: 'An invoice, or the credit note that voids one.' }),
    status: z
      .enum(['issued', 'void'])
      .meta({ title: 'Status', description: 'issued, or void: cancelled by a credit note. Everything else is final.' }),
    credits: z
      .number()
      .int()
      .nullable()
      .meta({ title: 'Credits', description: 'On a credit note: the number of the invoice that it voids.' }),
    client: z
      .object({
        id: clientId,
        name: z.string().meta({ title: 'Name', description: 'The name when the invoice was issued.' }),
        billing_email: letterhead('Billing e-mail', 'As it was when the invoice was issued.'),
        address: letterhead('Address', 'As it was when the invoice was issued.'),
        tax_id: letterhead('Tax id', 'As it was when the invoice was issued.'),
      })
      .meta({ title: 'Client', description: 'The buyer.' }),
    seller: z
      .object({
        name: z.string().meta({
          title: 'Name',
          description: 'The legal name, else the name of the branding, else of the workspace.',
        }),
        address: letterhead('Address', 'As it was when the invoice was issued.'),
        tax_id: letterhead('Tax id', 'As it was when the invoice was issued.'),
        bank: letterhead('Bank details', 'The account to pay to.'),
        footer: letterhead('Footer', 'The last lines of the invoice.'),
      })
      .meta({ title: 'Seller', description: 'The seller.' }),
    from: isoTime.meta({ title: 'From', description: 'Start of the period, included.' }),
    to: isoTime.meta({ title: 'To', description: 'End of the period, not included.' }),
    timezone: z.string().meta({ title: 'Time zone', description: 'Time zone of the printed dates.' }),
    locale: z.string().meta({ title: 'Language', description: 'Language of the page, and of its numbers and dates.' }),
    currency: z.string().meta({ title: 'Currency', description: 'Currency of all amounts.' }),
    exchange_rate: z.number().meta({ title: 'Exchange rate', description: 'Units of the currency per US dollar.' }),
    markup_percent: z
      .number()
      .nullable()
      .meta({ title: 'Markup', description: 'Percentage added to the cost; null for the client’s own keys.' }),
    lines: z
      .array(
        z.object({
          description: z.string().meta({ title: 'Description', description: 'The line as printed.' }),
          model: z.string().nullable().meta({ title: 'Model', description: 'The model that answered.' }),
          requests: z.number().int().meta({ title: 'Requests', description: 'Calls.' }),
          input_tokens: tokenCounts.input_tokens,
          output_tokens: tokenCounts.output_tokens,
          cost_usd: usd.meta({ title: 'Cost', description: 'Cost at the providers, in dollars.' }),
          amount: money('Amount', 'Includes the markup. Rounded to the currency’s smallest unit.'),
        }),
      )
      .meta({ title: 'Lines', description: 'One line for each model.' }),
    subtotal: money('Subtotal', 'Sum of the lines.'),
    tax_percent: z
      .number()
      .nullable()
      .meta({ title: 'Tax (%)', description: 'Tax rate in percent; null when no tax is added.' }),
    tax_note: letterhead('Tax note', 'Note about tax, such as reverse charge.'),
    tax: money('Tax', 'Tax on the subtotal.'),
    total: money('Total', 'Amount due, including tax; negative on a credit note.'),
    due_at: isoTime
      .nullable()
      .meta({ title: 'Due at', description: 'Due date by the payment terms; null without payment terms.' }),
    reason: z.string().nullable().meta({ title: 'Reason', description: 'The reason for voiding the invoice.' }),
    issued_at: isoTime.meta({
      title: 'Issued at',
      description: 'Date of issue. The invoice cannot change afterwards.',
    }),
    url: z.string().meta({
      title: 'Link',
      description:
        'A link for the client: a page with the PDF that opens in a browser without a key. It does not show cost or markup.',
    }),
  })
  .meta({ title: 'Invoice', description: 'A client’s invoice for a period.' });

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
  .meta({ title: 'Format', description: 'csv, html (a page) or pdf. The `Accept` header works too.' });

const invoiceId = z
  .string()
  .min(1)
  .max(100)
  .meta({ title: 'Invoice', description: 'The id, the number, or the number as printed.' });

const period = month.meta({
  title: 'Period',
  description:
    'A month such as 2026-10, or last_month, in the workspace’s time zone. The current month is billed up to now. Or leave it empty and fill in from and to.',
});

const billed = z.object({
  client_id: clientId,
  name: z.string().meta({ title: 'Name', description: 'Display name of the client.' }),
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
    'Creates an invoice for a client’s calls in a period. It gets a number and cannot change, and no call is billed twice.',
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
          'A month such as 2026-10, or last_month, in the workspace’s time zone. Leave it empty to use From and To.',
        'x-field': { inSight: true },
      }),
      from: moment.optional().meta({
        title: 'From',
        description: 'The first day or time that is billed. Only without a period.',
        'x-field': { inSight: true },
      }),
      to: moment.optional().meta({
        title: 'To',
        description: 'The first day or time after the billed range; not in the future. Only without a period.',
        'x-field': { inSight: true },
      }),
    })
    .refine(hasOnePeriod, { error: 'needs `from` and `to`, or only `period`', path: ['period'] }),
  output: invoice,
  errors: ['invalid_request', 'forbidden', 'conflict'],
  sample: { input: { client_id: 'acme', period: '2026-10' }, output: sample },
  wrong: [
    { input: { client_id: 'acme', from: '2026-10-01' }, because: 'a period has an end' },
    { input: { client_id: 'acme', period: 'last_month', to: '2026-11-01' }, because: 'it would be two periods' },
    { input: { client_id: 'acme', period: 'october' }, because: 'months are written 2026-10' },
    { input: { client_id: '', from: '2026-10-01', to: '2026-11-01' }, because: 'an invoice needs a client' },
  ],
});

/** The content of an invoice that is not issued yet. */
const billingState = (states: readonly [string, ...string[]], description: string) =>
  z.enum(states).meta({ title: 'Status', description });

export const previewInvoices = operation({
  id: 'invoices.preview',
  method: 'GET',
  path: '/v1/invoices/preview',
  group: 'Invoices',
  label: 'Preview invoices',
  description: 'Previews the invoices for a period, by client. Issues nothing and uses no number.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ period, client_id: clientId.optional() }),
  output: z.object({
    data: z
      .array(
        billed.extend({
          status: billingState(
            ['to_bill', 'nothing_to_bill', 'already_billed', 'under_way'],
            'already_billed: the invoice in `number` covers it. under_way: calls of the period are still in progress.',
          ),
          number: z
            .number()
            .int()
            .nullable()
            .meta({ title: 'Number', description: 'Number of the invoice that covers it.' }),
          ...lineParts,
          lines: invoice.shape.lines,
        }),
      )
      .meta({
        title: 'Clients',
        description: 'One entry for each client, by id. Amounts are 0 for clients with nothing to bill.',
      }),
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
  description: 'Creates an invoice for each client’s calls in a period. Safe to repeat: no call is billed twice.',
  surfaces: ['dashboard'],
  access: 'member',
  input: z.strictObject({ period }),
  output: z.object({
    data: z
      .array(
        billed.extend({
          status: billingState(
            ['made', 'nothing_to_bill', 'already_billed', 'under_way'],
            'under_way: calls of the period are still in progress. Try again later.',
          ),
          id: z.string().nullable().meta({ title: 'Id', description: 'Of the client’s invoice.' }),
          number: z.number().int().nullable().meta({ title: 'Number', description: 'Of the client’s invoice.' }),
          label: z.string().nullable().meta({ title: 'Label', description: 'The number as printed.' }),
          currency: z.string().nullable().meta({ title: 'Currency', description: 'Currency of the total.' }),
          total: z.number().nullable().meta({ title: 'Total', description: 'Amount due.' }),
          url: z.string().nullable().meta({ title: 'Link', description: 'A link for the client.' }),
        }),
      )
      .meta({ title: 'Clients', description: 'The result for each client, by id.' }),
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
    { input: { period: '2026-10', client_id: 'acme' }, because: 'it bills all clients' },
  ],
});

export const listInvoices = operation({
  id: 'invoices.list',
  method: 'GET',
  path: '/v1/invoices',
  group: 'Invoices',
  label: 'List invoices',
  description:
    'Lists invoices and credit notes, newest first; or all of them as one page to print, or as a ZIP of PDFs.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({
    client_id: clientId.optional(),
    period: period.optional().meta({
      title: 'Period',
      description:
        'Only invoices whose period ends in this month: a month such as 2026-10, or last_month, in the workspace’s time zone.',
    }),
    format: z.enum(['json', 'html', 'zip']).optional().meta({
      title: 'Format',
      description:
        'html (one page to print) or zip (a PDF each): all invoices that match, without pages. The `Accept` header works too.',
    }),
    cursor,
    limit,
  }),
  alternatives: ['text/html', 'application/zip'],
  output: page(invoice),
  errors: ['invalid_request', 'forbidden'],
  sample: { input: { client_id: 'acme' }, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { limit: 1000 }, because: 'a page has at most 100 rows' },
    { input: { year: 2026 }, because: 'unknown fields are refused' },
    { input: { period: '2026-10', format: 'pdf' }, because: 'many invoices are a page or a ZIP' },
  ],
});

export const getInvoice = operation({
  id: 'invoices.get',
  method: 'GET',
  path: '/v1/invoices/:id',
  group: 'Invoices',
  label: 'Get an invoice',
  description: 'Gets one invoice as JSON, CSV, a page to print, or PDF.',
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
  description: 'Voids an invoice with a credit note. Its calls can be billed again.',
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
      .meta({ title: 'Reason', description: 'The reason, for your records. The client does not see it.' }),
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
    { input: { id: 'inv_01k2', amount: 1 }, because: 'an invoice is voided as a whole' },
  ],
});

function hasOnePeriod({ period, from, to }: { period?: unknown; from?: unknown; to?: unknown }): boolean {
  return period === undefined ? from !== undefined && to !== undefined : from === undefined && to === undefined;
}
