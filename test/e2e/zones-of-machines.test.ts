import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rollUp, withSums } from '../../gateway/src/usage/roll-up-store.ts';
import { json } from '../support/ask.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';

/**
 * A workspace in Kathmandu, where days never change their length, on machines whose summer time ends on 25 October 2026: the gateway's clock is that
 * of Berlin, and so is the database's.
 */

let fakes: Fakes;
let database: TestDatabase;
let gateway: GatewayProcess;
const dataDir = mkdtempSync(join(tmpdir(), 'ai-gateway-berlin-'));
const days = ['2026-10-24', '2026-10-25', '2026-10-26'];
/** Midnight of the first of them in Kathmandu. */
const midnight = '2026-10-23T18:15:00.000Z';

const ask = (method: string, path: string, body?: object): Promise<Response> =>
  fetch(`${gateway.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

beforeAll(async () => {
  [fakes, database] = await Promise.all([startFakes(), createTestDatabase()]);
  await database.pool.query(
    `do $$ begin execute format('alter database %I set timezone = %L', current_database(), 'Europe/Berlin'); end $$`,
  );
  gateway = await spawnGateway({ ...gatewayEnv(fakes, database.url, dataDir), TZ: 'Europe/Berlin' });
  await json(ask('PATCH', '/v1/workspace', { timezone: 'Asia/Kathmandu' }));
  await json(ask('PUT', '/v1/clients/everest', { name: 'Everest', markup_percent: 0 }));
  await database.pool.query(`select ensure_call_partitions('2026-10-01', 1)`);
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, dialect, streamed, model_requested, model, provider,
       input_tokens, output_tokens, cost_nanos, total_ms)
     select k.workspace_id, $1::timestamptz + n * interval '1 hour', 'req_' || lpad(n::text, 3, '0'), true, 'gone', 'succeeded', k.id, 'everest', 'chat', false,
       'm', 'm', 'openai', 10, 2, 1000000000, 100
     from (select workspace_id, id from api_keys where livemode limit 1) k, generate_series(0, 71) n`,
    [midnight],
  );
}, 60_000);
afterAll(async () => {
  await gateway?.kill('SIGTERM');
  await fakes?.stop();
  await database?.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const range = 'from=2026-10-24&to=2026-10-26';
const hourOf = (n: number): string => new Date(Date.parse(midnight) + n * 3_600_000).toISOString();

async function expectWholeDays(): Promise<void> {
  const { data } = await json<{ data: { day: string; requests: number }[] }>(
    ask('GET', `/v1/usage/clients?${range}&group_by=day`),
  );
  expect(data.map(({ day, requests }) => [day, requests]).sort()).toEqual(days.map((day) => [day, 24]));
  for (const day of days) {
    const { data: hours } = await json<{ data: { at: string; value: number }[] }>(
      ask('GET', `/v1/usage/series?from=${day}&to=${day}&metric=requests&interval=hour`),
    );
    const first = days.indexOf(day) * 24;
    expect(hours.reduce((sum, { value }) => sum + value, 0)).toBe(24);
    const { data: calls } = await json<{ data: { created_at: string }[] }>(
      ask('GET', `/v1/usage/requests?from=${day}&to=${day}&limit=100`),
    );
    expect(calls.map(({ created_at: at }) => at)).toEqual(Array.from({ length: 24 }, (_, n) => hourOf(first + 23 - n)));
  }
  const csv = await (await ask('GET', `/v1/usage/clients?${range}&group_by=day&format=csv`)).text();
  for (const day of days) expect(csv).toContain(day);
}

it('every day has its 24 hours, read from the calls', async () => {
  // The gateway sums up as well, a minute after its start.
  const isDone = await withSums(database.pool, undefined, async (tx) => {
    expect((await tx.query(`select day from usage_days where day >= '2026-10-01'`)).rows).toEqual([]);
    await expectWholeDays();
  });
  expect(isDone).toBe(true);
});

it('every day has its 24 hours, read from the sums', async () => {
  const summed = async (): Promise<unknown> => {
    // While the gateway does it, this returns at once.
    while (await rollUp(database.pool, Date.parse('2026-10-28T00:00:00Z')));
    return (await database.pool.query('select until >= $1 as done from usage_rollup', [hourOf(72)])).rows;
  };
  await expect.poll(summed).toEqual([{ done: true }]);
  await expectWholeDays();
});

it('a day’s budget is reset at midnight of Kathmandu, and a month is invoiced by its days', async () => {
  const budget = {
    name: 'A day',
    limit_usd: 5,
    period: 'day',
    scope: { client_id: 'everest' },
    timezone: 'Asia/Kathmandu',
  };
  const { resets_at: at } = await json<{ resets_at: string }>(ask('POST', '/v1/budgets', budget), 201);
  expect(at).toMatch(/T18:15:00\.000Z$/);
  const body = { client_id: 'everest', period: '2026-10' };
  const invoice = await json<{ from: string; to: string; lines: { requests: number }[] }>(
    ask('POST', '/v1/invoices', body),
    201,
  );
  expect(invoice).toMatchObject({ from: '2026-09-30T18:15:00.000Z', to: '2026-10-31T18:15:00.000Z' });
  expect(invoice.lines.map(({ requests }) => requests)).toEqual([72]);
});
