import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat, eventually, json } from '../support/ask.ts';
import { addSamples, bodyOf, learn, textOf } from '../support/head-samples.ts';
import { headsOfFormat } from '../support/heads-of-format.ts';
import { setAuto } from '../support/set-auto.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/** The heads that a workspace has learned of the words of its calls: they decide real calls, and people can take them back. */
let gateway: TestGateway;
let workspaceId = '';

interface Heads {
  data: {
    version: number;
    active: boolean;
    better: boolean;
    model: string;
    calls: number;
    gain_lower: number | null;
    active_since: string | null;
    active_until: string | null;
  }[];
  follows: boolean;
  chosen: object | null;
  collected: object;
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

let asked = 0;
async function routeOf(isEasy: boolean): Promise<[string | null, string | null]> {
  asked += 1;
  // Each is a conversation of its own, which no call before has brought to a model.
  const answer = await gateway.post(chat, bodyOf(textOf(isEasy, 8)), { 'x-session-id': `call-${asked}` });
  await json(answer);
  return [answer.headers.get('x-gateway-model'), answer.headers.get('x-gateway-route')];
}

const noGain = { gain: 0, gain_lower: 0, gain_upper: 0 };
const byWords = ['gpt-6-luna', 'auto: its words are those of calls that small models do'];
const strong = ['gpt-6-sol', 'auto: mathematics goes to strong models'];
const list = () => json<Heads>(gateway.get('/v1/routing/heads'));
const activate = (version: string, status = 200) =>
  json<Heads>(gateway.post(`/v1/routing/heads/${version}/activate`, {}), status);

it('the words of a call decide, and earlier versions or none can be made active again', {
  timeout: 120_000,
}, async () => {
  expect(await routeOf(true)).toEqual(strong);
  expect(await list()).toEqual({
    data: [],
    follows: true,
    newest: null,
    chosen: null,
    collected: { model: null, baseline_model: null, calls: 0, tasks: 0, needed: 400 },
    next_cursor: null,
  });
  await addSamples(gateway, { count: 900 });
  const collected = { model: 'gpt-6-luna', baseline_model: 'gpt-6-sol', calls: 900, tasks: 1, needed: 400 };
  expect(await list()).toMatchObject({ data: [], collected });
  await learn(gateway);
  const learned = await list();
  expect(learned).toMatchObject({
    data: [
      {
        ...{ version: 1, active: true, better: true, model: 'gpt-6-luna', calls: 900, tasks: 1, judged: 300 },
        ...{ state: 'active', compared: null, reason: expect.stringContaining('better than the rates of the tasks') },
        ...{ easy: { balanced: expect.any(Number) }, active_since: expect.any(String), active_until: null },
      },
    ],
    follows: true,
    newest: 1,
    collected,
  });
  const [{ gain, gain_lower: lower, gain_upper: upper } = noGain] = learned.data as unknown as (typeof noGain)[];
  expect([lower > 0, lower < gain, gain < upper]).toEqual([true, true, true]);
  await expect.poll(() => routeOf(true), { timeout: 20_000 }).toEqual(byWords);
  expect(await routeOf(false)).toEqual(strong);

  expect(await activate('none')).toMatchObject({
    data: [{ version: 1, active: false, active_since: expect.any(String), active_until: expect.any(String) }],
    follows: false,
    chosen: { version: null, by: { id: expect.any(String), name: expect.any(String) }, at: expect.any(String) },
  });
  await expect.poll(() => routeOf(true), { timeout: 20_000 }).toEqual(strong);
  // Newer heads wait for as long as the choice of a person holds.
  await gateway.database.pool.query(`update learned_samples set seen_by = null`);
  await learn(gateway);
  expect(await list()).toMatchObject({
    data: [
      { version: 2, active: false, state: 'inactive', better: true },
      { version: 1, active: false },
    ],
    newest: 2,
  });
  expect(await activate('1')).toMatchObject({
    data: [
      { version: 2, active: false, active_since: null, active_until: null },
      { version: 1, active: true, active_until: null },
    ],
    follows: false,
    chosen: { version: 1 },
  });
  await expect.poll(() => routeOf(true), { timeout: 20_000 }).toEqual(byWords);
  expect(await activate('latest')).toMatchObject({
    data: [
      { version: 2, active: true },
      { version: 1, active: false },
    ],
    follows: true,
    chosen: null,
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

it('a version that another version of the gateway learned is not activated, and says why', async () => {
  const { pool } = gateway.database;
  const { rows } = await pool.query('select weights from learned_heads where version = 1');
  const [{ weights } = { weights: Buffer.alloc(0) }] = rows as { weights: Buffer }[];
  await pool.query('update learned_heads set weights = $1 where version = 1', [headsOfFormat(weights, undefined)]);
  await activate('1', 409);
  const { data } = await list();
  expect(data.at(-1)).toMatchObject({
    ...{ version: 1, active: false, state: 'dropped' },
    reason: expect.stringContaining('Another version of the gateway learned it'),
  });
  expect(data[1]).toMatchObject({ version: 2, reason: expect.stringContaining('better') });
  await pool.query('update learned_heads set weights = $1 where version = 2', [headsOfFormat(weights, 999)]);
  const later = expect.stringContaining('A later version of the gateway learned it');
  expect(await list()).toMatchObject({ data: [{}, { version: 2, state: 'active', reason: later }, {}], newest: null });
  expect(await activate('latest')).toMatchObject({ data: [{}, { version: 2, active: false, state: 'dropped' }, {}] });
});
