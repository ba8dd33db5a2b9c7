import type { InputOf } from '@ai-gateway/shared/contract';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { ownClient } from '../accounts/own-tags.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import type { BrandingSettings } from '../accounts/workspace-settings.ts';
import type { TextAnswer } from '../usage/text-answer.ts';
import { zipFiles } from '../usage/zip-files.ts';
import { invoiceCsv } from './invoice-csv.ts';
import { fileName, type InvoiceDocument } from './invoice-document.ts';
import { billsClients, find, monthOf, placeOf } from './invoice-handlers.ts';
import { invoicePage, pageEnd, pageHead, pagePolicy, sheet } from './invoice-page.ts';
import { selectInvoices } from './invoice-store.ts';
import { makePdf } from './make-pdf.ts';

interface TextPorts {
  db: Pool;
  settings: SettingsCache;
  now: () => number;
}

/** Invoices in the shapes that people open: a page, a PDF, a table, a ZIP. */
export const invoiceTexts = {
  'invoices.get': async (
    { id }: InputOf<'invoices.get'>,
    { caller, services }: Context<TextPorts>,
    type: 'text/csv' | 'text/html' | 'application/pdf',
  ): Promise<TextAnswer> => {
    const invoice = await find(services, caller, id);
    const { branding } = await services.settings.of(caller.workspaceId, caller.livemode);
    if (type === 'text/html')
      return {
        policy: pagePolicy(branding),
        async *text() {
          yield invoicePage(invoice, { branding });
        },
      };
    if (type === 'application/pdf')
      return {
        filename: `${fileName(invoice)}.pdf`,
        async *text() {
          yield await makePdf(invoice, { branding });
        },
      };
    return {
      filename: `${fileName(invoice)}.csv`,
      async *text() {
        yield invoiceCsv(invoice, { forClient: caller.lockedTags.length > 0 });
      },
    };
  },

  'invoices.list': async (
    { client_id: asked, period }: InputOf<'invoices.list'>,
    { caller, services }: Context<TextPorts>,
    type: 'text/html' | 'application/zip',
  ): Promise<TextAnswer> => {
    const clientId = ownClient(caller, asked);
    const ends = await monthOf(services, caller, period);
    const { branding } = await services.settings.of(caller.workspaceId, caller.livemode);
    const all = (): AsyncIterable<InvoiceDocument> =>
      billsClients(caller) ? everyInvoice(services.db, { ...placeOf(caller), clientId, ends }) : none();
    if (type === 'text/html') return { policy: pagePolicy(branding), text: () => printable(all(), branding) };
    const name = `invoices${period === undefined ? '' : `-${period.replace('_', '-')}`}`;
    return {
      filename: `${name}.zip`,
      text: () => zipFiles(pdfs(all(), branding), new Date(services.now())),
    };
  },
};

type Filter = Omit<Parameters<typeof selectInvoices>[1], 'limit'>;

/** Newest first, a page at a time. */
async function* everyInvoice(db: Pool, filter: Filter): AsyncGenerator<InvoiceDocument> {
  for (let beforeNumber: number | undefined; ; ) {
    const rows = await selectInvoices(db, { ...filter, beforeNumber, limit: 100 });
    yield* rows;
    beforeNumber = rows.at(-1)?.number;
    if (rows.length < 100) return;
  }
}

async function* none(): AsyncGenerator<never> {}

/** One document, an invoice a sheet. */
async function* printable(
  invoices: AsyncIterable<InvoiceDocument>,
  branding: BrandingSettings,
): AsyncGenerator<string> {
  yield pageHead({ title: 'Invoices', language: 'en', branding });
  let isEmpty = true;
  for await (const invoice of invoices) {
    isEmpty = false;
    yield sheet(invoice, { branding });
  }
  if (isEmpty) yield '<article><p>There are no invoices in this period.</p></article>\n';
  yield pageEnd;
}

async function* pdfs(
  invoices: AsyncIterable<InvoiceDocument>,
  branding: BrandingSettings,
): AsyncGenerator<{ name: string; pieces: () => AsyncIterable<Uint8Array> }> {
  for await (const invoice of invoices)
    yield {
      name: `${fileName(invoice)}.pdf`,
      async *pieces() {
        yield await makePdf(invoice, { branding });
      },
    };
}
