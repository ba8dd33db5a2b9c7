import { csvRows } from '../usage/csv.ts';
import type { InvoiceDocument } from './invoice-store.ts';

export function invoiceCsv(invoice: InvoiceDocument): string {
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
      'cost_usd',
      'amount',
      'currency',
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
      line.cost_usd,
      line.amount,
      invoice.currency,
    ]),
  ]);
}

/** A page to print, or to save as PDF: one file, no script, nothing loaded. */
export function invoicePage(invoice: InvoiceDocument, from: string): string {
  const isCredit = invoice.kind === 'credit_note';
  const title = `${isCredit ? 'Credit note' : 'Invoice'} ${invoice.number}`;
  const amount = (value: number): string =>
    `${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} ${escapeHtml(invoice.currency)}`;
  const count = (value: number): string => value.toLocaleString('en-US');
  const lines = invoice.lines
    .map(
      (line) =>
        `<tr><td>${escapeHtml(line.model ?? line.description)}</td><td>${count(line.requests)}</td><td>${count(line.input_tokens)}</td><td>${count(line.output_tokens)}</td><td>${amount(line.amount)}</td></tr>`,
    )
    .join('\n');
  const facts: [string, string][] = [
    ['Issued', invoice.issued_at.slice(0, 10)],
    ['Period', `${day(invoice.from)} to ${day(invoice.to)}`],
    ...(invoice.credits === null ? [] : [['Takes back', `Invoice ${invoice.credits}`] as [string, string]]),
    ...(invoice.reason === null ? [] : [['Reason', invoice.reason] as [string, string]]),
    ...(invoice.exchange_rate === 1
      ? []
      : [['Exchange rate', `1 USD = ${invoice.exchange_rate} ${invoice.currency}`] as [string, string]]),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
  :root { color-scheme: light; }
  body { font: 15px/1.5 system-ui, sans-serif; color: #1c1e21; max-width: 760px; margin: 48px auto; padding: 0 24px; }
  header { display: flex; justify-content: space-between; align-items: baseline; border-bottom: 2px solid #1c1e21; padding-bottom: 12px; }
  h1 { font-size: 26px; margin: 0; }
  .void { color: #b3261e; border: 2px solid #b3261e; border-radius: 6px; padding: 2px 10px; font-weight: 600; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 24px 0; }
  dt { color: #5f6368; }
  dd { margin: 0; }
  table { width: 100%; border-collapse: collapse; margin-top: 24px; font-variant-numeric: tabular-nums; }
  th { text-align: left; color: #5f6368; font-weight: 600; border-bottom: 1px solid #c4c7cc; padding: 6px 8px; }
  td { padding: 8px; border-bottom: 1px solid #eceef0; }
  th:not(:first-child), td:not(:first-child) { text-align: right; }
  tfoot td { border-bottom: 0; border-top: 2px solid #1c1e21; font-weight: 700; font-size: 17px; }
  @media print { body { margin: 0; max-width: none; } }
</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1>${invoice.status === 'void' ? '<span class="void">Void</span>' : `<span>${escapeHtml(from)}</span>`}</header>
<dl>
<dt>For</dt><dd>${escapeHtml(invoice.client.name)}${invoice.client.billing_email === null ? '' : `<br>${escapeHtml(invoice.client.billing_email)}`}</dd>
${facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('\n')}
</dl>
<table>
<thead><tr><th>Model</th><th>Calls</th><th>Input tokens</th><th>Output tokens</th><th>Amount</th></tr></thead>
<tbody>
${lines === '' ? '<tr><td colspan="5">No calls in this period.</td></tr>' : lines}
</tbody>
<tfoot><tr><td colspan="4">Total</td><td>${amount(invoice.total)}</td></tr></tfoot>
</table>
</body>
</html>
`;
}

/** A period that ends at midnight ends with the day before, to whoever reads it; a moment is shown whole. */
function day(iso: string): string {
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso.replace('T', ' ').replace(/:\d\d\.\d+Z$/, ' UTC');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
