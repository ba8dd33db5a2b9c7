import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { QueryConfig } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dataFolder } from '../../../test/support/data-folder.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { migrate } from './migrate.ts';
import { readLastTimeline, timelineFile, writeLastTimeline } from './timeline-file.ts';
import { historyFault, TimelineGuard } from './timeline-guard.ts';
import type { Db } from './transaction.ts';

const log = pino({ level: 'silent' });

describe('the guard of timelines', () => {
  let database: TestDatabase;
  const dataDir = dataFolder('timelines');
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  beforeEach(async () => {
    rmSync(dataDir, { recursive: true, force: true });
    await database.pool.query('delete from database_timelines');
  });
  afterAll(async () => {
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const guard = (): TimelineGuard => new TimelineGuard({ dataDir, log });
  const ids = async (): Promise<string[]> =>
    (await database.pool.query('select id from database_timelines where not elsewhere')).rows.map(
      ({ id }) => id as string,
    );

  it('gives a timeline one id, whichever process is the first, and keeps it in DATA_DIR', async () => {
    await Promise.all(Array.from({ length: 5 }, () => guard().admit(database.pool)));
    expect(await ids()).toEqual([readLastTimeline(dataDir)?.id]);
  });

  it('refuses a server whose history lacks the last id, in memory and after a restart, and leaves word there', async () => {
    const one = guard();
    await one.admit(database.pool);
    await database.pool.query("update database_timelines set id = 'of the other'");
    await expect(one.admit(database.pool)).rejects.toThrow(/another history/);
    await expect(guard().admit(database.pool)).rejects.toThrow(/another history/);
    expect(await historyFault(database.pool, dataDir)).toMatch(/another history/);
    expect(one.refusedCount).toBe(1);
    const { rows } = await database.pool.query('select id from database_timelines where elsewhere');
    expect(rows).toEqual([{ id: readLastTimeline(dataDir)?.id }]);
    rmSync(timelineFile(dataDir));
    await guard().admit(database.pool);
  });

  it('accepts a timeline that another process notes while it looks', async () => {
    let other: Promise<void> | undefined;
    const query = async (config: QueryConfig): Promise<unknown> => {
      const found = await database.pool.query(config);
      other ??= guard().admit(database.pool);
      await other;
      return found;
    };
    await guard().admit({ query } as unknown as Db);
    expect(await ids()).toEqual([readLastTimeline(dataDir)?.id]);
  });

  it('accepts what DATA_DIR says of another database', async () => {
    await guard().admit(database.pool);
    const last = readLastTimeline(dataDir);
    if (last === undefined) throw new Error('nothing was kept');
    writeLastTimeline(dataDir, { ...last, databaseOid: '1', id: 'of another' });
    await guard().admit(database.pool);
    expect(await ids()).toEqual([readLastTimeline(dataDir)?.id]);
  });

  it.each([
    ['that was emptied and filled by a restore', 'drop schema public cascade; create schema public'],
    [
      'that was set back to before it had timelines',
      "drop table database_timelines; delete from schema_migrations where name like '000158%'",
    ],
  ])('accepts a database %s, whichever gateway comes first', async (_how, sql) => {
    const folders = ['one', 'other'].map((name) => join(dataDir, name));
    const startAll = async (): Promise<void> => {
      for (const folder of folders) {
        expect(await historyFault(database.pool, folder)).toBeUndefined();
        await new TimelineGuard({ dataDir: folder, log }).admit(database.pool);
      }
    };
    await startAll();
    await database.pool.query(sql);
    await migrate(database.pool);
    await startAll();
    await startAll();
    const { rows } = await database.pool.query('select elsewhere from database_timelines');
    expect(rows).toEqual([{ elsewhere: false }]);
  });

  it('accepts a server that does not tell its timeline', async () => {
    const silent = { query: () => Promise.reject(Object.assign(new Error('denied'), { code: '42501' })) };
    await guard().admit(silent as unknown as Db);
    expect(readLastTimeline(dataDir)).toBeUndefined();
  });

  it('refuses a standby, which may be promoted with the connection open', async () => {
    const standby = {
      query: () => Promise.resolve({ rows: [{ system: '1', database: '2', timeline: null, known: [] }] }),
    };
    await expect(guard().admit(standby as unknown as Db)).rejects.toThrow(/standby/);
  });
});
