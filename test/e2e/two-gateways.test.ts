import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** Two gateways in this process, with the same keys and the same names of everything: only their databases and providers differ. */
let one: TestGateway;
let other: TestGateway;

beforeAll(async () => {
  one = await startTestGateway();
  other = await startTestGateway();
});
afterAll(async () => {
  await one.stop();
  await other.stop();
});

const call = async (gateway: TestGateway, headers: Record<string, string> = {}): Promise<number> =>
  (await gateway.post(chat, hello(), headers)).status;
const openai = async (gateway: TestGateway): Promise<string | undefined> =>
  (await json<{ providers: { id: string; status: string }[] }>(gateway.get('/v1/me'))).providers.find(
    ({ id }) => id === 'openai',
  )?.status;

it('two gateways in one process do not share the counts of a rate limit', async () => {
  for (const gateway of [one, other])
    await json(gateway.send('PUT', '/v1/rate-limits', { client_id: 'acme', calls_per_minute: 1 }));
  const acme = { 'x-client-id': 'acme' };
  expect([await call(one, acme), await call(one, acme)]).toEqual([200, 429]);
  expect([await call(other, acme), await call(other, acme)]).toEqual([200, 429]);
});

it('two gateways in one process do not share the pause of a scenario, nor what was read of it', async () => {
  const mailer = { 'x-scenario-id': 'mailer', 'x-scenario-platform': 'make' };
  expect([await call(one, mailer), await call(other, mailer)]).toEqual([200, 200]);
  await json(one.post('/v1/scenarios/mailer/pause', { reason: 'Under repair' }));
  expect([await call(one, mailer), await call(other, mailer)]).toEqual([423, 200]);
});

it('two gateways in one process do not share budgets, nor what calls have spent of them', async () => {
  await json(one.post('/v1/budgets', { name: 'Tiny', scope: { client_id: 'small' }, limit_usd: 0.000001 }), 201);
  const small = { 'x-client-id': 'small' };
  expect([await call(one, small), await call(other, small)]).toEqual([402, 200]);
});

it('two gateways in one process do not share a circuit: a provider that fails at one is asked by the other', async () => {
  one.fakes.openai.always({ kind: 'status', status: 500 });
  for (let i = 0; i < 5; i++) await one.post(chat, hello());
  expect([await openai(one), await openai(other)]).toEqual(['resting', 'ok']);
  const asked = other.fakes.openai.requests.length;
  expect(await call(other)).toBe(200);
  expect(other.fakes.openai.requests).toHaveLength(asked + 1);
});
