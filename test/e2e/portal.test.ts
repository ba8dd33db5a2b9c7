import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { pdfText } from '../support/pdf-text.ts';
import { gatewayEnv, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/**
 * An agency in Kathmandu adds 37.5 % and bills Acme in euros. A call costs $0.00137 (137 tokens of gpt-4o at $10 a million), so Acme is
 * billed $0.00188375, which are €0.001721182 at 0.9137.
 */
let gateway: TestGateway;
let globexInvoice: { id: string; number: number; label: string };
const billed = 0.001721182;
const october = ['2026-10-01T03:00:00Z', '2026-10-12T18:14:59Z', '2026-10-12T18:15:00Z', '2026-10-31T18:14:59Z'];
const november = ['2026-10-31T18:15:00Z', '2026-11-05T18:20:00Z'];

interface Link {
  id: string;
  url: string;
  expires_at: string;
  last_opened_at: string | null;
  opened_count: number;
}
interface Usage {
  amount: number;
  calls: number;
  days: { day: string; amount: number; calls: number; tokens: number }[];
}
interface Overview {
  currency: string;
  usage: Usage;
}

const paid = (): void => gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 137 } });
const call = (headers: Record<string, string>): Promise<unknown> => {
  paid();
  return json(gateway.post(chat, hello({ max_tokens: 137 }), headers));
};

beforeAll(async () => {
  gateway = await startTestGateway();
  await json(
    gateway.send('PATCH', '/v1/workspace', {
      name: 'North Agency',
      timezone: 'Asia/Kathmandu',
      billing: { invoice_prefix: 'INV-####' },
    }),
  );
  await json(
    gateway.send('PUT', '/v1/clients/acme', {
      name: 'Acme Inc.',
      markup_percent: 37.5,
      currency: 'EUR',
      exchange_rate: 0.9137,
      notes: 'pays late',
    }),
  );
  await json(gateway.send('PUT', '/v1/clients/globex', { name: 'Globex Corp.', markup_percent: 11 }));
  for (const moment of [...october, ...november])
    for (const client of ['acme', 'globex']) {
      await call({ 'x-client-id': client, 'x-scenario-id': client === 'acme' ? 'acme mail' : 'globex mail' });
      const { pool } = gateway.database;
      await pool.query(`select ensure_call_partitions('2026-09-01'::date, 3)`);
      // The newest call is the one that was just made.
      await pool.query(
        'update calls set created_at = $1 where id = (select id from calls order by created_at desc, id desc limit 1)',
        [moment],
      );
    }
  for (const client of ['acme', '*', 'globex'])
    await json(
      gateway.post('/v1/budgets', { name: `budget ${client}`, limit_usd: 20, scope: { client_id: client } }),
      201,
    );
  await json(gateway.post('/v1/budgets', { name: 'all clients', limit_usd: 900 }), 201);
  globexInvoice = await json(gateway.post('/v1/invoices', { client_id: 'globex', period: '2026-10' }), 201);
  await json(gateway.post('/v1/invoices', { client_id: 'acme', period: '2026-10' }), 201);
});
afterAll(() => gateway.stop());

const newLink = (client: string, more: object = {}, headers?: Record<string, string>): Promise<Link> =>
  json<Link>(gateway.post(`/v1/clients/${client}/links`, { name: 'Jane', ...more }, headers), 201);
const tokenOf = ({ url }: Pick<Link, 'url'>): string => new URL(url).hash.slice(1);
const open = (token: string, more: object = {}, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${gateway.url}/portal/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ token, ...more }),
  });
const cookieOf = (answer: Response): string => answer.headers.get('set-cookie')?.split(';')[0] ?? '';
const enter = async (link: Pick<Link, 'url'>): Promise<string> => {
  const answer = await open(tokenOf(link));
  await json(answer);
  return cookieOf(answer);
};
const see = (path: string, cookie: string, at = gateway.url): Promise<Response> =>
  fetch(`${at}/portal/api/${path}`, { headers: { cookie } });
const codeOf = async (answer: Response | Promise<Response>): Promise<[number, string]> => {
  const response = await answer;
  const { error } = (await response.json()) as { error: { code: string } };
  return [response.status, error.code];
};
const listed = async (client: string): Promise<Link[]> =>
  (await json<{ data: Link[] }>(gateway.get(`/v1/clients/${client}/links`))).data;

