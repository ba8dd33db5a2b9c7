import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { withTransaction } from '../db/transaction.ts';
import { saveFeedback } from '../feedback/feedback-store.ts';
import type { CallRow } from '../usage/call-columns.ts';
import { ensureCallPartitions, writeCalls } from '../usage/call-store.ts';
import { structureSize } from './call-structure.ts';
import { standingOf } from './evidence.ts';
import { EvidenceCache } from './evidence-cache.ts';
import { chooseHeads, listHeadVersions } from './head-choice-store.ts';
import { saveHeads } from './head-standing-store.ts';
import { addSample, findHeads, listLearners, listSamples, nextLook } from './learned-heads-store.ts';
import { packHeads } from './packed-heads.ts';
import { readDay, returnToDay, takeFromDay } from './shadow-day-store.ts';
import { addPair } from './task-claim-store.ts';
import { countFeedback, countRates, forgetOldTasks, listRates } from './task-rates-store.ts';
import { fitTextHeads } from './text-heads.ts';

const task = 'ab'.repeat(16);
const workspaceId = 'ws_test';
const live = { workspaceId, livemode: true };
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await ensureCallPartitions(database.pool, Date.now() - 86_400_000);
});
afterAll(() => database.drop());
beforeEach(() =>
  database.pool.query(
    'truncate calls, task_rates, task_rates_until, task_claims, shadow_days, feedback, learned_samples, learned_heads, chosen_heads',
  ),
);

interface CallChanges {
  open?: Partial<CallRow['open']>;
  closed?: Partial<NonNullable<CallRow['closed']>> | undefined;
  isOpen?: boolean;
}

function call(id: string, atMs: number, { open, closed, isOpen = false }: CallChanges = {}): CallRow {
  const usage = { inputTokens: 10, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 40, reasoningTokens: 0 };
  return {
    open: {
      ...{ ...live, id, createdAtMs: atMs, keyId: 'key_test', tags: {}, dialect: 'chat', streamed: false },
      ...{ modelRequested: 'auto', holdNanos: 0n, inputTokens: 1, decision: { task } },
      ...open,
    },
    closed: isOpen
      ? undefined
      : {
          ...{
            status: 'succeeded',
            model: 'gpt-6-luna',
            attempts: 1,
            usage,
            costNanos: 5n,
            estimated: false,
            totalMs: 1,
          },
          ...closed,
        },
  };
}

async function rates(livemode = true): Promise<Record<string, number[]>> {
  const slices = await listRates(database.pool, { workspaceId, livemode, most: 100 });
  const rows = slices.flatMap((slice) => slice.read());
  return Object.fromEntries(
    rows.map(({ model, signal, n, okSum, outTokensSum }) => [`${model} ${signal}`, [n, okSum, outTokensSum]]),
  );
}

function pair(agrees: boolean, more: { livemode?: boolean; workspaceId?: string; level?: number } = {}) {
  const { level = 0.95, ...scope } = more;
  const compared = { ...live, ...scope, task, topic: 'classify', weak: 'gpt-6-luna', strong: 'gpt-6-sol', agrees };
  return withTransaction(database.pool, (tx) => addPair(tx, compared, level));
}

