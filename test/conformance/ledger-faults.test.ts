import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import type { Budget } from '../../gateway/src/budgets/budget.ts';
import { findDeadProcesses } from '../../gateway/src/db/process-lock.ts';
import { changeBudget, type LedgerProcess, newBudget, twoProcesses } from '../support/ledger-process.ts';

/** No cap may move by late notifications, lost answers or processes taken for dead. Two processes on one budget of 1,000. */
const pair = twoProcesses('ws_faults');
const { money } = pair;
let one: LedgerProcess;
let other: LedgerProcess;
beforeEach(() => {
  ({ one, other } = pair);
});

async function change(budget: Budget): Promise<void> {
  await changeBudget(money, budget);
  await Promise.all([one.ledger.changed(money.workspaceId), other.ledger.changed(money.workspaceId)]);
}

/** From now on statements of this name do this instead; `query` is what they would have done. */
function instead(name: string, what: (query: () => Promise<unknown>) => Promise<unknown>): () => void {
  const { pool } = money.database;
  const { query } = pool;
  pool.query = (async (...args: unknown[]) => {
    const ask = (): Promise<unknown> => (query as (...all: unknown[]) => Promise<unknown>).apply(pool, args);
    const [first] = args;
    const isIt = typeof first === 'string' ? first.includes(name) : (first as { name?: string }).name === name;
    return isIt ? what(ask) : ask();
  }) as never;
  return () => {
    pool.query = query;
  };
}

it('a balance that is made by a process without the latest change has the changed limit', async () => {
  const budget = await newBudget(money, 'late meter', { thresholds: [50] });
  await one.ledger.balancesFor({
    workspaceId: money.workspaceId,
    livemode: true,
    subject: { client_id: 'another' },
    atMs: Date.now(),
  });
  await changeBudget(money, { ...budget, limitNanos: 100n, thresholds: [80] });
  expect(await one.call(1n, 'req_late_meter_1')).toBe(true);
  await change({ ...budget, limitNanos: 100n, thresholds: [80] });
  expect(await other.call(900n, 'req_late_meter_2')).toBe(false);
  const { rows } = await money.database.pool.query('select limit_nanos, next_nanos from meters where budget_id = $1', [
    budget.id,
  ]);
  expect(rows).toEqual([{ limit_nanos: 100n, next_nanos: 80n }]);
});

it('a process that learns of a lower limit by its own posting admits nothing beyond that limit', async () => {
  const budget = await newBudget(money, 'by posting');
  expect(await one.call(100n, 'req_posting_1')).toBe(true);
  await one.settle(0n);
  expect(await one.call(100n, 'req_posting_2')).toBe(true);
  await changeBudget(money, { ...budget, limitNanos: 200n });
  await other.ledger.changed(money.workspaceId);
  // Settled money is posted at once after a quiet while, and else within a tenth of a second.
  await sleep(250);
  await one.settle(100n);
  let passed = 0;
  for (let i = 0; i < 6; i++) {
    if (!(await one.call(100n, `req_posting_3${i}`))) continue;
    passed += 1;
    await one.settle(100n);
  }
  expect(passed).toBe(1);
});

it('a change that arrives during an acquisition of a lease is read afterwards', async () => {
  const budget = await newBudget(money, 'in turn', { limitNanos: 600n });
  expect(await one.call(300n, 'req_turn_1')).toBe(true);
  await one.settle(300n);
  expect(await one.call(300n, 'req_turn_2')).toBe(true);
  await one.settle(0n);
  let lowering: Promise<unknown> | undefined;
  const restore = instead('acquire-lease', async (query) => {
    const answer = await query();
    if (lowering === undefined) {
      lowering = change({ ...budget, limitNanos: 350n });
      await sleep(50);
      // Out of what is leased already: for the change this process has not looked yet.
      expect(await one.call(300n, 'req_turn_3')).toBe(true);
    }
    return answer;
  });
  expect(await one.call(400n, 'req_turn_4')).toBe(false);
  restore();
  await lowering;
  await one.settle(0n);
  expect(await one.call(300n, 'req_turn_5')).toBe(false);
});

