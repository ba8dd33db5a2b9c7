import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../../test/support/ask.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { withTransaction } from '../db/transaction.ts';
import { structureSize } from './call-structure.ts';
import { EvidenceCache } from './evidence-cache.ts';
import { hashedWords } from './hashed-words.ts';
import { chooseHeads, listHeadVersions, lockHeads } from './head-choice-store.ts';
import {
  dropCandidate,
  dropOldCandidates,
  promoteCandidate,
  readCurrentVersions,
  saveHeads,
} from './head-standing-store.ts';
import { learnAllHeads } from './learn-heads-job.ts';
import { addSample } from './learned-heads-store.ts';
import { packHeads } from './packed-heads.ts';
import { sealFeatures } from './sealed-features.ts';
import { fitTextHeads, type LabelledCall } from './text-heads.ts';

/** Candidates take the place of active heads only by what their comparison shows. */
let database: TestDatabase;
const workspaceId = 'ws_heads';
const live = { workspaceId, livemode: true };
const learner = { ...live, weak: 'gpt-6-luna', strong: 'gpt-6-sol' };
const secret = 'a'.repeat(64);
const task = 'ab'.repeat(16);

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(`insert into workspaces (id, name) values ($1, 'Heads') on conflict do nothing`, [
    workspaceId,
  ]);
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.pool.query('truncate learned_samples, learned_heads, chosen_heads');
  samples = 0;
});

let samples = 0;
/** Newsletters are right, contracts wrong; or the other way round. */
function callOf(i: number, isTurned = false): LabelledCall {
  const isHard = i % 2 === 0;
  const structure = Array.from({ length: structureSize }, () => 0.1);
  const words = hashedWords(`${isHard ? 'contract' : 'newsletter'} number ${i % 7}`, '');
  return { words, structure, task, weak: isHard === isTurned ? 1 : 0, strong: 1 };
}

async function add(n: number, isTurned = false, pair = learner): Promise<void> {
  for (let i = 0; i < n; i++) {
    const { words, structure, weak } = callOf(i, isTurned);
    const id = `req_${String(++samples).padStart(5, '0')}`;
    await addSample(database.pool, {
      ...{ ...pair, id, task, clientId: undefined, agreed: weak === 1 },
      sealedFeatures: sealFeatures(secret, { workspaceId, id }, { words, structure }),
    });
  }
}

function weightsOf(isTurned: boolean, gainMost: Record<string, number> = {}): Buffer {
  const calls = Array.from({ length: 120 }, (_, i) => callOf(i, isTurned));
  const report = { calls: 120, judged: 40, better: 0.1, lower: 0.05 };
  return packHeads({ heads: fitTextHeads(calls), gainMost, report });
}

const save = (isTurned: boolean, against?: number, gainMost?: Record<string, number>) =>
  saveHeads(database.pool, learner, {
    ...{ weights: weightsOf(isTurned, gainMost), report: {}, against },
    reason: against === undefined ? 'better_than_tasks' : 'comparing',
  });
const learn = () => learnAllHeads({ db: database.pool, secret }, new AbortController().signal);
const versions = async () =>
  (await listHeadVersions(database.pool, live)).map(({ version, active, outcome, reason, hasWeights }) => [
    ...[version, active, outcome, reason, hasWeights],
  ]);
const audited = async () => {
  const { rows } = await database.pool.query(
    `select operation, before->'heads' as before, after->'heads' as after from audit_log
     where workspace_id = $1 and actor_type = 'system' order by created_at, id`,
    [workspaceId],
  );
  return (rows as object[]).map((row) => Object.values(row));
};

it('a candidate that is better replaces the active version once, though two processes look at the same time', async () => {
  await save(true);
  await add(340);
  await save(false, 1);
  await add(5);
  await learn();
  expect(await versions()).toEqual([
    [2, false, 'candidate', 'comparing', true],
    [1, true, 'promoted', 'better_than_tasks', true],
  ]);
  await add(60);
  // A clock that was set back: what the versions have seen is not told by times.
  await database.pool.query(`update learned_samples set created_at = now() - interval '20 days' where seen_by is null`);
  await Promise.all([learn(), learn()]);
  expect(await versions()).toEqual([
    [2, true, 'promoted', 'better', true],
    [1, false, 'promoted', 'better_than_tasks', true],
  ]);
  expect(await audited()).toEqual([['routing.heads.promote', 1, 2]]);
  const [promoted] = await listHeadVersions(database.pool, live);
  expect(promoted).toMatchObject({ against: 1, compared: { calls: 65 } });
  expect(promoted?.compared?.lower).toBeGreaterThan(0);
  const [since, until] = (await listHeadVersions(database.pool, live)).map((one) => [one.activeSince, one.activeUntil]);
  expect(since).toEqual([expect.any(Date), null]);
  expect(until).toEqual([expect.any(Date), since?.[0]]);
});

