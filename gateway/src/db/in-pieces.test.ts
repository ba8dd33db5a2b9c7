import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { deleteOldBackground } from '../background/background-store.ts';
import { deleteOldStripeEvents } from '../billing/bought-plan-store.ts';
import { deleteExpired, deleteOfEarlierEpochs } from '../cache/cached-answer-store.ts';
import { forgetOldAnswers } from '../calls/stored-answer-store.ts';
import { listLate } from '../doctor/old-rows-store.ts';
import { deleteOldEvents } from '../events/event-store.ts';
import { deleteOldFeedback } from '../feedback/feedback-store.ts';
import { deleteOldKeys } from '../idempotency/idempotency-store.ts';
import { forgetOldSignIns } from '../people/failure-store.ts';
import { forgetUsed } from '../sso/used-store.ts';
import { deleteOldFailures } from '../usage/call-detail-store.ts';
import { deleteOldRefusals } from '../usage/refusal-store.ts';
import { deleteOldDeliveries } from '../webhooks/delivery-store.ts';
import type { Db } from './transaction.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(`insert into workspaces (id, name, cache_epoch) values ('ws', 'Agency', 2)`);
  await database.pool.query(
    `insert into dropped_months (from_at, to_at, calls) values ('2026-01-01', '2026-02-01', 1)`,
  );
});
afterAll(() => database.drop());

const cached = (epoch: number, expires: string): string =>
  `insert into cached_answers (workspace_id, key, livemode, dialect, streamed, model, provider, sealed_body, bytes, usage, cost_nanos, epoch, created_at, expires_at)
   select 'ws', decode(lpad(to_hex(n), 8, '0'), 'hex'), true, 'chat', false, 'm', 'p', '\\x00', 1, '{}', 0, ${epoch}, now(), ${expires} from given`;

/** Rows of each table, `old` for the first 11,000 of `given (n, at)` and new for the last. */
const kinds: Record<string, { insert: string; deletePiece: (db: Db) => Promise<boolean> }> = {
  deliveries: {
    insert: `insert into deliveries (workspace_id, id, webhook_id, event_id, event_type, body, status, created_at)
      select 'ws', n::text, 'w', 'e', 't', '{}', 'delivered', at from given`,
    deletePiece: deleteOldDeliveries,
  },
  background_calls: {
    insert: `insert into background_calls (workspace_id, id, livemode, key_id, state, sealed_secret, created_at)
      select 'ws', n::text, true, 'k', 'completed', '\\x00', at from given`,
    deletePiece: deleteOldBackground,
  },
  stored_answers: {
    insert: `insert into stored_answers (account, id, workspace_id, used_at) select 'a', n::text, 'ws', at from given`,
    deletePiece: forgetOldAnswers,
  },
  call_attempts: {
    insert: `insert into call_attempts (workspace_id, created_at, call_id, failures) select 'ws', at, n::text, '[]' from given`,
    deletePiece: (db) => deleteOldFailures(db, { nowMs: Date.now(), days: 90 }),
  },
  refusals: {
    insert: `insert into refusals (workspace_id, livemode, hour, code, key_id, count, first_at, last_at, message, billed, request_ids)
      select 'ws', true, at, 'forbidden', n::text, 1, at, at, '', false, '{}' from given`,
    deletePiece: (db) => deleteOldRefusals(db, { nowMs: Date.now(), days: 90 }),
  },
  events: {
    insert: `insert into events (workspace_id, id, livemode, type, data, created_at)
      select 'ws', n::text, n % 2 = 0, 'budget.reset', '{}', at from given`,
    deletePiece: (db) => deleteOldEvents(db, { nowMs: Date.now(), days: 90 }),
  },
  stripe_events: {
    insert: `insert into stripe_events (id, received_at) select n::text, at from given`,
    deletePiece: deleteOldStripeEvents,
  },
  sso_used: {
    insert: `insert into sso_used (id, expires_at) select decode(lpad(to_hex(n), 8, '0'), 'hex'), at from given`,
    deletePiece: forgetUsed,
  },
  sign_in_failures: {
    insert: `insert into sign_in_failures (kind, subject, failures, last_at, wait_until) select 'address', n::text, 1, at, at from given`,
    deletePiece: forgetOldSignIns,
  },
  idempotent_answers: {
    insert: `insert into idempotent_answers (workspace_id, key_id, idempotency_key, request_hash, created_at, process_id, state)
      select 'ws', 'k', n::text, '\\x00', at, 'p', 'done' from given`,
    deletePiece: deleteOldKeys,
  },
  feedback: {
    insert: `insert into feedback (workspace_id, call_id, name, livemode, score, key_id, at, call_at)
      select 'ws', n::text, 'rating', true, 1, 'k', at, case when n = 11001 then at else '2026-01-10'::timestamptz end from given`,
    deletePiece: deleteOldFeedback,
  },
  cached_answers: { insert: cached(2, 'at'), deletePiece: deleteExpired },
};

const given = `with given as (select n, case when n <= 11000 then now() - interval '100 days' else now() + interval '1 minute' end as at
  from generate_series(1, 11001) n)`;

/** Of these `doctor` says when their old rows are still there. */
const watched = new Set([
  'deliveries',
  'stored_answers',
  'refusals',
  'sign_in_failures',
  'idempotent_answers',
  'cached_answers',
]);

// One statement for all is ended after 30 seconds, and has deleted nothing, where there are too many.
test.each(Object.entries(kinds))(
  'old rows of %s are deleted in pieces, and the new one stays',
  async (table, { insert, deletePiece }) => {
    const { pool } = database;
    await pool.query(`${given} ${insert}`);
    expect(await listLate(pool)).toEqual(watched.has(table) ? [table] : []);
    const pieces: boolean[] = [];
    do pieces.push(await deletePiece(pool));
    while (pieces.at(-1));
    expect(pieces).toEqual([true, true, false]);
    expect(await listLate(pool)).toEqual([]);
    const { rows } = await pool.query(`select count(*)::integer as left from ${table}`);
    expect(rows).toEqual([{ left: 1 }]);
  },
);

test('answers of an emptied cache are deleted in pieces too', async () => {
  const { pool } = database;
  await pool.query('truncate cached_answers');
  await pool.query(`${given} ${cached(1, `now() + interval '1 day'`)} where n <= 5001`);
  await pool.query(`${given} ${cached(2, `now() + interval '1 day'`)} where n = 11001`);
  expect([await deleteOfEarlierEpochs(pool), await deleteOfEarlierEpochs(pool)]).toEqual([true, false]);
  const { rows } = await pool.query('select epoch from cached_answers');
  expect(rows).toEqual([{ epoch: 2 }]);
});

test('a clock that is a year ahead deletes neither refusals nor failed attempts', async () => {
  const { pool } = database;
  const nowMs = Date.now() + 365 * 86_400_000;
  await deleteOldRefusals(pool, { nowMs, days: 90 });
  await deleteOldFailures(pool, { nowMs, days: 90 });
  const { rows } = await pool.query(
    'select (select count(*) from refusals)::integer as r, (select count(*) from call_attempts)::integer as a',
  );
  expect(rows).toEqual([{ r: 1, a: 1 }]);
});
