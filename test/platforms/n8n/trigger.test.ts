import { AiGateway } from 'n8n-nodes-ai-gateway/nodes/AiGateway/AiGateway.node.ts';
import { AiGatewayTrigger } from 'n8n-nodes-ai-gateway/nodes/AiGatewayTrigger/AiGatewayTrigger.node.ts';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deliver, executeNode, hookContext, type N8nHost } from '../../support/n8n-host.ts';
import { type Received, type Receiver, startReceiver } from '../../support/receiver.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { locator } from './forms.ts';

const trigger = new AiGatewayTrigger();
const { checkExists, create, delete: remove } = trigger.webhookMethods.default;
let gateway: TestGateway;
let receiver: Receiver;
let host: N8nHost & { staticData: Record<string, unknown> };

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  receiver = await startReceiver();
  host = {
    credential: { baseUrl: gateway.url, apiKey: liveKey },
    workflowId: 'wf42',
    webhookUrl: receiver.url,
    staticData: {},
  };
});
afterEach(() => receiver.stop());

const published = (parameters: Record<string, unknown> = {}) => hookContext(trigger, host, parameters);

async function subscriptions(): Promise<Record<string, unknown>[]> {
  const page = (await (await gateway.get('/v1/webhooks')).json()) as { data: Record<string, unknown>[] };
  return page.data.filter(({ url }) => url === host.webhookUrl);
}

describe('publishing and unpublishing a workflow', () => {
  test('subscribe, find the subscription again, and end it', async () => {
    expect(await checkExists.call(published())).toBe(false);
    const filtered = published({ filters: { client: locator('acme'), percents: '80' } });
    expect(await create.call(filtered)).toBe(true);
    expect(await subscriptions()).toMatchObject([
      {
        events: ['budget.threshold_reached', 'budget.exceeded'],
        filter: { client_id: 'acme', percent: [80] },
        platform: 'n8n',
        external_id: 'wf42',
      },
    ]);
    expect(await checkExists.call(filtered)).toBe(true);
    expect(await remove.call(filtered)).toBe(true);
    expect(await subscriptions()).toEqual([]);
    expect(await checkExists.call(filtered)).toBe(false);
  });

  // Where the gateway was away as a workflow was unpublished, the old subscription stayed, and with it the old filters.
  test('subscribe again, and end the old subscription, where the form has changed', async () => {
    await create.call(published({ filters: { client: locator('acme') } }));
    const changed = published({ events: ['scenario.paused'], filters: { scenario: locator('loop') } });
    expect(await checkExists.call(changed)).toBe(false);
    await create.call(changed);
    expect(await subscriptions()).toMatchObject([{ events: ['scenario.paused'], filter: { scenario_id: 'loop' } }]);
    expect(await checkExists.call(changed)).toBe(true);
  });

  test('leave the subscription of the published workflow alone while the editor listens for a test event', async () => {
    await create.call(published());
    host.webhookUrl = `${receiver.url}/test`;
    await create.call(published());
    expect(await subscriptions()).toHaveLength(1);
    host.webhookUrl = receiver.url;
    expect(await subscriptions()).toHaveLength(1);
  });

  test('make one subscription, however often the workflow is published', async () => {
    await create.call(published());
    await create.call(published());
    expect(await subscriptions()).toHaveLength(1);
  });

  test('subscribe again after the subscription was deleted at the gateway, and end without it', async () => {
    await create.call(published());
    await gateway.send('DELETE', `/v1/webhooks/${String(host.staticData.webhookId)}`);
    expect(await checkExists.call(published())).toBe(false);
    expect(await remove.call(published())).toBe(true);
  });

  test('make another subscription for another address of this n8n', async () => {
    await create.call(published());
    host.webhookUrl = `${receiver.url}/other`;
    expect(await checkExists.call(published())).toBe(false);
  });

  test('say that the key is wrong', async () => {
    host.credential.apiKey = `gw_live_${'x'.repeat(40)}`;
    await expect(create.call(published())).rejects.toMatchObject({
      httpCode: '401',
      description: expect.stringContaining('Open the credential'),
    });
  });
});

describe('an event that arrives', () => {
  const event = { id: 'evt_1', type: 'scenario.paused', created_at: '2026-11-24T12:00:00Z', livemode: true, data: {} };

  function signed(secret: string, body = JSON.stringify(event), at = new Date()) {
    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('evt_1', at, body),
    };
    return { headers, body };
  }

  test('starts the workflow once, however often it is delivered', async () => {
    await create.call(published({ events: ['scenario.paused'] }));
    const delivery = signed(String(host.staticData.secret));
    expect(await deliver(trigger, host, delivery)).toEqual({ status: undefined, items: [{ json: event }] });
    expect(await deliver(trigger, host, delivery)).toEqual({ status: undefined, items: [] });
  });

  test('is refused with a wrong signature, another body, or before anything was published', async () => {
    await create.call(published());
    const secret = String(host.staticData.secret);
    const wrong = signed(`whsec_${Buffer.from('someone else').toString('base64')}`);
    expect(await deliver(trigger, host, wrong)).toEqual({ status: 401, items: [] });
    const { headers } = signed(secret);
    const changed = { headers, body: JSON.stringify({ ...event, livemode: false }) };
    expect(await deliver(trigger, host, changed)).toEqual({ status: 401, items: [] });
    expect(await deliver(trigger, { ...host, staticData: {} }, signed(secret))).toEqual({ status: 401, items: [] });
  });
});

test('a scenario that is paused starts the workflow that watches for it', async () => {
  await create.call(published({ events: ['scenario.paused'] }));
  await gateway.post('/v1/scenarios/runaway/pause', { reason: 'Under repair' });
  const [delivery] = await receiver.waitFor(1);
  const { headers, body } = delivery as Received;
  const { items } = await deliver(trigger, host, { headers: headers as Record<string, string>, body });
  expect(items).toMatchObject([
    { json: { type: 'scenario.paused', data: { scenario: { id: 'runaway' }, reason: 'Under repair' } } },
  ]);
});

test('a workflow starts with the budget in hand when the budget passes its threshold', async () => {
  const node = new AiGateway();
  const run = (parameters: Record<string, unknown>) => executeNode(node, host, [{ parameters }]);
  await create.call(published({ filters: { client: locator('alerted') } }));
  await run({
    resource: 'budget',
    operation: 'create',
    name: 'A',
    limitUsd: 0.001,
    scope: { clientId: locator('alerted') },
  });
  // 5,500 tokens of gpt-4o-mini are $0.000825.
  gateway.fakes.openai.reply({ text: 'x', usage: { input: 5_500, output: 0 } });
  const chat = { resource: 'chat', operation: 'complete', model: locator('gpt-4o-mini'), client: locator('alerted') };
  await run({ ...chat, prompt: 'Hi', options: { maxTokens: 20 } });
  const [delivery] = await receiver.waitFor(1);
  const { headers, body } = delivery as Received;
  const { items } = await deliver(trigger, host, { headers: headers as Record<string, string>, body });
  expect(items).toMatchObject([
    {
      json: {
        type: 'budget.threshold_reached',
        data: { percent: 80, client_id: 'alerted', scenario_id: 'wf42', budget: { name: 'A' } },
      },
    },
  ]);
});