describe('a portal link', () => {
  it('is shown once, lives for 90 days, and is listed with its openings', async () => {
    const link = await newLink('acme');
    expect(link.url).toMatch(/^http:\/\/localhost:\d+\/portal#[\w-]{43}$/);
    const days = (Date.parse(link.expires_at) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThanOrEqual(90);
    expect(await listed('acme')).toMatchObject([{ id: link.id, last_opened_at: null, opened_count: 0 }]);
    await enter(link);
    await enter(link);
    const [row] = await listed('acme');
    expect(row).toMatchObject({ id: link.id, opened_count: 2, last_opened_at: expect.any(String) });
    expect(JSON.stringify(row)).not.toContain(tokenOf(link));
    const { rows } = await gateway.database.pool.query('select portal_links::text as row from portal_links');
    expect(JSON.stringify(rows)).not.toContain(tokenOf(link));
    expect(gateway.logs.join('')).not.toContain(tokenOf(link));
  });

  it('sets a cookie for the portal alone, which no script reads', async () => {
    const cookie = (await open(tokenOf(await newLink('acme')))).headers.get('set-cookie');
    expect(cookie).toMatch(/^gw_portal=[\w-]{43}; Path=\/portal; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
  });

  it('opens nothing once it is revoked, and closes where it is open, on another process too', async () => {
    const other: GatewayProcess = await spawnGateway({
      ...gatewayEnv(gateway.fakes, gateway.database.url, mkdtempSync(join(tmpdir(), 'ai-gateway-portal-'))),
      GATEWAY_SECRET: gateway.gateway.services.secret,
    });
    try {
      const link = await newLink('acme');
      const cookie = await enter(link);
      await json(see('overview', cookie, other.url));
      expect((await gateway.send('DELETE', `/v1/clients/acme/links/${link.id}`)).status).toBe(204);
      for (const at of [gateway.url, other.url])
        expect(await codeOf(see('overview', cookie, at))).toEqual([401, 'invalid_credentials']);
      expect(await codeOf(open(tokenOf(link)))).toEqual([410, 'link_used']);
      expect((await gateway.send('DELETE', `/v1/clients/acme/links/${link.id}`)).status).toBe(404);
    } finally {
      await other.kill('SIGTERM');
    }
  });

  it('opens nothing once it is expired, and its sessions end with it', async () => {
    const link = await newLink('acme', { expires_at: '2100-01-01T00:00:00Z' });
    const cookie = await enter(link);
    await json(see('overview', cookie));
    await gateway.database.pool.query('update portal_links set expires_at = now() where id = $1', [link.id]);
    expect(await codeOf(open(tokenOf(link)))).toEqual([410, 'link_used']);
    expect(await codeOf(see('overview', cookie))).toEqual([401, 'invalid_credentials']);
  });

  it('is open for a day on one device, and closed there on request', async () => {
    const link = await newLink('acme');
    const [closed, over] = [await enter(link), await enter(link)];
    const close = await fetch(`${gateway.url}/portal/session`, {
      method: 'DELETE',
      headers: { cookie: closed, origin: gateway.url },
    });
    expect([close.status, close.headers.get('set-cookie')]).toEqual([
      204,
      expect.stringMatching(/^gw_portal=; Path=\/portal; Expires=Thu, 01 Jan 1970/),
    ]);
    expect(await codeOf(see('overview', closed))).toEqual([401, 'invalid_credentials']);
    await json(see('overview', over));
    await gateway.database.pool.query('update portal_sessions set expires_at = now()');
    expect(await codeOf(see('overview', over))).toEqual([401, 'invalid_credentials']);
  });

  it('is over when its client is erased, also where it is open', async () => {
    await json(gateway.send('PUT', '/v1/clients/initech', { name: 'Initech' }));
    const link = await newLink('initech');
    const cookie = await enter(link);
    await json(see('overview', cookie));
    expect((await gateway.send('DELETE', '/v1/clients/initech/data')).status).toBe(204);
    expect(await codeOf(see('overview', cookie))).toEqual([401, 'invalid_credentials']);
    expect(await codeOf(open(tokenOf(link)))).toEqual([410, 'link_used']);
    expect(await listed('initech')).toEqual([]);
  });

  it('is in the audit log when it is created and when it is revoked, without its name', async () => {
    const link = await newLink('acme', { name: 'Jane Doe' });
    expect((await gateway.send('DELETE', `/v1/clients/acme/links/${link.id}`)).status).toBe(204);
    const { data } = await json<{ data: { target: { id: string } }[] }>(gateway.get('/v1/audit?limit=2'));
    const sides = { client_id: 'acme', has_password: false };
    expect(data).toMatchObject([
      { operation: 'clients.links.revoke', target: { id: link.id }, before: sides, after: null },
      { operation: 'clients.links.create', target: { id: link.id }, before: null, after: sides },
    ]);
    expect(JSON.stringify(data)).not.toContain('Jane');
  });

  it('does not outlive the key that creates it', async () => {
    const until = new Date(Date.now() + 86_400_000).toISOString();
    const { key } = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'short', role: 'member', expires_at: until }),
      201,
    );
    const as = { authorization: `Bearer ${key}` };
    expect((await newLink('acme', {}, as)).expires_at).toBe(until);
    const longer = { name: 'Jane', expires_at: '2100-01-01T00:00:00Z' };
    expect(await codeOf(gateway.post('/v1/clients/acme/links', longer, as))).toEqual([403, 'forbidden']);
  });

  it.each([
    ['viewer', 403],
    ['caller', 403],
    ['member', 201],
  ] as const)('is created by members and owners: a %s gets %i', async (role, status) => {
    const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: role, role }), 201);
    const as = { authorization: `Bearer ${key}` };
    expect((await gateway.post('/v1/clients/acme/links', { name: 'Jane' }, as)).status).toBe(status);
    expect((await gateway.get('/v1/clients/acme/links', as)).status).toBe(status === 201 ? 200 : 403);
  });

  it('shows test data to a link of a test key, and live data to a link of a live key', async () => {
    const as = { authorization: `Bearer ${testKey}` };
    const live = await newLink('acme');
    const test = await newLink('acme', {}, as);
    expect(await json(see('overview?month=2026-11', await enter(test)))).toMatchObject({
      livemode: false,
      usage: { calls: 0 },
    });
    expect(await json(see('overview?month=2026-11', await enter(live)))).toMatchObject({
      livemode: true,
      usage: { calls: 2 },
    });
    expect((await gateway.send('DELETE', `/v1/clients/acme/links/${live.id}`, undefined, as)).status).toBe(404);
  });
});

