import { sampleEvent } from '@ai-gateway/shared/operations/events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually, json } from '../../support/ask.ts';
import type { FormField } from '../../support/make-runtime/form-values.ts';
import type { PollState } from '../../support/make-runtime/make-runtime.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { app, type Listening, type MakeHost, openMake } from './make-host.ts';
import { refusalOf } from './refusals.ts';
import { keysOf, keysOfInterface } from './shapes.ts';

let gateway: TestGateway;
let make: MakeHost;
const open: Listening[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  make = await openMake(gateway.url, liveKey);
});
afterAll(async () => {
  for (const listening of open) await listening.stop();
  await gateway.stop();
});
beforeEach(() => gateway.fakes.reset());

type Row = Record<string, unknown>;

/** Switched off after the tests. */
async function listen(moduleId: string, fields = {}): Promise<Listening> {
  const listening = await make.listen(moduleId, fields);
  open.push(listening);
  return listening;
}

/** 5,500 tokens of gpt-4o-mini are $0.000825: 82.5 % of the budget. */
async function spendMostOf(client: string): Promise<void> {
  const scope = { client_id: client };
  await make.act('budgetsCreate', { name: `Of ${client}`, limit_usd: 0.001, scope, thresholds: [80, 100] });
  await spend(client);
}

async function spend(client: string): Promise<void> {
  gateway.fakes.openai.reply({ text: 'x', usage: { input: 5_500, output: 0 } });
  await make.chat({ prompt: 'Hi', client_id: client, project: 'p', max_tokens: 20 });
}

async function subscriptions(): Promise<Record<string, unknown>[]> {
  return (await json<{ data: Record<string, unknown>[] }>(gateway.get('/v1/webhooks?limit=100'))).data;
}

/** As the gateway posts it. */
const alert = {
  id: 'evt_1',
  type: 'budget.exceeded',
  created_at: '2026-11-01T08:00:00.000Z',
  livemode: true,
  data: { ...sampleEvent.data, percent: 100 },
};

