import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { lockSums, rollUp } from '../usage/roll-up-store.ts';
import { eraseClient, sweepErased } from './erase-client.ts';
import { eraseWorkspace, sweepWorkspaces } from './erase-workspace.ts';

const place = { workspaceId: 'ws', livemode: true };
const hourMs = 3_600_000;
const from = new Date(Math.floor(Date.now() / hourMs) * hourMs - 30 * hourMs);
let database: TestDatabase;
let dataDir: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'erase-in-use-'));
  const { pool } = database;
  await pool.query('select ensure_call_partitions($1::date, 2)', [from]);
  await pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, dialect, streamed, model_requested,
       model, provider, cost_nanos)
     select 'ws', $1::timestamptz + n * interval '20 minutes', 'req_' || n, true, 'gone', 'succeeded', 'key', 'acme', 'chat', false, 'm', 'm', 'openai', n
     from generate_series(0, 60) n`,
    [from],
  );
  await pool.query(`insert into workspaces (id, name) values ('ws', 'Acme')`);
  while (await rollUp(pool, Date.now()));
});
afterAll(async () => {
  await database.drop();
  await rm(dataDir, { recursive: true });
});

const services = () => ({
  db: database.pool,
  log: pino({ level: 'silent' }),
  secret: 'ab'.repeat(32),
  dataDir,
  now: Date.now,
});

/** Somebody sums up until `work` is answered: it would never be if it waited for them. */
async function whileSummed(work: () => Promise<unknown>): Promise<void> {
  const summing = await database.pool.connect();
  try {
    await summing.query('begin');
    await lockSums(summing);
    await work();
  } finally {
    await summing.query('rollback');
    summing.release();
  }
}

async function count(sql: string): Promise<number> {
  const { rows } = await database.pool.query(`select count(*)::integer as rows from ${sql}`);
  return (rows[0] as { rows: number }).rows;
}

it('a client is erased by a request while somebody sums up: a sweep renames the sums', async () => {
  await whileSummed(() => eraseClient(services(), place, 'acme', { patienceMs: 300 }));
  expect(await count(`calls where client_id = 'acme'`)).toBe(0);
  expect(await count(`usage_hours where client_id = 'acme'`)).toBeGreaterThan(0);
  expect(await count('erased_clients where unfinished_before is not null and resume_at <= now()')).toBe(1);
  await sweepErased(services());
  expect(await count(`usage_hours where client_id = 'acme'`)).toBe(0);
  expect(await count('erased_clients where unfinished_before is null')).toBe(1);
});

it('a workspace is deleted by a request while somebody sums up: a sweep deletes its sums', async () => {
  await whileSummed(() => eraseWorkspace(services(), 'ws', { patienceMs: 300 }));
  expect(await count(`calls where workspace_id = 'ws'`)).toBe(0);
  expect(await count(`usage_hours where workspace_id = 'ws'`)).toBeGreaterThan(0);
  expect(await count('erased_workspaces where next_sweep_at <= now()')).toBe(1);
  await sweepWorkspaces(services());
  expect(await count(`usage_hours where workspace_id = 'ws'`)).toBe(0);
  expect(await count(`workspaces where id = 'ws'`)).toBe(0);
});