it('a candidate that is worse, or whose active version is gone, is dropped with its reason, and the active one stays', async () => {
  await save(false);
  await add(340);
  await save(true, 1);
  await add(65);
  await learn();
  expect(await versions()).toEqual([
    [2, false, 'dropped', 'worse', false],
    [1, true, 'promoted', 'better_than_tasks', true],
  ]);
  await save(false, 1);
  await save(false);
  await add(5);
  await learn();
  expect((await versions())[1]).toEqual([3, false, 'dropped', 'overtaken', false]);
  await save(false, 4);
  await database.pool.query(`update learned_heads set created_at = now() - interval '29 days' where version = 5`);
  await learn();
  expect((await versions())[0]).toEqual([5, false, 'dropped', 'too_few_calls', false]);
});

it('a candidate that is better waits while the choice of a person holds, and can be chosen itself', async () => {
  await save(true);
  await chooseHeads(database.pool, live, { version: 1, by: 'key_test', follows: false });
  await add(340);
  await save(false, 1);
  await add(65);
  await learn();
  expect(await versions()).toEqual([
    [2, false, 'promoted', 'better', true],
    [1, true, 'promoted', 'better_than_tasks', true],
  ]);
  await save(false, 1);
  await chooseHeads(database.pool, live, { version: 3, by: 'key_test', follows: false });
  expect((await versions())[0]).toEqual([3, true, 'promoted', 'chosen', true]);
});

it('active heads that no longer keep what they have proven are withdrawn, and a choice of a person is not', async () => {
  await save(false, undefined, { '0.95': 0.5 });
  await add(340);
  await database.pool.query('update learned_samples set seen_by = 1');
  await add(80, true);
  await chooseHeads(database.pool, live, { version: 1, by: 'key_test', follows: false });
  await learn();
  expect(await versions()).toEqual([[1, true, 'promoted', 'better_than_tasks', true]]);
  await chooseHeads(database.pool, live, { version: 1, by: 'key_test', follows: true });
  await learn();
  expect(await versions()).toEqual([[1, false, 'withdrawn', 'broken_promise', true]]);
  expect((await audited()).at(-1)).toEqual(['routing.heads.withdraw', 1, 0]);
});

it('a refit beside active heads is a candidate, and samples and candidates from ahead of the clock are forgotten', async () => {
  await save(true);
  await add(340);
  await database.pool.query('update learned_samples set seen_by = 1');
  await add(99);
  await learn();
  expect((await versions()).length).toBe(1);
  await add(21);
  await learn();
  const [refit] = await versions();
  expect(refit?.slice(0, 3)).toEqual([2, false, 'candidate']);
  await database.pool.query(`update learned_heads set created_at = now() + interval '40 days' where version = 2`);
  await database.pool.query(
    `update learned_samples set created_at = now() + interval '40 days' where id < 'req_00010'`,
  );
  await learn();
  expect((await versions())[0]).toEqual([2, false, 'dropped', 'too_few_calls', false]);
  const { rows } = await database.pool.query('select count(*)::int as n from learned_samples');
  expect(rows).toEqual([{ n: samples - 9 }]);
});

it('active heads keep to what they have proven also where few calls are compared, which are too few to fit others', async () => {
  await save(false, undefined, { '0.95': 0.5 });
  await add(110);
  await learn();
  expect(await versions()).toEqual([[1, true, 'promoted', 'better_than_tasks', true]]);
  await add(60, true);
  await learn();
  expect(await versions()).toEqual([[1, false, 'withdrawn', 'broken_promise', true]]);
});

it('heads of two models stay while others are compared too, and are withdrawn once only others are', async () => {
  const nova = { ...learner, strong: 'gpt-7-nova' };
  await save(true);
  await add(340);
  await save(false, 1);
  await add(205, false, nova);
  await add(5);
  await add(200, false, nova);
  await learn();
  expect((await versions())[0]?.slice(1, 3)).toEqual([false, 'candidate']);
  await add(60);
  await learn();
  expect((await versions())[0]).toEqual([2, true, 'promoted', 'better', true]);
  await add(400, false, nova);
  await learn();
  expect((await versions())[0]).toEqual([2, false, 'withdrawn', 'not_compared', true]);
  await learn();
  expect((await versions())[0]?.slice(0, 3)).toEqual([3, true, 'promoted']);
});

