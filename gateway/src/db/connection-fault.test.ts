import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { isConnectionFault } from './connection-fault.ts';

describe('a fault of the connection', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  /** The error of a statement on a connection of these limits. */
  async function faultOf(config: pg.ClientConfig, work: (client: pg.Client) => Promise<unknown>): Promise<unknown> {
    const client = new pg.Client({ connectionString: database.url, ...config });
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client).then(
        () => undefined,
        (error: unknown) => error,
      );
    } finally {
      client.end().catch(() => {});
    }
  }

  it('is a statement that neither ends nor fails, which this side gives up', async () => {
    const fault = await faultOf({ query_timeout: 20 }, (client) => client.query('select pg_sleep(1)'));
    expect([String(fault), isConnectionFault(fault)]).toEqual([expect.stringContaining('timeout'), true]);
  });

  it('is a statement that the server ends, for its time or with the session', async () => {
    const timed = await faultOf({ statement_timeout: 20 }, (client) => client.query('select pg_sleep(1)'));
    const ended = await faultOf({}, (client) => client.query('select pg_terminate_backend(pg_backend_pid())'));
    expect([timed, ended].map(isConnectionFault)).toEqual([true, true]);
  });

  it('is no statement that is wrong itself', async () => {
    const wrong = await faultOf({}, (client) => client.query('select 1 / 0'));
    expect([wrong instanceof pg.DatabaseError, isConnectionFault(wrong)]).toEqual([true, false]);
  });
});
