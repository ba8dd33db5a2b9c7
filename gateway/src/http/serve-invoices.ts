import type { Response, Router } from 'express';
import type { Pool } from 'pg';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { invoiceCsv } from '../billing/invoice-csv.ts';
import { fileName, type InvoiceDocument } from '../billing/invoice-document.ts';
import { readInvoiceToken } from '../billing/invoice-link.ts';
import { invoicePage, pagePolicy } from '../billing/invoice-page.ts';
import { findLinkedInvoice } from '../billing/invoice-store.ts';
import { makePdf } from '../billing/make-pdf.ts';

interface InvoicePagePorts {
  db: Pool;
  secret: string;
  settings: SettingsCache;
}

/** Signed links for an agency's clients: a browser opens them without a key. Cost, markup and reasons are not in them. */
export function serveInvoices(router: Router, services: InvoicePagePorts): void {
  router.get('/invoices/:token', async (req, res) => {
    const found = await linked(services, req.params.token);
    if (found === undefined) return gone(res);
    const { branding } = await services.settings.of(found.workspaceId, found.invoice.livemode);
    privately(res);
    res.setHeader('content-security-policy', pagePolicy(branding));
    res.type('text/html').send(invoicePage(found.invoice, { branding, pdf: `/invoices/${req.params.token}/pdf` }));
  });
  router.get('/invoices/:token/csv', async (req, res) => {
    const found = await linked(services, req.params.token);
    if (found === undefined) return gone(res);
    privately(res);
    res.setHeader('content-disposition', `attachment; filename="${fileName(found.invoice)}.csv"`);
    res.type('text/csv').send(invoiceCsv(found.invoice, { forClient: true }));
  });
  router.get('/invoices/:token/pdf', async (req, res) => {
    const found = await linked(services, req.params.token);
    if (found === undefined) return gone(res);
    const { branding } = await services.settings.of(found.workspaceId, found.invoice.livemode);
    const pdf = await makePdf(found.invoice, { branding });
    privately(res);
    res.setHeader('content-disposition', `inline; filename="${fileName(found.invoice)}.pdf"`);
    res.type('application/pdf').send(Buffer.from(pdf));
  });
}

async function linked(
  services: InvoicePagePorts,
  token: string,
): Promise<{ workspaceId: string; invoice: InvoiceDocument } | undefined> {
  const link = readInvoiceToken(services.secret, token);
  const invoice = link && (await findLinkedInvoice(services.db, link));
  return link && invoice && { workspaceId: link.workspaceId, invoice };
}

/** The address is the key: it goes to no other site, into no cache and no search engine. */
function privately(res: Response): void {
  res.setHeader('referrer-policy', 'no-referrer');
  res.setHeader('cache-control', 'private, no-store');
  res.setHeader('x-robots-tag', 'noindex');
  res.setHeader('x-content-type-options', 'nosniff');
}

function gone(res: Response): void {
  privately(res);
  res.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
  res
    .status(404)
    .type('text/html')
    .send(
      '<!doctype html><html lang="en"><meta charset="utf-8"><title>Invoice not found</title><body style="font:16px system-ui;margin:15vh auto;max-width:420px"><h1>Invoice not found</h1><p>The link is not complete, or no longer valid. Ask the sender for a new one.</p></body></html>',
    );
}
