import type { ReactNode } from 'react';
import { DownloadButton } from '../../components/download-button.tsx';

/** The invoices of a month as a ZIP of PDFs, and as one page to print. */
export function InvoiceFiles({ period }: { period: string }): ReactNode {
  const href = (format: string): string => `/v1/invoices?period=${period}&format=${format}`;
  return (
    <>
      <DownloadButton label="Download all as PDF" href={href('zip')} name={`invoices-${period}.zip`} />
      <DownloadButton label="Save one page to print" href={href('html')} name={`invoices-${period}.html`} />
    </>
  );
}
