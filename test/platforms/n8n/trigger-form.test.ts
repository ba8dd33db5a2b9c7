import { subscriptionOf } from 'n8n-nodes-ai-gateway/nodes/AiGatewayTrigger/subscription.ts';
import { isSigned } from 'n8n-nodes-ai-gateway/nodes/AiGatewayTrigger/verify-signature.ts';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';

const secret = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`;
const now = new Date('2026-11-24T12:00:00Z');
const body = '{"type":"budget.exceeded","name":"Müller"}';

function signed(at: Date = now, text: string = body) {
  return {
    id: 'msg_1',
    timestamp: String(Math.floor(at.getTime() / 1000)),
    signature: new Webhook(secret).sign('msg_1', at, text),
    body: Buffer.from(body),
  };
}

describe('a delivery is believed only with the signature of Standard Webhooks', () => {
  test('a signature of their own library is believed, also among several signatures', () => {
    expect(isSigned(signed(), secret, now)).toBe(true);
    const { signature } = signed();
    expect(isSigned({ ...signed(), signature: `v1,AAAA v1a,xyz ${signature}` }, secret, now)).toBe(true);
  });

  test.each([
    ['another body', { ...signed(), body: Buffer.from(`${body} `) }],
    ['another id', { ...signed(), id: 'msg_2' }],
    ['a later timestamp', { ...signed(), timestamp: String(Number(signed().timestamp) + 1) }],
    ['no signature', { ...signed(), signature: undefined }],
    ['no id', { ...signed(), id: undefined }],
    ['no timestamp', { ...signed(), timestamp: undefined }],
    ['a timestamp in words', { ...signed(), timestamp: 'now' }],
    ['an empty signature', { ...signed(), signature: 'v1,' }],
    ['a signature of another version', { ...signed(), signature: signed().signature.replace('v1,', 'v2,') }],
    ['a replay after six minutes', signed(new Date(now.getTime() - 360_000))],
    ['one from the future', signed(new Date(now.getTime() + 360_000))],
  ])('not with %s', (_, delivery) => {
    expect(isSigned(delivery, secret, now)).toBe(false);
  });

  test('a signature with another secret is not believed', () => {
    expect(isSigned(signed(), `whsec_${Buffer.from('another').toString('base64')}`, now)).toBe(false);
  });
});

describe('a trigger subscribes to the ticked events', () => {
  const url = 'https://n8n.example.com/webhook/1/webhook';

  test('a budget alert is both of the gateway’s events', () => {
    expect(subscriptionOf({ url, events: ['budgetAlert', 'provider.down'], filters: {}, workflowId: 'w1' })).toEqual({
      url,
      events: ['budget.threshold_reached', 'budget.exceeded', 'provider.down'],
      filter: {},
      platform: 'n8n',
      external_id: 'w1',
    });
  });

  test('filled-in filters are part of the subscription', () => {
    const locator = (value: string) => ({ __rl: true, mode: 'list', value });
    const filters = { client: locator('acme'), project: locator(''), budget: locator('bud_1'), percents: '80, 100' };
    expect(subscriptionOf({ url, events: ['budgetAlert'], filters, workflowId: undefined }).filter).toEqual({
      client_id: 'acme',
      budget_id: 'bud_1',
      percent: [80, 100],
    });
  });
});
