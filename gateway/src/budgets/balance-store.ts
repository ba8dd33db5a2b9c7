import type { Db } from '../db/transaction.ts';
import type { Budget } from './budget.ts';
import { publishBudgetChange, readAgain } from './budget-store.ts';
import { periodAt } from './period.ts';

export interface BalanceRow {
  id: bigint;
  budgetId: string;
  instance: string;
  periodStartMs: number;
  periodEndMs: number | undefined;
  limitNanos: bigint;
  spentNanos: bigint;
  leasedNanos: bigint;
  notifiedThresholds: number[];
  /** When this much is spent the next threshold is crossed; undefined where all are notified. */
  nextThresholdNanos: bigint | undefined;
  /** The money that calls of other processes hold, as they last wrote it. */
  heldNanos: bigint;
}

export const columnsOfBalance = `id, workspace_id, budget_id, instance, period_start, period_end, limit_nanos, spent_nanos,
  leased_nanos, told, next_nanos`;
const columnsOfM = columnsOfBalance.replaceAll(/\b(\w+)\b/g, 'm.$1');

/**
 * The balance of a budget's instance in the period of a moment, made by the first process that needs it. A new row has the limit of the
 * budget's row, which may have changed since this process read it; the row's lock makes it take turns with the change. Where the period
 * or time zone has changed the budget comes back as it is now: nothing may be spent from a balance that was moved to another period.
 */
export async function openBalance(
  db: Db,
  budget: Budget,
  options: { instance: string; atMs: number },
): Promise<{ row: BalanceRow; budget: Budget }> {
  const { instance, atMs } = options;
  const period = periodAt(budget.period, budget.timezone, atMs, budget.createdAtMs);
  const { rows } = await db.query(
    `insert into meters (workspace_id, budget_id, instance, period, period_start, period_end, limit_nanos, next_nanos)
     select $1, $2, $3, $4, $5, $6::timestamptz, b.nanos, div(b.nanos::numeric * b.first + 99, 100)
     from (
       select limit_nanos + case when extra_until = $6::timestamptz then extra_nanos else 0 end as nanos,
         (select min(percent) from unnest(thresholds || 100) as percent) as first
       from budgets where workspace_id = $1 and id = $2 and period = $4 and timezone = $7 for share) b
     on conflict (workspace_id, budget_id, instance, period, period_start) do update set ended = meters.ended
     returning ${columnsOfBalance}`,
    [
      budget.workspaceId,
      budget.id,
      instance,
      budget.period,
      new Date(period.startMs),
      period.endMs === undefined ? null : new Date(period.endMs),
      budget.timezone,
    ],
  );
  const [row] = rows.map(readBalance);
  return row === undefined ? openBalance(db, await readAgain(db, budget), options) : { row, budget };
}

/** The amounts spent of these balances now, without the sums this process has not posted yet. */
export async function findSpent(
  db: Db,
  { ids, exceptProcessId }: { ids: readonly bigint[]; exceptProcessId: string },
): Promise<{ id: bigint; spentNanos: bigint; nextThresholdNanos: bigint | undefined }[]> {
  const { rows } = await db.query(
    `with others as materialized (
       select meter_id, sum(spent_nanos) as spent_nanos from unposted_meters() where process_id <> $2 group by 1)
     select m.id, (m.spent_nanos + coalesce(o.spent_nanos, 0))::bigint as spent_nanos, m.next_nanos
     from meters m left join others o on o.meter_id = m.id where m.id = any($1)`,
    [ids, exceptProcessId],
  );
  return (rows as { id: bigint; spent_nanos: bigint; next_nanos: bigint | null }[]).map((row) => ({
    id: row.id,
    spentNanos: row.spent_nanos,
    nextThresholdNanos: row.next_nanos ?? undefined,
  }));
}

/**
 * The sums spent of these balances and not posted, by any process: exact as long as the balances are locked, or in the statement that
 * reads them.
 */
export async function findUnposted(tx: Db, ids: readonly bigint[]): Promise<ReadonlyMap<bigint, bigint>> {
  const { rows } = await tx.query(
    'select meter_id, sum(spent_nanos)::bigint as spent_nanos from unposted_meters() where meter_id = any($1) group by 1',
    [ids],
  );
  return new Map(
    (rows as { meter_id: bigint; spent_nanos: bigint }[]).map((row) => [row.meter_id, row.spent_nanos] as const),
  );
}