describe('a scenario that starts at a budget alert', () => {
  test('subscribes when it is switched on, with what was filled in, and unsubscribes when it is switched off', async () => {
    const listening = await make.onBudgetAlert({ client_id: 'acme', percent: ['80', 100] });
    const id = listening.hook.values.externalHookId;
    expect((await subscriptions()).find((hook) => hook.id === id)).toMatchObject({
      url: listening.hook.values.url,
      events: ['budget.threshold_reached', 'budget.exceeded'],
      filter: { client_id: 'acme', percent: [80, 100] },
      platform: 'make',
    });
    await listening.stop();
    expect((await subscriptions()).map((hook) => hook.id)).not.toContain(id);
  });

  test('receives alerts of every budget where no filter is filled in', async () => {
    const listening = await make.onBudgetAlert({ percent: [] });
    const hook = (await subscriptions()).find(({ id }) => id === listening.hook.values.externalHookId);
    expect(hook?.filter).toEqual({});
    await listening.stop();
  });

  test('is started with the budget, the percent and the tags, once; another client’s alert does not start it', async () => {
    const listening = await listen('watchBudgetAlerts', { client_id: 'alerted' });
    await spendMostOf('other');
    await spendMostOf('alerted');
    const [bundle] = await listening.waitFor(1);
    expect(bundle).toMatchObject({
      type: 'budget.threshold_reached',
      percent: 80,
      budget: { name: 'Of alerted', limit_usd: 0.001 },
      client_id: 'alerted',
      scenario_id: '4711',
      scenario_platform: 'make',
      execution_id: 'run-1',
      livemode: true,
      created_at: expect.any(Date),
    });
    expect(bundle?.budget).toMatchObject({ period_start: expect.any(Date), resets_at: expect.any(Date) });
    const promised = keysOfInterface(app.module.watchBudgetAlerts?.code.interface);
    expect(Object.keys(bundle ?? {}).toSorted()).toEqual(Object.keys(promised));
    expect(keysOf(bundle?.budget, {})).toEqual(keysOf(promised.budget, {}));
    expect(listening.deliveries.map(({ response }) => response.status)).toEqual([200]);
  });

  test('can recognise a delivery that comes twice by its event', async () => {
    const listening = await listen('watchBudgetAlerts', { client_id: 'twice' });
    await spendMostOf('twice');
    await listening.waitFor(1);
    const again = listening.requests[0];
    if (again === undefined) throw new Error('There is no delivery.');
    const second = await make.make.deliver('watchBudgetAlerts', listening.hook, again);
    // Make starts the scenario for each, and has no memory that an app could use: docs/make.md says how to drop the second.
    expect(second.bundles).toMatchObject([{ event_id: (await listening.waitFor(1))[0]?.event_id }]);
  });

  test('is not started by a delivery with another token, or none', async () => {
    const listening = await listen('watchBudgetAlerts', { client_id: 'forged' });
    const { token } = listening.hook.data;
    for (const headers of [{ 'x-gateway-token': 'whtok_wrong' }, {}])
      expect(await make.make.deliver('watchBudgetAlerts', listening.hook, { headers, body: alert })).toEqual({
        // Make's own answer to what its condition leaves out.
        response: { status: 200, body: 'Accepted' },
        bundles: [],
      });
    const headers = { 'x-gateway-token': token };
    const good = await make.make.deliver('watchBudgetAlerts', listening.hook, { headers, body: alert });
    expect(good).toMatchObject({ response: { status: 200, body: { ok: true } }, bundles: [{ event_id: 'evt_1' }] });
  });

  test('receives real deliveries even where Make does not show the token', async () => {
    const listening = await listen('watchBudgetAlerts', { client_id: 'untold' });
    // By the letter of Make's page `data` is "Alias for parameters", and holds nothing that `attach` saved.
    const hook = { ...listening.hook, data: {} };
    const headers = { 'x-gateway-token': listening.hook.data.token };
    expect(await make.make.deliver('watchBudgetAlerts', hook, { headers, body: alert })).toMatchObject({
      response: { status: 200 },
      bundles: [{ event_id: 'evt_1' }],
    });
  });

  test('subscribes and unsubscribes whether Make applies base to that or not', async () => {
    const host = await openMake(gateway.url, liveKey, { webhooksInheritBase: true });
    const listening = await host.onBudgetAlert({ client_id: 'based' });
    expect((await subscriptions()).map(({ id }) => id)).toContain(listening.hook.values.externalHookId);
    await listening.stop();
    expect((await subscriptions()).map(({ id }) => id)).not.toContain(listening.hook.values.externalHookId);
  });

  test('can be switched off after its subscription was deleted at the gateway', async () => {
    const listening = await listen('watchBudgetAlerts');
    await gateway.send('DELETE', `/v1/webhooks/${String(listening.hook.values.externalHookId)}`);
    await listening.stop();
    open.splice(open.indexOf(listening), 1);
  });

  test('says that the key is wrong when it is switched on', async () => {
    const connection = { values: { baseUrl: gateway.url, apiKey: 'gw_live_wrong' }, label: 'x' };
    const url = 'http://127.0.0.1:1/x';
    expect(await refusalOf(make.make.attach('budgetAlerts', { connection, url }))).toMatchObject({
      type: 'InvalidAccessTokenError',
    });
  });
});

test('a scenario starts when another is paused', async () => {
  const listening = await listen('watchPausedScenarios', { scenario_id: 'loop' });
  await make.chat({ prompt: 'Hi', scenario_id: 'loop' });
  await make.act('scenariosPause', { id: 'loop', reason: 'It runs in circles' });
  const [bundle] = await listening.waitFor(1);
  expect(bundle).toMatchObject({
    type: 'scenario.paused',
    reason: 'It runs in circles',
    scenario: { id: 'loop', state: 'paused' },
  });
  const promised = keysOfInterface(app.module.watchPausedScenarios?.code.interface);
  expect(Object.keys(bundle ?? {}).toSorted()).toEqual(Object.keys(promised));
});