describe('the rates of a task', () => {
  it('are counted from its calls, each signal of its own, and each call once', async () => {
    const at = Date.now() - 3_600_000;
    await writeCalls(database.pool, 'proc', [
      call('req_1', at, { closed: { jsonOk: true } }),
      call('req_2', at + 1, { closed: { jsonOk: false, toolOk: true } }),
      call('req_3', at + 2, { closed: { status: 'failed' } }),
      call('req_4', at + 3, { open: { decision: undefined } }),
      call('req_5', at + 4, {
        open: { decision: { task, shadowOf: 'req_1' } },
        closed: { model: 'gpt-6-sol', jsonOk: true },
      }),
      call('req_6', at + 5, { closed: { cache: 'hit' } }),
    ]);
    const counted = {
      'gpt-6-luna error': [3, 2, 80],
      'gpt-6-luna json_ok': [2, 1, 0],
      'gpt-6-luna tool_ok': [1, 1, 0],
      'gpt-6-sol json_ok': [1, 1, 0],
      // Its length is known, and that it failed would have been no news.
      'gpt-6-sol length': [1, 1, 40],
    };
    const later = at + 600_000;
    while (await countRates(database.pool, later));
    expect(await rates()).toEqual(counted);
    while (await countRates(database.pool, later));
    expect(await rates()).toEqual(counted);
    await writeCalls(database.pool, 'proc', [call('req_7', later)]);
    while (await countRates(database.pool, Date.now()));
    expect((await rates())['gpt-6-luna error']).toEqual([4, 3, 120]);
  });

  it('have a mark of 0 for a call whose text comes again within ten minutes of its answer', async () => {
    const at = Date.now() - 3_600_000;
    const minute = 60_000;
    const asked = (id: string, after: number, text: string, more: CallChanges = {}) =>
      call(id, at + after, {
        ...more,
        open: { decision: { task, promptHash: text.repeat(16) }, ...more.open },
        closed: { totalMs: 1_000, ...more.closed },
      });
    await writeCalls(database.pool, 'proc', [
      asked('req_1', 0, 'a'),
      asked('req_2', 2 * minute, 'a'),
      // Two at once: neither is a reaction to the other.
      asked('req_3', 3 * minute, 'b'),
      asked('req_4', 3 * minute + 500, 'b'),
      // Too late, of another client, after a failure, and a second answer.
      asked('req_5', 13 * minute, 'a'),
      asked('req_6', 14 * minute, 'a', {
        open: { decision: { task, promptHash: 'a'.repeat(16) }, tags: { client: 'acme' } },
      }),
      asked('req_7', 15 * minute, 'c', { closed: { status: 'failed' } }),
      asked('req_8', 16 * minute, 'c'),
      asked('req_9', 17 * minute, 'c', {
        open: { decision: { task, promptHash: 'c'.repeat(16), shadowOf: 'req_8' } },
        closed: { model: 'gpt-6-sol' },
      }),
    ]);
    const retries = async (until: number) => {
      while (await countRates(database.pool, until));
      return (await rates())['gpt-6-luna retry'];
    };
    // The stretches divide a call from the one that repeats it.
    expect(await retries(at + minute)).toEqual([1, 1, 0]);
    expect(await retries(at + 2.9 * minute)).toEqual([2, 1, 0]);
    expect(await retries(Date.now())).toEqual([7, 6, 0]);
    expect(await retries(Date.now())).toEqual([7, 6, 0]);
    expect((await rates())['gpt-6-sol retry']).toBeUndefined();
  });

  it('let repeats speak against a model only where other models of the task have fewer', async () => {
    const add = (model: string, n: number, ok: number) =>
      database.pool.query(
        `insert into task_rates (workspace_id, livemode, task, model, signal, n, ok_sum) values ($1, true, decode($2, 'hex'), $3, 'retry', $4, $5)`,
        [workspaceId, task, model, n, ok],
      );
    await add('gpt-6-luna', 100, 40);
    const found = async () => {
      const view = await new EvidenceCache({ db: database.pool }).of(workspaceId, true);
      return view.find({ task }, 'gpt-6-luna');
    };
    const others = (ok: number) =>
      database.pool.query(`update task_rates set ok_sum = $1 where model = 'gpt-6-sol'`, [ok]);
    // Nobody knows yet how often the task is repeated by its nature.
    expect(await found()).toBeUndefined();
    await add('gpt-6-sol', 19, 19);
    expect(await found()).toBeUndefined();
    await database.pool.query(`update task_rates set n = 100, ok_sum = 100 where model = 'gpt-6-sol'`);
    // Sixty of a hundred, and next to none of the others'.
    expect((await found())?.okSum).toBeGreaterThan(40);
    expect((await found())?.okSum).toBeLessThan(45);
    await others(80);
    expect((await found())?.okSum).toBeGreaterThan(60);
    expect((await found())?.okSum).toBeLessThan(72);
    await others(40);
    expect((await found())?.okSum).toBe(100);
  });

  it.each([0, 1, 2])(
    'leave a task that polls with its small model, of whose calls %i of a hundred are not repeated',
    async (ok) => {
      await database.pool.query(
        `insert into task_rates (workspace_id, livemode, task, model, signal, n, ok_sum)
       select $1, true, decode($2, 'hex'), model, 'retry', n, ok
       from (values ('gpt-6-luna', 100, $3::int), ('gpt-6-sol', 1000, 1)) as r (model, n, ok)`,
        [workspaceId, task, ok],
      );
      for (let i = 0; i < 90; i++) await pair(true);
      const { find } = await new EvidenceCache({ db: database.pool }).of(workspaceId, true);
      const standing = standingOf(find, { task, topic: 'classify', model: 'gpt-6-luna', shipped: 0.95 });
      expect(standing.mean).toBeGreaterThan(0.95);
      expect(standing.proven).toBeGreaterThan(0.95);
    },
  );

  it('wait for a call that is open, and count it once it is over', async () => {
    const at = Date.now() - 3_600_000;
    await writeCalls(database.pool, 'proc', [
      call('req_1', at),
      call('req_2', at + 1_000, { isOpen: true }),
      call('req_3', at + 2_000),
    ]);
    while (await countRates(database.pool, Date.now()));
    expect((await rates())['gpt-6-luna error']).toEqual([1, 1, 40]);
    await writeCalls(database.pool, 'proc', [call('req_2', at + 1_000)]);
    while (await countRates(database.pool, Date.now()));
    expect((await rates())['gpt-6-luna error']).toEqual([3, 3, 120]);
  });

  it('have the feedback that came in later, each opinion once, and as it was changed', async () => {
    const at = Date.now() - 3_600_000;
    await writeCalls(database.pool, 'proc', [call('req_1', at), call('req_2', at + 1, { open: { decision: {} } })]);
    const opinion = (name: string, score: number, callId = 'req_1') =>
      saveFeedback(database.pool, {
        ...{ ...live, callId, name, score, clientId: null, sealedComment: null, keyId: 'key_test' },
        ...{ callAt: new Date(callId === 'req_1' ? at : at + 1), at: new Date(at + 60_000) },
      });
    const counted = async () => {
      while (await countFeedback(database.pool, Date.now()));
      return rates();
    };
    await opinion('user', 1);
    await opinion('editor', 0.5);
    await opinion('user', 1, 'req_2');
    expect(await counted()).toEqual({ 'gpt-6-luna feedback': [2, 1.5, 0] });
    expect(await counted()).toEqual({ 'gpt-6-luna feedback': [2, 1.5, 0] });
    await opinion('user', 0);
    expect(await counted()).toEqual({ 'gpt-6-luna feedback': [2, 0.5, 0] });
    expect(
      (await new EvidenceCache({ db: database.pool }).of(workspaceId, true)).find({ task }, 'gpt-6-luna'),
    ).toMatchObject({ n: 2, okSum: 0.5 });
  });

  it('are counted once after a clock that was set back', async () => {
    const at = Date.now() - 3_600_000;
    await writeCalls(database.pool, 'proc', [call('req_1', at)]);
    while (await countRates(database.pool, Date.now()));
    await countRates(database.pool, at - 86_400_000);
    while (await countRates(database.pool, Date.now()));
    expect((await rates())['gpt-6-luna error']).toEqual([1, 1, 40]);
  });

  it('are kept apart in test mode and in another workspace', async () => {
    const at = Date.now() - 3_600_000;
    await writeCalls(database.pool, 'proc', [
      call('req_1', at, { open: { livemode: false } }),
      call('req_2', at, { open: { workspaceId: 'ws_other' } }),
    ]);
    while (await countRates(database.pool, Date.now()));
    await pair(true, { livemode: false });
    await pair(false, { workspaceId: 'ws_other' });
    const evidence = new EvidenceCache({ db: database.pool });
    expect(await rates()).toEqual({});
    expect((await evidence.of(workspaceId, true)).find({ task }, 'gpt-6-luna')).toBeUndefined();
    expect((await evidence.of(workspaceId, false)).find({ task }, 'gpt-6-luna')).toMatchObject({
      pairs: 1,
      agreeing: 1,
    });
    expect((await evidence.of('ws_other', true)).find({ task }, 'gpt-6-luna')).toMatchObject({ pairs: 1, agreeing: 0 });
  });

  it('are bounded: of a hundred thousand tasks the oldest are forgotten, and a process keeps the latest few thousand', async () => {
    await database.pool.query(
      `insert into task_claims (workspace_id, livemode, task, topic, weak, strong, pairs, agreed, lower, upper, recent, updated_at)
       select $1, true, decode(md5(n::text), 'hex'), 'classify', 'w', 's', 5, 5, 0.4, 1, '11111', now() - n * interval '1 second'
       from generate_series(1, 100200) n`,
      [workspaceId],
    );
    await forgetOldTasks(database.pool);
    const { rows } = await database.pool.query('select count(*)::int as n from task_claims');
    expect(rows).toEqual([{ n: 100_000 }]);
    const view = await new EvidenceCache({ db: database.pool }).of(workspaceId, true);
    expect(view.find('workspace', 'w')?.pairs).toBe(15_000);
  });
});