/**
 * Balances with all that is spent of them, posted or not, and the holds of other processes, `$1` being this one: in one statement, and
 * so as of one moment.
 */
const columnsAsOfNow = `${columnsOfM.replace('m.spent_nanos', '(m.spent_nanos + coalesce(u.spent_nanos, 0))::bigint as spent_nanos')},
  coalesce((select sum(coalesce(w.held_nanos, l.held_nanos)) from leases l
    left join waiting w on w.process_id = l.process_id and w.meter_id = l.meter_id
    where l.meter_id = m.id and l.process_id <> $1), 0)::bigint as held_nanos`;
const partsUnposted = `waiting as materialized (select * from unposted_meters()),
  unposted as materialized (select meter_id, sum(spent_nanos) as spent_nanos from waiting group by 1)`;

/** Finds balances by budget, instance and period, with the holds of other processes. */
export async function findBalances(
  db: Db,
  keys: readonly { budget: Budget; instance: string; periodStartMs: number }[],
  options: { exceptProcessId: string },
): Promise<BalanceRow[]> {
  if (keys.length === 0) return [];
  const { rows } = await db.query({
    name: 'find-balances',
    text: `with ${partsUnposted}
     select ${columnsAsOfNow}
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]) as k (w, b, i, p, s)
     join meters m on m.workspace_id = k.w and m.budget_id = k.b and m.instance = k.i and m.period = k.p and m.period_start = k.s
     left join unposted u on u.meter_id = m.id`,
    values: [
      options.exceptProcessId,
      keys.map(({ budget }) => budget.workspaceId),
      keys.map(({ budget }) => budget.id),
      keys.map(({ instance }) => instance),
      keys.map(({ budget }) => budget.period),
      keys.map(({ periodStartMs }) => new Date(periodStartMs)),
    ],
  });
  return rows.map(readBalance);
}

/** The balances of a budget with '*' whose period is running, the most spent first. */
export async function listBalances(
  db: Db,
  budget: Budget,
  options: {
    nowMs: number;
    exceptProcessId: string;
    afterInstance?: { spentNanos: bigint; id: bigint } | undefined;
    limit: number;
  },
): Promise<BalanceRow[]> {
  const { afterInstance: after } = options;
  const conditionsAfter = after === undefined ? '' : 'where (spent_nanos, id) < ($7, $8)';
  const { rows } = await db.query(
    `with ${partsUnposted},
     running as (
       select ${columnsAsOfNow}
       from meters m left join unposted u on u.meter_id = m.id
       where m.workspace_id = $2 and m.budget_id = $3 and m.period = $4 and m.period_start <= $5
         and (m.period_end is null or m.period_end > $5))
     select * from running ${conditionsAfter} order by spent_nanos desc, id desc limit $6`,
    [
      options.exceptProcessId,
      budget.workspaceId,
      budget.id,
      budget.period,
      new Date(options.nowMs),
      options.limit,
      ...(after === undefined ? [] : [after.spentNanos, after.id]),
    ],
  );
  return rows.map(readBalance);
}

/** The balance of each budget with '*' that has spent most in the period that is running: of all budgets in one statement. */
export async function findFullest(
  db: Db,
  budgets: readonly Budget[],
  { nowMs, exceptProcessId }: { nowMs: number; exceptProcessId: string },
): Promise<BalanceRow[]> {
  if (budgets.length === 0) return [];
  const { rows } = await db.query(
    `with ${partsUnposted}
     select top.* from unnest($2::text[], $3::text[], $4::text[]) as k (w, b, p) cross join lateral (
       select ${columnsAsOfNow}
       from meters m left join unposted u on u.meter_id = m.id
       where m.workspace_id = k.w and m.budget_id = k.b and m.period = k.p and m.period_start <= $5
         and (m.period_end is null or m.period_end > $5)
       order by m.spent_nanos + coalesce(u.spent_nanos, 0) desc, m.id desc limit 1) top`,
    [
      exceptProcessId,
      budgets.map(({ workspaceId }) => workspaceId),
      budgets.map(({ id }) => id),
      budgets.map(({ period }) => period),
      new Date(nowMs),
    ],
  );
  return rows.map(readBalance);
}

