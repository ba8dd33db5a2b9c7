import { alerts } from '@ai-gateway/shared/steps/alerts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../support/ask.ts';
import { type Received, type Receiver, startReceiver } from '../../support/receiver.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import {
  app,
  type Json,
  methodsOf,
  type OpenApp,
  openApp,
  openZapier,
  refusalOf,
  type Subscribed,
  switchOn,
} from './zapier-host.ts';

let gateway: TestGateway;
let receiver: Receiver;
let zap: OpenApp;

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  gateway.fakes.reset();
  receiver = await startReceiver();
  zap = openApp({ url: gateway.url, key: liveKey, zapId: '22068168' });
});
afterEach(() => receiver.stop());

async function subscriptions(): Promise<Json[]> {
  const page = (await (await gateway.get('/v1/webhooks')).json()) as { data: Json[] };
  return page.data.filter(({ url }) => url === receiver.url);
}

/** A budget of a tenth of a cent, and a call that takes it past 80 %: 5,500 tokens of gpt-4o-mini are $0.000825. */
async function passEighty(client: string): Promise<void> {
  await gateway.post('/v1/budgets', { name: client, limit_usd: 0.001, scope: { client_id: client } });
  gateway.fakes.openai.reply({ text: 'x', usage: { input: 5_500, output: 0 } });
  await openZapier(gateway.url, liveKey, { zapId: '22068168' }).chat({
    model: 'gpt-4o-mini',
    prompt: 'Hi',
    client_id: client,
    max_tokens: 20,
  });
}

const deliverTo = (zapOn: Subscribed, delivery: Received): Promise<Json[]> => zapOn.deliver(delivery);

describe('switching a Zap on and off', () => {
  test('subscribes, then ends the subscription', async () => {
    const on = await switchOn(zap, 'budget_alert', { client_id: 'acme', percent: ['80', '90'] }, receiver.url);
    expect(await subscriptions()).toMatchObject([
      {
        id: on.subscription.id,
        events: ['budget.threshold_reached', 'budget.exceeded'],
        filter: { client_id: 'acme', percent: [80, 90] },
        platform: 'zapier',
        external_id: '22068168',
      },
    ]);
    await on.switchOff();
    expect(await subscriptions()).toEqual([]);
  });

  test('works after the subscription was deleted at the gateway', async () => {
    const on = await switchOn(zap, 'budget_alert', {}, receiver.url);
    await gateway.send('DELETE', `/v1/webhooks/${String(on.subscription.id)}`);
    await on.switchOff();
  });

  test('watches everything without filters, also without the id of a Zap', async () => {
    const nameless = openApp({ url: gateway.url, key: liveKey });
    await switchOn(nameless, 'scenario_paused', { scenario_id: '' }, receiver.url);
    expect(await subscriptions()).toMatchObject([{ events: ['scenario.paused'], filter: {}, external_id: null }]);
  });

  test('says that the key is wrong', async () => {
    const locked = openApp({ url: gateway.url, key: `gw_live_${'x'.repeat(40)}` });
    expect(await refusalOf(switchOn(locked, 'budget_alert', {}, receiver.url))).toMatchObject({
      name: 'ExpiredAuthError',
    });
  });

  test.each(alerts)('a Zap that starts at $label subscribes to its events', async ({ id, events }) => {
    const on = await switchOn(zap, id, {}, receiver.url);
    expect(await subscriptions()).toMatchObject([{ events, filter: {}, platform: 'zapier' }]);
    await on.switchOff();
    expect(await subscriptions()).toEqual([]);
  });

  test('works the same on Zapier’s own machines', async () => {
    const on = await zap.execute('triggers.provider_down.operation.performSubscribe', {}, { targetUrl: receiver.url });
    expect(await subscriptions()).toMatchObject([{ events: ['provider.down'] }]);
    await zap.execute(
      'triggers.provider_down.operation.performUnsubscribe',
      {},
      { targetUrl: receiver.url, subscribeData: on.results },
    );
    expect(await subscriptions()).toEqual([]);
  });
});

