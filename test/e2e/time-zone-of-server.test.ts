import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadRows } from '../../gateway/src/backup/dump-store.ts';
import { stretchesOf } from '../../gateway/src/clients/erase-rows-store.ts';
import { createPool } from '../../gateway/src/db/pool.ts';
import { withTransaction } from '../../gateway/src/db/transaction.ts';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** The database of an operator in Berlin, whose clock has summer time: days of calls are those of UTC, and have 24 hours. */

const options = '-c timezone=Europe/Berlin';
let database: TestDatabase;
/** Without the settings that the gateway gives its connections, as those are that Citus opens to its workers. */
let berlin: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  berlin = new pg.Pool({ connectionString: database.url, options, max: 3 });
  await berlin.query(`select ensure_call_partitions('2026-03-01', 8)`);
});
afterAll(async () => {
  await berlin.end();
  await database.drop();
});

/** A call in the middle of each of so many hours. */
async function addCalls(from: string, hours: number, client: string): Promise<void> {
  await berlin.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, dialect, streamed, model_requested)
     select 'ws', $1::timestamptz + (n + 0.5) * interval '1 hour', 'req_' || $3 || n, true, 'gone', 'succeeded', 'key', $3, 'chat', false, 'm'
     from generate_series(0, $2::integer - 1) n`,
    [from, hours, client],
  );
}

it('connections of the gateway count in UTC', async () => {
  const pool = createPool({ connectionString: database.url, options });
  try {
    expect((await pool.query('show timezone')).rows).toEqual([{ TimeZone: 'UTC' }]);
  } finally {
    await pool.end();
  }
});

it('an erased client leaves no call of the day on which summer time begins', async () => {
  await addCalls('2026-03-29T00:00:00Z', 24, 'spring');
  while (await rollUp(berlin, Date.parse('2026-03-31T02:00:00Z')));
  const stretches = await stretchesOf(berlin, { workspaceId: 'ws', livemode: true, name: 'spring' } as never);
  const { rows } = await berlin.query(`select created_at as at from calls where client_id = 'spring'`);
  const left = (rows as { at: Date }[]).filter(({ at }) => !stretches.some(({ from, to }) => from <= at && at < to));
  expect(rows).toHaveLength(24);
  expect(left).toEqual([]);
});

it('a late call of the day on which summer time ends is in the sum of that day', async () => {
  // Nothing is summed from spring to autumn.
  await berlin.query('truncate calls, usage_hours, usage_days, usage_rollup');
  await addCalls('2026-10-25T00:00:00Z', 24, 'autumn');
  const nowMs = Date.parse('2026-10-26T01:00:00Z');
  while (await rollUp(berlin, nowMs));
  await addCalls('2026-10-25T12:00:00Z', 1, 'late');
  await berlin.query(`insert into usage_stale_hours (hour) values ('2026-10-25T12:00:00Z')`);
  while (await rollUp(berlin, nowMs));
  const { rows } = await berlin.query(
    `select client_id as client, sum(requests)::integer as calls from usage_days where day = '2026-10-25T00:00:00Z' group by 1 order by 1`,
  );
  expect(rows).toEqual([
    { client: 'autumn', calls: 24 },
    { client: 'late', calls: 1 },
  ]);
});

it('a backup whose first call is of the last hour of a month is restored', async () => {
  const { rows } = await berlin.query('select to_jsonb(c) as call from calls c limit 1');
  const [{ call }] = rows as [{ call: object }];
  const moments = ['2024-09-30T23:30:00Z', '2024-11-30T23:59:59Z'];
  const calls = moments.map((created_at, n) => JSON.stringify({ ...call, created_at, id: `req_old${n}` }));
  await withTransaction(berlin, (tx) => loadRows(tx, { table: 'calls', rows: calls }));
  const { rows: loaded } = await berlin.query(
    `select created_at as at from calls where created_at < '2025-01-01Z' order by 1`,
  );
  expect((loaded as { at: Date }[]).map(({ at }) => at.getTime())).toEqual(moments.map((at) => Date.parse(at)));
});

it('no statement adds days to a moment of a call: where summer time begins, a day has 23 hours', () => {
  const root = fileURLToPath(new URL('../../gateway/src/', import.meta.url));
  const added = globSync('**/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      [...readFileSync(root + file, 'utf8').matchAll(/.*interval '\d+ (?:day|week|month|year)s?'.*/g)].map(
        ([line]) => [file, line.trim()] as const,
      ),
    );
  // How old a thing is that is thrown away matters to no hour.
  const sinceNow = /(?:now|clock_timestamp)\(\) [-+] (?:\$\d+ \* )?interval '[^']*'/g;
  expect(added.length).toBeGreaterThan(5);
  expect(
    added.filter(([, line]) => /interval '\d+ (?:day|week|month|year)s?'/.test(line.replaceAll(sinceNow, ''))),
  ).toEqual([]);
});
