import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

interface Row {
  client_id: string | null;
  project: string | null;
  model: string | null;
  day: string | null;
  name: string | null;
  requests: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
  billable_usd: number;
  markup_percent: number;
  currency: string;
  models: string[];
}
interface Usage {
  data: Row[];
  next_cursor: string | null;
  totals: { requests: number; cost_usd: number; billable_usd: number };
}
interface Invoice {
  id: string;
  number: number;
  kind: string;
  status: string;
  credits: number | null;
  client: { name: string };
  lines: { model: string; requests: number; cost_usd: number; amount: number }[];
  subtotal: number;
  total: number;
  currency: string;
}

/** A call that costs `output` × $10 a million (gpt-4o). */
async function use(client: string, output: number, headers: Record<string, string> = {}): Promise<void> {
  gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output } });
  await json(
    gateway.post(chat, hello({ max_tokens: Math.min(output, 16_384) }), {
      'x-client-id': encodeURI(client) === client ? client : Buffer.from(client).toString('latin1'),
      ...headers,
    }),
  );
}
const usage = (query = ''): Promise<Usage> => json(gateway.get(`/v1/usage/clients?${query}`));
const setClient = (id: string, body: object): Promise<object> =>
  json(gateway.send('PUT', `/v1/clients/${encodeURIComponent(id)}`, body));
const bill = (client: string, from: string, to: string, status = 201): Promise<Invoice> =>
  json(gateway.post('/v1/invoices', { client_id: client, from, to }), status);
const now = (): string => new Date().toISOString();

describe('a client', () => {
  it('exists from its first call, can be named, and is found by name or id', async () => {
    await use('first-call', 10);
    const found = await json<{ data: { id: string; name: string }[] }>(gateway.get('/v1/clients?search=first'));
    expect(found.data).toMatchObject([{ id: 'first-call', name: 'first-call' }]);
    await setClient('first-call', {
      name: 'Müller & Söhne 🚀',
      markup_percent: 20,
      currency: 'EUR',
      exchange_rate: 0.92,
    });
    const named = await json<{ data: object[] }>(gateway.get(`/v1/clients?search=${encodeURIComponent('müller')}`));
    expect(named.data).toMatchObject([
      { id: 'first-call', name: 'Müller & Söhne 🚀', markup_percent: 20, currency: 'EUR' },
    ]);
    // Absent fields stay as they are.
    await setClient('first-call', { notes: 'pays late' });
    expect(await json(gateway.get('/v1/clients/first-call'))).toMatchObject({
      name: 'Müller & Söhne 🚀',
      notes: 'pays late',
      exchange_rate: 0.92,
    });
    expect((await gateway.get('/v1/clients/nobody')).status).toBe(404);
    expect((await gateway.get('/v1/clients/first-call', { authorization: `Bearer ${testKey}` })).status).toBe(404);
    for (const body of [{ currency: 'euro' }, { exchange_rate: 0 }, { markup_percent: -101 }, { colour: 'red' }])
      expect((await gateway.send('PUT', '/v1/clients/first-call', body)).status).toBe(400);
  });

  it('is listed page by page, as its projects are', async () => {
    for (const name of ['p1', 'p2', 'p3']) await use('lister', 1, { 'x-project': name });
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await json<{ data: { id: string }[]; next_cursor: string | null }>(
        gateway.get(`/v1/projects?limit=2${cursor}`),
      );
      seen.push(...page.data.map(({ id }) => id));
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual(expect.arrayContaining(['p1', 'p2', 'p3']));
  });
});

