import { currencyDigits } from '@ai-gateway/shared/currencies';
import type { InvoiceDocument } from './invoice-document.ts';
import { type InvoiceWords, wordsFor } from './invoice-words.ts';

/** The texts of an invoice in the client's language, for the page and the PDF alike. They include no cost and no markup. */
export interface InvoiceFace {
  language: string;
  words: InvoiceWords;
  title: string;
  /** Void, or undefined. */
  mark: string | undefined;
  isTest: boolean;
  facts: [string, string][];
  seller: Party;
  buyer: Party;
  lines: { description: string; calls: string; input: string; output: string; amount: string }[];
  sums: { name: string; amount: string; isTotal: boolean }[];
  taxNote: string | undefined;
  bank: string | undefined;
  footer: string | undefined;
}

interface Party {
  title: string;
  name: string;
  lines: string[];
}

export function faceOf(invoice: InvoiceDocument): InvoiceFace {
  const { language, words } = wordsFor(invoice.locale);
  // Where the words are English the numbers are too, but for the ways of its country.
  const locale = language === invoice.locale.split('-')[0]?.toLowerCase() ? invoice.locale : 'en';
  const isCredit = invoice.kind === 'credit_note';
  const digits = currencyDigits(invoice.currency);
  const plain = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const money = (amount: number): string => `${plain.format(amount)} ${invoice.currency}`;
  const count = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 3 });
  const date = new Intl.DateTimeFormat(locale, { timeZone: invoice.timezone, dateStyle: 'long' });
  const day = (iso: string): string => date.format(new Date(iso));
  // People read a range with its last day: the end is exclusive.
  const lastDay = date.format(new Date(new Date(invoice.to).getTime() - 1));
  const firstDay = day(invoice.from);
  return {
    language,
    words,
    title: `${isCredit ? words.creditNote : words.invoice} ${invoice.label}`,
    mark: invoice.status === 'void' ? words.isVoid : undefined,
    isTest: !invoice.livemode,
    facts: [
      [words.number, invoice.label],
      [words.issued, day(invoice.issued_at)],
      [words.period, firstDay === lastDay ? firstDay : `${firstDay} – ${lastDay}`],
      ...(invoice.due_at === null ? [] : [[words.due, day(invoice.due_at)] as [string, string]]),
      ...(invoice.credits === null
        ? []
        : [[words.credits, labelBeside(invoice.label, invoice.number, invoice.credits)] as [string, string]]),
    ],
    seller: party(words.from, invoice.seller.name, [
      ...textLines(invoice.seller.address),
      ...(invoice.seller.tax_id === null ? [] : [`${words.taxId}: ${invoice.seller.tax_id}`]),
    ]),
    buyer: party(words.to, invoice.client.name, [
      ...textLines(invoice.client.address),
      ...(invoice.client.billing_email === null ? [] : [invoice.client.billing_email]),
      ...(invoice.client.tax_id === null ? [] : [`${words.taxId}: ${invoice.client.tax_id}`]),
    ]),
    lines: shownLines(invoice, words).map((line) => ({
      description: line.description,
      calls: count.format(line.requests),
      input: count.format(line.input_tokens),
      output: count.format(line.output_tokens),
      amount: plain.format(line.amount),
    })),
    sums: [
      { name: words.subtotal, amount: money(invoice.subtotal), isTotal: false },
      ...(invoice.tax_percent === null
        ? []
        : [
            {
              name: `${words.tax} ${percent.format(invoice.tax_percent / 100)}`,
              amount: money(invoice.tax),
              isTotal: false,
            },
          ]),
      { name: isCredit ? words.totalCredited : words.total, amount: money(invoice.total), isTotal: true },
    ],
    taxNote: invoice.tax_note ?? undefined,
    bank: isCredit ? undefined : (invoice.seller.bank ?? undefined),
    footer: invoice.seller.footer ?? undefined,
  };
}

/** Lines that come to nothing are one line together. */
function shownLines({ lines }: InvoiceDocument, words: InvoiceWords) {
  const named = lines
    .filter(({ amount }) => amount !== 0)
    .map((line) => ({ ...line, description: `${words.usage}: ${line.model ?? words.otherModels}` }));
  const rest = lines.filter(({ amount }) => amount === 0);
  if (rest.length === 0) return named;
  const sum = (field: 'requests' | 'input_tokens' | 'output_tokens'): number =>
    rest.reduce((total, line) => total + line[field], 0);
  const [only] = rest;
  return [
    ...named,
    {
      description: `${words.usage}: ${rest.length === 1 && only?.model != null ? only.model : words.otherModels}`,
      requests: sum('requests'),
      input_tokens: sum('input_tokens'),
      output_tokens: sum('output_tokens'),
      amount: 0,
    },
  ];
}

/** The credited invoice's number in the form of the note's own. */
function labelBeside(label: string, number: number, other: number): string {
  const digits = /\d+$/.exec(label)?.[0] ?? '';
  const start = label.slice(0, label.length - digits.length);
  return Number(digits) === number ? `${start}${String(other).padStart(digits.length, '0')}` : String(other);
}

function party(title: string, name: string, lines: string[]): Party {
  return { title, name, lines };
}

function textLines(text: string | null): string[] {
  return text === null ? [] : text.split('\n').map((line) => line.trim());
}