it('an old list of budgets that arrives late is not used', async () => {
  const budget = await newBudget(money, 'old list', { onLimit: 'notify' });
  await one.balances();
  one.views.forget(money.workspaceId);
  let answerOld: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    answerOld = resolve;
  });
  let isFirst = true;
  const restore = instead('from budgets', async (query) => {
    const answer = await query();
    if (!isFirst) return answer;
    isFirst = false;
    await held;
    return answer;
  });
  const late = one.balances();
  await sleep(50);
  await change({ ...budget, onLimit: 'block' });
  answerOld();
  await late;
  restore();
  expect(await one.call(5_000n, 'req_old_list')).toBe(false);
});

it('money that calls hold of a notifying budget counts when that budget begins to block', async () => {
  const budget = await newBudget(money, 'now it blocks', { onLimit: 'notify' });
  expect(await one.call(800n, 'req_blocks_1')).toBe(true);
  await change({ ...budget, onLimit: 'block' });
  expect(await other.call(1_000n, 'req_blocks_2')).toBe(false);
  expect(await other.call(200n, 'req_blocks_3')).toBe(true);
  await one.settle(800n);
  await other.settle(200n);
  expect(await one.call(1n, 'req_blocks_4')).toBe(false);
});

it('a cost above its hold takes leased money from the other processes', async () => {
  await newBudget(money, 'beyond');
  expect(await one.call(100n, 'req_beyond_1')).toBe(true);
  await one.ledger.changed(money.workspaceId);
  expect(await other.call(100n, 'req_beyond_2')).toBe(true);
  await other.settle(0n);
  const received: string[] = [];
  const restore = instead('pg_notify', async (query) => {
    received.push('recall');
    return query();
  });
  await one.settle(1_200n);
  await expect.poll(() => received.length).toBe(1);
  restore();
  const [balance] = await other.balances();
  await other.ledger.onReturnRequest(`${balance?.id} asker ${2n ** 62n}`);
  for (let i = 0; i < 4; i++) expect(await other.call(100n, `req_beyond_3${i}`)).toBe(false);
});

it('a call that is settled after its process has returned its lease is charged once', async () => {
  await newBudget(money, 'late settlement');
  expect(await one.call(400n, 'req_late_1')).toBe(true);
  await one.ledger.stop();
  expect(await other.call(700n, 'req_late_2')).toBe(false);
  await one.settle(400n);
  expect(await other.call(1_000n, 'req_late_3')).toBe(false);
  expect(await other.call(600n, 'req_late_4')).toBe(true);
});

it('a lease that is gone is not subtracted again when its calls are settled', async () => {
  const budget = await newBudget(money, 'gone');
  expect(await one.call(400n, 'req_gone_1')).toBe(true);
  await money.database.pool.query(
    `with gone as (delete from leases returning meter_id, amount_nanos)
     update meters set leased_nanos = leased_nanos - amount_nanos from gone where id = meter_id`,
  );
  await one.settle(400n);
  const { rows } = await money.database.pool.query(
    'select spent_nanos, leased_nanos from meters where budget_id = $1',
    [budget.id],
  );
  expect(rows).toEqual([{ spent_nanos: 400n, leased_nanos: 0n }]);
});

it('a process that was taken for dead uses no lease that others have adopted', async () => {
  await newBudget(money, 'fenced');
  for (const id of ['req_fenced_1', 'req_fenced_2']) {
    expect(await one.call(300n, id)).toBe(true);
    await one.settle(0n);
  }
  const before = one.lock.fencingToken();
  await one.isTakenForDead();
  await expect(one.call(1n, 'req_fenced_3')).rejects.toMatchObject({ code: 'service_unavailable' });
  await expect.poll(() => one.lock.fencingToken()).not.toBe(before);
  expect(await other.call(1_000n, 'req_fenced_4')).toBe(true);
  expect(await one.call(300n, 'req_fenced_5')).toBe(false);
  expect(await one.call(1n, 'req_fenced_6')).toBe(false);
});

