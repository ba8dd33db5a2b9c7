import { GatewayError } from '@ai-gateway/shared/errors';
import { findInvoice } from '../billing/find-invoice.ts';
import { invoiceCsv } from '../billing/invoice-csv.ts';
import { fileName, type InvoiceDocument } from '../billing/invoice-document.ts';
import { invoicePage, pagePolicy } from '../billing/invoice-page.ts';
import { selectInvoices } from '../billing/invoice-store.ts';
import { makePdf } from '../billing/make-pdf.ts';
import { pageOf, readInteger, readTexts, writeParts } from '../usage/cursor.ts';
import type { TextAnswer } from '../usage/text-answer.ts';
import type { PortalViewer } from './portal-link.ts';
import type { PortalPorts } from './portal-month.ts';

export type InvoiceForm = 'pdf' | 'html' | 'csv';

const limit = 50;

/** The client's invoices and credit notes, the newest first. */
export async function portalInvoices({ db }: PortalPorts, viewer: PortalViewer, cursor: string | undefined) {
  const rows = await selectInvoices(db, {
    ...placeOf(viewer),
    beforeNumber: cursor === undefined ? undefined : readNumber(cursor),
    limit: limit + 1,
  });
  return pageOf(rows, limit, { view: describe, cursor: ({ number }) => writeParts([String(number)]) });
}

/** Throws `not_found` for another client's. */
export async function portalInvoice({ db }: PortalPorts, viewer: PortalViewer, asked: string) {
  const invoice = await find(db, viewer, asked);
  return {
    ...describe(invoice),
    lines: invoice.lines.map(({ description, model, requests, input_tokens, output_tokens, amount }) => ({
      description,
      model,
      requests,
      input_tokens,
      output_tokens,
      amount,
    })),
  };
}

export async function portalInvoiceFile(
  { db, settings }: PortalPorts,
  viewer: PortalViewer,
  { asked, form }: { asked: string; form: InvoiceForm },
): Promise<{ type: string; answer: TextAnswer }> {
  const invoice = await find(db, viewer, asked);
  const { branding } = await settings.of(viewer.workspaceId, viewer.livemode);
  const filename = `${fileName(invoice)}.${form}`;
  if (form === 'html')
    return {
      type: 'text/html',
      answer: {
        policy: pagePolicy(branding),
        async *text() {
          yield invoicePage(invoice, { branding, pdf: '?format=pdf' });
        },
      },
    };
  if (form === 'pdf')
    return {
      type: 'application/pdf',
      answer: {
        filename,
        async *text() {
          yield await makePdf(invoice, { branding });
        },
      },
    };
  return {
    type: 'text/csv',
    answer: {
      filename,
      async *text() {
        yield invoiceCsv(invoice, { forClient: true });
      },
    },
  };
}

function placeOf({ workspaceId, livemode, clientId }: PortalViewer) {
  return { workspaceId, livemode, clientId };
}

async function find(db: PortalPorts['db'], viewer: PortalViewer, asked: string): Promise<InvoiceDocument> {
  const invoice = await findInvoice(db, placeOf(viewer), asked);
  if (invoice === undefined)
    throw new GatewayError('not_found', `There is no invoice "${asked}" here.`, { param: 'id' });
  return invoice;
}

function describe(invoice: InvoiceDocument) {
  const { id, number, label, kind, status, from, to, timezone, issued_at, due_at, currency, subtotal, tax, total } =
    invoice;
  return { id, number, label, kind, status, from, to, timezone, issued_at, due_at, currency, subtotal, tax, total };
}

function readNumber(cursor: string): number {
  const [number = ''] = readTexts(cursor, 1);
  return Number(readInteger(number));
}