describe('a scenario that asks for alerts now and then', () => {
  const poll = (state: PollState, parameters = {}) =>
    make.make.poll('watchNewBudgetAlerts', { connection: make.connection, parameters, state });

  test('gives each alert once, oldest first, as many in a run as asked for', async () => {
    const state: PollState = {};
    const client = 'polled';
    await spendMostOf(client);
    // Its cost is posted a moment after the answer.
    const refused = await eventually(() => refusalOf(spend(client)));
    expect(refused.message).toMatch(/^\[402\]/);
    const fields = { client_id: client, limit: 1 };
    const first = await eventually(async () => {
      const bundles = await poll(state, fields);
      expect(bundles).toHaveLength(1);
      return bundles;
    });
    expect(first).toMatchObject([{ percent: 80, client_id: client, created_at: expect.any(Date) }]);
    const second = await eventually(async () => {
      const bundles = await poll(state, fields);
      expect(bundles).toHaveLength(1);
      return bundles;
    });
    expect(second).toMatchObject([{ client_id: client }]);
    expect(second[0]).not.toMatchObject({ event_id: (first[0] as { event_id: string }).event_id });
    const promised = keysOfInterface(app.module.watchNewBudgetAlerts?.code.interface);
    expect(Object.keys(first[0] as object).toSorted()).toEqual(Object.keys(promised));
  });

  test('finds an alert behind more than a page of other events', async () => {
    await spendMostOf('buried');
    await eventually(async () => expect(await poll({}, { client_id: 'buried', limit: 10 })).toHaveLength(1));
    for (let at = 0; at < 51; at += 1) {
      await make.act('scenariosPause', { id: 'noisy', reason: 'x' });
      await make.act('scenariosResume', { id: 'noisy' });
    }
    expect(await poll({}, { client_id: 'buried', limit: 10 })).toHaveLength(1);
    expect(await poll({}, { limit: 100 })).toContainEqual(expect.objectContaining({ client_id: 'buried' }));
  });

  test('gives nothing in a second run without new alerts', async () => {
    const state: PollState = {};
    expect(await poll(state, { limit: 100 })).not.toEqual([]);
    expect(await poll(state, { limit: 100 })).toEqual([]);
  });

  test('offers the past alerts to choose a start from', async () => {
    const choices = await make.make.epoch('watchNewBudgetAlerts', {
      connection: make.connection,
      parameters: { client_id: 'polled' },
    });
    expect(choices.map(({ label }) => label)).toContain('Of polled: 80 %');
    for (const { date } of choices) expect(Number.isNaN(Date.parse(date))).toBe(false);
  });
});

/** The same with every date empty, the event's own aside. */
function withoutDates(fields: readonly FormField[], values: Row): Row {
  return Object.fromEntries(
    fields.map(({ name = '', type, spec }) => {
      if (type === 'date' && name !== 'created_at') return [name, null];
      const value = values[name];
      const isGroup = type === 'collection' && typeof value === 'object' && value !== null;
      return [name, isGroup ? withoutDates(spec as FormField[], value as Row) : value];
    }),
  );
}

const instantTriggers = Object.values(app.module)
  .filter(({ moduleType }) => moduleType === 'instant_trigger')
  .map(({ id }) => id);

test.each(instantTriggers)('%s takes an event without its dates, and gives it without them', async (moduleId) => {
  const listening = await listen(moduleId);
  const { samples, interface: fields } = app.module[moduleId]?.code ?? {};
  const sample = withoutDates(fields as FormField[], samples as Row);
  const { event_id: id, type, created_at, livemode, ...data } = sample;
  const headers = { 'x-gateway-token': listening.hook.data.token };
  const delivery = { headers, body: { id, type, created_at, livemode, data } };
  const { bundles } = await make.make.deliver(moduleId, listening.hook, delivery);
  expect(bundles).toEqual([{ ...sample, created_at: new Date(String(created_at)) }]);
});

// Last, since the provider rests for a while after it.
test('a scenario starts when a provider is down', async () => {
  const listening = await listen('watchProviderOutages');
  gateway.fakes.openai.always({ kind: 'status', status: 500 });
  for (let at = 0; at < 30 && listening.deliveries.length === 0; at += 1)
    await make.chat({ prompt: 'Hi', model: 'openai/gpt-4o-mini' }).catch(() => undefined);
  const [bundle] = await listening.waitFor(1);
  expect(bundle).toMatchObject({ type: 'provider.down', provider: 'openai' });
  const promised = keysOfInterface(app.module.watchProviderOutages?.code.interface);
  expect(Object.keys(bundle ?? {}).toSorted()).toEqual(Object.keys(promised));
});