describe('the evidence that a process keeps', () => {
  it('gives way over all workspaces, that which was used longest ago first', async () => {
    const evidence = new EvidenceCache({ db: database.pool, weightMax: 100 });
    await evidence.of('ws_1', true);
    await evidence.of('ws_2', false);
    expect(evidence.of('ws_1', true)).not.toBeInstanceOf(Promise);
    await evidence.of('ws_3', true);
    expect(evidence.of('ws_1', true)).not.toBeInstanceOf(Promise);
    expect(evidence.of('ws_3', true)).not.toBeInstanceOf(Promise);
    expect(evidence.of('ws_2', false)).toBeInstanceOf(Promise);
    await evidence.of('ws_2', false);
  });

  it('has the heads that it had while their version is the same, and reads newer ones', async () => {
    const { weights, report } = someHeads();
    const pair = { ...live, weak: 'gpt-6-luna', strong: 'gpt-6-sol' };
    await saveHeads(database.pool, pair, { weights, report, reason: 'better_than_tasks' });
    const evidence = new EvidenceCache({ db: database.pool });
    const first = await evidence.of(workspaceId, true);
    const readAgain = async () => {
      const before = await evidence.of(workspaceId, true);
      evidence.forget(workspaceId);
      await expect.poll(() => evidence.of(workspaceId, true), { timeout: 20_000 }).not.toBe(before);
      return evidence.of(workspaceId, true);
    };
    expect(first.heads?.learned.report).toEqual(report);
    expect((await readAgain()).heads?.learned).toBe(first.heads?.learned);
    await saveHeads(database.pool, pair, { weights, report, reason: 'better_than_tasks' });
    const newer = await readAgain();
    expect(newer.heads?.learned).toEqual(first.heads?.learned);
    expect(newer.heads?.learned).not.toBe(first.heads?.learned);
    await saveHeads(database.pool, pair, { weights: undefined, report, reason: 'no_better_than_tasks' });
    expect((await readAgain()).heads?.learned).toBe(newer.heads?.learned);
    await chooseHeads(database.pool, live, { version: 0, by: 'key_test', follows: false });
    expect((await readAgain()).heads).toBeUndefined();
  });

  it('has heads of fifty mebibytes at most: those that were used longest ago are read again', async () => {
    const { weights, report } = someHeads();
    for (const id of ['ws_1', 'ws_2', 'ws_3'])
      await saveHeads(
        database.pool,
        { workspaceId: id, livemode: true, weak: 'gpt-6-luna', strong: 'gpt-6-sol' },
        { weights, report, reason: 'better_than_tasks' },
      );
    const evidence = new EvidenceCache({ db: database.pool, headBytesMax: 2.5 * weights.length });
    await evidence.of('ws_plain', true);
    for (const id of ['ws_1', 'ws_2', 'ws_3'])
      expect((await evidence.of(id, true)).heads?.smallModel).toBe('gpt-6-luna');
    expect(evidence.of('ws_plain', true)).not.toBeInstanceOf(Promise);
    expect(evidence.of('ws_2', true)).not.toBeInstanceOf(Promise);
    expect(evidence.of('ws_3', true)).not.toBeInstanceOf(Promise);
    expect(evidence.of('ws_1', true)).toBeInstanceOf(Promise);
    await evidence.of('ws_1', true);
  });

  it('is that of the tasks with the most calls, and is not read again with each change', async () => {
    const many = 12_000;
    await database.pool.query(
      `insert into task_rates (workspace_id, livemode, task, model, signal, n, ok_sum, out_tokens_sum)
       select $1, true, decode(md5(n::text), 'hex'), 'w', 'error', n, n, n from generate_series(1, $2::int) n`,
      [workspaceId, many],
    );
    const { rows } = await database.pool.query('select md5(n::text) as task from unnest($1::int[]) n', [[many, 1]]);
    const [often = '', seldom = ''] = (rows as { task: string }[]).map((row) => row.task);
    const evidence = new EvidenceCache({ db: database.pool });
    const view = await evidence.of(workspaceId, true);
    expect(view.find({ task: often }, 'w')).toBeDefined();
    expect(view.find({ task: seldom }, 'w')).toBeUndefined();
    let queries = 0;
    const count = () => {
      queries += 1;
    };
    database.pool.on('acquire', count);
    evidence.forget(workspaceId);
    expect(evidence.of(workspaceId, true)).toBe(view);
    await database.pool.query('select 1');
    database.pool.off('acquire', count);
    expect(queries).toBe(1);
  });
});

