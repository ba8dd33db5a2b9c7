import { csvRows } from '../usage/csv.ts';
import type { InvoiceDocument } from './invoice-document.ts';

/** The client's file has no column of cost. */
export function invoiceCsv(invoice: InvoiceDocument, { forClient }: { forClient: boolean }): string {
  const cost = (value: string | number): (string | number)[] => (forClient ? [] : [value]);
  return csvRows([
    [
      'number',
      'kind',
      'status',
      'issued_at',
      'client_id',
      'client',
      'from',
      'to',
      'description',
      'model',
      'requests',
      'input_tokens',
      'output_tokens',
      ...cost('cost_usd'),
      'amount',
      'currency',
      'label',
      'livemode',
    ],
    ...invoice.lines.map((line) => [
      invoice.number,
      invoice.kind,
      invoice.status,
      invoice.issued_at,
      invoice.client.id,
      invoice.client.name,
      invoice.from,
      invoice.to,
      line.description,
      line.model,
      line.requests,
      line.input_tokens,
      line.output_tokens,
      ...cost(line.cost_usd),
      line.amount,
      invoice.currency,
      invoice.label,
      invoice.livemode,
    ]),
  ]);
}
