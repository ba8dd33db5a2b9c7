import { contract } from '@ai-gateway/shared/contract';
import type { Operation } from '@ai-gateway/shared/operation';
import { readEvents } from '@ai-gateway/shared/server-sent-events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/**
 * The names of scenarios and the clients of their calls are for keys without locked tags that do more than call models. Keys of every
 * role and lock read all that there is to read: every list, the events, the live stream and the bodies of webhooks.
 */
let gateway: TestGateway;

const name = 'Letters of Acme and Globex';
const tags = { client_id: 'acme', project: 'news', scenario_id: '42', scenario_platform: 'make' };
type Tag = keyof typeof tags;
const headersOf = (client: string): Record<string, string> => ({
  'x-client-id': client,
  'x-project': tags.project,
  'x-scenario-id': tags.scenario_id,
  'x-scenario-platform': tags.scenario_platform,
});

const roles = ['owner', 'member', 'viewer', 'caller'] as const;
const locks: readonly (readonly Tag[])[] = [
  [],
  ['client_id'],
  ['project'],
  ['scenario_id'],
  ['scenario_platform'],
  ['project', 'scenario_id'],
  ['scenario_id', 'scenario_platform'],
  ['client_id', 'project', 'scenario_id', 'scenario_platform'],
];
const readers = roles.flatMap((role) => locks.map((lock) => ({ role, lock })));
type Reader = (typeof readers)[number];
const title = ({ role, lock }: Reader): string => `${role} locked to ${lock.join(' and ') || 'nothing'}`;
const seesNames = ({ role, lock }: Reader): boolean => role !== 'caller' && lock.length === 0;
const subscribes = ({ role, lock }: Reader): boolean =>
  (role === 'owner' || role === 'member') && !lock.includes('scenario_platform');

const keys = new Map<Reader, Record<string, string>>();
const hooks = new Map<Reader, Receiver>();
const streams = new Map<Reader, { text: string; close: () => void }>();

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  await json(gateway.send('PUT', '/v1/clients/globex', { name: 'Globex Inc.' }));
  for (const reader of readers) {
    const { role, lock } = reader;
    const own = Object.fromEntries(lock.map((tag) => [tag, tags[tag]]));
    const { key } = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: title(reader), role, tags: own, locked_tags: lock }),
      201,
    );
    const as = { authorization: `Bearer ${key}` };
    keys.set(reader, as);
    if (role !== 'viewer') await json(gateway.post(chat, hello(), { ...headersOf('acme'), ...as }));
    if (subscribes(reader)) {
      const hook = await startReceiver();
      hooks.set(reader, hook);
      const events = ['scenario.paused', 'scenario.resumed', 'budget.exceeded'];
      await json(gateway.post('/v1/webhooks', { url: hook.url, events }, as), 201);
    }
    streams.set(reader, await follow(as));
  }
  await json(gateway.post(chat, hello(), headersOf('globex')));
  await json(gateway.send('PUT', '/v1/scenarios/42/name', { name }));
  const { scenario_platform: _platform, ...scope } = tags;
  await json(gateway.post('/v1/budgets', { name: 'tight', limit_usd: 0.0000001, scope, on_limit: 'notify' }), 201);
  await json(gateway.post(chat, hello(), headersOf('acme')));
  for (const step of ['pause', 'resume', 'pause'] as const)
    await json(gateway.post(`/v1/scenarios/42/${step}`, step === 'pause' ? { reason: 'Under repair' } : {}));
}, 120_000);
afterAll(async () => {
  for (const { close } of streams.values()) close();
  await gateway.stop();
  await Promise.all([...hooks.values()].map((hook) => hook.stop()));
});

async function follow(as: Record<string, string>): Promise<{ text: string; close: () => void }> {
  const cut = new AbortController();
  const { body } = await fetch(`${gateway.url}/v1/live`, { headers: as, signal: cut.signal });
  const stream = { text: '', close: () => cut.abort() };
  void (async () => {
    for await (const event of readEvents(body as unknown as AsyncIterable<Uint8Array>))
      stream.text += JSON.stringify(event);
  })().catch(() => {});
  return stream;
}

/** Every answer that a key can have without changing anything, with the fields of lists that may name a scenario. */
const reads = (contract as readonly Operation[])
  .filter(({ method, id }) => method === 'GET' && id !== 'live.watch')
  .map(({ path }) => path.replace(/:[a-z_]+/g, '42'))
  .concat(
    '/v1/scenarios?search=letters',
    '/v1/events?type=scenario.paused&type=scenario.resumed',
    '/v1/usage/clients?group_by=scenario',
    '/v1/usage/clients?group_by=scenario&format=csv',
    '/v1/usage/series?group_by=scenario',
    '/v1/usage/movers?group_by=scenario',
  );

interface Shown {
  clients: unknown[];
  client_count: number;
  spent_today_usd: number;
}

/** The scenarios in an answer, wherever they are. */
function scenariosIn(value: unknown): Shown[] {
  if (typeof value !== 'object' || value === null) return [];
  const here = 'client_count' in value ? [value as Shown] : [];
  return [...here, ...Object.values(value).flatMap(scenariosIn)];
}

/** The words of a text that a reader may not know. */
function faultsIn(place: string, text: string): string[] {
  const scenarios = text.startsWith('{') ? scenariosIn(JSON.parse(text)) : [];
  return [
    ...(text.includes('Letters') ? [`${place} names the scenario`] : []),
    ...(scenarios.some(({ clients, client_count: count }) => clients.length + count > 0)
      ? [`${place} tells its clients`]
      : []),
  ];
}

