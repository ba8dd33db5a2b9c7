import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat, eventually, type GatewayEvent, hello, json } from '../support/ask.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let receiver: Receiver;

beforeAll(async () => {
  [gateway, receiver] = await Promise.all([startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' }), startReceiver()]);
});
afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

it('a night in an agency: one scenario loops, alerts come at 80, 90 and 100 %, it is paused, the others go on, the invoice adds up', async () => {
  const from = new Date().toISOString();
  await json(
    gateway.send('PUT', '/v1/clients/acme', { name: 'Acme', markup_percent: 25, currency: 'EUR', exchange_rate: 0.9 }),
  );
  await json(
    gateway.post('/v1/budgets', { name: 'Acme newsletter', limit_usd: 0.1, scope: { scenario_id: 'newsletter' } }),
    201,
  );
  await json(
    gateway.post('/v1/webhooks', {
      url: receiver.url,
      events: ['budget.threshold_reached', 'budget.exceeded', 'scenario.paused'],
      platform: 'make',
    }),
    201,
  );
  await json(gateway.send('PUT', '/v1/scenarios/newsletter/limits', { max_repeats: 20 }));
  gateway.fakes.openai.usually({ tokens: 1_000 });
  const call = (scenario: string, content: string): Promise<Response> =>
    gateway.post(chat, hello({ max_tokens: 1_000, messages: [{ role: 'user', content }] }), {
      'x-client-id': 'acme',
      'x-scenario-id': scenario,
      'x-scenario-platform': 'make',
    });
  // The loop: the same prompt, over and over, while two other scenarios do their work.
  const looped: number[] = [];
  for (let i = 0; i < 30; i++) {
    looped.push((await call('newsletter', 'Summarise the mail that was just sent')).status);
    if (i % 5 === 0) expect((await call(i % 10 === 0 ? 'invoices' : 'support', `work ${i}`)).status).toBe(200);
  }
  expect(looped.slice(0, 9)).toEqual(Array(9).fill(200));
  expect(looped.slice(11, 20)).toEqual(Array(9).fill(402));
  expect(looped.slice(20)).toEqual(Array(10).fill(423));
  const events = (await receiver.waitFor(4)).map(({ body }) => JSON.parse(body) as GatewayEvent);
  expect(events.map(({ type, data }) => (type.startsWith('budget') ? data.percent : type))).toEqual([
    80,
    90,
    100,
    'scenario.paused',
  ]);
  expect(events[3]?.data).toMatchObject({ by: 'loop_breaker', scenario: { id: 'newsletter', platform: 'make' } });
  expect((await call('support', 'still here')).status).toBe(200);
  // Not one cent more than the limit.
  const { data: budgets } = await json<{ data: { spent_usd: number; limit_usd: number }[] }>(
    gateway.get('/v1/budgets'),
  );
  expect(budgets[0]?.spent_usd).toBeLessThanOrEqual(0.1);
  // In the morning: the invoice, to the cent what the calls add up to.
  const invoice = await eventually(() =>
    json<{ total: number; lines: { amount: number; cost_usd: number; requests: number }[] }>(
      gateway.post('/v1/invoices', { client_id: 'acme', from, to: new Date().toISOString() }),
      201,
    ),
  );
  const { data: calls } = await json<{ data: { cost_usd: number; status: string }[] }>(
    gateway.get('/v1/usage/requests?client_id=acme&limit=100'),
  );
  const cost = calls.reduce((sum, row) => sum + row.cost_usd, 0);
  expect(invoice.lines.reduce((sum, line) => sum + line.cost_usd, 0)).toBeCloseTo(cost, 9);
  expect(invoice.total).toBe(Math.round(cost * 1.25 * 0.9 * 100) / 100);
  const billed = gateway.fakes.openai.book.reduce((sum, { input, output }) => sum + input * 2.5e-6 + output * 10e-6, 0);
  expect(cost).toBeCloseTo(billed, 9);
  // And after the mending it runs again, with nothing held against it.
  await json(gateway.post('/v1/scenarios/newsletter/resume', {}));
  await json(
    gateway.post(
      `/v1/budgets/${(await json<{ data: { id: string }[] }>(gateway.get('/v1/budgets'))).data[0]?.id}/raise`,
      { by_usd: 0.05 },
    ),
  );
  expect((await call('newsletter', 'Summarise the mail that was just sent')).status).toBe(200);
}, 30_000);
