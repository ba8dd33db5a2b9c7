import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { withTransaction } from '../db/transaction.ts';
import { EvidenceCache } from './evidence-cache.ts';
import { addPair, listClaims, noteSampled } from './task-claim-store.ts';

/** How much of a task its pairs speak for. */
const live = { workspaceId: 'ws_test', livemode: true };
const key = { ...live, task: 'ab'.repeat(16), weak: 'gpt-6-luna', strong: 'gpt-6-sol' };
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.pool.query('truncate task_rates, task_claims'));

/** One sampled call: of a short answer both models agree, and a long one nobody compares. */
async function sample(isShort: boolean, promptVersion?: number): Promise<string | undefined> {
  await noteSampled(database.pool, key, isShort);
  if (!isShort) return undefined;
  const pair = { ...key, topic: 'draft', agrees: true, promptVersion };
  return (await withTransaction(database.pool, (tx) => addPair(tx, pair, 0.95))).turned;
}

async function evidence() {
  const { find } = await new EvidenceCache({ db: database.pool }).of(live.workspaceId, live.livemode);
  return find({ task: key.task }, key.weak);
}

it('a task that mostly gives long texts is not cleared by its few short answers', async () => {
  const turned = new Set<string | undefined>();
  for (let i = 0; i < 180; i++) turned.add(await sample(i % 2 === 0));
  expect([...turned]).toEqual([undefined]);
  expect(await evidence()).toMatchObject({ pairs: 90, agreeing: 90 });
  expect((await evidence())?.lower).toBeUndefined();
});

it('a task is cleared once nine in ten of its answers can be compared', async () => {
  const turned: (string | undefined)[] = [];
  for (let i = 0; i < 100; i++) turned.push(await sample(i % 20 !== 7));
  expect(turned.filter((one) => one !== undefined)).toEqual(['cleared']);
  expect((await evidence())?.lower).toBeGreaterThanOrEqual(0.95);
  for (let i = 0; i < 30; i++) await sample(false);
  expect((await evidence())?.lower).toBeUndefined();
  // Only the latest few hundred count.
  for (let i = 0; i < 700; i++) await noteSampled(database.pool, key, true);
  expect((await evidence())?.lower).toBeGreaterThanOrEqual(0.95);
});

it('a call that cannot be compared makes no row of a task without pairs', async () => {
  await noteSampled(database.pool, key, false);
  expect((await database.pool.query('select 1 from task_claims')).rowCount).toBe(0);
});

it('the highest version of a prompt and the pairs since its first are taken down', async () => {
  const versionOf = async (): Promise<unknown> =>
    (await database.pool.query('select prompt_version, version_pairs from task_claims')).rows[0];
  await sample(true);
  expect(await versionOf()).toEqual({ prompt_version: null, version_pairs: 0 });
  await sample(true, 3);
  await sample(true, 4);
  await sample(true, 3);
  await sample(true, 4);
  expect(await versionOf()).toEqual({ prompt_version: 4, version_pairs: 2 });
});

it('thousands of tasks with one pair each do not crowd out a task that is cleared', async () => {
  for (let i = 0; i < 90; i++) await sample(true);
  await database.pool.query(
    `insert into task_claims (workspace_id, livemode, task, topic, weak, strong, pairs, agreed, lower, upper, recent, updated_at)
     select $1, true, decode(md5(n::text), 'hex'), 'draft', $2, $3, 1, 1, 0.05, 1, '1', now() + n * interval '1 millisecond' from generate_series(1, 3500) n`,
    [live.workspaceId, key.weak, key.strong],
  );
  expect((await evidence())?.lower).toBeGreaterThanOrEqual(0.95);
  const slices = await listClaims(database.pool, { ...live, most: 3_000 });
  const claims = slices.flatMap((slice) => slice.read());
  expect(claims).toHaveLength(3_000);
  // The latest pair first, also of those that had room.
  expect(claims.at(-1)?.task).toBe(key.task);
});