describe('usage by client', () => {
  it('has calls, tokens, cost and the billed amount, with totals of the whole range', async () => {
    await setClient('usage-a', { name: 'A', markup_percent: 50 });
    await use('usage-a', 1_000);
    await use('usage-a', 500, { 'x-project': 'news' });
    await use('usage-b', 200);
    const from = `from=${new Date(Date.now() - 3_600_000).toISOString()}`;
    const all = await usage(from);
    const a = all.data.find(({ client_id }) => client_id === 'usage-a');
    expect(a).toMatchObject({
      name: 'A',
      requests: 2,
      output_tokens: 1_500,
      cost_usd: 0.015,
      billable_usd: 0.0225,
      markup_percent: 50,
      models: ['gpt-4o'],
    });
    const sum = all.data.reduce((total, row) => total + row.cost_usd, 0);
    expect(all.totals.cost_usd).toBeCloseTo(sum, 9);
    // Page by page it is the same, and every page has the totals of all.
    const pages: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await usage(`${from}&limit=1${cursor}`);
      pages.push(...page.data.map(({ client_id: id }) => String(id)));
      expect(page.totals).toEqual(all.totals);
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(pages).toEqual(all.data.map(({ client_id: id }) => String(id)));
    const byProject = await usage(`${from}&client_id=usage-a&group_by=project`);
    expect(byProject.data.map(({ project, requests }) => [project, requests])).toEqual([
      ['news', 1],
      [null, 1],
    ]);
    expect(byProject.totals.billable_usd).toBeCloseTo(0.0225, 9);
    const byDay = await usage(`${from}&client_id=usage-a&group_by=day`);
    expect(byDay.data.map(({ day }) => day)).toEqual([now().slice(0, 10)]);
    for (const query of ['group_by=colour', 'limit=101', 'from=yesterday', 'cursor=abc'])
      expect((await gateway.get(`/v1/usage/clients?${query}`)).status).toBe(400);
  });

  it('is the same before and after its hours and days are summed up', async () => {
    // Calls of weeks ago, as if they had been made then; the last one this very hour.
    for (const output of [100, 200, 300, 400]) await use('old', output);
    const { rows } = await gateway.database.pool.query(
      `select created_at, id from calls where client_id = 'old' order by output_tokens`,
    );
    const days = [40, 12.7, 1.3];
    await gateway.database.pool.query(`select ensure_call_partitions((now() - interval '2 months')::date, 2)`);
    for (const [i, ago] of days.entries())
      await gateway.database.pool.query(
        `update calls set created_at = date_trunc('milliseconds', clock_timestamp() - $2 * interval '1 day') where id = $1`,
        [(rows[i] as { id: string }).id, ago],
      );
    const at = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString();
    const ranges = [
      `from=${at(50)}`,
      `from=${at(13)}`,
      `from=${at(50)}&to=${at(12)}`,
      `from=${at(12.71)}&to=${at(12.69)}`,
      `from=${at(12.6)}&to=${at(1.31)}`,
    ];
    const look = async (): Promise<number[][]> =>
      Promise.all(
        ranges.map(async (range) => {
          const { data, totals } = await usage(`${range}&client_id=old`);
          return [data[0]?.output_tokens ?? 0, totals.requests];
        }),
      );
    const before = await look();
    expect(before.map(([tokens]) => tokens)).toEqual([1_000, 900, 300, 200, 0]);
    while (await rollUp(gateway.gateway.services.db, Date.now()));
    const { rows: summed } = await gateway.database.pool.query(
      `select count(*)::integer as days from usage_days where client_id = 'old'`,
    );
    expect(summed).toEqual([{ days: 3 }]);
    expect(await look()).toEqual(before);
  });

  it('streams as CSV with one header row, doubled quotes, and no cell that a spreadsheet calculates', async () => {
    const names = ['=1+1', '+cmd', '-2', '@SUM(A1)', '＝1+1', '＋1', '＠x', 'says "hi", twice', 'naïve 🚀'];
    for (const name of names) await use(name, 10);
    const asCsv = await gateway.get('/v1/usage/clients', { accept: 'text/csv' });
    expect(asCsv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const text = await asCsv.text();
    const lines = text.trimEnd().split('\r\n');
    expect(lines[0]).toBe(
      'client_id,name,requests,input_tokens,cached_tokens,output_tokens,cost_usd,markup_percent,billable_usd,currency,billable_amount,estimated_requests,models,period_from,period_to,cache_hits,saved_usd,second_answers,second_answers_usd',
    );
    for (const name of names.slice(0, 7)) expect(text).toContain(`\r\n'${name},'${name},1,`);
    expect(text).toContain('"says ""hi"", twice"');
    expect(text).toContain('\r\nnaïve 🚀,naïve 🚀,1,0,0,10,0.0001,0,0.0001,USD,0,0,gpt-4o');
    expect(await (await gateway.get('/v1/usage/clients?format=csv')).text()).toBe(text);
    await setClient('newline', { name: 'two\nlines' });
    await use('newline', 1);
    expect(await (await gateway.get('/v1/usage/clients?format=csv&client_id=newline')).text()).toContain(
      '"two\nlines"',
    );
    const calls = await (await gateway.get('/v1/usage/requests?format=csv&client_id=newline')).text();
    expect(calls.split('\r\n')[1]).toMatch(
      /^req_\w+,\d{4}-\d\d-\d\dT[\d:.]+Z,newline,,,,,key_\w+,gpt-4o,gpt-4o,openai,1,succeeded,,0,0,0,1,0,0\.00001,false,/,
    );
    expect((await gateway.get('/v1/usage/requests?format=pdf')).status).toBe(400);
  });

  it('is limited to its own calls for a key with a locked tag, and for a caller key', async () => {
    await use('mine', 10);
    const { key } = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'theirs', tags: { client_id: 'mine' }, locked_tags: ['client_id'] }),
      201,
    );
    const as = { authorization: `Bearer ${key}` };
    const own = await json<Usage>(gateway.get('/v1/usage/clients', as));
    expect(own.data.map(({ client_id: id }) => id)).toEqual(['mine']);
    expect((await gateway.get('/v1/usage/clients?client_id=usage-a', as)).status).toBe(403);
    expect((await gateway.get('/v1/usage/clients?format=csv&client_id=usage-a', as)).status).toBe(403);
    const clients = await json<{ data: { id: string }[] }>(gateway.get('/v1/clients', as));
    expect(clients.data.map(({ id }) => id)).toEqual(['mine']);
    for (const path of ['/v1/invoices', '/v1/plan', '/v1/webhooks', '/v1/connections'])
      expect((await gateway.get(path, as)).status).toBe(403);
  });
});