function someHeads() {
  const calls = Array.from({ length: 60 }, (_, i) => ({
    ...{ words: Uint16Array.of(i), structure: Array.from({ length: structureSize }, () => 0.1), task },
    ...{ weak: i % 2, strong: 1 },
  }));
  const report = { calls: 60, judged: 20, better: 0.1, lower: 0.05 };
  return { report, weights: packHeads({ heads: fitTextHeads(calls), gainMost: {}, report }) };
}

describe('the words of calls', () => {
  it('are learned for each two models that were compared often enough, and kept with them', async () => {
    const add = (id: string, weak: string) =>
      addSample(database.pool, {
        ...{ ...live, id, task, weak, strong: 'gpt-6-sol', clientId: undefined, agreed: true },
        sealedFeatures: Buffer.from(id),
      });
    await add('req_1', 'gpt-6-luna');
    await add('req_2', 'gpt-6-luna');
    await add('req_3', 'gpt-6-terra');
    await add('req_4', 'gpt-6-terra');
    await add('req_5', 'gpt-6-luna-2');
    const terra = { ...live, weak: 'gpt-6-terra', strong: 'gpt-6-sol' };
    const luna = { ...terra, weak: 'gpt-6-luna' };
    const listed = async () => (await listLearners(database.pool, 2)).map(({ weak, calls }) => [weak, calls]);
    expect(await listed()).toEqual([[terra.weak, 2]]);
    await add('req_6', luna.weak);
    expect(await listed()).toEqual([
      [luna.weak, 3],
      [terra.weak, 2],
    ]);
    expect((await listSamples(database.pool, terra)).map(({ id }) => id)).toEqual(['req_3', 'req_4']);
    await saveHeads(database.pool, terra, { weights: Buffer.from('heads'), report: {}, reason: 'better_than_tasks' });
    const found = await findHeads(database.pool, live, undefined);
    expect(found).toEqual({ version: found?.version, weights: Buffer.from('heads'), weak: 'gpt-6-terra' });
    expect(await findHeads(database.pool, live, found?.version)).toEqual({ ...found, weights: null });
    expect(await listed()).toEqual([[luna.weak, 3]]);
    await add('req_7', terra.weak);
    expect((await listLearners(database.pool, 9)).map(({ weak }) => weak)).toEqual([terra.weak]);
  });
});

