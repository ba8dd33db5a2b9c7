import type { Db } from '../db/transaction.ts';
import { summedState, tablesFor } from '../usage/narrow-sums-store.ts';

export interface ListedWorkspace {
  id: string;
  name: string;
  createdAt: Date;
  members: number;
  isStopped: boolean;
  needsPlan: boolean;
  calls: number;
  costNanos: bigint;
}

export interface WorkspacePage {
  search: string | undefined;
  /** The last id of the page before: ids go by age. */
  before: string | undefined;
  limit: number;
  monthStart: Date;
}

/**
 * The newest first. The month is summed for the workspaces of the page only: days and hours that are summed already, and the calls after them.
 */
export async function listWorkspaces(
  db: Db,
  { search, before, limit, monthStart }: WorkspacePage,
): Promise<ListedWorkspace[]> {
  const { until, isNarrow } = await summedState(db);
  const { days, hours, ofKind } = tablesFor([], isNarrow);
  const { rows } = await db.query(
    `with page as (
       select id, name, created_at, needs_plan from workspaces
       where ($1::text is null or strpos(lower(name), lower($1)) > 0 or id = $1) and ($2::text is null or id < $2)
       order by id desc limit $3),
     used as (
       select workspace_id, sum(requests) as calls, sum(cost_nanos + second_cost_nanos) as cost_nanos from (
         select workspace_id, requests, cost_nanos, second_cost_nanos from ${days}
         where workspace_id in (select id from page) and livemode ${ofKind} and day >= $4 and day < date_trunc('day', $5::timestamptz, 'UTC')
         union all
         select workspace_id, requests, cost_nanos, second_cost_nanos from ${hours}
         where workspace_id in (select id from page) and livemode ${ofKind}
           and hour >= greatest(date_trunc('day', $5::timestamptz, 'UTC'), $4) and hour < $5
         union all
         select workspace_id, case when shadow_of is null then 1 else 0 end, cost_nanos, 0 from calls
         where workspace_id in (select id from page) and livemode and status <> 'open'
           and created_at >= greatest($5, $4)) sums
       group by workspace_id)
     select p.id, p.name, p.created_at, coalesce(u.calls, 0)::bigint as calls, coalesce(u.cost_nanos, 0)::bigint as cost_nanos,
       (select count(*)::integer from members m where m.workspace_id = p.id and m.disabled_at is null and m.role <> 'client') as members,
       exists (select 1 from stops s where s.workspace_id = p.id and s.livemode and s.client_id = '') as is_stopped,
       p.needs_plan and not exists (select 1 from bought_plans b where b.workspace_id = p.id and b.status = 'active') as needs_plan
     from page p left join used u on u.workspace_id = p.id order by p.id desc`,
    [search ?? null, before ?? null, limit, monthStart, until ?? '-infinity'],
  );
  return rows.map(readRow);
}

function readRow(row: unknown): ListedWorkspace {
  const value = row as {
    id: string;
    name: string;
    created_at: Date;
    members: number;
    is_stopped: boolean;
    needs_plan: boolean;
    calls: string | bigint;
    cost_nanos: string | bigint;
  };
  return {
    id: value.id,
    name: value.name,
    createdAt: value.created_at,
    members: value.members,
    isStopped: value.is_stopped,
    needsPlan: value.needs_plan,
    calls: Number(value.calls),
    costNanos: BigInt(value.cost_nanos),
  };
}
