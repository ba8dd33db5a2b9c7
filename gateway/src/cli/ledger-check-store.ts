import type { Db } from '../db/transaction.ts';
import type { UnwrittenRecord } from '../usage/unwritten-store.ts';

/** A balance whose row says something else than its calls or its leases. */
export interface Difference {
  balanceId: bigint;
  workspaceId: string;
  budgetId: string;
  name: string;
  instance: string;
  periodStart: Date;
  /** Between these two its calls came in: a budget counts from when it was made. */
  counted: { from: Date; to: Date };
  spentNanos: bigint;
  callsNanos: bigint;
  leasedNanos: bigint;
  leasesNanos: bigint;
}

/**
 * In one statement, so in one moment: what is settled while it runs is in both books or in none. A call that `calls` did not take counts
 * by its row in `unwritten_calls`, or by `filed`, what a file has of it.
 */
export async function compareBooks(
  db: Db,
  filed: readonly UnwrittenRecord[] = [],
): Promise<{ balances: number; differences: Difference[] }> {
  const { rows } = await db.query(
    `with filed as (
       select * from json_to_recordset($1::json) as r (
         "workspaceId" text, "createdAt" timestamptz, id text, status text, "costNanos" bigint, meters bigint[])),
     elsewhere as (
       select workspace_id, created_at, id, status, cost_nanos, meters from unwritten_calls u
       where not exists (select 1 from filed f where f."workspaceId" = u.workspace_id and f."createdAt" = u.created_at and f.id = u.id)
       union all select * from filed),
     counted as (
       select cost_nanos, meters from calls c where status <> 'open' and not exists (
         select 1 from elsewhere e where e.workspace_id = c.workspace_id and e.created_at = c.created_at and e.id = c.id)
       union all select cost_nanos, meters from elsewhere where status <> 'open'),
     calls_of as (select meter, sum(cost_nanos)::bigint as nanos from counted, unnest(meters) as meter group by 1),
     leases_of as (select meter_id, sum(amount_nanos)::bigint as nanos from leases group by 1),
     unposted as (select meter_id, sum(spent_nanos)::bigint as nanos from unposted_meters() group by 1)
     select m.id, m.workspace_id, m.budget_id, b.name, m.instance, greatest(m.period_start, b.created_at) as counted_from, m.period_start, least(m.period_end, now()) as counted_to, m.spent_nanos + coalesce(u.nanos, 0) as spent_nanos, m.leased_nanos,
       m.carried_nanos + m.archived_nanos + coalesce(c.nanos, 0) as calls_nanos, coalesce(l.nanos, 0) as leases_nanos
     from meters m
     left join budgets b on b.workspace_id = m.workspace_id and b.id = m.budget_id
     left join calls_of c on c.meter = m.id
     left join leases_of l on l.meter_id = m.id
     left join unposted u on u.meter_id = m.id
     where m.spent_nanos + coalesce(u.nanos, 0) <> m.carried_nanos + m.archived_nanos + coalesce(c.nanos, 0) or m.leased_nanos <> coalesce(l.nanos, 0)
     order by m.id`,
    [JSON.stringify(filed)],
  );
  const { rows: counted } = await db.query('select count(*)::integer as meters from meters');
  return {
    balances: (counted[0] as { meters: number }).meters,
    differences: (rows as RawDifference[]).map((row) => ({
      balanceId: row.id,
      workspaceId: row.workspace_id,
      budgetId: row.budget_id,
      name: row.name ?? '',
      instance: row.instance,
      periodStart: row.period_start,
      counted: { from: row.counted_from, to: row.counted_to },
      spentNanos: row.spent_nanos,
      callsNanos: row.calls_nanos,
      leasedNanos: row.leased_nanos,
      leasesNanos: row.leases_nanos,
    })),
  };
}

interface RawDifference {
  id: bigint;
  workspace_id: string;
  budget_id: string;
  name: string | null;
  instance: string;
  period_start: Date;
  counted_from: Date;
  counted_to: Date;
  spent_nanos: bigint;
  leased_nanos: bigint;
  calls_nanos: bigint;
  leases_nanos: bigint;
}
