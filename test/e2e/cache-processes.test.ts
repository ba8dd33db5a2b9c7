import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/ask.ts';
import { ask, cacheOf, hour } from '../support/cached-calls.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Fakes, startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { gatewayEnv, liveKey } from '../support/start-gateway.ts';

/** Two processes on one database: an answer of the one is there for the other, and so is its deletion. */
let fakes: Fakes;
let database: TestDatabase;
let one: GatewayProcess;
let other: GatewayProcess;
const dataDir = dataFolder('cache-processes');

beforeAll(async () => {
  [fakes, database] = await Promise.all([startFakes(), createTestDatabase()]);
  const env = gatewayEnv(fakes, database.url, dataDir);
  one = await spawnGateway(env);
  other = await spawnGateway(env);
});
afterAll(async () => {
  await Promise.all([one.kill('SIGTERM'), other.kill('SIGTERM')]);
  await fakes.stop();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

function send(gateway: GatewayProcess, body: object, headers: Record<string, string>): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const only = { 'x-gateway-cache': 'only' };

it('an answer that one process keeps is there for the other, until one of them deletes it', async () => {
  const body = ask();
  const first = await (await send(one, body, hour)).text();
  const found = await eventually(async () => {
    const answer = await send(other, body, only);
    expect(answer.status).toBe(200);
    return answer;
  });
  expect(await found.text()).toBe(first);
  for (const query of ['?model=gpt-4o', '']) {
    const answer = await fetch(`${one.url}/v1/cache${query}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${liveKey}` },
    });
    expect(answer.status).toBe(204);
    // The other one hears of it by a notification, within milliseconds.
    await eventually(async () => expect((await send(other, body, only)).status).toBe(404));
    expect((await send(one, body, only)).status).toBe(404);
    expect(cacheOf(await send(other, body, hour))).toBe('stored');
    await eventually(async () => expect((await send(one, body, only)).status).toBe(200));
  }
});

it('after kill -9 while answers are kept, each of them is there whole or not at all', async () => {
  const bodies = Array.from({ length: 60 }, () => ask());
  const texts = new Map<object, string>();
  const sending = bodies.map(async (body) => {
    const answer = await send(one, body, hour);
    texts.set(body, await answer.text());
    // In the middle of it, when some answers are written and others wait to be.
    if (texts.size === 30) void one.kill('SIGKILL');
  });
  await Promise.allSettled(sending);
  expect(texts.size).toBeGreaterThanOrEqual(30);
  let kept = 0;
  for (const body of bodies) {
    const answer = await send(other, body, only);
    if (answer.status === 404) continue;
    kept += 1;
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ object: 'chat.completion', choices: [{ finish_reason: 'stop' }] });
    if (texts.has(body)) expect(text).toBe(texts.get(body));
  }
  expect(kept).toBeLessThanOrEqual(bodies.length);
});
