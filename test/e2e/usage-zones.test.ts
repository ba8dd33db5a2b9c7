import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropOldMonths } from '../../gateway/src/usage/drop-months-job.ts';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

/** Calls at moments that fall on other days, and other hours, in other zones. */
const moments = [
  '2026-10-31T14:59:00Z',
  '2026-10-31T15:01:00Z', // 1 November in Tokyo
  '2026-10-31T18:14:59Z',
  '2026-10-31T18:15:00Z', // 1 November in Kathmandu
  '2026-10-31T18:29:59Z',
  '2026-10-31T18:30:00Z', // 1 November in Kolkata
  '2026-11-01T00:00:00Z',
  '2026-11-01T02:29:59Z',
  '2026-11-01T02:30:00Z', // 1 November in St. John's
  '2026-11-05T12:00:00Z',
  '2026-11-05T18:20:00Z',
  '2026-11-20T23:59:59.999Z',
];

interface Row {
  day: string | null;
  hour: string | null;
  requests: number;
  name: string | null;
  [field: string]: unknown;
}

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  await gateway.send('PUT', '/v1/clients/acme', {
    name: 'Acme Inc.',
    currency: 'JPY',
    exchange_rate: 150,
    markup_percent: 100,
  });
  await json(gateway.post('/v1/budgets', { name: 'any', limit_usd: 100 }), 201);
  for (const [i] of moments.entries())
    await json(
      gateway.post(chat, hello(), { 'x-client-id': 'acme', 'x-scenario-platform': i % 2 === 0 ? 'make' : 'n8n' }),
    );
  const { pool } = gateway.database;
  await pool.query(`select ensure_call_partitions('2026-09-01'::date, 3)`);
  const { rows } = await pool.query('select id from calls order by id');
  for (const [i, moment] of moments.entries())
    await pool.query('update calls set created_at = $2 where id = $1', [(rows[i] as { id: string }).id, moment]);
});
afterAll(() => gateway.stop());

const usage = async (query: string): Promise<Row[]> =>
  (await json<{ data: Row[] }>(gateway.get(`/v1/usage/clients?from=2026-10-01&to=2026-11-29&${query}`))).data;

/** By hand, from the moments themselves. */
function expectedDays(timezone: string): Record<string, number> {
  const days: Record<string, number> = {};
  for (const moment of moments) {
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' }).format(new Date(moment));
    days[day] = (days[day] ?? 0) + 1;
  }
  return days;
}

const zones = [
  'UTC',
  'Asia/Tokyo',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'America/St_Johns',
  'America/Los_Angeles',
  'Pacific/Chatham',
  'Europe/Berlin',
];

describe.each(['read from the calls', 'read from the sums', 'of a month whose calls are dropped'])(
  'usage %s',
  (source) => {
    beforeAll(async () => {
      if (source === 'read from the sums') while (await rollUp(gateway.database.pool as never, Date.now()));
      if (source === 'of a month whose calls are dropped') {
        // November is not over then.
        const now = () => Date.parse('2026-11-29T12:00:00Z');
        await dropOldMonths({ ...gateway.gateway.services, now, callsKeptDays: 1 }, new AbortController().signal);
        const { rows } = await gateway.database.pool.query('select min(created_at) as first from calls');
        expect((rows[0] as { first: Date }).first.toISOString()).toBe('2026-11-01T00:00:00.000Z');
      }
    });

    it.each(zones)('has the days of %s by day', async (timezone) => {
      const rows = await usage(`group_by=day&timezone=${timezone}`);
      expect(Object.fromEntries(rows.map(({ day, requests }) => [day, requests]))).toEqual(expectedDays(timezone));
    });

    it.each(zones)('has the days of %s as a series', async (timezone) => {
      const { data } = await json<{ data: { at: string; value: number }[] }>(
        gateway.get(`/v1/usage/series?from=2026-10-01&to=2026-11-29&metric=requests&timezone=${timezone}`),
      );
      expect(Object.fromEntries(data.map(({ at, value }) => [at, value]))).toEqual(expectedDays(timezone));
    });

    it.each(zones)('adds up from single days of %s to the whole', async (timezone) => {
      let total = 0;
      for (const day of Object.keys(expectedDays(timezone))) {
        const { totals } = await json<{ totals: { requests: number } }>(
          gateway.get(`/v1/usage/clients?from=${day}&to=${day}&timezone=${timezone}`),
        );
        expect(totals.requests).toBe(expectedDays(timezone)[day]);
        total += totals.requests;
      }
      expect(total).toBe(moments.length);
    });

    it('has local hours by hour', async () => {
      const rows = await usage('group_by=hour&timezone=Asia/Tokyo');
      expect(rows[0]?.hour).toBe('2026-10-31T23:00');
      expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(moments.length);
    });

    it('has sums by platform and by provider', async () => {
      expect((await usage('group_by=platform')).map((row) => [row.scenario_platform, row.requests])).toEqual([
        ['make', 6],
        ['n8n', 6],
      ]);
      expect(await usage('group_by=provider')).toMatchObject([{ provider: 'openai', requests: 12 }]);
    });

    it('has pages by day', async () => {
      const seen: (string | null)[] = [];
      for (let cursor = ''; ; ) {
        const page = await json<{ data: Row[]; next_cursor: string | null }>(
          gateway.get(
            `/v1/usage/clients?from=2026-10-01&to=2026-11-29&group_by=day&timezone=Asia/Tokyo&limit=1${cursor}`,
          ),
        );
        seen.push(...page.data.map(({ day }) => day));
        if (page.next_cursor === null) break;
        cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
      }
      expect(seen).toEqual(Object.keys(expectedDays('Asia/Tokyo')).sort());
    });
  },
);

