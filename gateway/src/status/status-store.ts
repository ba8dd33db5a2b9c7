import type { PoolClient } from 'pg';
import type { Db } from '../db/transaction.ts';
import type { ComponentDay } from './component.ts';

/** Any number that no other part takes: one process at a time looks. */
const lock = 7_203_114_409n;

/** The time of the last look and of this one; undefined where another process looks or has just looked. */
export async function takeLook(
  tx: PoolClient,
  { leastMs }: { leastMs: number },
): Promise<{ lastMs: number | undefined; nowMs: number } | undefined> {
  const { rows } = await tx.query(
    'select pg_try_advisory_xact_lock($1) as mine, now() as now, (select watched_at from status_watch) as last',
    [lock],
  );
  const [{ mine, now, last }] = rows as [{ mine: boolean; now: Date; last: Date | null }];
  if (!mine || (last !== null && now.getTime() - last.getTime() < leastMs)) return undefined;
  await tx.query(
    'insert into status_watch (watched_at) values ($1) on conflict (one) do update set watched_at = excluded.watched_at',
    [now],
  );
  return { lastMs: last?.getTime(), nowMs: now.getTime() };
}

export async function addDays(tx: Db, days: readonly ComponentDay[]): Promise<void> {
  await tx.query(
    `insert into status_days as s (component, day, up_ms, degraded_ms, down_ms)
     select component, day, sum("upMs"), sum("degradedMs"), sum("downMs")
     from json_to_recordset($1::json) as r (component text, day date, "upMs" bigint, "degradedMs" bigint, "downMs" bigint)
     group by 1, 2 order by 1, 2
     on conflict (component, day) do update set up_ms = s.up_ms + excluded.up_ms, degraded_ms = s.degraded_ms + excluded.degraded_ms,
       down_ms = s.down_ms + excluded.down_ms`,
    [JSON.stringify(days)],
  );
}

/** `from` and `to` are days, both included. */
export async function selectDays(db: Db, { from, to }: { from: string; to: string }): Promise<ComponentDay[]> {
  const { rows } = await db.query(
    `select component, to_char(day, 'YYYY-MM-DD') as day, up_ms::float8 as "upMs", degraded_ms::float8 as "degradedMs",
       down_ms::float8 as "downMs"
     from status_days where day >= $1::date and day <= $2::date order by component, day`,
    [from, to],
  );
  return rows as ComponentDay[];
}

/**
 * The failures of accounts that any process has announced: of an account, or of one of its models. Those of one workspace are its own affair.
 * An outage that nobody has seen for ten minutes may be over.
 */
export async function listFailing(db: Db): Promise<{ account: string; isWhole: boolean; since: Date }[]> {
  const { rows } = await db.query(
    `select split_part(account, E'\\n', 1) as account, split_part(account, E'\\n', 2) = '' as "isWhole", since
     from provider_states where down and split_part(account, E'\\n', 3) = ''
       and greatest(failed_at, since) > now() - interval '10 minutes'`,
  );
  return rows as { account: string; isWhole: boolean; since: Date }[];
}

/** Does a delivery wait that should have been tried minutes ago? */
export async function isDeliveryLate(db: Db): Promise<boolean> {
  const { rows } = await db.query(
    `select exists (select 1 from deliveries where status = 'pending' and next_try_at < now() - interval '10 minutes') as late`,
  );
  return (rows as { late: boolean }[])[0]?.late ?? false;
}

export async function listWorkspaceIds(db: Db): Promise<string[]> {
  const { rows } = await db.query('select id from workspaces order by id');
  return (rows as { id: string }[]).map(({ id }) => id);
}
