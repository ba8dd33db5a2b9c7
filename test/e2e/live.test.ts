import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { readEvents } from '@ai-gateway/shared/server-sent-events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../gateway/src/config.ts';
import { type RunningGateway, startGateway } from '../../gateway/src/start-gateway.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { firstPerson } from '../support/person.ts';
import { gatewayEnv, liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
/** Another process of the same gateway. */
let second: RunningGateway;
const secret = 'ab'.repeat(32);
const dataDir = mkdtempSync(join(tmpdir(), 'ai-gateway-data-'));

beforeAll(async () => {
  gateway = await startTestGateway({ GATEWAY_SECRET: secret });
  const env = { ...gatewayEnv(gateway.fakes, gateway.database.url, dataDir), GATEWAY_SECRET: secret };
  second = await startGateway(readConfig(env), {
    logTo: new Writable({ write: (_chunk, _encoding, done) => done() }) as never,
  });
});
afterAll(async () => {
  await second.stop();
  await gateway.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Watch {
  status: number;
  /** Each hint, with the time it came at. */
  hints: { changed: string[]; at: number }[];
  text: () => string;
  isOver: () => boolean;
  close: () => void;
}
const open: Watch[] = [];
afterEach(() => {
  for (const watch of open.splice(0)) watch.close();
});

async function watch(
  key = liveKey,
  {
    url = gateway.url,
    headers = { authorization: `Bearer ${key}` },
  }: { url?: string; headers?: Record<string, string> } = {},
): Promise<Watch> {
  const cut = new AbortController();
  const answer = await fetch(`${url}/v1/live`, {
    headers,
    signal: cut.signal,
  });
  let text = '';
  let over = false;
  const hints: Watch['hints'] = [];
  const read = async (): Promise<void> => {
    const { body } = answer;
    if (body === null || answer.status !== 200) return;
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(piece).toString();
        yield piece;
      }
    };
    for await (const item of readEvents(pieces()))
      if ('data' in item) hints.push({ ...(JSON.parse(item.data) as { changed: string[] }), at: Date.now() });
  };
  void read()
    .catch(() => {})
    .finally(() => {
      over = true;
    });
  const made = { status: answer.status, hints, text: () => text, isOver: () => over, close: () => cut.abort() };
  open.push(made);
  return made;
}

/** The names in hints, without those that name everything: to a browser that comes back, and from a process that begins to tell. */
const namedIn = ({ hints }: Watch): Watch['hints'] => hints.filter(({ changed }) => !changed.includes('audit'));
const nouns = (watched: Watch): string[] => [...new Set(namedIn(watched).flatMap(({ changed }) => changed))].sort();
const call = async (key = liveKey, headers: Record<string, string> = {}): Promise<void> => {
  const answer = await gateway.post(chat, hello(), { authorization: `Bearer ${key}`, ...headers });
  expect(answer.status).toBe(200);
  await answer.text();
};

const newKey = (body: object) =>
  json<{ id: string; key: string }>(gateway.post('/v1/keys', { name: 'watcher', ...body }), 201);

describe('the stream of changes', () => {
  it('names a call within two seconds, in this process and in another', async () => {
    const [here, there] = [await watch(), await watch(liveKey, { url: second.url })];
    // The first process is told which workspaces the second one watches.
    await eventually(async () => {
      await call();
      expect(nouns(here)).toEqual(expect.arrayContaining(['calls', 'usage']));
      expect(nouns(there)).toEqual(expect.arrayContaining(['calls', 'usage']));
    });
    // A busy machine may hold one of them up; the fastest tells.
    const times: number[] = [];
    for (let n = 0; n < 4 && Math.min(...times) >= 2_000; n++) {
      const before = [here.hints.length, there.hints.length];
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const startedAt = Date.now();
      await call();
      await eventually(() => {
        expect(here.hints.length).toBeGreaterThan(before[0] ?? 0);
        expect(there.hints.length).toBeGreaterThan(before[1] ?? 0);
      });
      times.push(Math.max(...[here, there].map(({ hints }) => (hints.at(-1)?.at ?? 0) - startedAt)));
    }
    expect(Math.min(...times)).toBeLessThan(2_000);
  });

  it('names what an operation changed, and what an event is about', async () => {
    const there = await watch(liveKey, { url: second.url });
    await eventually(async () => {
      await json(gateway.post('/v1/budgets', { name: 'Tiny', limit_usd: 1e-6, scope: { client_id: 'small' } }), 201);
      expect(nouns(there)).toContain('budgets');
    });
    await json(gateway.send('PUT', '/v1/clients/small', { name: 'Small' }));
    await json(gateway.post('/v1/scenarios/mailer/pause', { reason: 'Under repair' }));
    expect((await gateway.post(chat, hello(), { 'x-client-id': 'small' })).status).toBe(402);
    await eventually(() =>
      expect(nouns(there)).toEqual(expect.arrayContaining(['budgets', 'clients', 'events', 'refusals', 'scenarios'])),
    );
  });

  it('sends one hint a second at most, which has all that changed meanwhile', async () => {
    const here = await watch();
    await eventually(async () => {
      await call();
      expect(here.hints.length).toBeGreaterThan(2);
    });
    // Each hint's id is the time at which it was sent.
    const sent = [...here.text().matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    const gaps = sent.slice(1).map((at, i) => at - (sent[i] ?? 0));
    expect(gaps.length).toBeGreaterThan(1);
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(1_000);
  });

  it('has the nouns alone: no name, no amount, no id', async () => {
    const { key } = await newKey({ role: 'viewer', tags: { client_id: 'acme' }, locked_tags: ['client_id'] });
    const locked = await watch(key);
    await call(liveKey, { 'x-client-id': 'globex' });
    await eventually(() => expect(nouns(locked)).toContain('calls'));
    expect(locked.text()).not.toMatch(/globex|acme|ws_|req_|\d\.\d/);
  });

  it('has nothing of live calls for a test key', async () => {
    const [test, live] = [await watch(testKey), await watch()];
    await call();
    await eventually(() => expect(nouns(live)).toContain('calls'));
    await call(testKey);
    await eventually(() => expect(nouns(test)).toContain('calls'));
    expect(namedIn(test).every(({ at }) => at >= (namedIn(live)[0]?.at ?? 0))).toBe(true);
  });

  it('is open to every role, and to nobody without a key', async () => {
    for (const role of ['owner', 'member', 'viewer', 'caller'])
      expect((await watch((await newKey({ role })).key)).status).toBe(200);
    expect((await watch('gw_live_nobody_knows_this_key')).status).toBe(401);
    expect((await gateway.get('/v1/live?since=yesterday')).status).toBe(400);
  });

  it('ends when its key is revoked in another process', async () => {
    const { id, key } = await newKey({ role: 'viewer' });
    const there = await watch(key, { url: second.url });
    expect(there.isOver()).toBe(false);
    expect((await gateway.send('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    await eventually(() => expect(there.isOver()).toBe(true));
  });

  it('is open to a person who is signed in, and ends when the session does, in another process too', async () => {
    const person = await firstPerson(gateway);
    const [here, there] = [gateway.url, second.url].map((url) =>
      watch('', { url, headers: { cookie: person.cookie() } }),
    );
    await eventually(async () => {
      await call(testKey);
      for (const one of [await here, await there]) expect(nouns(one as Watch)).toContain('calls');
    });
    const out = await person.send('POST', '/auth/sign-out');
    expect(out.status).toBeLessThan(300);
    await eventually(async () => {
      for (const one of [await here, await there]) expect(one?.isOver()).toBe(true);
    });
    expect((await watch('', { headers: { cookie: person.cookie() } })).status).toBe(401);
  });

  it('names everything to a browser that comes back', async () => {
    const back = await watch(liveKey, { headers: { authorization: `Bearer ${liveKey}`, 'last-event-id': '1' } });
    await eventually(() =>
      expect(back.hints[0]?.changed).toEqual(expect.arrayContaining(['budgets', 'calls', 'usage'])),
    );
    expect(back.text()).toContain('retry: 2000');
  });

  it('is refused where one key has too many', async () => {
    const { key } = await newKey({ role: 'viewer' });
    const all = await Promise.all(Array.from({ length: 51 }, () => watch(key)));
    expect(all.map(({ status }) => status).toSorted()).toEqual([...Array.from({ length: 50 }, () => 200), 429]);
    for (const one of all) one.close();
    await eventually(async () => expect((await watch(key)).status).toBe(200));
  });

  it('is forgotten when it is closed, also by the other processes', async () => {
    const { live } = second.services;
    await eventually(() => expect(live.count).toBe(0));
    (await watch(liveKey, { url: second.url })).close();
    await eventually(() => expect(live.count).toBe(0));
  });
});

it('a gateway that stops ends the stream of changes and does not wait for it', async () => {
  const own = await startTestGateway();
  const watching = await watch(liveKey, { url: own.url });
  expect(watching.status).toBe(200);
  const stopped = own.stop();
  await eventually(() => expect(watching.isOver()).toBe(true));
  await stopped;
});
