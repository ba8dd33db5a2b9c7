import { findSpent } from '../budgets/balance-store.ts';
import type { Db } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import { findFiledPosting } from '../usage/unwritten-store.ts';
import type { Charge } from './charge.ts';
import { chargeBalances, claimBatch, debitLeases, insertUnposted, lockCall } from './charge-store.ts';
import type { JournalRow } from './journal-row.ts';
import type { Batch, PostedBalance } from './posting-store.ts';

export interface Writing {
  record: (tx: Db, events: readonly NewEvent[]) => Promise<void>;
  /** Puts the calls where they belong; safe to repeat. */
  write: (tx: Db) => Promise<void>;
}

/**
 * Writes a batch statement by statement, within one transaction: as on the fast path, and an event for each threshold it crosses. A
 * batch that was claimed before is written, and nothing of it is written again.
 */
export async function writeBatchWithEvents(
  tx: Db,
  batch: Batch & { charges: readonly Charge[] },
  { record, write }: Writing,
): Promise<PostedBalance[] | 'fenced'> {
  const claimed = await claimBatch(tx, batch);
  if (claimed !== 'claimed') return claimed === 'fenced' ? 'fenced' : [];
  const postings = await debitLeases(tx, batch);
  const { balances, events } = await chargeBalances(tx, { postings, charges: batch.charges });
  await write(tx);
  await record(tx, events);
  return withOthers(tx, batch.processId, balances);
}

/** The same, with the sums kept for later: no balance is touched. Throws, as if the connection were lost, where the process is fenced. */
export async function deferPosting(tx: Db, batch: Batch, { write }: Writing): Promise<void> {
  if (!(await insertUnposted(tx, batch))) throw new Error('This process was taken for dead; its batch is repeated.');
  await write(tx);
}

/** Adds the unposted sums of other processes. The balances are locked, so nothing is counted twice. */
async function withOthers(tx: Db, processId: string, balances: readonly PostedBalance[]): Promise<PostedBalance[]> {
  const ids = balances.map(({ id }) => id);
  const spent = new Map(
    (await findSpent(tx, { ids, exceptProcessId: processId })).map((one) => [one.id, one.spentNanos]),
  );
  return balances.map((balance) => ({ ...balance, spentNanos: spent.get(balance.id) ?? balance.spentNanos }));
}

/**
 * Writes rows of a process that was taken for dead. Some of its calls were settled by estimate meanwhile, so each is compared with its
 * row in the database, and only the difference is charged. Its leases are gone; calls it opens from now on have new ones.
 */
export async function reconcile(
  tx: Db,
  options: { processId: string; epoch: number; rows: readonly JournalRow[] },
  { record, write }: Writing,
): Promise<PostedBalance[]> {
  const { processId, epoch } = options;
  const rows = options.rows.toSorted((a, b) => (a.open.id < b.open.id ? -1 : 1));
  const charges: Charge[] = [];
  const leased = new Map<bigint, bigint>();
  for (const { open, closed, debits, place, epoch: openedIn } of rows) {
    if (closed === undefined) continue;
    const before = await lockCall(tx, open);
    if (before !== undefined && before.status !== 'open' && before.status !== 'interrupted') continue;
    const estimated = before?.status === 'interrupted' ? before.costNanos : 0n;
    const charged = estimated + (place === 'file' ? ((await findFiledPosting(tx, open)) ?? 0n) : 0n);
    for (const { balanceId, spentNanos, leasedNanos } of debits) {
      charges.push({ balanceId, spentNanos: spentNanos - charged, tags: open.tags });
      if (openedIn === epoch) leased.set(balanceId, (leased.get(balanceId) ?? 0n) + leasedNanos);
    }
  }
  const ids = [...new Set(charges.map(({ balanceId }) => balanceId))].sort((a, b) => (a < b ? -1 : 1));
  const asked = ids.map((balanceId) => ({
    balanceId,
    spentNanos: charges.reduce((sum, charge) => (charge.balanceId === balanceId ? sum + charge.spentNanos : sum), 0n),
    leasedNanos: leased.get(balanceId) ?? 0n,
    heldNanos: 0n,
  }));
  const postings = await debitLeases(tx, { processId, postings: asked });
  const { balances, events } = await chargeBalances(tx, { postings, charges });
  await write(tx);
  await record(tx, events);
  return withOthers(tx, processId, balances);
}
