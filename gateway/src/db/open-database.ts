import type { Pool } from 'pg';
import { runningConnection, startEmbeddedPostgres } from './embedded-postgres.ts';
import { checkFitness } from './fitness.ts';
import { isLocked } from './folder-lock.ts';
import type { Watch } from './keep-running.ts';
import { migrate } from './migrate.ts';
import { type Connection, createPool } from './pool.ts';

export interface Database {
  kind: 'embedded' | 'server';
  connection: Connection;
  pool: Pool;
  stop(): Promise<void>;
}

/** The database, embedded or not, checked and migrated. */
export async function openDatabase(options: {
  databaseUrl: string | undefined;
  dataDir: string;
  onError?: (error: Error) => void;
  watch?: Watch;
}): Promise<Database> {
  const embedded = options.databaseUrl === undefined ? await startEmbeddedPostgres(options) : undefined;
  const connection = embedded?.connection ?? { connectionString: options.databaseUrl };
  try {
    await checkFitness(connection);
    let stopping = false;
    // What Postgres says to connections that are being closed anyway is no news.
    const pool = createPool(connection, { onError: (error) => stopping || options.onError?.(error) });
    await migrate(pool);
    return {
      kind: embedded === undefined ? 'server' : 'embedded',
      connection,
      pool,
      stop: async () => {
        stopping = true;
        await pool.end();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** The database for a tool that runs beside a gateway, or without one: an embedded one in use is looked at where it runs. */
export async function openForTool(options: { databaseUrl: string | undefined; dataDir: string }): Promise<Database> {
  const running =
    options.databaseUrl === undefined && isLocked(options.dataDir) ? runningConnection(options.dataDir) : undefined;
  if (running === undefined) return openDatabase(options);
  const pool = createPool(running, { onError: () => {} });
  return { kind: 'embedded', connection: running, pool, stop: () => pool.end() };
}
