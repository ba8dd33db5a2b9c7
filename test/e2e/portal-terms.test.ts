import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** A call costs $0.00137 (137 tokens of gpt-4o at $10 a million). */
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.database.pool.query(`select ensure_call_partitions('2026-08-01'::date, 3)`);
});
afterAll(() => gateway.stop());

async function callAt(client: string, moment: string): Promise<void> {
  gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 137 } });
  await json(gateway.post(chat, hello({ max_tokens: 137 }), { 'x-client-id': client }));
  await gateway.database.pool.query(
    'update calls set created_at = $1 where id = (select id from calls order by created_at desc, id desc limit 1)',
    [moment],
  );
}

const set = (client: string, terms: object): Promise<unknown> =>
  json(gateway.send('PUT', `/v1/clients/${client}`, terms));
const bill = (client: string, from: string, to: string): Promise<unknown> =>
  json(gateway.post('/v1/invoices', { client_id: client, from, to }), 201);

/** The client opens a month of its portal. */
async function september(client: string): Promise<unknown> {
  const { url } = await json<{ url: string }>(gateway.post(`/v1/clients/${client}/links`, { name: 'Jane' }), 201);
  const session = await fetch(`${gateway.url}/portal/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: new URL(url).hash.slice(1) }),
  });
  const cookie = session.headers.get('set-cookie')?.split(';')[0] ?? '';
  return json(fetch(`${gateway.url}/portal/api/overview?month=2026-09`, { headers: { cookie } }));
}

it('shows a past month by the terms of its invoice, though nothing is billed after it', async () => {
  await set('kiwi', { currency: 'USD' });
  await callAt('kiwi', '2026-09-10T12:00:00Z');
  await bill('kiwi', '2026-09-01', '2026-09-20');
  await set('kiwi', { currency: 'NZD', exchange_rate: 1.7 });
  expect(await september('kiwi')).toMatchObject({ currency: 'USD', usage: { calls: 1, amount: 0.00137 } });
});

it('shows a past month by the terms of the last of two invoices that differ', async () => {
  await set('emu', { markup_percent: 50 });
  await callAt('emu', '2026-09-10T12:00:00Z');
  await callAt('emu', '2026-09-25T12:00:00Z');
  await set('emu', { markup_percent: 100 });
  // Issued first, it ends last.
  await bill('emu', '2026-09-20', '2026-10-01');
  await set('emu', { markup_percent: 50 });
  await bill('emu', '2026-09-01', '2026-09-20');
  await set('emu', { markup_percent: 0 });
  expect(await september('emu')).toMatchObject({ usage: { calls: 2, amount: 0.00548 } });
});
