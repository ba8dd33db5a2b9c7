import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
let second: GatewayProcess;
const secret = 'cd'.repeat(32);

beforeAll(async () => {
  gateway = await startTestGateway({ GATEWAY_SECRET: secret });
  const env = {
    ...gatewayEnv(gateway.fakes, gateway.database.url, gateway.gateway.services.dataDir),
    LOG_LEVEL: 'silent',
  };
  second = await spawnGateway({ ...env, GATEWAY_SECRET: secret });
});
afterEach(async () => {
  gateway.fakes.reset();
  const { data } = await shown();
  for (const { client_id } of data)
    await json(gateway.send('DELETE', `/v1/stop${client_id === null ? '' : `?client_id=${client_id}`}`), 204);
});
afterAll(async () => {
  await second.kill('SIGTERM');
  await gateway.stop();
});

interface Stop {
  client_id: string | null;
  reason: string | null;
  by: string | null;
  since: string;
}
interface Refusal {
  error: { code: string; message: string; details: Record<string, unknown> };
}

const shown = (headers = {}): Promise<{ stopped: boolean; data: Stop[] }> => json(gateway.get('/v1/stop', headers));
const stop = (body: object, headers = {}): Promise<Stop> => json(gateway.post('/v1/stop', body, headers));
const call = (client: string, more: object = {}, headers = {}): Promise<Response> =>
  gateway.post(chat, hello(more), { 'x-client-id': client, ...headers });
const callSecond = (client: string): Promise<Response> =>
  fetch(`${second.url}${chat}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': client },
    body: JSON.stringify(hello()),
  });
const keyOf = async (body: object): Promise<{ authorization: string }> => {
  const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'k', role: 'member', ...body }), 201);
  return { authorization: `Bearer ${key}` };
};

it('a stop refuses every call of the workspace on every process, says who stopped it and why, until it is taken back', async () => {
  await json(call('acme'));
  await json(callSecond('acme'));
  const me = await json<{ key: { name: string } }>(gateway.get('/v1/me'));
  expect(await stop({ reason: 'A key leaked' })).toMatchObject({
    client_id: null,
    reason: 'A key leaked',
    by: me.key.name,
  });
  const { error } = await json<Refusal>(call('acme'), 423);
  expect(error).toMatchObject({
    code: 'scenario_paused',
    message: `All calls of this workspace are stopped by ${me.key.name}: A key leaked. An owner or a member of the workspace can take the stop back.`,
    details: { client_id: null, reason: 'A key leaked', by: me.key.name, resume_url: expect.stringMatching(/\/app$/) },
  });
  await eventually(async () => expect((await callSecond('acme')).status).toBe(423));
  const others = [
    gateway.post('/v1/messages', {
      model: 'claude-sonnet-4-6',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'Hi' }],
    }),
    gateway.post('/v1/responses', { model: 'gpt-4o', input: 'Hi' }),
    gateway.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' }),
    gateway.post(`${chat}/background`, { ...hello(), callback_url: 'https://example.com/' }),
  ];
  for (const answer of await Promise.all(others)) expect(answer.status).toBe(423);
  expect(await json(gateway.get('/v1/budgets/check?client_id=acme'))).toMatchObject({
    allowed: false,
    reason: 'scenario_paused',
    message: error.message,
  });
  expect(await shown()).toMatchObject({ stopped: true, data: [{ client_id: null, reason: 'A key leaked' }] });
  await json(gateway.send('DELETE', '/v1/stop'), 204);
  expect(await shown()).toEqual({ stopped: false, data: [] });
  await json(call('acme'));
  await eventually(async () => expect((await callSecond('acme')).status).toBe(200));
});

it('a stop of one client leaves the calls of others alone', async () => {
  await stop({ client_id: 'acme', reason: 'Loop' });
  const { error } = await json<Refusal>(call('acme'), 423);
  expect(error.message).toContain('All calls of client "acme" are stopped by');
  expect(error.details).toMatchObject({ client_id: 'acme', reason: 'Loop' });
  await json(call('globex'));
  await json(gateway.post(chat, hello()));
  // Taking back the stop of the workspace, which there is not, leaves the client stopped.
  await json(gateway.send('DELETE', '/v1/stop'), 204);
  await json(call('acme'), 423);
});

it('a stop is there after a restart', async () => {
  await stop({ client_id: 'restarted' });
  const env = {
    ...gatewayEnv(gateway.fakes, gateway.database.url, gateway.gateway.services.dataDir),
    LOG_LEVEL: 'silent',
  };
  const third = await spawnGateway({ ...env, GATEWAY_SECRET: secret });
  try {
    const answer = await fetch(`${third.url}${chat}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': 'restarted' },
      body: JSON.stringify(hello()),
    });
    expect(answer.status).toBe(423);
  } finally {
    await third.kill('SIGTERM');
  }
});

it('a stream that runs when the calls are stopped ends as it would have', async () => {
  gateway.fakes.openai.always({ kind: 'delay', ms: 300 });
  const running = call('streams', { stream: true });
  await eventually(() => expect(gateway.fakes.openai.requests.length).toBe(1));
  await stop({});
  const text = await (await running).text();
  expect(text).toContain('data: [DONE]');
  expect(text).not.toContain('"error"');
  await json(call('streams'), 423);
});

it('a stop that is there stays as it is when somebody stops the calls again', async () => {
  const first = await stop({ reason: 'First' });
  expect(await stop({ reason: 'Second' })).toEqual(first);
});

it('test keys stop test calls, and live calls go on', async () => {
  const test = { authorization: `Bearer ${testKey}` };
  await stop({}, test);
  await json(call('acme', {}, test), 423);
  await json(call('acme'));
  await json(gateway.send('DELETE', '/v1/stop', undefined, test), 204);
  await json(call('acme', {}, test));
});

it("a client's own key stops its client only, and takes back its own stop but not the workspace's", async () => {
  const acme = await keyOf({ tags: { client_id: 'acme' }, locked_tags: ['client_id'] });
  const globex = await keyOf({ tags: { client_id: 'globex' }, locked_tags: ['client_id'] });
  await json(gateway.post('/v1/stop', { client_id: 'globex' }, acme), 403);
  await stop({ reason: 'Ours' }, acme);
  await json(call('acme', {}, acme), 423);
  await json(call('globex', {}, globex));
  expect((await shown(globex)).data).toEqual([]);
  await json(gateway.send('DELETE', '/v1/stop', undefined, acme), 204);
  await json(call('acme', {}, acme));
  await stop({ client_id: 'acme', reason: 'Unpaid' });
  await stop({ reason: 'Leak of globex' });
  const { data } = await shown(acme);
  expect(data).toMatchObject([
    { client_id: null, reason: null, by: null },
    { client_id: 'acme', reason: 'Unpaid', by: null },
  ]);
  const { error } = await json<Refusal>(call('acme', {}, acme), 423);
  expect(error.message).toBe(
    'All calls of this workspace are stopped by the workspace. An owner or a member of the workspace can take the stop back.',
  );
  await json(gateway.send('DELETE', '/v1/stop', undefined, acme), 403);
});

it('keys that only read or call, and keys with another lock, stop nothing', async () => {
  for (const role of ['viewer', 'caller']) await json(gateway.post('/v1/stop', {}, await keyOf({ role })), 403);
  const locked = await keyOf({ tags: { project: 'news' }, locked_tags: ['project'] });
  await json(gateway.post('/v1/stop', {}, locked), 403);
  await json(gateway.send('DELETE', '/v1/stop', undefined, locked), 403);
});
