import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { createPool } from '../../gateway/src/db/pool.ts';
import { withTransaction } from '../../gateway/src/db/transaction.ts';
import { adoptLeases } from '../../gateway/src/ledger/adoption-store.ts';
import { BalanceReader } from '../../gateway/src/ledger/balance-reader.ts';
import { changeBudget, LedgerProcess, newBudget, twoProcesses } from '../support/ledger-process.ts';

/**
 * Money that calls spend is posted to budgets a moment later, many batches together. In that moment no reader may notice, and no
 * cent may be lost or counted twice. Two processes on one budget of 1,000.
 */
const pair = twoProcesses('ws_pace');
const { money } = pair;
let one: LedgerProcess;
let other: LedgerProcess;
beforeEach(() => {
  ({ one, other } = pair);
});

let calls = 0;

/** Some calls in a row: the first is posted at once, the rest waits. */
async function spend(process: LedgerProcess, amounts: readonly bigint[]): Promise<void> {
  for (const _ of amounts) expect(await process.call(10n, `req_pace_${calls++}`)).toBe(true);
  for (const nanos of amounts) await process.settle(nanos);
}

const sql = async <T>(text: string): Promise<T[]> => (await money.database.pool.query(text)).rows as T[];

/** Of the row itself, and of what waits beside it. */
async function posted(): Promise<{ posted: bigint; waiting: bigint }> {
  const [row] = await sql<{ posted: bigint; waiting: bigint }>(
    `select spent_nanos as posted, (select coalesce(sum(spent_nanos), 0) from unposted_meters())::bigint as waiting from meters`,
  );
  return row ?? { posted: 0n, waiting: 0n };
}

/** The first call's posting begins the pause in which the others wait. */
async function spendAndWait(process: LedgerProcess): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    await spend(process, [3n]);
    await spend(process, [2n]);
    if ((await posted()).waiting > 0n) return;
  }
  throw new Error('nothing ever waited');
}

const total = async (): Promise<bigint> => {
  const { posted: row, waiting } = await posted();
  return row + waiting;
};

it('unposted money counts as spent for every reader, and is posted within moments', async () => {
  const budget = await newBudget(money, 'seen');
  await spendAndWait(one);
  const spent = await total();
  const reader = new BalanceReader({ db: money.database.pool, processId: other.lock.id, ledger: other.ledger });
  const [count] = await reader.amounts([{ budget, instance: '' }], Date.now());
  expect(count?.spentNanos).toBe(spent);
  expect((await compareBooks(money.database.pool)).differences).toEqual([]);
  // After a slow posting the next one comes two seconds later.
  await expect.poll(posted, { timeout: 10_000 }).toEqual({ posted: spent, waiting: 0n });
});

it('a flush posts what every batch of it has spent', async () => {
  await newBudget(money, 'flushed', { limitNanos: 1_000_000n });
  // More than one batch takes.
  const ids = Array.from({ length: 600 }, () => `req_pace_${calls++}`);
  await Promise.all(ids.map((id) => one.call(10n, id)));
  const settled = ids.map(() => one.settle(1n));
  await one.journal.flush(5_000);
  expect(await posted()).toEqual({ posted: 600n, waiting: 0n });
  await Promise.all(settled);
});

it('a process that is killed between a call and its posting is adopted with the money it spent', async () => {
  await newBudget(money, 'killed between');
  const pool = createPool({ connectionString: money.database.url });
  const victim = await LedgerProcess.start({ ...money, database: { ...money.database, pool } });
  await spendAndWait(victim);
  // From here on it writes nothing more.
  const cut = pool.end();
  const { posted: row, waiting } = await posted();
  expect(waiting).toBeGreaterThan(0n);
  await victim.die();
  await cut;
  const adopt = () => withTransaction(money.database.pool, (tx) => adoptLeases(tx, [victim.lock.id], async () => {}));
  await expect
    .poll(async () => {
      await adopt();
      return sql(`select * from processes where id = '${victim.lock.id}'`);
    })
    .toEqual([]);
  expect((await compareBooks(money.database.pool)).differences).toEqual([]);
  expect(await posted()).toEqual({ posted: row + waiting, waiting: 0n });
  expect(await sql('select * from unposted_batches')).toEqual([]);
});

