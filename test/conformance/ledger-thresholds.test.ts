import { expect, it } from 'vitest';
import type { JournalRow } from '../../gateway/src/ledger/journal-row.ts';
import { deferPostingFast, writeBatchFast } from '../../gateway/src/ledger/write-batch-fast.ts';
import { newBudget, twoProcesses } from '../support/ledger-process.ts';

const pair = twoProcesses('ws_thresholds');
const { money } = pair;

/** Everything a batch of calls may change. */
async function state(): Promise<unknown> {
  const { rows } = await money.database.pool.query(
    `select (select json_agg(m order by id) from meters m) as balances, (select json_agg(l order by process_id) from leases l) as leases,
       (select json_agg(p order by id) from processes p) as processes, (select json_agg(u) from unposted_batches u) as unposted,
       (select json_agg(c.id order by c.id) from calls c) as calls, (select json_agg(h) from usage_stale_hours h) as hours`,
  );
  return rows[0];
}

function newCall(id: string): JournalRow {
  return {
    open: {
      workspaceId: money.workspaceId,
      id,
      createdAtMs: money.now(),
      livemode: true,
      keyId: 'k',
      tags: { client: 'c' },
      dialect: 'chat',
      streamed: false,
      modelRequested: 'm',
      holdNanos: 0n,
      inputTokens: 1,
    },
    closed: undefined,
    epoch: 0,
    debits: [],
    isNew: true,
    place: 'calls',
    refused: undefined,
  };
}

it('a batch that crosses a threshold changes nothing on the fast path, and is written once with its event', async () => {
  const { one } = pair;
  await newBudget(money, 'crossed', { thresholds: [50] });
  expect(await one.call(600n, 'req_crossed')).toBe(true);
  const [balance] = await one.balances();
  const before = await state();
  const spent = (nanos: bigint) => ({
    processId: one.lock.id,
    fencingToken: one.lock.fencingToken(),
    sequence: 1_000_000n,
    rows: [newCall('req_beside')],
    postings: [{ balanceId: balance?.id ?? 0n, spentNanos: nanos, leasedNanos: nanos, heldNanos: 0n }],
  });
  expect(await writeBatchFast(money.database.pool, spent(500n))).toEqual({ outcome: 'crossed' });
  expect(await writeBatchFast(money.database.pool, spent(1_000n))).toEqual({ outcome: 'crossed' });
  expect(await state()).toEqual(before);
  await one.settle(500n);
  expect(one.events.map(({ type, percent }) => ({ type, percent }))).toEqual([
    { type: 'budget.threshold_reached', percent: 50 },
  ]);
  const { rows } = await money.database.pool.query('select spent_nanos, told from meters');
  expect(rows).toEqual([{ spent_nanos: 500n, told: [50] }]);
});

it('a batch of a process that was taken for dead changes nothing on the fast path', async () => {
  const { one } = pair;
  await newBudget(money, 'unclaimed');
  expect(await one.call(600n, 'req_unclaimed')).toBe(true);
  const [balance] = await one.balances();
  const before = await state();
  const batch = {
    processId: one.lock.id,
    fencingToken: one.lock.fencingToken() + 1_000,
    sequence: 1_000_000n,
    rows: [newCall('req_beside')],
    postings: [{ balanceId: balance?.id ?? 0n, spentNanos: 1n, leasedNanos: 1n, heldNanos: 0n }],
  };
  expect(await writeBatchFast(money.database.pool, batch)).toEqual({ outcome: 'unclaimed' });
  expect(await deferPostingFast(money.database.pool, batch, [])).toEqual({ outcome: 'unclaimed' });
  expect(await deferPostingFast(money.database.pool, batch, [balance?.id ?? 0n])).toEqual({ outcome: 'unclaimed' });
  expect(await state()).toEqual(before);
});
