// An invoice run: preview what each client is billed, issue the invoices, print their links.
//
// With a test key it makes a client and a call first, and bills the current month: test invoices have numbers of their own and say
// TEST. With a live key it previews last month (or PERIOD, such as 2026-10), and issues invoices only where ISSUE=yes is set.
import { randomUUID } from 'node:crypto';
import { ask } from './gateway.js';

const { livemode } = await ask('GET', '/v1/me');
// Months begin by the clock of the workspace, and not by that of this computer.
const { timezone } = await ask('GET', '/v1/workspace');
const [, month, year] = new Date().toLocaleDateString('en-GB', { timeZone: timezone }).split('/');
const period = process.env.PERIOD ?? (livemode ? 'last_month' : `${year}-${month}`);

if (!livemode) {
  // A month is billed once for each client, so each run has a client of its own.
  const client = `example-${randomUUID().slice(0, 8)}`;
  await ask('PUT', `/v1/clients/${client}`, {
    name: 'Example Ltd',
    currency: 'EUR',
    // Euros for one dollar.
    exchange_rate: 0.92,
    markup_percent: 20,
  });
  const messages = [{ role: 'user', content: 'sandbox:cost 4.00' }];
  await ask('POST', '/v1/chat/completions', { model: 'gpt-4o', messages }, { 'X-Client-ID': client });
}

const preview = await ask('GET', `/v1/invoices/preview?period=${period}`);
console.log(`Preview of ${period}:`);
for (const { client_id, status, currency, total } of preview.data)
  console.log(`  ${client_id}: ${status === 'to_bill' ? `${total} ${currency}` : status}`);

if (!livemode || process.env.ISSUE === 'yes') {
  // One invoice for each client. It is safe to repeat: no call is billed twice.
  const run = await ask('POST', '/v1/invoices/all', { period });
  console.log('Invoices:');
  for (const { client_id, status, label, total, currency, url } of run.data)
    console.log(`  ${client_id}: ${status}${status === 'made' ? ` ${label}, ${total} ${currency}, ${url}` : ''}`);
  // Each link opens without a key, in the client's language. It shows neither your cost nor your markup.
} else {
  console.log('Set ISSUE=yes to issue these invoices.');
}
