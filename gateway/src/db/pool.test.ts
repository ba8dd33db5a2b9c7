import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { createPool } from './pool.ts';

let database: TestDatabase;
const { TZ } = process.env;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
  await database.drop();
});

it.each(['America/New_York', 'Asia/Kathmandu', 'Pacific/Kiritimati'])(
  'days are those of UTC in a process in %s',
  async (zone) => {
    process.env.TZ = zone;
    const early = new Date('2026-11-01T00:00:00Z');
    const late = new Date('2026-10-31T23:59:59.999Z');
    expect(early.getTimezoneOffset()).not.toBe(0);
    const { rows } = await database.pool.query(
      `select $1::date::text as early, $2::date::text as late, $1::timestamptz = '2026-11-01T00:00:00Z' as same, $1::date as day`,
      [early, late],
    );
    expect(rows).toEqual([{ early: '2026-11-01', late: '2026-10-31', same: true, day: early }]);
  },
);

it('a connection in steady use is replaced when it is old', async () => {
  const pool = createPool({ connectionString: database.url }, { connections: 3, lifetimeSeconds: 1 });
  const pid = async (): Promise<number> =>
    ((await pool.query('select pg_backend_pid() as pid')).rows[0] as { pid: number }).pid;
  try {
    const first = await pid();
    await expect.poll(pid, { timeout: 20_000 }).not.toBe(first);
  } finally {
    await pool.end();
  }
});