it('a process that an older version adopts during an upgrade has its spent money posted', async () => {
  await newBudget(money, 'old version');
  await spendAndWait(one);
  const spent = await total();
  // As that one does, last of all.
  await money.database.pool.query('delete from processes where id = $1', [one.lock.id]);
  expect(await posted()).toEqual({ posted: spent, waiting: 0n });
  await one.journal.flush(5_000);
  expect(await posted()).toEqual({ posted: spent, waiting: 0n });
  await money.database.pool.query('update meters set leased_nanos = 0');
  await money.database.pool.query('delete from leases');
});

it('a process that is killed between a posting and the end of its rows is adopted without counting them twice', async () => {
  await newBudget(money, 'killed behind');
  await spendAndWait(one);
  await one.journal.flush(5_000);
  const spent = await total();
  expect((await sql('select * from unposted_batches')).length).toBeGreaterThan(0);
  await one.die();
  await one.adopt();
  expect(await posted()).toEqual({ posted: spent, waiting: 0n });
});

it('a process that is taken for dead with unposted money does not post it again', async () => {
  await newBudget(money, 'fenced');
  await spendAndWait(one);
  const spent = await total();
  await one.isTakenForDead();
  expect(await posted()).toEqual({ posted: spent, waiting: 0n });
  await expect.poll(() => one.lock.isHeld()).toBe(true);
  await spend(one, [5n]);
  await one.journal.flush(5_000);
  expect(await posted()).toEqual({ posted: spent + 5n, waiting: 0n });
});

it('a change of period counts unposted money once', async () => {
  const budget = await newBudget(money, 'moved');
  await spendAndWait(one);
  const spent = await total();
  await changeBudget(money, { ...budget, period: 'day' });
  expect(await total()).toBe(spent);
  expect((await compareBooks(money.database.pool)).differences).toEqual([]);
  await one.journal.flush(5_000);
  expect(await posted()).toEqual({ posted: spent, waiting: 0n });
});

it('a threshold that a call crosses is announced with that call, with any amount unposted', async () => {
  await newBudget(money, 'crossed', { limitNanos: 1_000n, thresholds: [50] });
  await spendAndWait(one);
  const spent = await total();
  expect(await one.call(500n, `req_pace_${calls++}`)).toBe(true);
  await one.settle(500n - spent - 1n);
  expect(one.events).toEqual([]);
  await spend(one, [1n]);
  expect(one.events.map(({ percent }) => percent)).toEqual([50]);
  expect((await posted()).waiting).toBe(0n);
});

it('an amount above the lease is posted at once, so that no process leases missing money', async () => {
  await newBudget(money, 'overdrawn');
  await spendAndWait(one);
  expect(await one.call(990n - (await total()), `req_pace_${calls++}`)).toBe(true);
  await one.settle(2_000n);
  expect((await posted()).waiting).toBe(0n);
  expect(await other.call(1n, `req_pace_${calls++}`)).toBe(false);
});

it('a posting that a balance refuses holds up no call: it counts as spent, and is posted later', async () => {
  await newBudget(money, 'refused meter');
  await spend(one, [3n]);
  const { pool } = money.database;
  await pool.query(`
    create or replace function hostile_meter() returns trigger language plpgsql as $$ begin perform 1 / 0; return new; end $$;
    create trigger hostile_meter before update on meters for each row when (new.spent_nanos <> old.spent_nanos) execute function hostile_meter()`);
  try {
    await sleep(250);
    await spend(one, [2n]);
    await spend(one, [4n]);
    expect(await posted()).toEqual({ posted: 3n, waiting: 6n });
    expect(await sql('select * from unwritten_calls')).toEqual([]);
  } finally {
    await pool.query('drop trigger hostile_meter on meters');
  }
  await expect.poll(posted, { timeout: 5_000 }).toEqual({ posted: 9n, waiting: 0n });
});
