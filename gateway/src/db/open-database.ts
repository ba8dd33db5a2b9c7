import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { connectionTo } from './database-url.ts';
import { hasCluster, runningConnection, startEmbeddedPostgres } from './embedded-postgres.ts';
import { faultText, grantText, mayCome } from './explain-fault.ts';
import { checkFitness } from './fitness.ts';
import { isLocked } from './folder-lock.ts';
import type { Watch } from './keep-running.ts';
import { appliedMigrations, migrate } from './migrate.ts';
import { type Admit, type Connection, createPool, usualConnections } from './pool.ts';
import type { TimelineGuard } from './timeline-guard.ts';

/** Of a parent, whose workers have the rest. */
const parentConnections = 4;

export interface Database {
  kind: 'embedded' | 'server';
  connection: Connection;
  pool: Pool;
  /** Of a server whose standby may be promoted; undefined for an embedded one, and for a tool. */
  guard?: TimelineGuard | undefined;
  stop(): Promise<void>;
}

/** The database, embedded or not, checked and migrated. */
export async function openDatabase(options: {
  databaseUrl: string | undefined;
  dataDir: string;
  onError?: (error: Error) => void;
  watch?: Watch;
  /** All that a process may have. */
  connections?: number;
  /** Each worker has this many; with several workers this process is the parent, which needs few. */
  processes?: number;
  /** For a database that is not there yet. */
  wait?: { atMostMs: number; onWait: OnWait };
  /** False for a tool that looks at a database as it is. */
  migrates?: boolean;
  guard?: TimelineGuard | undefined;
}): Promise<Database> {
  const { connections = usualConnections, processes = 1 } = options;
  const embedded =
    options.databaseUrl === undefined
      ? await startEmbeddedPostgres({ ...options, connections: connections * processes })
      : undefined;
  try {
    const connection = embedded?.connection ?? connectionTo(options.databaseUrl ?? '');
    const patience = { connections, wait: options.wait };
    await whenThere(() => checkFitness(connection, { connections, processes }), patience);
    let stopping = false;
    // Messages of Postgres to connections that are being closed are not logged.
    const onError = (error: Error): unknown => stopping || options.onError?.(error);
    const own = processes > 1 ? parentConnections : connections;
    const guard = embedded === undefined ? options.guard : undefined;
    if (options.migrates !== false)
      await withPool(createPool(connection, { connections: own, onError }), async (pool) => {
        await guard?.look(pool);
        await migrate(pool);
      });
    const pool = createPool(connection, { connections: own, onError, ...admitting(guard) });
    // The server is looked at before anything is written on it.
    if (guard !== undefined) await keepOrEnd(pool, patience);
    return {
      kind: embedded === undefined ? 'server' : 'embedded',
      connection,
      pool,
      guard,
      stop: async () => {
        stopping = true;
        await pool.end();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw embedded === undefined ? named(error, connections) : error;
  }
}

/** A database that another process has opened: the parent of this one. */
export function joinDatabase(options: {
  /** Undefined where DATABASE_URL names the database. */
  embedded: Connection | undefined;
  databaseUrl: string | undefined;
  connections: number;
  onError: (error: Error) => void;
  guard: TimelineGuard;
}): Database {
  const { embedded, databaseUrl, connections, onError } = options;
  const guard = embedded === undefined ? options.guard : undefined;
  const connection = embedded ?? connectionTo(databaseUrl ?? '');
  let stopping = false;
  const onLost = (error: Error): unknown => stopping || onError(error);
  const pool = createPool(connection, { connections, onError: onLost, ...admitting(guard) });
  return {
    kind: embedded === undefined ? 'server' : 'embedded',
    connection,
    pool,
    guard,
    stop: async () => {
      stopping = true;
      await pool.end();
    },
  };
}

/** For the options of a pool. */
function admitting(guard: TimelineGuard | undefined): { admit?: Admit } {
  return guard === undefined ? {} : { admit: guard.admit };
}

async function withPool(pool: Pool, work: (pool: Pool) => Promise<unknown>): Promise<void> {
  try {
    await work(pool);
  } finally {
    await pool.end();
  }
}

/** Opens its first connection, and ends a pool that gets none. */
async function keepOrEnd(pool: Pool, patience: Patience): Promise<void> {
  try {
    await whenThere(async () => (await pool.connect()).release(), patience);
  } catch (cause) {
    await pool.end();
    throw cause;
  }
}

/** Tells what is waited for, each time it is something else. */
type OnWait = (what: string) => void;

/** How long a start waits for the database. */
interface Patience {
  connections: number;
  wait: { atMostMs: number; onWait: OnWait } | undefined;
}

async function whenThere(work: () => Promise<void>, { connections, wait }: Patience): Promise<void> {
  const until = performance.now() + (wait?.atMostMs ?? 0);
  for (let lastReason = ''; ; ) {
    try {
      await work();
      return;
    } catch (cause) {
      if (!mayCome(cause) || performance.now() + retryMs > until) throw cause;
      const what = faultText(cause, { connections }) ?? '';
      if (what !== lastReason) wait?.onWait(what);
      lastReason = what;
    }
    await sleep(retryMs);
  }
}

const retryMs = 500;

/** An unusable database. The message names the variable, and never its value, which has a password. */
function named(cause: unknown, connections: number): unknown {
  const grant = grantText(cause);
  if (grant !== undefined) return new Error(grant, { cause });
  const says = faultText(cause, { connections });
  return says === undefined ? cause : new Error(`DATABASE_URL: the database cannot be reached: ${says}.`, { cause });
}

/**
 * The database of a gateway, for a tool. A database that no gateway has used is refused, and nothing is created: a mistyped
 * DATA_DIR would look like an installation without calls.
 */
export async function openUsedForTool(options: {
  databaseUrl: string | undefined;
  dataDir: string;
  /** False for a tool that looks at a database as it is. */
  migrates?: boolean;
}): Promise<Database> {
  const { databaseUrl, dataDir } = options;
  if (databaseUrl === undefined && !hasCluster(dataDir))
    throw new Error(
      `There is no database in ${resolve(dataDir)}. Set DATA_DIR (or --data-dir), or DATABASE_URL, to what the gateway uses.`,
    );
  const database = await openForTool({ databaseUrl, dataDir, migrates: false });
  try {
    if ((await appliedMigrations(database.pool)).length === 0)
      throw new Error('The database is empty: no gateway was started on it yet.');
    if (options.migrates !== false) await migrate(database.pool);
    return database;
  } catch (error) {
    await database.stop();
    throw error;
  }
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
