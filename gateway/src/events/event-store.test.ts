import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { newId } from '../accounts/new-id.ts';
import { insertEvents, selectEvents } from './event-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

// A poller whose last event was deleted (its client was erased, or it was old) never heard of another one.
it('who polls with an event that is deleted by now gets those that came after it', async () => {
  const { pool } = database;
  const begin = Date.UTC(2026, 10, 1);
  const events = [0, 1_000, 1_000, 2_000].map((ms) => ({
    ...{ workspaceId: 'ws', livemode: true, type: 'budget.reset' as const, data: {} },
    ...{ id: newId('evt', begin + ms), createdAtMs: begin + ms },
  }));
  await insertEvents(pool, events);
  const [, ...later] = events.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ id }) => id);
  const after = async (afterId: string): Promise<string[]> =>
    (await selectEvents(pool, { workspaceId: 'ws', livemode: true, afterId, bound: {}, limit: 10 }))
      .map(({ id }) => id)
      .reverse();
  const [seen = ''] = later;
  expect(await after(seen)).toEqual(later.slice(1));
  await pool.query('delete from events where id = $1', [seen]);
  expect(await after(seen)).toEqual(later.slice(1));
  expect(await after('evt_none')).toEqual([]);
});
