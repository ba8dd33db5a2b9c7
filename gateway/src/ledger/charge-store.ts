import { type BalanceRow, findUnposted, readBalance } from '../budgets/balance-store.ts';
import { type Budget, crossed, nextThresholdOf } from '../budgets/budget.ts';
import { readBudget } from '../budgets/budget-store.ts';
import type { Db } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import type { Posting } from './budget-balance.ts';
import { budgetEvent } from './budget-event.ts';
import { type Charge, tagsThatReached } from './charge.ts';
import { type BalancePosting, type Batch, encodePostings, type PostedBalance } from './posting-store.ts';

/**
 * Debits balances that this transaction has locked. The events of thresholds that are crossed come back, to be written in the same
 * transaction.
 */
export async function chargeBalances(
  tx: Db,
  options: { postings: readonly Posting[]; charges: readonly Charge[] },
): Promise<{ balances: PostedBalance[]; events: NewEvent[] }> {
  const { postings, charges } = options;
  const balances: PostedBalance[] = [];
  const events: NewEvent[] = [];
  const changes: object[] = [];
  if (postings.length === 0) return { balances, events };
  const { rows } = await tx.query(
    `select m.id, m.budget_id, m.instance, m.period_start, m.period_end, m.limit_nanos as meter_limit, m.spent_nanos,
       m.leased_nanos, m.told, m.next_nanos, b.*,
       coalesce((select sum(held_nanos) from leases l where l.meter_id = m.id), 0)::bigint as held_nanos, m.id as meter_id
     from meters m join budgets b on b.workspace_id = m.workspace_id and b.id = m.budget_id
     where m.id = any($1) order by m.id`,
    [postings.map(({ balanceId }) => balanceId)],
  );
  const byBalance = new Map(postings.map((posting) => [posting.balanceId, posting]));
  for (const row of rows as Record<string, unknown>[]) {
    const budget = readBudget(row);
    const balance = readBalance({ ...row, id: row.meter_id, limit_nanos: row.meter_limit });
    const posting = byBalance.get(balance.id);
    if (posting === undefined) continue;
    const spentNanos = balance.spentNanos + posting.spentNanos;
    const { limitNanos } = balance;
    // A budget that was deleted meanwhile notifies nobody.
    const reached =
      row.deleted_at !== null
        ? []
        : crossed({
            thresholds: budget.thresholds,
            notifiedThresholds: balance.notifiedThresholds,
            spentNanos,
            limitNanos,
          });
    const notifiedThresholds = [...balance.notifiedThresholds, ...reached];
    const next = nextThresholdOf(budget.thresholds, notifiedThresholds, limitNanos);
    changes.push({
      id: String(balance.id),
      spent: String(posting.spentNanos),
      leased: String(posting.leasedNanos),
      told: notifiedThresholds,
      next: next?.toString() ?? null,
    });
    const overdraft = spentNanos + balance.leasedNanos - posting.leasedNanos - limitNanos;
    balances.push({
      id: balance.id,
      spentNanos,
      limitNanos,
      nextThresholdNanos: next,
      overdraftNanos: overdraft > 0n ? overdraft : 0n,
    });
    const own = reached.length === 0 ? [] : charges.filter(({ balanceId }) => balanceId === balance.id);
    for (const percent of reached) {
      const tags = tagsThatReached({ own, beforeNanos: balance.spentNanos, limitNanos, percent });
      const count = { ...balance, spentNanos, notifiedThresholds };
      events.push(budgetEvent(budget, count, { percent, tags }));
    }
  }
  await tx.query(
    `update meters m set spent_nanos = spent_nanos + n.spent, leased_nanos = leased_nanos - n.leased, told = n.told, next_nanos = n.next
     from json_to_recordset($1::json) as n (id bigint, spent bigint, leased bigint, told smallint[], next bigint) where m.id = n.id`,
    [JSON.stringify(changes)],
  );
  return { balances, events };
}

/**
 * Takes the leased part of a batch out of the leases, in a transaction that locks its balances. The money of a lease that is gone
 * returned with it, so the postings that come back have none of it.
 */
