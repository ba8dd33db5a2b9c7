import pg from 'pg';
import { tooMany } from './explain-fault.ts';
import { cut } from './heartbeat.ts';
import type { Db } from './transaction.ts';

/** How to reach the database; the embedded one has no URL worth showing. */
export type Connection = pg.ClientConfig;

// Counters and nano-dollars are whole numbers beyond 2^53: `bigint` columns come as bigint, never as a rounded number.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => BigInt(text));
/** `_int8` of pg_type: the list of names the package has leaves arrays out. */
const int8Array = 1016 as Parameters<typeof pg.types.setTypeParser>[0];
pg.types.setTypeParser(int8Array, (text) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(BigInt)));
/**
 * Moments go out in UTC, and days are read as those of UTC: by itself the package uses the time zone of the process, where the first
 * of a month may be the last of the month before.
 */
pg.defaults.parseInputDatesAsUTC = true;
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => new Date(`${text}T00:00:00Z`));

/**
 * No statement may hang: every wait for the database is bounded. Set by statement, not when connecting: a pooling proxy refuses
 * startup parameters that it does not know, or drops them. Sessions also set their own idle limit, so that the server's does not
 * end them, and their own time zone, so that dates are those of UTC on a server in Berlin too.
 */
const sessionSettings = `set statement_timeout = '30s'; set lock_timeout = '10s';
  set idle_in_transaction_session_timeout = '30s'; set idle_session_timeout = 0; set timezone = 'UTC'`;

/** A connection that is mostly silent, and must not be ended for it. */
export async function stayConnected(client: pg.Client): Promise<void> {
  await client.query('set idle_session_timeout = 0');
}

/** Looks at a new connection before it is used; throws where it must not be. */
export type Admit = (connection: Db) => Promise<void>;

/** Beside the pool's: the lock of the process, and the listener. */
const connectionsBeside = 2;
/**
 * A connection is replaced after this long: its process at the server grows with the partitions and statements that it has seen, and the name of the
 * server may lead elsewhere by now, or ask for a newer certificate.
 */
const lifetimeSeconds = 3_600;
/** As DATABASE_CONNECTIONS is where nobody sets it. */
export const usualConnections = 12;

/** `connections`: all that the process may have, those beside the pool included. */
export function createPool(
  connection: Connection,
  options: { connections?: number; lifetimeSeconds?: number; onError?: (error: Error) => void; admit?: Admit } = {},
): pg.Pool {
  const connections = options.connections ?? usualConnections;
  const clients = new Set<pg.ClientBase>();
  const pool = new NamingPool(
    {
      ...connection,
      application_name: 'ai-gateway',
      max: connections - connectionsBeside,
      maxLifetimeSeconds: options.lifetimeSeconds ?? lifetimeSeconds,
      connectionTimeoutMillis: 3_000,
      // A server that stopped answering altogether enforces no limits: this side counts too.
      query_timeout: 35_000,
      keepAlive: true,
      onConnect: (client) => {
        clients.add(client);
        // A connection may die between two statements of a transaction: the next statement then fails, which reports it.
        client.on('error', () => {});
        return client.query(sessionSettings).then(() => options.admit?.(client)) as unknown as undefined;
      },
    },
    connections,
  );
  clientsOf.set(pool, clients);
  pool.on('remove', (client) => clients.delete(client));
  // Idle connections die with the server; without a listener that would end the process.
  pool.on('error', (error) => options.onError?.(error));
  return pool;
}

const clientsOf = new WeakMap<pg.Pool, Set<pg.ClientBase>>();

/** Ends every connection at once: the server hangs, and waiting statements must fail. */
export function cutConnections(pool: pg.Pool): void {
  for (const client of clientsOf.get(pool) ?? []) cut(client);
}

type OnConnected = Parameters<pg.Pool['connect']>[0];

/** Says which number to lower where there is no connection left. */
class NamingPool extends pg.Pool {
  readonly #connections: number;

  constructor(config: pg.PoolConfig, connections: number) {
    super(config);
    this.#connections = connections;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: OnConnected): void;
  override connect(callback?: OnConnected): Promise<pg.PoolClient> | undefined {
    if (callback === undefined) return super.connect().catch((error: unknown) => Promise.reject(this.#named(error)));
    super.connect((error, client, done) => callback(error && (this.#named(error) as Error), client, done));
    return undefined;
  }

  #named(error: unknown): unknown {
    if (error instanceof pg.DatabaseError && error.code === '53300')
      error.message = `${tooMany(this.#connections)}. Postgres says: ${error.message}`;
    return error;
  }
}
