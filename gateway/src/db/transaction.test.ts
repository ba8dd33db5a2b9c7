import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { withLongTransaction, withTransaction } from './transaction.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Both clocks end a statement after a fifth of a second. One connection, so that what one transaction leaves behind the next one has. */
function hastyPool(clocks: { postgres: boolean; pg: boolean }): pg.Pool {
  return new pg.Pool({
    connectionString: database.url,
    max: 1,
    ...(clocks.postgres && { options: '-c statement_timeout=200' }),
    ...(clocks.pg && { query_timeout: 200 }),
  });
}

const slow = 'select pg_sleep(0.6)';

describe('a transaction over many calls', () => {
  it.each([
    { postgres: true, pg: false },
    { postgres: false, pg: true },
    { postgres: true, pg: true },
  ])('has time for its statements on both sides, and others have no more than before: %j', async (clocks) => {
    const pool = hastyPool(clocks);
    try {
      const { rows } = await withLongTransaction(pool, 1, (tx) => tx.query(slow));
      expect(rows).toHaveLength(1);
      await expect(withTransaction(pool, (tx) => tx.query(slow))).rejects.toThrow(/timeout/);
    } finally {
      await pool.end();
    }
  });

  it('gives its connection back as it was, also where its work fails', async () => {
    const pool = hastyPool({ postgres: true, pg: true });
    try {
      await expect(withLongTransaction(pool, 1, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
      await expect(pool.query(slow)).rejects.toThrow(/timeout/);
    } finally {
      await pool.end();
    }
  });

  it('is the only way to more time: no file but those of the database lifts the limit of Postgres alone', () => {
    const source = fileURLToPath(new URL('../', import.meta.url));
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('db/'),
    );
    expect(files.length).toBeGreaterThan(100);
    const lifting = files.filter((name) => readFileSync(`${source}${name}`, 'utf8').includes('statement_timeout'));
    // A connection of its own, without the clock of the pool's.
    expect(lifting).toEqual(['backup/cluster-backup-store.ts']);
  });
});
