import type { Db } from '../db/transaction.ts';

export interface EndedBalance {
  /** For `readBudget`. */
  budget: unknown;
  instance: string;
  spentNanos: bigint;
  deleted: boolean;
}

/** Takes balances whose period is over, each once; rows that another process takes at the same moment are passed over. */
export async function takeEnded(tx: Db, now: Date, limit: number): Promise<EndedBalance[]> {
  const { rows } = await tx.query(
    `with taken as (
       select id from meters where not ended and period_end <= $1 order by id limit $2 for update skip locked),
     ended as (
       update meters m set ended = true from taken where m.id = taken.id
       returning m.workspace_id, m.budget_id, m.period, m.instance,
         (m.spent_nanos + coalesce((select sum(u.spent_nanos) from unposted_meters() u where u.meter_id = m.id), 0))::bigint as spent_nanos)
     select b.*, ended.instance, ended.spent_nanos, b.deleted_at is not null or b.period <> ended.period as deleted
     from ended join budgets b on b.workspace_id = ended.workspace_id and b.id = ended.budget_id`,
    [now, limit],
  );
  return (rows as { instance: string; spent_nanos: bigint; deleted: boolean }[]).map((row) => ({
    budget: row,
    instance: row.instance,
    spentNanos: row.spent_nanos,
    deleted: row.deleted,
  }));
}
