import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { ensureCallPartitions } from '../usage/call-store.ts';
import { standingOf } from './evidence.ts';
import { EvidenceCache } from './evidence-cache.ts';
import { countRates } from './task-rates-store.ts';
import { judged } from './weigh-models.ts';

/** Evidence of calls that were counted long ago. */
const task = 'ab'.repeat(16);
const workspaceId = 'ws_test';
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await ensureCallPartitions(database.pool, Date.now() - 86_400_000);
});
afterAll(() => database.drop());
beforeEach(() => database.pool.query('truncate calls, task_rates, task_rates_until'));

async function addRate(n: number, okSum: number, daysAgo: number, signal = 'error'): Promise<void> {
  await database.pool.query(
    `insert into task_rates (workspace_id, livemode, task, model, signal, n, ok_sum, out_tokens_sum, updated_at)
     values ($1, true, decode($2, 'hex'), 'gpt-6-luna', $3, $4::bigint, $5, $4::bigint * 50, now() - $6::float8 * interval '1 day')`,
    [workspaceId, task, signal, n, okSum, daysAgo],
  );
}

/** Of the last hour. */
async function addCalls(
  count: number,
  { status = 'succeeded', errorCode = null as string | null } = {},
): Promise<void> {
  await database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, error_code, key_id, dialect, streamed, model_requested, model,
       cost_nanos, output_tokens, task)
     select $1, now() - interval '1 hour' + n * interval '1 millisecond', 'req_' || $4::text || n || coalesce($5::text, ''), true, 'gone', $4::text, $5::text, 'key', 'chat', false, 'auto', 'gpt-6-luna',
       1, 50, decode($2, 'hex')
     from generate_series(1, $3::integer) n`,
    [workspaceId, task, count, status, errorCode],
  );
}

/** Of the calls that were added, too. */
async function evidence() {
  while (await countRates(database.pool, Date.now()));
  const { find } = await new EvidenceCache({ db: database.pool }).of(workspaceId, true);
  const scope = { task, topic: 'classify', model: 'gpt-6-luna' };
  const standing = standingOf(find, { ...scope, shipped: 0.96 });
  const work = { label: 'classification', class: 'small' as const };
  const { because } = judged(scope.model, standing, { dial: 'balanced', quality: 0.95, work, easyFor: undefined });
  return { ...find({ task }, scope.model), because };
}

it('a model that failed for a while and is called no more gets its tasks back in some weeks', async () => {
  // A day ahead, since midnight may come meanwhile.
  await addRate(1_000, 700, -1);
  expect(await evidence()).toMatchObject({ n: 100, okSum: 70, because: undefined });
  await database.pool.query(`update task_rates set updated_at = now() - interval '7 days'`);
  expect((await evidence()).n).toBeCloseTo(47.8, 1);
  await database.pool.query(`update task_rates set updated_at = now() - interval '30 days'`);
  expect(await evidence()).toMatchObject({ because: 'type' });
});

it('thousands of good calls of the past do not hide that a model fails now', async () => {
  await addRate(100_000, 100_000, 60);
  await addCalls(150, { status: 'failed' });
  await addCalls(500);
  const found = await evidence();
  // Of 100,000 calls of sixty days ago the weight of 180 is left.
  expect((found.okSum ?? 0) / (found.n ?? 1)).toBeCloseTo((180 + 500) / (180 + 650), 3);
  expect(found.because).toBeUndefined();
});

it('the mean length of answers keeps to what is left of the calls', async () => {
  await addRate(1_000, 1_000, 10);
  await addCalls(100);
  expect((await evidence()).outTokensMean).toBeCloseTo(50, 6);
});

it('a request that its provider refuses as wrong says nothing of the model', async () => {
  await addCalls(60);
  await addCalls(40, { status: 'failed', errorCode: 'invalid_request' });
  expect(await evidence()).toMatchObject({ n: 60, okSum: 60 });
});