/** The words in which a gateway of the version before activates heads: it knows no candidates. */
async function chooseAsBefore(version: number): Promise<void> {
  await database.pool.query(
    'update learned_heads set active = version = $3 where workspace_id = $1 and livemode = $2 and active <> (version = $3)',
    [workspaceId, true, version],
  );
}

it('a candidate that an older process made active is active, and keeps its weights whatever becomes of candidates', async () => {
  await save(true);
  await add(340);
  await save(false, 1);
  await add(65);
  await chooseAsBefore(2);
  const chosen = [2, true, 'promoted', 'chosen', true];
  expect((await versions())[0]).toEqual(chosen);
  await dropCandidate(database.pool, live, { version: 2, reason: 'overtaken' });
  await database.pool.query(`update learned_heads set created_at = now() - interval '29 days' where version = 2`);
  await learn();
  expect((await versions())[0]).toEqual(chosen);
  expect(await readCurrentVersions(database.pool, live)).toMatchObject({ active: 2, candidate: 0 });
  const evidence = await new EvidenceCache({ db: database.pool }).of(workspaceId, true);
  expect(evidence.heads?.learned.gainMost).toEqual({});
  await chooseHeads(database.pool, live, { version: 1, by: 'key_test', follows: true });
  expect((await versions())[0]).toEqual([2, false, 'promoted', 'chosen', true]);
});

it('a candidate that was dropped meanwhile is not promoted, and the active version stays', async () => {
  await save(true);
  await save(false, 1);
  await dropCandidate(database.pool, live, { version: 2, reason: 'too_few_calls' });
  const compared = { calls: 65, mean: 0.1, lower: 0.05, upper: 0.15 };
  const promotion = { version: 2, compared, activates: true };
  expect(await promoteCandidate(database.pool, live, promotion)).toBe(false);
  expect(await versions()).toEqual([
    [2, false, 'dropped', 'too_few_calls', false],
    [1, true, 'promoted', 'better_than_tasks', true],
  ]);
});

it('candidates that are too old are dropped one workspace after another, and not while a person chooses one', async () => {
  await save(true);
  await save(false, 1);
  await database.pool.query(`update learned_heads set created_at = now() - interval '29 days' where version = 2`);
  let dropped: Promise<void> | undefined;
  await withTransaction(database.pool, async (tx) => {
    await lockHeads(tx, workspaceId);
    dropped = dropOldCandidates(database.pool);
    await eventually(async () => {
      const { rows } = await database.pool.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      expect(rows.length).toBe(1);
    });
    await chooseHeads(tx, live, { version: 2, by: 'key_test', follows: false });
  });
  await dropped;
  expect((await versions())[0]).toEqual([2, true, 'promoted', 'chosen', true]);
});

it('heads without weights are read as none, and one workspace that cannot be learned for leaves the others be', async () => {
  await save(true);
  await database.pool.query(`update learned_heads set weights = ''`);
  expect((await new EvidenceCache({ db: database.pool }).of(workspaceId, true)).heads).toBeUndefined();
  await add(405);
  // Of a workspace that comes before by its name.
  const before = { ...learner, workspaceId: 'ws_before' };
  await database.pool.query(`insert into workspaces (id, name) values ($1, 'Before') on conflict do nothing`, [
    before.workspaceId,
  ]);
  await database.pool.query(
    `insert into learned_samples (workspace_id, livemode, id, task, sealed_features, agreed, weak, strong)
     select $1, livemode, id, task, sealed_features, agreed, weak, strong from learned_samples`,
    [before.workspaceId],
  );
  await expect(learn()).rejects.toThrow();
  expect((await versions())[0]?.slice(0, 2)).toEqual([2, true]);
});

it('calls of an earlier version of the gateway, which took down fewer numbers, count as no look', async () => {
  await add(405);
  for (let i = 1; i <= 6; i++) {
    const id = `req_${String(i).padStart(5, '0')}`;
    const { words, structure } = callOf(i);
    const earlier = { words, structure: structure.slice(1) };
    await database.pool.query(`update learned_samples set sealed_features = $2 where id = $1`, [
      ...[id, sealFeatures(secret, { workspaceId, id }, earlier)],
    ]);
  }
  await learn();
  expect(await versions()).toEqual([]);
  await add(1);
  await learn();
  expect((await versions())[0]?.slice(0, 3)).toEqual([1, true, 'promoted']);
});
