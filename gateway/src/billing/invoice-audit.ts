import type { AuditEntry, AuditTarget } from '../accounts/audit-entry.ts';
import type { InvoiceDocument } from './invoice-document.ts';

/** An invoice as the audit log names it. */
function invoiceTarget({ id, label }: InvoiceDocument): AuditTarget {
  return { type: 'invoice', id, name: label };
}

/** As the audit log has it: the rest is in the invoice, which never changes. */
export function invoiceMade(invoice: InvoiceDocument): AuditEntry {
  const { label: number, client, from, to, total, currency } = invoice;
  return { target: invoiceTarget(invoice), after: { number, client_id: client.id, from, to, total, currency } };
}

/** One row for all invoices of a period, in the transaction of the first. */
export function invoicesMade(period: string): AuditEntry {
  return { target: { type: 'invoices', id: period }, after: { period } };
}

export function invoiceVoided(invoice: InvoiceDocument, note: InvoiceDocument): AuditEntry {
  const after = { status: 'void', credit_note: note.label, reason: note.reason };
  return { target: invoiceTarget(invoice), before: { status: invoice.status }, after };
}
