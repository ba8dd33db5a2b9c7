import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

interface Point {
  at: string;
  group: string | null;
  rest?: true;
  value: number;
  before?: number;
}
interface Mover {
  group: string | null;
  cost_usd: number;
  before_usd: number;
  change_usd: number;
}

let gateway: TestGateway;
let acmeKey: string;

/** Client, scenario, moment, cost in dollars. */
const calls: readonly (readonly [client: string | null, scenario: string, at: string, usd: number])[] = [
  ['acme', 'mailer', '2026-09-03T10:00:00Z', 2],
  ['acme', 'mailer', '2026-10-03T10:00:00Z', 5],
  ['acme', 'mailer', '2026-10-03T23:30:00Z', 1],
  ['globex', 'digest', '2026-10-03T11:20:00Z', 3],
  ['globex', 'digest', '2026-10-20T11:00:00Z', 7],
  [null, 'loose', '2026-10-04T00:00:00Z', 0.5],
  ['tiny', 'crumbs', '2026-10-04T00:00:00Z', 0.25],
];

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 50 });
  const made = await json<{ key: string }>(
    gateway.post('/v1/keys', { name: 'acme', role: 'viewer', tags: { client_id: 'acme' }, locked_tags: ['client_id'] }),
    201,
  );
  acmeKey = made.key;
  const { pool } = gateway.database;
  await pool.query(`select ensure_call_partitions('2026-09-01'::date, 3)`);
  const { rows } = await pool.query('select workspace_id, id from api_keys limit 1');
  const [{ workspace_id: workspaceId, id: keyId }] = rows as [{ workspace_id: string; id: string }];
  for (const [n, [client, scenario, at, usd]] of calls.entries())
    await pool.query(
      `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, scenario_id, dialect, streamed,
         model_requested, model, provider, input_tokens, output_tokens, cost_nanos, total_ms)
       values ($1, $2, $3, true, 'gone', 'succeeded', $4, $5, $6, 'chat', false, 'm', 'm', 'openai', 10, 2, $7, 100)`,
      [workspaceId, at, `req_${n}`, keyId, client, scenario, BigInt(usd * 1e9)],
    );
});
afterAll(() => gateway.stop());

const get = async <T>(path: string, headers: Record<string, string> = {}): Promise<T[]> =>
  (await json<{ data: T[] }>(gateway.get(path, headers))).data;
const october = 'from=2026-10-01&to=2026-10-31';

describe('usage over time', () => {
  it('adds up to the usage of the range, by day, week, month and hour', async () => {
    const { totals } = await json<{ totals: { cost_usd: number; requests: number } }>(
      gateway.get(`/v1/usage/clients?${october}&timezone=Asia/Kathmandu`),
    );
    for (const interval of ['hour', 'day', 'week', 'month'])
      for (const [metric, total] of [
        ['cost_usd', totals.cost_usd],
        ['requests', totals.requests],
      ] as const) {
        const points = await get<Point>(
          `/v1/usage/series?${october}&timezone=Asia/Kathmandu&interval=${interval}&metric=${metric}`,
        );
        expect(points.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(total, 9);
        expect(points.map(({ at }) => at)).toEqual([...points.map(({ at }) => at)].sort());
      }
  });

  it('names days, weeks and months by their first date, and hours by their first moment', async () => {
    const at = async (interval: string) =>
      (await get<Point>(`/v1/usage/series?${october}&timezone=Europe/Berlin&interval=${interval}`)).map(({ at }) => at);
    expect(await at('day')).toEqual(['2026-10-03', '2026-10-04', '2026-10-20']);
    expect(await at('week')).toEqual(['2026-09-28', '2026-10-19']);
    expect(await at('month')).toEqual(['2026-10-01']);
    expect((await at('hour'))[1]).toBe('2026-10-03T11:00:00.000Z');
  });

  it('draws the largest groups and adds up the others', async () => {
    const points = await get<Point>(`/v1/usage/series?${october}&interval=month&group_by=client&top=2`);
    expect(points.map(({ group, value }) => [group, value])).toEqual([
      ['globex', 10],
      ['acme', 6],
      ['other', 0.75],
    ]);
    expect(points.map(({ rest }) => rest)).toEqual([undefined, undefined, true]);
  });

  it('shows a client that is named other apart from the rest', async () => {
    const { pool } = gateway.database;
    await pool.query(`update calls set client_id = 'other' where client_id = 'globex'`);
    try {
      const points = await get<Point>(`/v1/usage/series?${october}&interval=month&group_by=client&top=1`);
      expect(points.map(({ group, rest, value }) => [group, rest, value])).toEqual([
        ['other', undefined, 10],
        ['other', true, 6.75],
      ]);
    } finally {
      await pool.query(`update calls set client_id = 'globex' where client_id = 'other'`);
    }
  });

  it('answers the range before at the same place', async () => {
    const points = await get<Point>(`/v1/usage/series?${october}&group_by=client&compare=true`);
    expect(points.find(({ at, group }) => at === '2026-10-03' && group === 'acme')).toEqual({
      at: '2026-10-03',
      group: 'acme',
      value: 6,
      before: 2,
    });
    expect(points.find(({ group }) => group === 'globex')?.before).toBe(0);
  });

  it('shows a client its billed amounts, and nothing of another client', async () => {
    const points = await get<Point>(`/v1/usage/series?${october}&group_by=client&interval=month`, {
      authorization: `Bearer ${acmeKey}`,
    });
    expect(points).toEqual([{ at: '2026-10-01', group: 'acme', value: 9 }]);
  });
});

describe('movers', () => {
  it('compare a whole month with the whole month before, the largest change first', async () => {
    expect(await get<Mover>(`/v1/usage/movers?${october}&group_by=client`)).toEqual([
      { group: 'globex', cost_usd: 10, before_usd: 0, change_usd: 10 },
      { group: 'acme', cost_usd: 6, before_usd: 2, change_usd: 4 },
      { group: null, cost_usd: 0.5, before_usd: 0, change_usd: 0.5 },
      { group: 'tiny', cost_usd: 0.25, before_usd: 0, change_usd: 0.25 },
    ]);
  });

  it('compare a day with the day before, by scenario', async () => {
    expect(await get<Mover>('/v1/usage/movers?from=2026-10-04&to=2026-10-04')).toEqual([
      { group: 'mailer', cost_usd: 0, before_usd: 6, change_usd: -6 },
      { group: 'digest', cost_usd: 0, before_usd: 3, change_usd: -3 },
      { group: 'loose', cost_usd: 0.5, before_usd: 0, change_usd: 0.5 },
      { group: 'crumbs', cost_usd: 0.25, before_usd: 0, change_usd: 0.25 },
    ]);
  });

  it('show a client its own scenarios, at billed amounts', async () => {
    expect(await get<Mover>(`/v1/usage/movers?${october}`, { authorization: `Bearer ${acmeKey}` })).toEqual([
      { group: 'mailer', cost_usd: 9, before_usd: 3, change_usd: 6 },
    ]);
  });
});

describe('latency', () => {
  it('gives no percentiles for fewer than twenty calls', async () => {
    const [row] = await get<{ n: number; total_ms: object | null }>(`/v1/usage/latency?${october}`);
    expect(row).toMatchObject({ n: 6, total_ms: null, first_byte_ms: null });
  });
});
