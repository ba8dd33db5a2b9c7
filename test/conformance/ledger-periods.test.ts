import { beforeEach, expect, it } from 'vitest';
import type { Budget } from '../../gateway/src/budgets/budget.ts';
import { changeBudget, type LedgerProcess, newBudget, twoProcesses } from '../support/ledger-process.ts';

/** Budgets whose period or time zone is changed while money is spent. Two processes, a budget of 1,000 to each test. */
let nowMs = Date.parse('2026-10-20T12:00:00Z');
const pair = twoProcesses('ws_periods', () => nowMs);
const { money } = pair;
let one: LedgerProcess;
let other: LedgerProcess;
beforeEach(() => {
  at('2026-10-20T12:00:00Z');
  ({ one, other } = pair);
});

function at(time: string): void {
  nowMs = Date.parse(time);
}

/** Made on the first of the month. */
async function make(name: string, more: Partial<Budget>): Promise<Budget> {
  const budget = await newBudget(money, name, more);
  const madeAt = new Date('2026-10-01T08:00:00Z');
  await money.database.pool.query('update budgets set created_at = $2 where id = $1', [budget.id, madeAt]);
  return { ...budget, createdAtMs: madeAt.getTime() };
}

const hear = (): Promise<unknown> =>
  Promise.all([one.ledger.changed(money.workspaceId), other.ledger.changed(money.workspaceId)]);

async function change(budget: Budget): Promise<void> {
  await changeBudget(money, budget);
  await hear();
}

let calls = 0;
async function spend(process: LedgerProcess, nanos: bigint): Promise<void> {
  expect(await asks(process, nanos)).toBe(true);
  await process.settle(nanos);
}
/** The other process returns the money it does not need, as after a notification. */
async function asks(process: LedgerProcess, nanos: bigint): Promise<boolean> {
  const { ledger } = process === one ? other : one;
  const recalls = setInterval(async () => {
    const { rows } = await money.database.pool.query('select id from meters');
    for (const { id } of rows as { id: bigint }[]) void ledger.onReturnRequest(`${id} asker 1000000`).catch(() => {});
  }, 5);
  try {
    return await process.call(nanos, `req_${calls++}`);
  } finally {
    clearInterval(recalls);
  }
}

it('spent money counts on in another time zone, and in the first one again', async () => {
  const budget = await make('there and back', { period: 'month', timezone: 'UTC' });
  await spend(one, 600n);
  await change({ ...budget, timezone: 'Asia/Tokyo' });
  expect(await asks(other, 401n)).toBe(false);
  await spend(other, 300n);
  await change(budget);
  expect(await asks(one, 101n)).toBe(false);
  await spend(one, 100n);
});

it('money of other days counts when a budget becomes monthly, though today nothing was spent', async () => {
  const budget = await make('wider', { period: 'day', timezone: 'UTC' });
  await spend(one, 600n);
  at('2026-10-21T12:00:00Z');
  await spend(other, 300n);
  at('2026-10-22T12:00:00Z');
  await change({ ...budget, period: 'month' });
  expect(await asks(other, 101n)).toBe(false);
  expect(await asks(one, 100n)).toBe(true);
});

it('money of other days stops counting when a budget becomes daily, in every process', async () => {
  const budget = await make('narrower', { period: 'total' });
  await spend(one, 600n);
  at('2026-10-21T12:00:00Z');
  await spend(other, 100n);
  await spend(one, 100n);
  await change({ ...budget, period: 'day' });
  const [balance] = await one.balances();
  for (const process of [one, other]) expect(process.ledger.spentOf(balance?.id ?? 0n)).toBe(200n);
  expect(await asks(one, 801n)).toBe(false);
  await spend(other, 800n);
  at('2026-10-22T12:00:00Z');
  await spend(one, 1_000n);
});