it('a process that is back before its adoption keeps its leases', async () => {
  await newBudget(money, 'back again');
  expect(await one.call(100n, 'req_back_1')).toBe(true);
  await money.database.pool.query(
    `select pg_terminate_backend(l.pid) from pg_locks l join processes p on p.lock_number = l.objid
     where l.locktype = 'advisory' and p.id = $1`,
    [one.lock.id],
  );
  await expect.poll(() => findDeadProcesses(money.database.pool), { interval: 2 }).toContain(one.lock.id);
  await expect.poll(() => findDeadProcesses(money.database.pool)).not.toContain(one.lock.id);
  // Looked for a moment ago, adopted now: it is there again.
  expect(await one.adoptOnce()).toBe(0);
  const { rowCount } = await money.database.pool.query('select 1 from processes where id = $1', [one.lock.id]);
  expect(rowCount).toBe(1);
  await one.settle(100n);
  await one.ledger.changed(money.workspaceId);
  expect(await other.call(900n, 'req_back_2')).toBe(true);
});

it('money whose return was lost is found by the next process that needs it', async () => {
  await newBudget(money, 'lost');
  expect(await one.call(100n, 'req_lost_1')).toBe(true);
  await one.settle(100n);
  const [balance] = await one.balances();
  if (balance) balance.usedAtMs = 0;
  const restore = instead('return-lease', async () => {
    throw Object.assign(new Error('connection lost'), { code: '08006' });
  });
  await one.ledger.sweep();
  restore();
  const recalls = setInterval(() => void one.ledger.onReturnRequest(`${balance?.id} asker 1000000`).catch(() => {}), 5);
  expect(await other.call(900n, 'req_lost_2')).toBe(true);
  clearInterval(recalls);
});

it('money whose lease was not confirmed is found by the next process that needs it', async () => {
  await newBudget(money, 'unheard');
  await one.balances();
  const restore = instead('acquire-lease', async (query) => {
    await query();
    throw Object.assign(new Error('connection lost'), { code: '08006' });
  });
  await expect(one.call(200n, 'req_unheard_1')).rejects.toThrow('connection lost');
  restore();
  const [balance] = await one.balances();
  const recalls = setInterval(() => void one.ledger.onReturnRequest(`${balance?.id} asker 1000000`).catch(() => {}), 5);
  expect(await other.call(1_000n, 'req_unheard_2')).toBe(true);
  clearInterval(recalls);
});

it.each(['insert', 'update'])(
  'calls of a process that is gone are settled though the database refuses the %s of one',
  async (when) => {
    const { pool } = money.database;
    await newBudget(money, `refused ${when}`);
    await pool.query(`
      create or replace function hostile() returns trigger language plpgsql as $$
        begin if new.id like '%hostile' then perform 1 / 0; end if; return new; end $$;
      create trigger hostile before ${when} on calls for each row execute function hostile()`);
    try {
      expect(await one.call(100n, `req_${when}_hostile`)).toBe(true);
      expect(await one.call(20n, `req_${when}_other`)).toBe(true);
      await one.die();
      await one.adopt();
      const { rows } = await pool.query(
        `select (select spent_nanos from meters) as spent, (select count(*) from leases)::integer as leases,
           (select cost_nanos from unwritten_calls where status = 'interrupted') as refused,
           (select cost_nanos from calls where status = 'interrupted') as adopted`,
      );
      expect(rows).toEqual([{ spent: 120n, leases: 0, refused: 100n, adopted: 20n }]);
    } finally {
      await pool.query('drop trigger hostile on calls');
      one.open.length = 0;
    }
  },
);

it('a call that is missing from the table is settled at its true cost by a process that was taken for dead', async () => {
  const { pool } = money.database;
  await newBudget(money, 'refused and cut off');
  await pool.query(`
    create or replace function hostile() returns trigger language plpgsql as $$ begin perform 1 / 0; return new; end $$;
    create trigger hostile before insert on calls for each row execute function hostile()`);
  try {
    expect(await one.call(100n, 'req_refused_and_cut_off')).toBe(true);
    await one.isTakenForDead();
    await one.settle(30n);
    const { rows } = await pool.query(
      'select spent_nanos as spent, (select cost_nanos from unwritten_calls) as cost from meters',
    );
    expect(rows).toEqual([{ spent: 30n, cost: 30n }]);
  } finally {
    await pool.query('drop trigger hostile on calls');
  }
});