describe('an alert', () => {
  test('starts the Zap with the budget in hand: switched on, spent past 80 %, switched off', async () => {
    const on = await switchOn(zap, 'budget_alert', { client_id: 'alerted' }, receiver.url);
    await passEighty('alerted');
    const [delivery] = await receiver.waitFor(1);
    expect(await deliverTo(on, delivery as Received)).toMatchObject([
      {
        id: expect.stringMatching(/^evt_/),
        type: 'budget.threshold_reached',
        percent: 80,
        client_id: 'alerted',
        scenario_id: '22068168',
        scenario_platform: 'zapier',
        budget: { name: 'alerted', percent_used: 82.5 },
      },
    ]);
    await on.switchOff();
    await passEighty('alerted-later');
    expect(receiver.received).toHaveLength(1);
  });

  test('about a paused scenario says why', async () => {
    const on = await switchOn(zap, 'scenario_paused', { scenario_id: 'runaway' }, receiver.url);
    await openZapier(gateway.url, liveKey).create('scenarios_pause', { id: 'runaway', reason: 'Under repair' });
    const [delivery] = await receiver.waitFor(1);
    expect(await deliverTo(on, delivery as Received)).toMatchObject([
      { type: 'scenario.paused', reason: 'Under repair', scenario: { id: 'runaway', state: 'paused' } },
    ]);
  });

  test('about a provider that fails names it', async () => {
    const on = await switchOn(zap, 'provider_down', {}, receiver.url);
    gateway.fakes.gemini.always({ kind: 'status', status: 500 });
    await eventually(async () => {
      await gateway.post('/v1/chat/completions', {
        model: 'gemini-3.5-flash',
        messages: [{ role: 'user', content: 'Hi' }],
      });
      expect(receiver.received).not.toEqual([]);
    }, 20_000);
    expect(await deliverTo(on, receiver.received[0] as Received)).toMatchObject([
      { type: 'provider.down', provider: 'gemini', error_rate: expect.any(Number) },
    ]);
  });

  test('that is delivered twice starts each Zap once', async () => {
    const first = await switchOn(zap, 'budget_alert', { client_id: 'twice' }, receiver.url);
    const second = await switchOn(zap, 'budget_alert', { client_id: 'twice' }, `${receiver.url}/2`);
    await passEighty('twice');
    const deliveries = await receiver.waitFor(2);
    const [a, b] = [first, second].map(({ subscription }) =>
      deliveries.find(({ headers }) => headers['x-gateway-token'] === subscription.token),
    ) as [Received, Received];
    expect([await deliverTo(first, a), await deliverTo(first, a)].map((events) => events.length)).toEqual([1, 0]);
    expect([await deliverTo(second, b), await deliverTo(second, b)].map((events) => events.length)).toEqual([1, 0]);
  });

  test('with a wrong token, or none, starts nothing; where Zapier shows no headers the address is trusted', async () => {
    const on = await switchOn(zap, 'budget_alert', { client_id: 'forged' }, receiver.url);
    const event = {
      id: 'evt_1',
      type: 'budget.exceeded',
      created_at: '2026-11-24T12:00:00Z',
      livemode: true,
      data: {},
    };
    const body = JSON.stringify(event);
    expect(await on.deliver({ body, headers: { 'x-gateway-token': 'whtok_wrong' } })).toEqual([]);
    expect(await on.deliver({ body, headers: { 'content-type': 'application/json' } })).toEqual([]);
    expect(await on.deliver({ body, headers: { 'x-gateway-token': on.subscription.token } })).toHaveLength(1);
    expect(await on.deliver({ body: JSON.stringify({ ...event, id: 'evt_2' }) })).toHaveLength(1);
  });

  test('of another shape starts nothing', async () => {
    const on = await switchOn(zap, 'budget_alert', {}, receiver.url);
    expect(await on.deliver({ body: '{"hello":"world"}' })).toEqual([]);
    expect(await zap.run(methodsOf(zap, 'budget_alert').perform, {})).toEqual([]);
  });
});

describe('in the editor', () => {
  const listed = (trigger: string, fields: Json = {}) =>
    zap.run(methodsOf(zap, trigger).performList, fields) as Promise<Json[]>;

  test('the latest alerts are the samples, as they would be delivered', async () => {
    const on = await switchOn(zap, 'budget_alert', { client_id: 'sampled' }, receiver.url);
    await passEighty('sampled');
    const [delivery] = await receiver.waitFor(1);
    const delivered = await deliverTo(on, delivery as Received);
    expect(await listed('budget_alert', { client_id: 'sampled' })).toEqual(delivered);
    expect(await listed('budget_alert', { client_id: 'sampled', percent: [90, 100] })).toEqual([]);
    expect(await listed('budget_alert', { client_id: 'sampled', percent: [80, 100] })).toHaveLength(1);
    expect(await listed('budget_alert', { client_id: 'nobody' })).toEqual([]);
  });

  test('a resumed scenario, a name like a known one and a refused account are samples too, once they happened', async () => {
    await openZapier(gateway.url, liveKey).create('scenarios_resume', { id: 'runaway' });
    await passEighty('ALERTED');
    gateway.fakes.anthropic.always({ kind: 'status', status: 401 });
    await gateway.post('/v1/chat/completions', {
      model: 'claude-haiku-4-5',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    await eventually(async () => {
      for (const trigger of ['scenario_resumed', 'client_lookalike', 'provider_refused_account'])
        expect(await listed(trigger)).not.toEqual([]);
    }, 20_000);
  });

  test.each([
    'budget_alert',
    'scenario_paused',
    'scenario_resumed',
    'provider_down',
    'provider_refused_account',
    'client_lookalike',
  ])('the sample of %s has what a real one has, and no more', async (trigger) => {
    const { sample, outputFields } = app.triggers[trigger]?.operation ?? {};
    const [live] = await listed(trigger);
    expect(Object.keys(live ?? {}).sort()).toEqual(Object.keys(sample ?? {}).sort());
    const declared = (outputFields as { key: string }[]).map(({ key }) => key.split('__')[0]);
    expect([...new Set(declared)].sort()).toEqual(Object.keys(sample ?? {}).sort());
  });
});