it('running calls count where they are held, and are settled in the balance that continues', async () => {
  const budget = await make('under way', { period: 'day', timezone: 'UTC' });
  await spend(one, 100n);
  expect(await asks(one, 500n)).toBe(true);
  await change({ ...budget, period: 'week', timezone: 'America/New_York' });
  expect(await asks(other, 401n)).toBe(false);
  expect(await asks(other, 400n)).toBe(true);
  await one.settle(50n);
  await other.settle(400n);
  expect(await asks(other, 451n)).toBe(false);
  await spend(other, 450n);
});

it('a process without the latest change leases from the same balance', async () => {
  const budget = await make('unheard', { period: 'month', timezone: 'UTC' });
  await spend(one, 500n);
  await spend(other, 100n);
  await changeBudget(money, { ...budget, period: 'total' });
  await one.ledger.changed(money.workspaceId);
  await spend(one, 100n);
  expect(await asks(other, 301n)).toBe(false);
  await spend(other, 300n);
  expect(await asks(one, 1n)).toBe(false);
});

it('a process without the latest change opens the balance of the current period only', async () => {
  const budget = await make('opened late', { period: 'month', timezone: 'UTC' });
  await spend(one, 900n);
  // It knows the budget, and has spent nothing of it.
  await other.views.of(money.workspaceId, true);
  await changeBudget(money, { ...budget, period: 'week' });
  expect(await asks(other, 101n)).toBe(false);
  const { rows } = await money.database.pool.query('select period from meters');
  expect(rows).toEqual([{ period: 'week' }]);
  await changeBudget(money, { ...budget, timezone: 'Asia/Tokyo' });
  await hear();
  await spend(other, 100n);
});

it('each threshold of a balance is announced once, with any number of calendar changes', async () => {
  const budget = await make('told', { period: 'day', timezone: 'UTC', thresholds: [50, 80] });
  const reported = (): unknown[] => [...one.events, ...other.events].map(({ percent }) => percent);
  await spend(one, 600n);
  await change({ ...budget, timezone: 'Europe/Berlin' });
  await spend(one, 250n);
  expect(reported()).toEqual([50, 80]);
  at('2026-10-21T12:00:00Z');
  await spend(other, 100n);
  await change({ ...budget, period: 'total' });
  // No alert has announced half of the total.
  await spend(one, 1n);
  expect(reported().toSorted()).toEqual([50, 50, 80, 80]);
  await change({ ...budget, period: 'day' });
  await spend(one, 398n);
  expect(reported().toSorted()).toEqual([50, 50, 80, 80]);
  await spend(one, 1n);
  expect(reported().toSorted()).toEqual([50, 50, 50, 80, 80]);
});

it('a balance that has ended in one time zone and not in another continues in its successor', async () => {
  // October ends in Lagos an hour before it does in London, and began with it, when London had summer time.
  const budget = await make('same start', { period: 'month', timezone: 'Africa/Lagos' });
  await spend(one, 100n);
  expect(await asks(other, 50n)).toBe(true);
  at('2026-10-31T23:30:00Z');
  await spend(one, 200n);
  await change({ ...budget, timezone: 'Europe/London' });
  await other.settle(50n);
  expect(await asks(other, 701n)).toBe(false);
  await spend(other, 700n);
  const { rows } = await money.database.pool.query(`select period_end from meters where period = 'month'`);
  expect(rows).toEqual([{ period_end: new Date('2026-11-01T00:00:00Z') }]);
});

it('money spent before the budget was made counts in no period', async () => {
  const before = await make('before', { period: 'total' });
  await spend(one, 900n);
  await money.database.pool.query('update budgets set deleted_at = now() where id = $1', [before.id]);
  await hear();
  at('2026-10-21T12:00:00Z');
  const budget = await newBudget(money, 'after', { period: 'day' });
  await money.database.pool.query('update budgets set created_at = $2 where id = $1', [budget.id, new Date(nowMs - 1)]);
  await hear();
  await spend(one, 300n);
  await change({ ...budget, period: 'month', createdAtMs: nowMs - 1 });
  expect(await asks(other, 701n)).toBe(false);
  await spend(other, 700n);
});
