import type { Db } from './transaction.ts';

/** Troubles of a database that works: for the log, and for `doctor`. */
export interface DatabaseTrouble {
  /** The same trouble has the same key each time it is found. */
  key: string;
  text: string;
}

/**
 * A transaction that keeps old versions of rows from being removed: the busiest rows grow slow to read. And a standby that may lack what was
 * acknowledged when the primary dies: a budget would forget what was spent of it.
 */
export async function findDatabaseTroubles(db: Db): Promise<DatabaseTrouble[]> {
  const { rows: old } = await db.query(
    `select pid, coalesce(nullif(application_name, ''), usename, 'somebody') as who,
       floor(extract(epoch from now() - xact_start) / 60)::integer as minutes
     from pg_stat_activity
     where backend_xmin is not null and xact_start < now() - interval '5 minutes' and backend_type = 'client backend'
       and datname = current_database() and pid <> pg_backend_pid()
     order by xact_start limit 10`,
  );
  const { rows: standbys } = await db.query(
    `select coalesce(nullif(application_name, ''), 'a standby') as who from pg_stat_replication
     where current_setting('synchronous_standby_names') = '' and coalesce(state, 'streaming') = 'streaming'
       and coalesce(application_name, '') !~ '^pg_(basebackup|receivewal)'
     limit 1`,
  );
  return [
    ...(old as { pid: number; who: string; minutes: number }[]).map(({ pid, who, minutes }) => ({
      key: `snapshot ${pid}`,
      text: `A transaction of ${who} (process ${pid} of Postgres) is open for ${minutes} minutes and keeps old row versions, so calls get slower. End it, or read from a standby.`,
    })),
    ...(standbys as { who: string }[]).map(({ who }) => ({
      key: 'asynchronous',
      text: `${who} replicates asynchronously: if the primary dies, the last calls and what they spent may be lost. Set synchronous_standby_names in Postgres, best with two standbys: ANY 1 (a, b).`,
    })),
  ];
}
