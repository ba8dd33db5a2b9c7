import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { startNetwork } from '../../../test/support/network.ts';
import { holdProcessLock, type ProcessLock } from './process-lock.ts';

let database: TestDatabase;
let network: Awaited<ReturnType<typeof startNetwork>>;
let lock: ProcessLock;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  network = await startNetwork(database.url);
  lock = await holdProcessLock(network.connection, 'proc_lost');
});
afterEach(async () => {
  await lock.release();
  network.stop();
});

async function msUntilHeld(): Promise<number> {
  const began = performance.now();
  while (!lock.isHeld()) await sleep(10);
  return performance.now() - began;
}

describe('a process whose connection is lost', () => {
  it('has its lock again soon after the database answers, although an attempt before it still waits', async () => {
    network.reset();
    await expect.poll(() => lock.isHeld()).toBe(false);
    network.freeze();
    // An attempt has begun that nobody will answer.
    await sleep(300);
    network.thaw();
    // 1 s is what that attempt has; it had three for the connection and five for each statement.
    expect(await msUntilHeld()).toBeLessThan(2_500);
  });

  it('tries again where another session has its row, and leaves no attempt behind that waits for it', async () => {
    const other = await database.pool.connect();
    await other.query('begin');
    await other.query("select 1 from processes where id = 'proc_lost' for update");
    network.reset();
    await expect.poll(() => lock.isHeld()).toBe(false);
    await sleep(4_000);
    const { rows } = await database.pool.query(
      "select count(*)::int as waiting from pg_stat_activity where application_name = 'ai-gateway process' and datname = current_database() and wait_event_type = 'Lock'",
    );
    expect((rows[0] as { waiting: number }).waiting).toBeLessThanOrEqual(1);
    await other.query('commit');
    other.release();
    expect(await msUntilHeld()).toBeLessThan(4_000);
  });

  it('keeps its number where nobody took it for dead', async () => {
    const before = lock.fencingToken();
    network.reset();
    await expect.poll(() => lock.isHeld()).toBe(false);
    await msUntilHeld();
    expect(lock.fencingToken()).toBe(before);
  });
});
