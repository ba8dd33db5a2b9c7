import type { OutputOf } from '@ai-gateway/shared/contract';
import { currencyDigits } from '@ai-gateway/shared/currencies';
import { toUsd } from '@ai-gateway/shared/money';
import type { WorkspaceSettings } from '../accounts/workspace-settings.ts';
import type { ClientSettings } from '../clients/client-store.ts';
import { amountsThatAddUp, taxUnits, unitsToAmount } from '../usage/amount.ts';

/** An invoice or credit note as it was issued. Its `status` is kept beside it: the one thing that changes. */
export type InvoiceDocument = Omit<OutputOf<'invoices.get'>, 'url'>;

/** The amounts of an invoice and its parties, before it has a number. */
export type InvoiceDraft = Omit<
  InvoiceDocument,
  'id' | 'number' | 'label' | 'kind' | 'status' | 'credits' | 'reason' | 'issued_at' | 'due_at' | 'livemode'
>;

export interface ModelSum {
  model: string | null;
  requests: number;
  inputTokens: number;
  outputTokens: number;
  costNanos: bigint;
}

export function draftInvoice(options: {
  clientId: string;
  client: ClientSettings;
  settings: WorkspaceSettings;
  range: { from: Date; to: Date };
  sums: readonly ModelSum[];
}): InvoiceDraft {
  const { clientId, client, settings, range, sums } = options;
  const digits = currencyDigits(client.currency);
  const amounts = amountsThatAddUp(
    sums.map(({ costNanos }) => costNanos),
    { markupPercent: client.markupPercent, exchangeRate: client.exchangeRate, digits },
  );
  const subtotal = amounts.reduce((sum, amount) => sum + amount, 0n);
  const tax = taxUnits(subtotal, client.taxPercent ?? 0);
  const { billing, branding } = settings;
  return {
    client: {
      id: clientId,
      name: client.name ?? clientId,
      billing_email: client.billingEmail,
      address: client.address,
      tax_id: client.taxId,
    },
    seller: {
      // The name in law, else the one that clients know from the portal.
      name: billing.legal_name ?? branding.name ?? settings.name,
      address: billing.address,
      tax_id: billing.tax_id,
      bank: billing.bank,
      footer: billing.footer,
    },
    from: range.from.toISOString(),
    to: range.to.toISOString(),
    timezone: settings.timezone,
    locale: client.locale ?? settings.locale,
    currency: client.currency,
    exchange_rate: client.exchangeRate,
    markup_percent: client.markupPercent,
    lines: sums.map(({ model, requests, inputTokens, outputTokens, costNanos }, i) => ({
      description: `${model ?? 'unknown model'}: ${requests.toLocaleString('en-US')} ${requests === 1 ? 'call' : 'calls'}`,
      model,
      requests,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      cost_usd: toUsd(costNanos),
      amount: unitsToAmount(amounts[i] ?? 0n, digits),
    })),
    subtotal: unitsToAmount(subtotal, digits),
    tax_percent: client.taxPercent,
    tax_note: client.taxNote,
    tax: unitsToAmount(tax, digits),
    total: unitsToAmount(subtotal + tax, digits),
  };
}

/** Takes an invoice back: every amount, count and token of it is negative, so that the two add up to nothing. */
export function creditNoteOf(
  invoice: InvoiceDocument,
  issued: Pick<InvoiceDocument, 'id' | 'number' | 'label' | 'reason' | 'issued_at'>,
): InvoiceDocument {
  return {
    ...invoice,
    ...issued,
    kind: 'credit_note',
    status: 'issued',
    credits: invoice.number,
    lines: invoice.lines.map((line) => ({
      ...line,
      requests: negative(line.requests),
      input_tokens: negative(line.input_tokens),
      output_tokens: negative(line.output_tokens),
      cost_usd: negative(line.cost_usd),
      amount: negative(line.amount),
    })),
    subtotal: negative(invoice.subtotal),
    tax: negative(invoice.tax),
    total: negative(invoice.total),
    due_at: null,
  };
}

function negative(amount: number): number {
  return amount === 0 ? 0 : -amount;
}

/** Documents of before taxes and letterheads say nothing of them. */
export function completed(stored: StoredDocument): InvoiceDocument {
  return {
    ...blank,
    label: String(stored.number),
    ...stored,
    seller: { name: '', address: null, tax_id: null, bank: null, footer: null, ...stored.seller },
    client: { address: null, tax_id: null, ...stored.client },
  };
}

const blank = {
  livemode: true,
  timezone: 'UTC',
  locale: 'en',
  tax_percent: null,
  tax_note: null,
  tax: 0,
  due_at: null,
};

type Later = keyof typeof blank | 'label' | 'seller' | 'client';
export type StoredDocument = Omit<InvoiceDocument, Later> &
  Partial<Pick<InvoiceDocument, Exclude<Later, 'client'>>> & {
    client: Omit<InvoiceDocument['client'], 'address' | 'tax_id'> & Partial<InvoiceDocument['client']>;
  };

/** `invoice-INV-0007`, of letters that every system takes. */
export function fileName({ kind, label }: InvoiceDocument): string {
  return `${kind === 'invoice' ? 'invoice' : 'credit-note'}-${label.replace(/[^A-Za-z0-9_-]+/g, '-')}`;
}