describe('the portal', () => {
  let cookie: string;
  beforeAll(async () => {
    cookie = await enter(await newLink('acme'));
  });

  it('shows billed amounts in the client’s currency, by the days of the workspace’s zone', async () => {
    const { currency, usage } = await json<Overview>(see('overview?month=2026-11', cookie));
    expect(currency).toBe('EUR');
    expect(usage.amount).toBeCloseTo(2 * billed, 8);
    const days = usage.days.filter(({ calls }) => calls > 0);
    // 18:15 UTC is midnight in Kathmandu.
    expect(days.map(({ day }) => day)).toEqual(['2026-11-01', '2026-11-06']);
    expect(days.map(({ tokens }) => tokens)).toEqual([137, 137]);
  });

  it('has days that add up to its month, to the CSV of the agency and to the invoice', async () => {
    const { usage } = await json<Overview>(see('overview?month=2026-10', cookie));
    expect(usage.days.map(({ day }) => day)).toHaveLength(31);
    const sum = usage.days.reduce((total, { amount }) => total + Math.round(amount * 1e9), 0);
    expect(sum).toBe(Math.round(usage.amount * 1e9));
    const csv = await (
      await gateway.get('/v1/usage/clients?group_by=day&client_id=acme&from=2026-10-01&to=2026-10-31&format=csv')
    ).text();
    const [names = [], ...rows] = csv
      .trim()
      .split('\r\n')
      .map((line) => line.split(','));
    const column = (row: string[], name: string): string => row[names.indexOf(name)] ?? '';
    const filled = usage.days.filter(({ calls }) => calls > 0);
    expect(rows.map((row) => [column(row, 'day'), Number(column(row, 'requests'))])).toEqual(
      filled.map(({ day, calls }) => [day, calls]),
    );
    for (const [i, row] of rows.entries())
      expect(filled[i]?.amount).toBeCloseTo(Number(column(row, 'billable_usd')) * 0.9137, 7);
    const { data } = await json<{ data: { subtotal: number; from: string }[] }>(see('invoices', cookie));
    expect(data).toMatchObject([{ subtotal: Math.round(usage.amount * 100) / 100, from: '2026-09-30T18:15:00.000Z' }]);
  });

  it('shows a month that is billed by the terms it was billed by, though they change', async () => {
    const before = await json<Overview>(see('overview?month=2026-10', cookie));
    await json(gateway.send('PUT', '/v1/clients/acme', { currency: 'JPY', exchange_rate: 150 }));
    expect(await json(see('overview?month=2026-10', cookie))).toEqual(before);
    expect(await json(see('overview?month=2026-11', cookie))).toMatchObject({ currency: 'JPY' });
    await json(gateway.send('PUT', '/v1/clients/acme', { currency: 'EUR', exchange_rate: 0.9137 }));
  });

  it('shows the client’s scenarios by what they are billed, and whether they are paused', async () => {
    await json(gateway.post('/v1/scenarios/acme%20mail/pause', { reason: 'It spent $0.00137 in a minute' }));
    expect(await json(see('scenarios?month=2026-11', cookie))).toEqual({
      month: '2026-11',
      currency: 'EUR',
      data: [{ id: 'acme mail', state: 'paused', calls: 2, tokens: 274, amount: expect.closeTo(2 * billed, 8) }],
      others: null,
    });
    await json(gateway.post('/v1/scenarios/acme%20mail/resume', {}));
    const state = async (): Promise<unknown> =>
      (await json<{ data: { state: string }[] }>(see('scenarios?month=2026-11', cookie))).data[0]?.state;
    expect(await state()).toBe('running');
    for (const stop of [{ client_id: 'acme' }, {}]) {
      expect((await gateway.post('/v1/stop', { ...stop, reason: 'Too dear' })).ok).toBe(true);
      expect(await state()).toBe('paused');
      const query = new URLSearchParams(stop).toString();
      expect((await gateway.send('DELETE', `/v1/stop?${query}`)).ok).toBe(true);
    }
    expect(await state()).toBe('running');
  });

  it('shows the client’s budgets in billed amounts, with what is used and when they reset', async () => {
    const { data } = await json<{ data: object[] }>(see('budget', cookie));
    expect(data).toHaveLength(2);
    for (const budget of data)
      expect(budget).toMatchObject({
        name: expect.stringMatching(/^budget (acme|\*)$/),
        limit: 25.12675,
        remaining: expect.any(Number),
        percent_used: expect.any(Number),
        resets_at: expect.stringMatching(/^\d{4}-\d\d-01T/),
      });
  });

  it('shows of a budget for each client what this client has spent, and of no other', async () => {
    await json(gateway.send('PUT', '/v1/clients/umbrella', { markup_percent: 50, currency: 'EUR', exchange_rate: 2 }));
    for (const client of ['umbrella', 'globex']) await call({ 'x-client-id': client });
    const own = await enter(await newLink('umbrella'));
    // $0.00137 with 50 % at 2 are €0.00411, of $20 which are €60.
    expect(await json(see('budget', own))).toMatchObject({
      currency: 'EUR',
      data: [{ name: 'budget *', limit: 60, spent: 0.00411, remaining: 59.99589 }],
    });
  });

  it('gives the client its invoices as a list, as a page, as a PDF and as a CSV', async () => {
    const { data } = await json<{ data: { id: string; label: string; total: number; currency: string }[] }>(
      see('invoices', cookie),
    );
    expect(data).toMatchObject([{ label: 'INV-0002', currency: 'EUR', total: 0.01 }]);
    for (const name of [data[0]?.id, 'INV-0002', '2'])
      expect(await json(see(`invoices/${name}`, cookie))).toMatchObject({ label: 'INV-0002', total: 0.01 });
    const pdf = await see('invoices/INV-0002?format=pdf', cookie);
    expect(pdf.headers.get('content-disposition')).toBe('attachment; filename="invoice-INV-0002.pdf"');
    expect((await pdf.text()).slice(0, 5)).toBe('%PDF-');
    const page = await see('invoices/INV-0002?format=html', cookie);
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(await page.text()).toContain('Acme Inc.');
    expect(await (await see('invoices/INV-0002?format=csv', cookie)).text()).not.toContain('cost');
  });

  it('shows no cost, no markup, no note and no other client in any byte of any answer', async () => {
    const { id, number, label } = globexInvoice;
    let length = 0;
    for (const path of [
      'overview',
      'overview?month=2026-10',
      'overview?client_id=globex',
      'scenarios',
      'scenarios?month=2026-10',
      'scenarios?client_id=globex',
      'budget',
      'budget?client_id=globex',
      'invoices',
      'invoices?client_id=globex',
      'invoices/INV-0002',
      ...['pdf', 'html', 'csv', 'json'].map((format) => `invoices/INV-0002?format=${format}`),
      ...[id, number, label].flatMap((name) =>
        ['', 'pdf', 'html', 'csv'].map((format) => `invoices/${name}?format=${format || 'json'}`),
      ),
    ]) {
      const answer = await fetch(`${gateway.url}/portal/api/${path}`, {
        headers: { cookie, 'x-client-id': 'globex', 'x-gateway-mode': 'test' },
      });
      const isOfGlobex = [id, number, label].some((name) => path.startsWith(`invoices/${name}?`));
      expect([path, answer.status]).toEqual([path, isOfGlobex ? 404 : 200]);
      const bytes = Buffer.from(await answer.arrayBuffer());
      // What was asked for may be repeated in a refusal.
      const text = `${path.endsWith('pdf') ? pdfText(bytes) : bytes} ${JSON.stringify([...answer.headers])}`
        .replaceAll(id, '')
        .replaceAll(label, '')
        // The seconds of a time may read like the markup: `10:40:37.512Z`.
        .replaceAll(/T\d\d:\d\d:\d\d\.\d{3}Z/g, '');
      length += text.length;
      if (path === 'invoices/INV-0002?format=pdf') expect(text).toContain('Acme Inc.');
      expect([path, text]).toEqual([
        path,
        expect.not.stringMatching(
          /globex|markup|cost|pays late|37\.5|0\.9137|0\.0013|0\.0027|0\.0054|137000|key_|plk_/i,
        ),
      ]);
    }
    expect(length).toBeGreaterThan(10_000);
  });

  it('shows only the parts that the link names', async () => {
    const narrow = await enter(await newLink('acme', { shows: ['invoices'] }));
    expect(await json(see('overview', narrow))).toMatchObject({ shows: ['invoices'], usage: null });
    await json(see('invoices', narrow));
    for (const path of ['scenarios', 'budget']) expect(await codeOf(see(path, narrow))).toEqual([403, 'forbidden']);
    const { usage } = await json<{ usage: unknown }>(see('overview', narrow));
    expect(usage).toBeNull();
  });

  it('opens nothing but the portal: its cookie is refused on /v1, and keys are refused on the portal', async () => {
    for (const path of ['/v1/me', '/v1/clients', '/v1/usage/clients'])
      expect((await fetch(`${gateway.url}${path}`, { headers: { cookie } })).status).toBe(401);
    const spend = await fetch(`${gateway.url}${chat}`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify(hello()),
    });
    expect(spend.status).toBe(401);
    expect((await gateway.get('/portal/api/overview')).status).toBe(401);
  });

  it('refuses a month that is not one, and cookies of other names or doubled ones', async () => {
    for (const month of ['2026-13', 'x', '2026-11-01', "2026-11' or 1=1"])
      expect(await codeOf(see(`overview?month=${encodeURIComponent(month)}`, cookie))).toEqual([
        400,
        'invalid_request',
      ]);
    expect(await codeOf(see('overview?month=2099-01', cookie))).toEqual([400, 'invalid_request']);
    const value = cookie.slice('gw_portal='.length);
    for (const wrong of [
      `__Secure-gw_portal=${value}`,
      `gw_session=${value}`,
      `gw_portal=x; ${cookie}`,
      'gw_portal=',
      '',
    ])
      expect((await see('overview', wrong)).status).toBe(401);
  });

  it('refuses bodies that are not the token of a link', async () => {
    for (const [body, status] of [
      ['{}', 400],
      ['{"token":1}', 400],
      ['{"token":"x","admin":true}', 400],
      ['[', 400],
      [JSON.stringify({ token: 'x'.repeat(43) }), 410],
      [JSON.stringify({ token: "' or 1=1 --" }), 410],
      [JSON.stringify({ token: 'x', password: 'y'.repeat(2_000) }), 400],
    ] as const) {
      const answer = await fetch(`${gateway.url}/portal/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect([body, answer.status]).toEqual([body, status]);
    }
  });

  it('is kept by no cache', async () => {
    const { headers } = await see('overview', cookie);
    expect([
      headers.get('cache-control'),
      headers.get('x-content-type-options'),
      headers.get('referrer-policy'),
    ]).toEqual([expect.stringContaining('no-store'), 'nosniff', 'no-referrer']);
  });
});
