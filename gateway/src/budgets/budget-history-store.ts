import { actorOf } from '../accounts/actor.ts';
import type { Caller } from '../accounts/api-key.ts';
import type { Db } from '../db/transaction.ts';
import type { Budget } from './budget.ts';

/** The subject of a change. */
export type ChangeNote =
  | { kind: 'created' }
  | { kind: 'changed'; fields: readonly string[] }
  | { kind: 'raise'; byNanos: bigint; until: 'period_end' | 'forever'; periodEndMs: number | undefined }
  | { kind: 'raise_undone'; byNanos: bigint; raiseId: string };

type NewChange = ChangeNote & {
  id: string;
  budget: Pick<Budget, 'workspaceId' | 'id'>;
  caller: Caller;
  beforeNanos: bigint | undefined;
  afterNanos: bigint;
};

/** In the transaction of the change itself, under the lock of the budget's row: changes of one budget have their order by time. */
export async function insertChange(tx: Db, change: NewChange): Promise<void> {
  const by = actorOf(change.caller);
  const raise = change.kind === 'raise' ? change : undefined;
  await tx.query(
    `insert into budget_changes (workspace_id, budget_id, id, kind, by_type, by_id, before_nanos, after_nanos, by_nanos, until,
       period_end, raise_id, fields)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      change.budget.workspaceId,
      change.budget.id,
      change.id,
      change.kind,
      by.type,
      by.id,
      change.beforeNanos ?? null,
      change.afterNanos,
      'byNanos' in change ? change.byNanos : null,
      raise?.until ?? null,
      raise?.periodEndMs === undefined ? null : new Date(raise.periodEndMs),
      change.kind === 'raise_undone' ? change.raiseId : null,
      change.kind === 'changed' ? change.fields : null,
    ],
  );
}

/** Raises of the running period go on to another end with their budget: its time zone was changed. */
export async function moveRaises(tx: Db, old: Budget, next: Budget): Promise<void> {
  if (old.extraUntilMs === undefined || next.extraUntilMs === undefined || old.extraUntilMs === next.extraUntilMs)
    return;
  await tx.query(
    `update budget_changes set period_end = $4 where workspace_id = $1 and budget_id = $2 and kind = 'raise' and period_end = $3`,
    [old.workspaceId, old.id, new Date(old.extraUntilMs), new Date(next.extraUntilMs)],
  );
}

export interface StoredRaise {
  byNanos: bigint;
  until: 'period_end' | 'forever';
  periodEndMs: number | undefined;
  undoneAt: Date | undefined;
  /** When a limit was set after it: that is the whole limit, without the raise. */
  replacedAt: Date | undefined;
}

export async function findRaise(
  tx: Db,
  budget: Pick<Budget, 'workspaceId' | 'id'>,
  raiseId: string,
): Promise<StoredRaise | undefined> {
  const { rows } = await tx.query(
    `select r.by_nanos, r.until, r.period_end, u.at as undone_at, (
       select min(c.at) from budget_changes c where c.workspace_id = $1 and c.budget_id = $2 and c.kind = 'changed' and c.at > r.at
         and (c.fields @> '{limit_usd}' or (r.until = 'period_end' and c.fields @> '{period}'))) as replaced_at
     from budget_changes r left join budget_changes u on u.workspace_id = $1 and u.raise_id = r.id
     where r.workspace_id = $1 and r.budget_id = $2 and r.id = $3 and r.kind = 'raise'`,
    [budget.workspaceId, budget.id, raiseId],
  );
  const [row] = rows as {
    by_nanos: bigint;
    until: 'period_end' | 'forever';
    period_end: Date | null;
    undone_at: Date | null;
    replaced_at: Date | null;
  }[];
  return (
    row && {
      byNanos: row.by_nanos,
      until: row.until,
      periodEndMs: row.period_end?.getTime(),
      undoneAt: row.undone_at ?? undefined,
      replacedAt: row.replaced_at ?? undefined,
    }
  );
}

export interface HistoryRow {
  kind: 'period' | 'created' | 'changed' | 'raise' | 'raise_undone';
  at: Date;
  id: string;
  by_type: string | null;
  by_id: string | null;
  by_name: string | null;
  before_nanos: bigint | null;
  after_nanos: bigint;
  by_nanos: bigint | null;
  until: 'period_end' | 'forever' | null;
  raise_id: string | null;
  undone_at: Date | null;
  fields: string[] | null;
  period_start: Date | null;
  period_end: Date | null;
  spent_nanos: bigint | null;
  instances: number | null;
}

/**
 * Newest first: the changes of a budget, and its periods that are over, each with the sum of its instances. A period counts from its end.
 */
export async function listHistory(
  db: Db,
  budget: Pick<Budget, 'workspaceId' | 'id'>,
  options: { now: Date; limit: number; after: { at: Date; id: string } | undefined },
): Promise<HistoryRow[]> {
  const { rows } = await db.query(
    `with changes as (
       select c.kind, date_trunc('milliseconds', c.at) as at, c.id, c.by_type, c.by_id, coalesce(k.name, p.name) as by_name, c.before_nanos, c.after_nanos, c.by_nanos, c.until,
         case when c.kind = 'raise' then c.id else c.raise_id end as raise_id, u.at as undone_at, c.fields, null::timestamptz as period_start, c.period_end,
         null::bigint as spent_nanos, null::integer as instances
       from budget_changes c
       left join budget_changes u on u.workspace_id = c.workspace_id and u.raise_id = c.id
       left join api_keys k on c.by_type = 'key' and k.workspace_id = c.workspace_id and k.id = c.by_id
       left join people p on c.by_type = 'person' and p.id = c.by_id
       where c.workspace_id = $1 and c.budget_id = $2),
     waiting as materialized (select meter_id, sum(spent_nanos) as nanos from unposted_meters() group by 1),
     periods as (
       select 'period' as kind, m.period_end as at, min(m.id)::text as id, null as by_type, null as by_id, null as by_name, null::bigint as before_nanos,
         max(m.limit_nanos) as after_nanos, null::bigint as by_nanos, null as until, null as raise_id, null::timestamptz as undone_at, null::text[] as fields,
         m.period_start, m.period_end, sum(m.spent_nanos + coalesce(w.nanos, 0))::bigint as spent_nanos, count(*)::integer as instances
       from meters m left join waiting w on w.meter_id = m.id
       where m.workspace_id = $1 and m.budget_id = $2 and m.period_end <= $3 and m.period not like 'set aside%'
       group by m.period_start, m.period_end)
     select * from (select * from changes union all select * from periods) history
     where $5::timestamptz is null or (at, id) < ($5, $6) order by at desc, id desc limit $4`,
    [budget.workspaceId, budget.id, options.now, options.limit, options.after?.at ?? null, options.after?.id ?? null],
  );
  return rows as HistoryRow[];
}
