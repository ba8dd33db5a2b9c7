import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { headsOfFormat } from '../../../test/support/heads-of-format.ts';
import { structureSize } from './call-structure.ts';
import { countCollected } from './count-collected.ts';
import { EvidenceCache } from './evidence-cache.ts';
import { hashedWords } from './hashed-words.ts';
import { listHeadVersions } from './head-choice-store.ts';
import { saveHeads } from './head-standing-store.ts';
import { learnAllHeads } from './learn-heads-job.ts';
import { addSample } from './learned-heads-store.ts';
import { headsFormat, packHeads } from './packed-heads.ts';
import { sealFeatures } from './sealed-features.ts';
import { fitTextHeads, type LabelledCall } from './text-heads.ts';

/** Heads and calls of an earlier and of a later version of the gateway, which see other words and numbers in a call. */
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

/** Newsletters are right, contracts wrong. */
function callOf(i: number, numbers = structureSize): LabelledCall {
  const isHard = i % 2 === 0;
  const words = hashedWords(`${isHard ? 'contract' : 'newsletter'} number ${i % 7}`, '');
  return { words, structure: Array.from({ length: numbers }, () => 0.1), task, weak: isHard ? 0 : 1, strong: 1 };
}

let samples = 0;
async function add(n: number, numbers = structureSize): Promise<void> {
  for (let i = 0; i < n; i++) {
    const { words, structure, weak } = callOf(i, numbers);
    const id = `req_${String(++samples).padStart(5, '0')}`;
    await addSample(database.pool, {
      ...{ ...learner, id, task, clientId: undefined, agreed: weak === 1 },
      sealedFeatures: sealFeatures(secret, { workspaceId, id }, { words, structure }),
    });
  }
}

async function saveAs(format: number | undefined): Promise<void> {
  const calls = Array.from({ length: 120 }, (_, i) => callOf(i));
  const report = { calls: 120, judged: 40, better: 0.1, lower: 0.05 };
  const weights = headsOfFormat(packHeads({ heads: fitTextHeads(calls), gainMost: {}, report }), format);
  await saveHeads(database.pool, learner, { weights, report, reason: 'better_than_tasks' });
}

const learn = () => learnAllHeads({ db: database.pool, secret }, new AbortController().signal);
const versions = async () =>
  (await listHeadVersions(database.pool, live)).map(({ version, active, isReadable }) => [version, active, isReadable]);
const count = async () => {
  const { rows } = await database.pool.query('select count(*)::int as n from learned_samples');
  return (rows as { n: number }[])[0]?.n;
};

it('heads of an earlier version stay until newer calls have made others, and its calls then make none again', async () => {
  await saveAs(undefined);
  await add(405, structureSize - 1);
  await learn();
  await add(399);
  await learn();
  expect(await versions()).toEqual([[1, true, false]]);
  // They say nothing of a call here, and tasks decide alone.
  expect((await new EvidenceCache({ db: database.pool }).of(workspaceId, true)).heads).toBeUndefined();
  expect(await count()).toBe(804);
  await add(1);
  await learn();
  expect(await versions()).toEqual([
    [2, true, true],
    [1, false, false],
  ]);
  expect(await count()).toBe(400);
});

it('heads of a later version are left to it, and so are its calls', async () => {
  await saveAs(headsFormat + 1);
  await add(10, structureSize + 1);
  await add(405);
  await learn();
  expect(await versions()).toEqual([[1, true, false]]);
  await database.pool.query('delete from learned_heads');
  await learn();
  expect(await versions()).toEqual([[1, true, true]]);
  expect(await count()).toBe(415);
});

it('heads of a later version are replaced once that version has compared no call for a day, as after a rollback', async () => {
  await saveAs(headsFormat + 1);
  await add(10, structureSize + 1);
  await add(405);
  await database.pool.query(`update learned_samples set created_at = created_at - interval '23 hours'`);
  await learn();
  expect(await versions()).toEqual([[1, true, false]]);
  await database.pool.query(`update learned_samples set created_at = created_at - interval '2 hours'`);
  await learn();
  expect(await versions()).toEqual([
    [2, true, true],
    [1, false, false],
  ]);
  // The later version learns from them if it comes back.
  expect(await count()).toBe(415);
});

it('heads that this version cannot read prove nothing to it: the look after theirs asks for a clearer lead', async () => {
  await add(405);
  await learn();
  const [first] = await listHeadVersions(database.pool, live);
  await database.pool.query('truncate learned_samples, learned_heads');
  await saveAs(undefined);
  await add(405);
  await learn();
  const [second] = await listHeadVersions(database.pool, live);
  expect(second).toMatchObject({ version: 2, report: { better: first?.report.better } });
  expect(second?.report.lower).toBeLessThan(first?.report.lower ?? 0);
});

it('the calls collected are those that the next heads are learned from, and none that only other versions can read', async () => {
  const collected = () => countCollected({ db: database.pool, secret }, live);
  expect(await collected()).toBeUndefined();
  await add(405, structureSize - 1);
  await saveAs(undefined);
  await add(3, structureSize + 1);
  expect(await collected()).toMatchObject({ weak: learner.weak, strong: learner.strong, calls: 0, tasks: 0 });
  await add(399);
  expect(await collected()).toMatchObject({ calls: 399, tasks: 1 });
  await learn();
  expect((await versions()).length).toBe(1);
  await database.pool.query('delete from learned_samples where id <= $1', ['req_00408']);
  await add(1);
  await learn();
  // The heads after these are learned from the same calls and from newer ones.
  expect([(await versions()).length, await collected()]).toMatchObject([2, { calls: 400 }]);
});
