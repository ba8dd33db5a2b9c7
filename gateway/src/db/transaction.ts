import type { Pool, PoolClient } from 'pg';
import { liftStatementLimit } from './transaction-settings.ts';

/** A pool, or the one connection of a transaction: anything that runs a statement. */
export type Db = Pick<Pool | PoolClient, 'query'>;

/** All of `work` or nothing of it. The connection is thrown away when not even the rollback goes through. */
export async function withTransaction<T>(pool: Pool, work: (tx: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((cause: Error) => {
      broken = cause;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** As `withTransaction`, for jobs that go through many calls: each statement may take `minutes`. */
export async function withLongTransaction<T>(
  pool: Pool,
  minutes: number,
  work: (tx: PoolClient) => Promise<T>,
): Promise<T> {
  return withTransaction(pool, async (tx) => {
    const setBack = await liftStatementLimit(tx, minutes);
    return await work(tx).finally(setBack);
  });
}
