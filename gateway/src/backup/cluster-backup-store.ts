import pg from 'pg';
import type { Connection } from '../db/pool.ts';

/** A running Postgres whose files may be copied. */
export interface ClusterBackup {
  /** The first file of the log that a copy needs; Postgres keeps it and all later ones until `close`. */
  firstLog: string;
  /** Ends the copying. Returns the last file of the log that a copy needs, and the label that belongs beside the files. */
  stop(): Promise<{ lastLog: string; label: string }>;
  /** Also after a failure: Postgres ends a backup that was begun and not stopped. */
  close(): Promise<void>;
}

/**
 * Begins a copy of the files of a running Postgres by its low-level API (postgresql.org/docs/18/continuous-archiving.html, "Making a
 * Base Backup Using the Low Level API"): `pg_basebackup` is not among the embedded binaries. A temporary slot of this session keeps
 * the log; it is gone with the session, however that ends.
 */
export async function beginClusterBackup(connection: Connection): Promise<ClusterBackup> {
  const client = new pg.Client({
    ...connection,
    application_name: 'ai-gateway backup',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('set statement_timeout = 0');
    await client.query('set idle_session_timeout = 0');
    await client.query('select pg_create_physical_replication_slot($1, true, true)', [
      `ai_gateway_backup_${process.pid}`,
    ]);
    const { rows } = await client.query(`select pg_walfile_name(pg_backup_start($1, fast => true)) as log`, [
      'ai-gateway backup',
    ]);
    return {
      firstLog: (rows[0] as { log: string }).log,
      stop: async () => {
        const stopped = await client.query(
          'select pg_walfile_name(lsn) as log, labelfile from pg_backup_stop(wait_for_archive => false)',
        );
        const { log, labelfile } = stopped.rows[0] as { log: string; labelfile: string };
        return { lastLog: log, label: labelfile };
      },
      close: () => client.end(),
    };
  } catch (error) {
    await client.end().catch(() => {});
    // 55000: wal_level is minimal, as versions before this one started the embedded Postgres.
    throw (error as { code?: string }).code === '55000'
      ? new Error('The running gateway was started by an older version. Restart it, then back up.', { cause: error })
      : error;
  }
}
