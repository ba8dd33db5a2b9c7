import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat as dialect } from '../../gateway/src/dialects/chat.ts';
import { featuresOf } from '../../gateway/src/routing/call-structure.ts';
import { learnAllHeads } from '../../gateway/src/routing/learn-heads-job.ts';
import { addSample } from '../../gateway/src/routing/learned-heads-store.ts';
import { seeded } from '../../gateway/src/routing/logistic-head.ts';
import { sealFeatures } from '../../gateway/src/routing/sealed-features.ts';
import { taskKeyOf } from '../../gateway/src/routing/task-key.ts';
import { chat, eventually, json } from '../support/ask.ts';
import { setAuto } from '../support/set-auto.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/** The heads that a workspace has learned of the words of its calls: they decide real calls, and people can take them back. */
let gateway: TestGateway;
let workspaceId = '';

const system = 'Solve the mathematical problem step by step and prove the result. Answer with the letter only.';
const easyWords = 'count apples baskets coins stairs minutes'.split(' ');
const hardWords = 'integral theorem manifold eigenvalue lemma topology'.split(' ');
const textOf = (isEasy: boolean, n: number): string => {
  const words = isEasy ? easyWords : hardWords;
  return `Problem ${n}: ${words[n % 6]} and ${words[(n * 5 + 2) % 6]}`;
};
const bodyOf = (text: string) => ({
  model: 'auto',
  messages: [
    { role: 'system', content: system },
    { role: 'user', content: text },
  ],
});

interface Heads {
  data: {
    version: number;
    active: boolean;
    better: boolean;
    model: string;
    calls: number;
    gain_lower: number | null;
  }[];
  follows: boolean;
}

beforeAll(async () => {
  gateway = await startTestGateway();
  const { pool } = gateway.database;
  await setAuto(pool, {
    pool: [
      { model: 'gpt-6-luna', class: 'small' },
      { model: 'gpt-6-sol', class: 'strong' },
    ],
    dial: 'balanced',
    learning: { enabled: false },
    per_client: {},
  });
  const { rows } = await pool.query('select id from workspaces');
  workspaceId = (rows as { id: string }[])[0]?.id ?? '';
  const { workspaces } = gateway.gateway.services;
  await eventually(async () => expect((await workspaces.view(workspaceId)).pool).toHaveLength(2));
});
afterAll(() => gateway.stop());

/** Nine hundred calls whose answers were compared: the small model agrees on easy words, and fails on half of the others. */
async function addSamples(): Promise<void> {
  const { database, gateway: running } = gateway;
  const random = seeded(18);
  for (let n = 0; n < 900; n++) {
    const isEasy = random() < 0.6;
    const call = dialect.read(bodyOf(textOf(isEasy, n)));
    const id = `req_${String(n).padStart(4, '0')}`;
    await addSample(database.pool, {
      ...{ workspaceId, livemode: true, id, clientId: undefined, agreed: isEasy || random() < 0.5 },
      task: taskKeyOf({ call, prompt: undefined, tags: {} }) ?? '',
      ...{ weak: 'gpt-6-luna', strong: 'gpt-6-sol' },
      sealedFeatures: sealFeatures(running.services.secret, { workspaceId, id }, featuresOf(call)),
    });
  }
}

async function learn(): Promise<void> {
  await learnAllHeads(gateway.gateway.services, new AbortController().signal);
}

let asked = 0;
async function routeOf(isEasy: boolean): Promise<[string | null, string | null]> {
  asked += 1;
  // Each is a conversation of its own, which no call before has brought to a model.
  const answer = await gateway.post(chat, bodyOf(textOf(isEasy, 8)), { 'x-session-id': `call-${asked}` });
  await json(answer);
  return [answer.headers.get('x-gateway-model'), answer.headers.get('x-gateway-route')];
}

const byWords = ['gpt-6-luna', 'auto: its words are those of calls that small models do'];
const strong = ['gpt-6-sol', 'auto: mathematics goes to strong models'];
const list = () => json<Heads>(gateway.get('/v1/routing/heads'));
const activate = (version: string, status = 200) =>
  json<Heads>(gateway.post(`/v1/routing/heads/${version}/activate`, {}), status);

it('the words of a call decide, and earlier versions or none can be made active again', {
  timeout: 120_000,
}, async () => {
  expect(await routeOf(true)).toEqual(strong);
  expect(await list()).toEqual({ data: [], follows: true, next_cursor: null });
  await addSamples();
  await learn();
  expect(await list()).toMatchObject({
    data: [{ version: 1, active: true, better: true, model: 'gpt-6-luna', calls: 900 }],
    follows: true,
  });
  await expect.poll(() => routeOf(true), { timeout: 20_000 }).toEqual(byWords);
  expect(await routeOf(false)).toEqual(strong);

  expect(await activate('none')).toMatchObject({ data: [{ version: 1, active: false }], follows: false });
  await expect.poll(() => routeOf(true), { timeout: 20_000 }).toEqual(strong);
  // Newer heads wait for as long as the choice of a person holds.
  await gateway.database.pool.query(`update learned_samples set created_at = now()`);
  await learn();
  expect(await list()).toMatchObject({
    data: [
      { version: 2, active: false, better: true },
      { version: 1, active: false },
    ],
  });
  expect(await activate('1')).toMatchObject({
    data: [
      { version: 2, active: false },
      { version: 1, active: true },
    ],
    follows: false,
  });
  await expect.poll(() => routeOf(true), { timeout: 20_000 }).toEqual(byWords);
  expect(await activate('latest')).toMatchObject({
    data: [
      { version: 2, active: true },
      { version: 1, active: false },
    ],
    follows: true,
  });
  const { data } = await json<{ data: { operation: string; before: object; after: object }[] }>(
    gateway.get('/v1/audit?operation=routing.heads.activate'),
  );
  expect(data.map(({ before, after }) => [before, after])).toEqual([
    [
      { heads: 1, follows: false },
      { heads: 2, follows: true },
    ],
    [{ heads: 0 }, { heads: 1 }],
    [
      { heads: 1, follows: true },
      { heads: 0, follows: false },
    ],
  ]);
});

it('a version that is not kept, was no better, or is no version is refused, and a test key changes nothing', async () => {
  await activate('77', 404);
  await activate('newest', 400);
  await gateway.database.pool.query(
    `insert into learned_heads (workspace_id, livemode, version, weights, report, active, weak, strong)
     values ($1, true, 3, '', '{"calls": 400}', false, 'gpt-6-luna', 'gpt-6-sol')`,
    [workspaceId],
  );
  await activate('3', 409);
  await json(gateway.post('/v1/routing/heads/none/activate', {}, { authorization: `Bearer ${testKey}` }), 403);
  expect((await list()).data.map(({ version, active }) => [version, active])).toEqual([
    [3, false],
    [2, true],
    [1, false],
  ]);
});