async function answersTo(reader: Reader): Promise<[path: string, text: string][]> {
  const answers: [string, string][] = [];
  for (const path of reads) answers.push([path, await (await gateway.get(path, keys.get(reader))).text()]);
  if (reader.role === 'owner' || reader.role === 'member')
    for (const step of ['pause', 'resume'])
      answers.push([step, await (await gateway.post(`/v1/scenarios/42/${step}`, {}, keys.get(reader))).text()]);
  answers.push([
    'call',
    await (await gateway.post(chat, hello(), { ...headersOf('acme'), ...keys.get(reader) })).text(),
  ]);
  return answers;
}

describe.each(readers.filter((reader) => !seesNames(reader)).map((reader) => [title(reader), reader] as const))(
  'a key of the role %s',
  (_title, reader) => {
    it('reads neither names of scenarios nor their clients, in any answer', async () => {
      const faults = (await answersTo(reader)).flatMap(([path, text]) => faultsIn(path, text));
      expect(faults).toEqual([]);
    });

    it('hears neither in the live stream', async () => {
      const stream = streams.get(reader);
      await eventually(() => expect(stream?.text).toContain('changed'));
      expect(stream?.text).not.toMatch(/Letters|client_count/);
    });

    it.runIf(subscribes(reader))('is sent neither by webhook', async () => {
      const received = hooks.get(reader)?.received ?? [];
      // The pause is for all calls, so those of the key's client or project are among them.
      for (const type of ['scenario.paused', 'scenario.resumed'])
        await eventually(() => expect(received.some(({ body }) => body.includes(type))).toBe(true));
      expect(received.flatMap(({ body }) => faultsIn('a webhook', body))).toEqual([]);
    });
  },
);

describe.each(readers.filter(seesNames).map((reader) => [title(reader), reader] as const))(
  'a key of the role %s',
  (_title, reader) => {
    it('reads both in the list, in events and in usage', async () => {
      const faults = (await answersTo(reader)).flatMap(([path, text]) => faultsIn(path, text));
      for (const path of ['/v1/scenarios', '/v1/events'])
        for (const what of ['names the scenario', 'tells its clients']) expect(faults).toContain(`${path} ${what}`);
      expect(faults).toContain('/v1/usage/clients?group_by=scenario names the scenario');
    });

    it.runIf(subscribes(reader))('is sent both by webhook', async () => {
      const received = hooks.get(reader)?.received ?? [];
      await eventually(() =>
        expect(received.flatMap(({ body }) => faultsIn('a webhook', body))).toEqual(
          expect.arrayContaining(['a webhook names the scenario', 'a webhook tells its clients']),
        ),
      );
    });
  },
);

const seesCause = ({ role, lock }: Reader): boolean => role !== 'caller' && lock.every((tag) => tag === 'scenario_id');
const cause = 'Under repair';

it('every key with locked tags reads of a pause for all calls, and only one of the scenario alone reads why', async () => {
  for (const reader of readers.filter(({ lock }) => lock.length > 0)) {
    const events = await (await gateway.get('/v1/events?type=scenario.paused', keys.get(reader))).text();
    const scenarios = await (await gateway.get('/v1/scenarios', keys.get(reader))).text();
    expect([title(reader), events.includes('scenario.paused'), events.includes(cause)]).toEqual([
      title(reader),
      true,
      seesCause(reader),
    ]);
    if (!seesCause(reader)) expect([title(reader), scenarios.includes(cause)]).toEqual([title(reader), false]);
    for (const { body } of hooks.get(reader)?.received ?? [])
      if (!seesCause(reader)) expect([title(reader), body.includes(cause)]).toEqual([title(reader), false]);
  }
});

it('a key that is locked to a platform reads why it paused a scenario itself', async () => {
  const body = {
    name: 'of make',
    role: 'member',
    tags: { scenario_platform: 'make' },
    locked_tags: ['scenario_platform'],
  };
  const { key } = await json<{ key: string }>(gateway.post('/v1/keys', body), 201);
  const as = { authorization: `Bearer ${key}` };
  await json(gateway.post(chat, hello(), { ...headersOf('acme'), ...as, 'x-scenario-id': '43' }));
  await eventually(async () =>
    expect((await gateway.post('/v1/scenarios/43/pause', { reason: 'Mine' }, as)).status).toBe(200),
  );
  const { data } = await json<{ data: { data: object }[] }>(
    gateway.get('/v1/events?type=scenario.paused&scenario_id=43', as),
  );
  expect(data.map((event) => event.data)).toMatchObject([
    { reason: 'Mine', by: 'of make', scenario_platform: 'make', scenario: { by: 'of make' } },
  ]);
});

it('a key that is locked to a scenario reads its spending all the same, and other locked keys do not', async () => {
  for (const reader of readers)
    for (const path of ['/v1/scenarios', '/v1/events']) {
      const scenarios = scenariosIn(await json(gateway.get(path, keys.get(reader))));
      const sees = reader.role !== 'caller' && reader.lock.every((tag) => tag === 'scenario_id');
      expect([title(reader), path, scenarios.some(({ spent_today_usd: usd }) => usd > 0)]).toEqual([
        title(reader),
        path,
        sees,
      ]);
    }
});