export async function debitLeases(
  tx: Db,
  { processId, postings }: { processId: string; postings: readonly BalancePosting[] },
): Promise<BalancePosting[]> {
  await lockBalances(
    tx,
    postings.map(({ balanceId }) => balanceId),
  );
  const { rows } = await tx.query(
    `with rs as (select * from json_to_recordset($2::json) as p (m bigint, s bigint, l bigint, h bigint))
     update leases l set amount_nanos = amount_nanos - rs.l, held_nanos = rs.h from rs
     where l.process_id = $1 and l.meter_id = rs.m returning l.meter_id`,
    [processId, encodePostings(postings)],
  );
  const debited = new Set((rows as { meter_id: bigint }[]).map(({ meter_id: id }) => id));
  return postings.map((one) => (debited.has(one.balanceId) ? one : { ...one, leasedNanos: 0n }));
}

/** In id order, as everywhere, so that two transactions never wait for each other. */
export async function lockBalances(tx: Db, ids: readonly bigint[]): Promise<void> {
  await tx.query('select id from meters where id = any($1) order by id for update', [ids]);
}

/** Claims the place of a batch among those of its process, so that a repetition changes nothing. */
export async function claimBatch(
  tx: Db,
  batch: Pick<Batch, 'processId' | 'fencingToken' | 'sequence'>,
): Promise<'claimed' | 'repeated' | 'fenced'> {
  const claimed = await tx.query(
    'update processes set posted_batch = $2 where id = $1 and lock_number = $3 and posted_batch < $2',
    [batch.processId, batch.sequence, batch.fencingToken],
  );
  if (claimed.rowCount === 1) return 'claimed';
  const { rows } = await tx.query('select 1 from processes where id = $1 and lock_number = $2', [
    batch.processId,
    batch.fencingToken,
  ]);
  return rows.length === 1 ? 'repeated' : 'fenced';
}

/** Notes that 100 % was notified; undefined where it was before. The row that comes back has it in `notifiedThresholds`. */
export async function markExceeded(
  tx: Db,
  { id, budget }: { id: bigint; budget: Budget },
): Promise<BalanceRow | undefined> {
  const { rows } = await tx.query(
    `select *, (select coalesce(sum(held_nanos), 0) from leases where meter_id = m.id)::bigint as held_nanos
     from meters m where id = $1 for update`,
    [id],
  );
  const [locked] = rows.map(readBalance);
  if (locked === undefined || locked.notifiedThresholds.includes(100)) return undefined;
  const unposted = (await findUnposted(tx, [id])).get(id) ?? 0n;
  const row = { ...locked, spentNanos: locked.spentNanos + unposted };
  const notifiedThresholds = [...row.notifiedThresholds, 100];
  await tx.query('update meters set told = $2, next_nanos = $3 where id = $1', [
    id,
    notifiedThresholds,
    nextThresholdOf(budget.thresholds, notifiedThresholds, row.limitNanos) ?? null,
  ]);
  return { ...row, notifiedThresholds };
}

/**
 * The state of a call in `unwritten_calls`, or else in `calls`; undefined for a call that is in neither. Locked until the transaction
 * ends.
 */
export async function lockCall(
  tx: Db,
  place: { workspaceId: string; createdAtMs: number; id: string },
): Promise<{ status: string; costNanos: bigint } | undefined> {
  const values = [place.workspaceId, new Date(place.createdAtMs), place.id];
  for (const table of ['unwritten_calls', 'calls']) {
    const { rows } = await tx.query(
      `select status, cost_nanos from ${table} where workspace_id = $1 and created_at = $2 and id = $3 for update`,
      values,
    );
    const [row] = rows as { status: string; cost_nanos: bigint }[];
    if (row !== undefined) return { status: row.status, costNanos: row.cost_nanos };
  }
  return undefined;
}

/** As `keepUnposted`, within a transaction; a repetition changes nothing. False where the process is fenced. */
export async function insertUnposted(tx: Db, { processId, sequence, fencingToken, postings }: Batch): Promise<boolean> {
  await tx.query(
    `insert into unposted_batches (process_id, batch, meters, spent, leased, held)
     select $1, $2, $4, $5, $6, $7 from processes where id = $1 and lock_number = $3 and posted_batch < $2 for key share
     on conflict (process_id, batch) do nothing`,
    [
      processId,
      sequence,
      fencingToken,
      postings.map(({ balanceId }) => balanceId),
      postings.map(({ spentNanos }) => spentNanos),
      postings.map(({ leasedNanos }) => leasedNanos),
      postings.map(({ heldNanos }) => heldNanos),
    ],
  );
  const { rowCount } = await tx.query(
    `select 1 from unposted_batches u join processes r on r.id = u.process_id
     where u.process_id = $1 and u.batch = $2 and r.lock_number = $3`,
    [processId, sequence, fencingToken],
  );
  return rowCount === 1;
}