describe('the versions of learned heads', () => {
  it('that are better stay, however many hours bring none', async () => {
    const models = { ...live, weak: 'gpt-6-luna', strong: 'gpt-6-sol' };
    const learned = (weights: string | undefined) =>
      saveHeads(database.pool, models, {
        weights: weights === undefined ? undefined : Buffer.from(weights),
        report: {},
        reason: weights === undefined ? 'no_better_than_tasks' : 'better_than_tasks',
      });
    expect(await nextLook(database.pool, models)).toEqual({ look: 1, isProven: false });
    for (let i = 0; i < 7; i++) await learned('heads');
    expect(await nextLook(database.pool, models)).toEqual({ look: 8, isProven: true });
    expect(await nextLook(database.pool, { ...models, weak: 'gpt-6-terra' })).toEqual({ look: 8, isProven: false });
    for (let i = 0; i < 8; i++) await learned(undefined);
    const kept = (await listHeadVersions(database.pool, live)).map(({ version, hasWeights }) => [version, hasWeights]);
    expect(kept).toEqual([
      ...[15, 14, 13, 12, 11].map((version) => [version, false]),
      ...[7, 6, 5, 4, 3].map((version) => [version, true]),
    ]);
    expect(await nextLook(database.pool, models)).toEqual({ look: 16, isProven: true });
  });
});

