import type { Pool, PoolClient } from 'pg';

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