describe("the workspace's own zone", () => {
  it('counts for days and for calls where no zone is given', async () => {
    await json(gateway.send('PATCH', '/v1/workspace', { timezone: 'Asia/Kathmandu' }));
    const rows = await usage('group_by=day');
    expect(Object.fromEntries(rows.map(({ day, requests }) => [day, requests]))).toEqual(
      expectedDays('Asia/Kathmandu'),
    );
    const { data } = await json<{ data: { created_at: string }[] }>(
      gateway.get('/v1/usage/requests?from=2026-11-06&to=2026-11-06'),
    );
    expect(data.map(({ created_at }) => created_at)).toEqual(['2026-11-05T18:20:00.000Z']);
    await json(gateway.send('PATCH', '/v1/workspace', { timezone: 'UTC' }));
  });

  it.each(['Mars/Olympus', '+01:00', ''])('is refused where there is no such zone: "%s"', async (timezone) => {
    const refused = await gateway.get(`/v1/usage/clients?timezone=${encodeURIComponent(timezone)}`);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { param: 'timezone' } });
  });
});

describe('names', () => {
  it('are the given ones, also of a deleted key', async () => {
    const { id, key } = await json<{ id: string; key: string }>(gateway.post('/v1/keys', { name: 'Night shift' }), 201);
    await json(gateway.post(chat, hello(), { authorization: `Bearer ${key}` }));
    await json(gateway.send('DELETE', `/v1/keys/${id}`), 204);
    const { data } = await json<{ data: Row[] }>(gateway.get('/v1/usage/clients?group_by=key'));
    expect(data.find((row) => row.key_id === id)?.name).toBe('Night shift');
    expect((await usage(''))[0]).toMatchObject({ client_id: 'acme', name: 'Acme Inc.' });
  });
});

describe('CSV', () => {
  const csv = async (query: string): Promise<{ text: string; name: string | null }> => {
    const response = await gateway.get(`/v1/usage/clients?${query}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/text\/csv/);
    // Not `text()`, which drops a byte order mark.
    const text = Buffer.from(await response.arrayBuffer()).toString('utf8');
    return { text, name: /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? null };
  };

  it('has its period in its name, and period and billed amount in columns', async () => {
    const { text, name } = await csv('format=csv&from=2026-11-01&to=2026-11-30');
    expect(name).toBe('usage-2026-11.csv');
    const [head = '', row = ''] = text.split('\r\n');
    const cells = Object.fromEntries(head.split(',').map((column, i) => [column, row.split(',')[i]]));
    expect(cells).toMatchObject({
      client_id: 'acme',
      currency: 'JPY',
      period_from: '2026-11-01',
      period_to: '2026-11-30',
    });
    expect(cells.billable_amount).toMatch(/^\d+$/);
    expect((await csv('format=csv&from=2026-11-03&to=2026-11-09')).name).toBe('usage-2026-11-03_2026-11-09.csv');
  });

  it('opens in Excel by the language of the workspace on request', async () => {
    expect((await csv('format=csv&from=2026-11-01')).text.startsWith('client_id,')).toBe(true);
    const english = (await csv('for=excel&from=2026-10-01')).text;
    expect(english.startsWith('\ufeffclient_id,name,')).toBe(true);
    await json(gateway.send('PATCH', '/v1/workspace', { locale: 'de-DE' }));
    const german = (await csv('for=excel&from=2026-10-01')).text;
    expect(german.startsWith('\ufeffclient_id;name;')).toBe(true);
    expect(german.split('\r\n')[1]).toMatch(/;\d+,\d+;/);
    expect((await csv('format=csv&from=2026-10-01')).text).toMatch(/^client_id,/);
    const calls = await gateway.get('/v1/usage/requests?for=excel&from=2026-10-01');
    expect(Buffer.from(await calls.arrayBuffer()).toString('utf8')).toMatch(/^\ufeffid;created_at;/);
    await json(gateway.send('PATCH', '/v1/workspace', { locale: 'en' }));
  });

  it('marks the row without a client', async () => {
    expect((await csv('format=csv')).text).toMatch(/\r\n,\(no client\),/);
  });
});