export function readBalance(row: unknown): BalanceRow {
  const value = row as {
    id: bigint;
    budget_id: string;
    instance: string;
    period_start: Date;
    period_end: Date | null;
    limit_nanos: bigint;
    spent_nanos: bigint;
    leased_nanos: bigint;
    told: number[];
    next_nanos: bigint | null;
    held_nanos?: bigint;
  };
  return {
    id: value.id,
    budgetId: value.budget_id,
    instance: value.instance,
    periodStartMs: value.period_start.getTime(),
    periodEndMs: value.period_end?.getTime(),
    limitNanos: value.limit_nanos,
    spentNanos: value.spent_nanos,
    leasedNanos: value.leased_nanos,
    notifiedThresholds: value.told,
    nextThresholdNanos: value.next_nanos ?? undefined,
    heldNanos: value.held_nanos ?? 0n,
  };
}

/** Is more leased and spent of a budget, in a period that is running, than its limit? */
export async function findLeased(db: Db, budget: Pick<Budget, 'workspaceId' | 'id'>): Promise<{ overdrawn: boolean }> {
  const { rows } = await db.query(
    `select coalesce(bool_or(leased_nanos > 0 and spent_nanos + leased_nanos > limit_nanos), false) as overdrawn
     from meters where workspace_id = $1 and budget_id = $2 and (period_end is null or period_end > clock_timestamp())`,
    [budget.workspaceId, budget.id],
  );
  return rows[0] as { overdrawn: boolean };
}

/** Lowers what may be leased of the running balances: nothing is leased past it from here on. */
export async function lowerBalances(
  tx: Db,
  budget: Pick<Budget, 'workspaceId' | 'id'>,
  limitNanos: bigint,
): Promise<void> {
  await tx.query(
    `with locked as (
       select id from meters where workspace_id = $1 and budget_id = $2 and (period_end is null or period_end > clock_timestamp())
       order by id for update)
     update meters m set limit_nanos = least(m.limit_nanos, $3) from locked where m.id = locked.id`,
    [budget.workspaceId, budget.id, limitNanos],
  );
  await tx.query(publishBudgetChange(budget.workspaceId));
}

/**
 * The most that is spent and leased of any instance in a period that is running, and the highest limit of them. The balances stay locked
 * until the transaction ends. Money that is settled and not posted is spent, and no longer leased. The table of unposted sums is locked
 * before the balances, as everywhere.
 */
export async function findMostUsed(
  tx: Db,
  budget: Pick<Budget, 'workspaceId' | 'id'>,
): Promise<{ usedNanos: bigint; limitNanos: bigint }> {
  await tx.query('lock table unposted_batches in share mode');
  const { rows } = await tx.query(
    `select id, spent_nanos + leased_nanos as nanos, limit_nanos from meters
     where workspace_id = $1 and budget_id = $2 and (period_end is null or period_end > clock_timestamp()) order by id for update`,
    [budget.workspaceId, budget.id],
  );
  const balances = rows as { id: bigint; nanos: bigint; limit_nanos: bigint }[];
  const { rows: unposted } = await tx.query(
    `select p.meter_id, sum(p.spent - p.leased)::bigint as nanos
     from processes r join unposted_batches u on u.process_id = r.id and u.batch > r.posted_batch,
       unnest(u.meters, u.spent, u.leased) as p (meter_id, spent, leased)
     where p.meter_id = any($1) group by 1`,
    [balances.map(({ id }) => id)],
  );
  const more = new Map((unposted as { meter_id: bigint; nanos: bigint }[]).map((row) => [row.meter_id, row.nanos]));
  const most = (all: readonly bigint[]): bigint => all.toSorted((a, b) => (a < b ? 1 : -1))[0] ?? 0n;
  return {
    usedNanos: most(balances.map(({ id, nanos }) => nanos + (more.get(id) ?? 0n))),
    limitNanos: most(balances.map(({ limit_nanos }) => limit_nanos)),
  };
}