describe('an invoice', () => {
  it('adds up to the cent with the calls, in the client’s currency, and is locked', async () => {
    const from = now();
    await setClient('billed', {
      name: 'Billed Ltd',
      markup_percent: 20,
      currency: 'EUR',
      exchange_rate: 0.92,
      billing_email: 'pay@billed.example',
    });
    await use('billed', 123_457);
    gateway.fakes.anthropic.reply({ text: 'x', usage: { input: 0, output: 33_333 } });
    await json(
      gateway.post(chat, hello({ model: 'claude-sonnet-4-6', max_tokens: 33_333 }), { 'x-client-id': 'billed' }),
    );
    const invoice = await bill('billed', from, now());
    expect(invoice).toMatchObject({
      kind: 'invoice',
      status: 'issued',
      currency: 'EUR',
      client: { name: 'Billed Ltd' },
    });
    // $1.23457 and $0.499995, with 20 % on top, at 0.92.
    expect(
      invoice.lines.map(({ model, requests, cost_usd: cost, amount }) => [model.slice(0, 6), requests, cost, amount]),
    ).toEqual([
      ['claude', 1, 0.499995, 0.55],
      ['gpt-4o', 1, 1.23457, 1.36],
    ]);
    expect(invoice.total).toBe(1.91);
    expect(invoice.subtotal).toBe(1.91);
    const { data } = await json<{ data: { cost_usd: number }[] }>(gateway.get('/v1/usage/requests?client_id=billed'));
    const cost = data.reduce((sum, row) => sum + row.cost_usd, 0);
    expect(invoice.lines.reduce((sum, line) => sum + line.cost_usd, 0)).toBeCloseTo(cost, 9);
    // Later changes do not change it.
    await setClient('billed', { markup_percent: 90, name: 'Other' });
    await use('billed', 1_000);
    expect(await json(gateway.get(`/v1/invoices/${invoice.id}`))).toEqual(invoice);
  });

  it('bills no call twice, bills again after a credit note, and has numbers without gaps', async () => {
    const from = now();
    await use('twice', 100_000);
    const to = now();
    const first = await bill('twice', from, to);
    const { error } = await json<{ error: { details: { number: number } } }>(
      gateway.post('/v1/invoices', { client_id: 'twice', from, to }),
      409,
    );
    expect(error.details.number).toBe(first.number);
    await bill('twice', '2020-01-01', now(), 409);
    const note = await json<Invoice>(gateway.post(`/v1/invoices/${first.id}/void`, { reason: 'Wrong markup' }), 201);
    expect(note).toMatchObject({
      kind: 'credit_note',
      number: first.number + 1,
      credits: first.number,
      status: 'issued',
      total: -1,
    });
    expect(await json(gateway.get(`/v1/invoices/${first.id}`))).toMatchObject({ status: 'void', total: 1 });
    expect((await gateway.post(`/v1/invoices/${first.id}/void`, {})).status).toBe(409);
    expect((await gateway.post(`/v1/invoices/${note.id}/void`, {})).status).toBe(409);
    const again = await bill('twice', from, to);
    expect(again).toMatchObject({ number: first.number + 2, total: 1 });
    const { data } = await json<{ data: Invoice[] }>(gateway.get('/v1/invoices?client_id=twice'));
    expect(data.map(({ number }) => number)).toEqual([again.number, note.number, first.number]);
  });

  it('is issued once when many requests ask for it together', async () => {
    const from = now();
    for (const client of ['race-a', 'race-b', 'race-c']) await use(client, 1_000);
    const to = now();
    const answers = await Promise.all(
      ['race-a', 'race-a', 'race-b', 'race-b', 'race-c', 'race-c'].map((client) =>
        gateway.post('/v1/invoices', { client_id: client, from, to }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409]);
    const { data } = await json<{ data: Invoice[] }>(gateway.get('/v1/invoices?limit=100'));
    const numbers = data.map(({ number }) => number).reverse();
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  });

  it('waits for running calls, and bills no future', async () => {
    const from = now();
    gateway.fakes.openai.always({ kind: 'delay', ms: 1_200 });
    const under = gateway.post(chat, hello({ stream: true }), { 'x-client-id': 'slow' });
    gateway.fakes.openai.reply({ text: 'slow', chunks: 5, chunkDelayMs: 400 });
    await eventually(async () => {
      const { data } = await json<{ data: { status: string }[] }>(gateway.get('/v1/usage/requests?client_id=slow'));
      expect(data[0]?.status).toBe('open');
    });
    expect((await gateway.post('/v1/invoices', { client_id: 'slow', from, to: now() })).status).toBe(409);
    await (await under).text();
    expect((await gateway.post('/v1/invoices', { client_id: 'slow', from, to: now() })).status).toBe(201);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    for (const [start, end] of [
      [from, tomorrow],
      [tomorrow, from],
      ['yesterday', from],
    ])
      expect((await gateway.post('/v1/invoices', { client_id: 'slow', from: start, to: end })).status).toBe(400);
  });

  it('prints as a page and as CSV, with names as plain text', async () => {
    const from = now();
    await setClient('printed', { name: '<script>alert(1)</script>' });
    await use('printed', 250_000);
    const { id, number } = await bill('printed', from, now());
    const html = await gateway.get(`/v1/invoices/${id}`, { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html.headers.get('content-security-policy')).toContain("default-src 'none'");
    const page = await html.text();
    expect(page).toContain(`Invoice ${number}`);
    expect(page).toContain('&lt;script&gt;alert(1)');
    expect(page).not.toContain('<script>');
    expect(page).toContain('2.50 USD');
    const csv = await (await gateway.get(`/v1/invoices/${id}?format=csv`)).text();
    expect(csv.split('\r\n')[1]).toMatch(new RegExp(`^${number},invoice,issued,`));
    expect((await gateway.get('/v1/invoices/inv_nobody')).status).toBe(404);
  });
});

describe('the plan', () => {
  it('counts tokens on the operator’s keys, and those on keys of the workspace apart', async () => {
    const before = await json<{ used_tokens: number; unmetered_tokens: number }>(gateway.get('/v1/plan'));
    await use('planned', 1_000);
    const own = await json<{ id: string }>(
      gateway.post('/v1/providers', {
        name: 'mine',
        kind: 'openai-compatible',
        base_url: 'https://models.example',
        api_key: 'sk-own',
        models: [{ id: 'm', input_usd_per_mtok: 1, output_usd_per_mtok: 1 }],
      }),
      201,
    );
    await gateway.post(chat, hello(), { authorization: `Bearer ${testKey}` });
    const after = await json<{ used_tokens: number; unmetered_tokens: number }>(gateway.get('/v1/plan'));
    expect(after.used_tokens - before.used_tokens).toBe(1_000);
    expect(after.unmetered_tokens).toBe(before.unmetered_tokens);
    expect(after).toMatchObject({
      name: 'Pro',
      fee_usd: 99,
      included_tokens: 3_000_000,
      overage_tokens: 0,
      overage_usd_per_mtok: 35,
      overage_usd: 0,
    });
    await gateway.send('DELETE', `/v1/providers/${own.id}`);
    await gateway.database.pool.query(`update calls set output_tokens = 3500000 where client_id = 'planned'`);
    const over = await json<{ overage_tokens: number; overage_usd: number; used_tokens: number }>(
      gateway.get('/v1/plan'),
    );
    expect(over.overage_tokens).toBe(over.used_tokens - 3_000_000);
    expect(over.overage_usd).toBeCloseTo((over.overage_tokens * 35) / 1e6, 6);
  });
});
