import pg from 'pg';

/** How to reach the database; the embedded one has no URL worth showing. */
export type Connection = pg.ClientConfig;

// Counters and nano-dollars are whole numbers beyond 2^53: `bigint` columns come as bigint, never as a rounded number.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => BigInt(text));
/** `_int8` of pg_type: the list of names the package has leaves arrays out. */
const int8Array = 1016 as Parameters<typeof pg.types.setTypeParser>[0];
pg.types.setTypeParser(int8Array, (text) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(BigInt)));

/** No statement of ours may hang: whoever waits for the database waits a bounded time. */
const sessionLimits = { statement_timeout: 30_000, lock_timeout: 10_000, idle_in_transaction_session_timeout: 30_000 };

export function createPool(
  connection: Connection,
  options: { max?: number; onError?: (error: Error) => void } = {},
): pg.Pool {
  const pool = new pg.Pool({
    ...connection,
    ...sessionLimits,
    application_name: 'ai-gateway',
    max: options.max ?? 10,
    connectionTimeoutMillis: 3_000,
    // A server that stopped answering altogether enforces no limits: this side counts too.
    query_timeout: 35_000,
    keepAlive: true,
  });
  // Idle connections die with the server; without a listener that would end the process.
  pool.on('error', (error) => options.onError?.(error));
  // So do those in use, between two statements of a transaction: their next statement fails, and that is how it is told.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