describe('the claim about a task', () => {
  it('turns once when it reaches the dial, and once when the latest pairs take that back', async () => {
    const turned: (string | undefined)[] = [];
    for (let i = 0; i < 90; i++) turned.push((await pair(true)).turned);
    expect(turned.filter((one) => one !== undefined)).toEqual(['cleared']);
    const evidence = new EvidenceCache({ db: database.pool });
    const find = async () => (await evidence.of(workspaceId, true)).find({ task }, 'gpt-6-luna-2026-10-01');
    expect(await find()).toMatchObject({ pairs: 90, agreeing: 90, clearedBy: 'agreement' });
    expect((await find())?.lower).toBeGreaterThanOrEqual(0.95);
    const after: (string | undefined)[] = [];
    for (let i = 0; i < 60; i++) after.push((await pair(i % 4 === 0)).turned);
    expect(after.filter((one) => one !== undefined)).toEqual(['withdrawn']);
    evidence.forget(workspaceId);
    await find();
    await expect.poll(find).toMatchObject({ withdrawn: true });
    expect((await find())?.clearedBy).toBeUndefined();
  });

  it('is withdrawn where the latest pairs refute more than the dial asks for', async () => {
    await pair(true, { level: 0.8 });
    await database.pool.query(
      `update task_claims set pairs = 2000, agreed = 2000, lower = 0.995, recent = repeat('1', 200), cleared_at = now()`,
    );
    const after: (string | undefined)[] = [];
    for (let i = 0; i < 60; i++) after.push((await pair(i % 10 !== 0, { level: 0.8 })).turned);
    expect(after.filter((one) => one !== undefined)).toEqual(['withdrawn']);
    const { rows } = await database.pool.query(
      'select cleared_at, withdrawn_at is not null as withdrawn, lower < 0.8 as unproven from task_claims',
    );
    expect(rows).toEqual([{ cleared_at: null, withdrawn: true, unproven: true }]);
  });

  it('is not withdrawn because somebody turned the dial up', async () => {
    for (let i = 0; i < 90; i++) await pair(true);
    expect((await pair(true, { level: 0.99 })).turned).toBeUndefined();
    expect((await pair(true)).turned).toBeUndefined();
  });

  it('is withdrawn where its pairs stop to agree after the dial was turned up', async () => {
    for (let i = 0; i < 90; i++) await pair(true);
    const after: (string | undefined)[] = [];
    for (let i = 0; i < 60; i++) after.push((await pair(i % 4 === 0, { level: 0.99 })).turned);
    expect(after.filter((one) => one !== undefined)).toEqual(['withdrawn']);
    const { find } = await new EvidenceCache({ db: database.pool }).of(workspaceId, true);
    expect(find({ task }, 'gpt-6-luna')).toMatchObject({ withdrawn: true });
  });

  it('counts every pair of several processes at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => pair(true)));
    const { rows } = await database.pool.query('select pairs, agreed, length(recent) as recent from task_claims');
    expect(rows).toEqual([{ pairs: 20, agreed: 20, recent: 20 }]);
    expect(await rates()).toEqual({ 'gpt-6-luna agreement': [20, 20, 0] });
  });
});

describe('the budget of second answers', () => {
  const day = { ...live, day: '2026-12-01' };
  const one = { calls: 1, answers: 1 };

  it('pays for what fits, also when many ask at once, and no more', async () => {
    const taken = await Promise.all(
      Array.from({ length: 30 }, () => takeFromDay(database.pool, day, { nanos: 100n, limitNanos: 1_050n, ...one })),
    );
    expect(taken.filter(Boolean)).toHaveLength(10);
    expect(
      await takeFromDay(database.pool, { ...day, day: '2026-12-02' }, { nanos: 1_051n, limitNanos: 1_050n, ...one }),
    ).toBe(false);
  });

  it('gets back what an answer did not cost, and is its own in test mode', async () => {
    expect(await takeFromDay(database.pool, day, { nanos: 900n, limitNanos: 1_000n, ...one })).toBe(true);
    expect(await takeFromDay(database.pool, day, { nanos: 200n, limitNanos: 1_000n, ...one })).toBe(false);
    expect(
      await takeFromDay(database.pool, { ...day, livemode: false }, { nanos: 200n, limitNanos: 1_000n, ...one }),
    ).toBe(true);
    // The question to a judge is none of the answers.
    expect(await takeFromDay(database.pool, day, { nanos: 50n, limitNanos: 1_000n, calls: 1, answers: 0 })).toBe(true);
    expect(await readDay(database.pool, day)).toEqual({ spentNanos: 950n, answers: 1 });
    await returnToDay(database.pool, day, { nanos: 850n, ...one });
    expect(await readDay(database.pool, day)).toEqual({ spentNanos: 100n, answers: 0 });
    expect(await takeFromDay(database.pool, day, { nanos: 200n, limitNanos: 1_000n, ...one })).toBe(true);
  });
});
