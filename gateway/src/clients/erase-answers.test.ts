import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { seal } from '../accounts/seal.ts';
import { answerContext } from '../idempotency/idempotency.ts';
import { eraseAnswers } from './erase-answers.ts';

const secret = 'ab'.repeat(32);
const client = { workspaceId: 'ws', livemode: true, name: 'acme' };
const services = () => ({ db: database.pool, secret });
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.pool.query('truncate idempotent_answers'));

/** Every third one is about the client. */
async function keep(count: number, filler: number): Promise<void> {
  const keys = Array.from({ length: count }, (_, n) => `answer-${String(n).padStart(4, '0')}`);
  const bodies = keys.map((idempotencyKey, n) => {
    const body = JSON.stringify({ client_id: n % 3 === 0 ? 'acme' : 'other', text: `acme ${'x'.repeat(filler)}` });
    return seal(secret, body, answerContext({ workspaceId: 'ws', keyId: 'key', idempotencyKey }));
  });
  await database.pool.query(
    `insert into idempotent_answers (workspace_id, key_id, idempotency_key, request_hash, process_id, state, status, sealed_body)
     select 'ws', 'key', k, '', 'gone', 'done', 200, b from unnest($1::text[], $2::bytea[]) as a (k, b)`,
    [keys, bodies],
  );
}

async function kept(): Promise<number> {
  const { rows } = await database.pool.query('select count(*)::integer as n from idempotent_answers');
  return (rows[0] as { n: number }).n;
}

/** An `isOver` that is true once it was asked more often than that. */
function patience(asks: number): { isOver: () => boolean; asked: () => number } {
  let asked = 0;
  return { isOver: () => ++asked > asks, asked: () => asked };
}

it('answers about a client are deleted, many small ones in one turn of the event loop', async () => {
  await keep(450, 20);
  const { isOver, asked } = patience(Number.POSITIVE_INFINITY);
  expect(await eraseAnswers(services(), client, { isOver })).toBe(true);
  expect(await kept()).toBe(300);
  // A turn for each page.
  expect(asked()).toBe(3);
});

it('an answer larger than a turn has one of its own, and none is left out', async () => {
  await keep(6, 300 * 1024);
  const { isOver, asked } = patience(Number.POSITIVE_INFINITY);
  expect(await eraseAnswers(services(), client, { isOver })).toBe(true);
  expect(asked()).toBe(6);
  expect(await kept()).toBe(4);
});

it('answers that a request has no time for are left, and looked at later', async () => {
  await keep(450, 20);
  expect(await eraseAnswers(services(), client, { isOver: patience(1).isOver })).toBe(false);
  expect(await kept()).toBe(450 - 67);
  expect(await eraseAnswers(services(), client)).toBe(true);
  expect(await kept()).toBe(300);
});
