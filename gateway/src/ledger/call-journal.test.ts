import { rmSync } from 'node:fs';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { dataFolder } from '../../../test/support/data-folder.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { ClosedCall, OpenCall } from '../usage/call-record.ts';
import { UnwrittenFile } from '../usage/unwritten-file.ts';
import { CallJournal } from './call-journal.ts';

let database: TestDatabase;
let journal: CallJournal;
const folder = dataFolder('journal');

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await database.pool.query('truncate calls');
  journal = new CallJournal({
    db: database.pool,
    processId: 'proc_test',
    fencingToken: () => 1,
    log: pino({ level: 'silent' }),
    record: async () => {},
    recorded: () => {},
    onFenced: () => {},
    onOverdraft: () => {},
    unwritten: new UnwrittenFile({ dataDir: folder, processId: 'proc_test' }),
  });
});
afterEach(() => vi.useRealTimers());

function call(id: string): OpenCall {
  return {
    workspaceId: 'ws_test',
    createdAtMs: Date.now(),
    id,
    livemode: true,
    keyId: 'key_test',
    tags: {},
    dialect: 'chat',
    streamed: false,
    modelRequested: 'gpt-4o',
    inputTokens: 1,
    holdNanos: 0n,
  };
}

const closed: ClosedCall = {
  status: 'succeeded',
  attempts: 1,
  usage: { inputTokens: 1, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 },
  costNanos: 7n,
  estimated: false,
  metered: false,
  totalMs: 1,
};

/** The place of a row shows how often it was written: the first is (0,1), a second version of it is elsewhere. */
async function onRecord(): Promise<unknown[]> {
  return (await database.pool.query('select id, status, ctid::text as place from calls order by id')).rows;
}

it('a running call is on record soon, though nobody waits for it', async () => {
  journal.open(call('req_1'));
  await vi.waitFor(async () => expect(await onRecord()).toMatchObject([{ id: 'req_1', status: 'open' }]));
});

it('tags and names of models are recorded to the letter', async () => {
  const names = ['a\tb', 'c\nd\re', '\\N', '\\.', 'back\\slash\\t', 'Müller & 🙂', '{1,2}'];
  await Promise.all(
    names.map((client, i) =>
      journal
        .open({ ...call(`req_${i}`), tags: { client }, modelRequested: client })
        .close({ ...closed, route: client }),
    ),
  );
  const { rows } = await database.pool.query('select client_id, model_requested, route from calls order by id');
  expect(rows).toEqual(names.map((name) => ({ client_id: name, model_requested: name, route: name })));
});

it('an hour that is summed already is summed again when a call of that hour comes late', async () => {
  const { pool } = database;
  await pool.query('truncate usage_rollup, usage_stale_hours');
  const hourMs = 3_600_000;
  const untilMs = (Math.floor(Date.now() / hourMs) - 1) * hourMs;
  await pool.query('insert into usage_rollup (until) values ($1)', [new Date(untilMs)]);
  await Promise.all(
    [untilMs - 2 * hourMs - 1, untilMs - 1, Date.now()].map((createdAtMs, i) =>
      journal.open({ ...call(`req_${i}`), createdAtMs }).close(closed),
    ),
  );
  const { rows } = await pool.query('select hour from usage_stale_hours order by hour');
  const hours = rows.map(({ hour }: { hour: Date }) => hour.getTime());
  // Not the hour between them: after a clock that began in 1970 that would be half a million.
  expect(hours).toEqual([untilMs - 3 * hourMs, untilMs - hourMs]);
});

it('a call whose id is on record already leaves the rest of its batch alone', async () => {
  const createdAtMs = Date.now();
  await journal.open({ ...call('req_1'), createdAtMs }).close(closed);
  const again = journal.open({ ...call('req_1'), createdAtMs }).close({ ...closed, costNanos: 9n });
  await Promise.all([again, journal.open(call('req_2')).close(closed)]);
  const { rows } = await database.pool.query('select id, cost_nanos from calls order by id');
  expect(rows).toEqual([
    { id: 'req_1', cost_nanos: 7n },
    { id: 'req_2', cost_nanos: 7n },
  ]);
});

it('a call is on record before its first byte leaves', async () => {
  await journal.open(call('req_1')).durable();
  expect(await onRecord()).toMatchObject([{ id: 'req_1', status: 'open' }]);
});

it('a call that ends before it is written is written once, also during another write', async () => {
  await journal.open(call('req_1')).durable();
  const others = journal.open(call('req_2')).durable();
  const entry = journal.open(call('req_3'));
  await others;
  await entry.close(closed);
  expect(await onRecord()).toEqual([
    { id: 'req_1', status: 'open', place: '(0,1)' },
    { id: 'req_2', status: 'open', place: '(0,2)' },
    { id: 'req_3', status: 'succeeded', place: '(0,3)' },
  ]);
});

it('a timer that fires early does not keep the journal from the next call', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const young = journal.open(call('req_1'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await journal.open(call('req_2')).durable();
  await young.close(closed);
  expect(await onRecord()).toMatchObject([{ status: 'succeeded' }, { status: 'open' }]);
});

it('the name a provider gives its model is recorded as far as Postgres stores it', async () => {
  await journal.open(call('req_1')).close({ ...closed, model: `a\u0000b\ud800${'c'.repeat(1_000)}`, route: '\u0000' });
  const { rows } = await database.pool.query('select status, model, route from calls');
  expect(rows).toEqual([{ status: 'succeeded', model: `ab\ufffd${'c'.repeat(496)}`, route: '' }]);
});

it('a flush waits for the calls before it, and not for later ones', async () => {
  let going = true;
  let count = 0;
  const load = (async () => {
    while (going) {
      // So many wait at any time that the queue is never empty.
      for (; journal.backlog < 1_000; count++) void journal.open(call(`req_${count}`)).close(closed);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(journal.backlog).toBeGreaterThan(0);
  await journal.flush(5_000);
  going = false;
  await load;
  expect(journal.backlog).toBeGreaterThan(0);
  await journal.flush(20_000);
  expect(await onRecord()).toHaveLength(count);
});

it('a flush writes every call before it, however young', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  journal.open(call('req_1'));
  await journal.flush(1_000);
  expect(await onRecord()).toMatchObject([{ status: 'open' }]);
});

// The job that makes partitions looks every six hours, and knows nothing of a clock that jumps.
it('calls of months without a partition are on record: of a turn of the year, of a leap day, of a clock that was set', async () => {
  const times = [
    '2027-12-31T23:59:59.999Z',
    '2028-01-01T00:00:00Z',
    '2028-02-29T23:59:59.999Z',
    '2019-06-01T00:00:00Z',
  ];
  const { pool } = database;
  for (const month of ['2027_12', '2028_01', '2028_02', '2019_06'])
    await pool.query(`drop table if exists calls_${month}`);
  const entries = times.map((at, i) => journal.open({ ...call(`req_${i}`), createdAtMs: Date.parse(at) }));
  await Promise.all(entries.map((entry) => entry.durable()));
  await Promise.all(entries.map((entry) => entry.close(closed)));
  const { rows } = await pool.query(
    `select created_at, status, tableoid::regclass::text as month from calls order by created_at`,
  );
  expect(rows).toEqual(
    times.toSorted().map((at) => ({
      created_at: new Date(at),
      status: 'succeeded',
      month: `calls_${at.slice(0, 7).replace('-', '_')}`,
    })),
  );
  expect(journal.unwrittenCount).toBe(0);
});
