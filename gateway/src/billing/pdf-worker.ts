import { parentPort } from 'node:worker_threads';
import type { BrandingSettings } from '../accounts/workspace-settings.ts';
import type { InvoiceDocument } from './invoice-document.ts';
import { invoicePdf } from './invoice-pdf.ts';

export interface PdfRequest {
  id: number;
  invoice: InvoiceDocument;
  branding: BrandingSettings;
}

export type PdfResult = { id: number; bytes: Uint8Array } | { id: number; fault: string };

parentPort?.on('message', async ({ id, invoice, branding }: PdfRequest) => {
  const made: PdfResult = await invoicePdf(invoice, { branding }).then(
    (bytes) => ({ id, bytes }),
    (cause: unknown) => ({ id, fault: cause instanceof Error ? cause.message : String(cause) }),
  );
  parentPort?.postMessage(made);
});
