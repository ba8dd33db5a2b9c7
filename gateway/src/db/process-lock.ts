import { hostname } from 'node:os';
import pg from 'pg';
import { answerWithinMs, beat, cut } from './heartbeat.ts';
import { type Admit, type Connection, stayConnected } from './pool.ts';
import type { Db } from './transaction.ts';

/** The advisory locks of gateway processes: a class of their own, so that no other lock can be mistaken for one. */
const lockClass = 7267;
/**
 * Without its lock this process may acquire no lease, so it tries often, and gives each attempt little time at first: one that has reached a
 * primary that hangs, or a server where an attempt before it still has the row, would wait while the new primary is there. A server that is
 * merely slow gets more time with each attempt.
 */
const retryMs = 100;
const firstPatienceMs = 1_000;
const patienceTimes = 1.5;
/** Of the patience for an attempt: the server gives up first, and says so. */
const serversShare = 0.8;

/** This process, known to the others. While its lock is held, what it left open is its own business. */
export interface ProcessLock {
  id: string;
  /** A changed token means that the others took this process for dead, and that it has registered again. */
  fencingToken(): number;
  /** False while the connection is lost: from then on others may take this process for dead. */
  isHeld(): boolean;
  release(): Promise<void>;
}

/** Registers this process and holds its lock on a connection of its own; a lost connection is replaced and the lock taken again. */
export async function holdProcessLock(connection: Connection, id: string, admit?: Admit): Promise<ProcessLock> {
  let closed = false;
  let fencingToken = 0;
  let held = false;
  const lost = new WeakSet<pg.Client>();
  // Before the first connection is ready there is nothing to reconnect to: its failure is thrown to the caller.
  let reconnecting = true;
  let client = await connect(2 * answerWithinMs);
  reconnecting = false;

  async function connect(patienceMs: number): Promise<pg.Client> {
    const next = new pg.Client({
      ...connection,
      application_name: 'ai-gateway process',
      connectionTimeoutMillis: patienceMs,
      query_timeout: answerWithinMs,
      keepAlive: true,
    });
    // A connection that dies may say so twice, and an error nobody listens to would end the process.
    for (const event of ['error', 'end'] as const) {
      next.on(event as 'end', () => {
        lost.add(next);
        void reconnect();
      });
    }
    // A silent server is given up, too.
    const late = setTimeout(() => cut(next), patienceMs);
    try {
      await next.connect();
      await stayConnected(next);
      beat(next);
      // The server ends a wait that this side has given up, because it does not notice that the other end is gone.
      const lockTimeoutMs = String(Math.ceil(patienceMs * serversShare));
      await next.query("select set_config('lock_timeout', $1, false)", [lockTimeoutMs]);
      await admit?.(next);
      fencingToken = await registerAndLock(next, id);
    } catch (cause) {
      // A server that answers later than we wait would give the lock to this connection, and the next attempt would wait for it in vain.
      cut(next);
      throw cause;
    } finally {
      clearTimeout(late);
    }
    held = !lost.has(next);
    return next;
  }

  async function reconnect(): Promise<void> {
    // A connection that came too late may end after another one has taken its place.
    if (closed || reconnecting || !lost.has(client)) return;
    reconnecting = true;
    held = false;
    for (let patienceMs = firstPatienceMs; !closed; patienceMs = Math.min(patienceMs * patienceTimes, answerWithinMs)) {
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
      try {
        client = await connect(patienceMs);
        if (!lost.has(client)) break;
      } catch {
        // Away still. Should another process adopt our calls in the meantime, their true figures overwrite its estimates.
      }
    }
    reconnecting = false;
  }

  return {
    id,
    fencingToken: () => fencingToken,
    isHeld: () => held,
    release: async () => {
      closed = true;
      await client.end().catch(() => {});
    },
  };
}

async function registerAndLock(client: pg.Client, id: string): Promise<number> {
  const { rows } = await client.query(
    `with registered as (
       insert into processes (id, hostname, pid) values ($1, $2, $3) on conflict (id) do update set hostname = excluded.hostname
       returning lock_number)
     select lock_number, pg_advisory_lock(${lockClass}, lock_number) from registered`,
    [id, hostname(), process.pid],
  );
  return (rows[0] as { lock_number: number }).lock_number;
}

/**
 * The processes among these that are still dead, and stay so until the transaction ends. A process that returns meanwhile waits,
 * and then registers again.
 */
export async function holdDead(tx: Db, ids: readonly string[]): Promise<string[]> {
  await tx.query('select id from processes where id = any($1) order by id for update', [ids]);
  const { rows } = await tx.query(
    `select id from processes where id = any($1) and pg_try_advisory_xact_lock(${lockClass}, lock_number) order by id`,
    [ids],
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** Those of these processes that are registered: they live, or nobody has adopted them. */
export async function areRegistered(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await db.query('select id from processes where id = any($1)', [ids]);
  return new Set((rows as { id: string }[]).map(({ id }) => id));
}

/** Those that are registered, whether they live or nobody has adopted them. */
export async function countProcesses(db: Db): Promise<number> {
  const { rows } = await db.query('select count(*)::integer as processes from processes');
  return (rows[0] as { processes: number } | undefined)?.processes ?? 1;
}

/** Of the other processes that are alive, the one that registered first. */
export async function findOtherProcess(db: Db, id: string): Promise<string | undefined> {
  const { rows } = await db.query('select id from processes where id <> $1 order by id', [id]);
  const dead = new Set(await findDeadProcesses(db));
  return (rows as { id: string }[]).find((other) => !dead.has(other.id))?.id;
}

/** Registered processes whose lock is free: they are gone, or cut off from the database. */
export async function findDeadProcesses(db: Db): Promise<string[]> {
  const { rows } = await db.query(
    `select id from processes p where not exists (
       select 1 from pg_locks l
       where l.locktype = 'advisory' and l.granted and l.classid = ${lockClass} and l.objid = p.lock_number and l.objsubid = 2
         and l.database = (select oid from pg_database where datname = current_database()))
     order by id`,
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}
