import type { Db } from '../db/transaction.ts';

export interface DatabaseHealth {
  /** "18.4" */
  version: string;
  connections: number;
  /** The connections that a role without superuser rights may have. */
  connectionsMax: number;
  synchronousCommit: string;
  /** Standbys that replicate from it, and the setting that makes a commit wait for them. */
  standbys: number;
  synchronousStandbys: string;
  /** By the server's clock, in the middle of the statement. */
  nowMs: number;
}

export async function readHealth(db: Db): Promise<DatabaseHealth> {
  const { rows } = await db.query(
    `select current_setting('server_version') as version,
       (select count(*)::integer from pg_stat_activity where backend_type = 'client backend') as connections,
       current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer as most,
       current_setting('synchronous_commit') as commit,
       (select count(*)::integer from pg_stat_replication) as standbys,
       current_setting('synchronous_standby_names') as names,
       extract(epoch from clock_timestamp())::double precision * 1000 as now_ms`,
  );
  const row = rows[0] as {
    version: string;
    connections: number;
    most: number;
    commit: string;
    standbys: number;
    names: string;
    now_ms: number;
  };
  return {
    version: row.version.split(' ')[0] ?? row.version,
    connections: row.connections,
    connectionsMax: row.most,
    synchronousCommit: row.commit,
    standbys: row.standbys,
    synchronousStandbys: row.names,
    nowMs: row.now_ms,
  };
}

/** A session whose snapshot is so old that the rows of the ledger grow under it. */
export interface OldSnapshot {
  pid: number;
  application: string;
  user: string;
  minutes: number;
}

export async function findOldSnapshots(db: Db, olderThanMinutes: number): Promise<OldSnapshot[]> {
  const { rows } = await db.query(
    `select pid, coalesce(application_name, '') as application, coalesce(usename, '') as "user",
       floor(extract(epoch from now() - coalesce(xact_start, backend_start)) / 60)::integer as minutes
     from pg_stat_activity
     where backend_xmin is not null and coalesce(xact_start, backend_start) < now() - $1 * interval '1 minute'
       and pid <> pg_backend_pid() and datname = current_database()
     order by xact_start limit 5`,
    [olderThanMinutes],
  );
  return rows as OldSnapshot[];
}

/** Calls that `calls` did not take. Undefined in a database of a version without a table for them. */
export async function countUnwritten(db: Db): Promise<number | undefined> {
  const { rows: known } = await db.query("select to_regclass('unwritten_calls') is not null as is_there");
  if (!(known[0] as { is_there: boolean }).is_there) return undefined;
  const { rows } = await db.query('select count(*)::integer as count from unwritten_calls');
  return (rows[0] as { count: number }).count;
}
