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
  /** False for a tool that looks at a database as it is. */
  migrates?: boolean;
}): Promise<Database> {
  const embedded = options.databaseUrl === undefined ? await startEmbeddedPostgres(options) : undefined;
  const connection = embedded?.connection ?? { connectionString: options.databaseUrl };
  try {
    await checkFitness(connection).catch((cause: unknown) => {
      throw embedded === undefined ? unreachable(cause) : cause;
    });
    let stopping = false;
    // What Postgres says to connections that are being closed anyway is no news.
    const pool = createPool(connection, { onError: (error) => stopping || options.onError?.(error) });
    if (options.migrates !== false) await migrate(pool);
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

/** A database that another process has opened: the parent of this one. */
export function joinDatabase(options: {
  /** Undefined where DATABASE_URL names the database. */
  embedded: Connection | undefined;
  databaseUrl: string | undefined;
  onError: (error: Error) => void;
}): Database {
  const { embedded, databaseUrl, onError } = options;
  const connection = embedded ?? { connectionString: databaseUrl };
  let stopping = false;
  const pool = createPool(connection, { onError: (error) => stopping || onError(error) });
  return {
    kind: embedded === undefined ? 'server' : 'embedded',
    connection,
    pool,
    stop: async () => {
      stopping = true;
      await pool.end();
    },
  };
}

const networkFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at its host and port',
  ENOTFOUND: 'its host name was not found',
  EAI_AGAIN: 'its host name was not found',
  ETIMEDOUT: 'its host does not answer',
  EHOSTUNREACH: 'its host cannot be reached',
  ECONNRESET: 'its host closed the connection',
};

/** A database that cannot be connected to, told by the variable that says where it is; never by its value, which has a password. */
function unreachable(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const { code, errors } = cause as Error & { code?: string; errors?: { code?: string }[] };
  const network = networkFaults[code ?? errors?.[0]?.code ?? ''];
  // Postgres's own refusals (a wrong password, no such database) have codes of five characters.
  const says = network ?? (/^(28|3D)/.test(code ?? '') ? `Postgres says: ${cause.message}` : undefined);
  return says === undefined ? cause : new Error(`DATABASE_URL: the database cannot be reached: ${says}.`, { cause });
}

/** The database for a tool that runs beside a gateway, or without one: an embedded one in use is looked at where it runs. */
export async function openForTool(options: {
  databaseUrl: string | undefined;
  dataDir: string;
  migrates?: boolean;
}): Promise<Database> {
  const running =
    options.databaseUrl === undefined && isLocked(options.dataDir) ? runningConnection(options.dataDir) : undefined;
  if (running === undefined) return openDatabase(options);
  const pool = createPool(running, { onError: () => {} });
  return { kind: 'embedded', connection: running, pool, stop: () => pool.end() };
}
