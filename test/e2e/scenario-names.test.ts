import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, eventsOf, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/** Names and clients of scenarios: an id of a platform says nothing to the owner of an agency. */

interface Scenario {
  id: string;
  name: string | null;
  platform: string | null;
  clients: { client_id: string; name: string }[];
  client_count: number;
}
interface Usage {
  data: { scenario_id: string | null; name: string | null }[];
}

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await json(gateway.send('PUT', '/v1/clients/acme', { name: 'Acme Ltd' }));
  for (const client of ['acme', 'acme', 'globex']) await call('42', client);
  await call('43', 'globex');
  await json(gateway.post(chat, hello(), { 'x-scenario-id': '44', 'x-scenario-platform': 'n8n' }));
});
afterAll(() => gateway.stop());

const call = (scenario: string, client: string): Promise<unknown> =>
  json(
    gateway.post(chat, hello(), {
      'x-scenario-id': scenario,
      'x-scenario-platform': 'make',
      'x-client-id': client,
    }),
  );
const rename = (id: string, name: string | null): Promise<Scenario> =>
  json(gateway.send('PUT', `/v1/scenarios/${id}/name`, { name }));
const list = async (query = '', headers: Record<string, string> = {}): Promise<Scenario[]> =>
  (await json<{ data: Scenario[] }>(gateway.get(`/v1/scenarios${query}`, headers))).data;
const find = async (id: string): Promise<Scenario | undefined> => (await list()).find((one) => one.id === id);
const keyFor = async (body: object): Promise<Record<string, string>> => {
  const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'k', ...body }), 201);
  return { authorization: `Bearer ${key}` };
};

describe('the clients of a scenario', () => {
  const acme = { client_id: 'acme', name: 'Acme Ltd' };
  const globex = { client_id: 'globex', name: 'globex' };

  it('are those that its calls name, the busiest first', async () => {
    expect(await find('42')).toMatchObject({ platform: 'make', clients: [acme, globex], client_count: 2 });
    expect(await find('43')).toMatchObject({ clients: [globex], client_count: 1 });
    expect(await find('44')).toMatchObject({ platform: 'n8n', clients: [], client_count: 0 });
  });

  it('are known from sums too, for 31 days before the last call', async () => {
    const { pool } = gateway.database;
    await pool.query(`select ensure_call_partitions((now() - interval '70 days')::date, 71)`);
    const aged = async (scenario: string, client: string, days: number): Promise<void> => {
      await call(scenario, client);
      await pool.query(
        `update calls set created_at = created_at - make_interval(days => $3) where scenario_id = $1 and client_id = $2`,
        [scenario, client, days],
      );
    };
    await aged('aged', 'long-gone', 60);
    await aged('aged', 'before', 20);
    await call('aged', 'acme');
    await aged('old', 'long-gone', 60);
    await find('old');
    await rollUp(pool, Date.now());
    expect(await find('aged')).toMatchObject({ clients: [acme, { client_id: 'before', name: 'before' }] });
    await pool.query(
      `update tag_values set last_call_at = last_call_at - interval '60 days' where kind = 'scenario' and id = 'old'`,
    );
    expect((await find('old'))?.clients.map(({ client_id: id }) => id)).toEqual(['long-gone']);
  });

  it('are five at most, with the number of all of them', async () => {
    for (let n = 0; n < 7; n++) await call('template', `client-${n}`);
    const { clients, client_count: count } = (await find('template')) ?? { clients: [], client_count: 0 };
    expect([clients.length, count]).toEqual([5, 7]);
  });
});

describe('the name of a scenario', () => {
  it('is what people gave it, in lists, events and usage, and no longer once it is taken away', async () => {
    expect(await find('42')).toMatchObject({ name: null });
    expect(await rename('42', '  Newsletter <img src=x onerror=alert(1)> ')).toMatchObject({
      id: '42',
      name: 'Newsletter <img src=x onerror=alert(1)>',
    });
    expect(await find('42')).toMatchObject({ name: 'Newsletter <img src=x onerror=alert(1)>' });
    expect((await list('?search=NEWSLETTER')).map(({ id }) => id)).toEqual(['42']);
    await rename('42', '=cmd Newsletter');
    const { data } = await json<Usage>(gateway.get('/v1/usage/clients?group_by=scenario'));
    expect(data).toContainEqual(expect.objectContaining({ scenario_id: '42', name: '=cmd Newsletter' }));
    expect(data).toContainEqual(expect.objectContaining({ scenario_id: '43', name: '43' }));
    const csv = await (await gateway.get('/v1/usage/clients?group_by=scenario&format=csv')).text();
    expect(csv).toContain("42,'=cmd Newsletter,");
    await json(gateway.post('/v1/scenarios/42/pause', { reason: 'Under repair' }));
    await json(gateway.post('/v1/scenarios/42/resume', {}));
    const [resumed] = await eventsOf(gateway, '&scenario_id=42');
    expect(resumed?.data.scenario).toMatchObject({ id: '42', name: '=cmd Newsletter', client_count: 2 });
    expect(await rename('42', null)).toMatchObject({ name: null });
    expect((await list('?search=newsletter')).map(({ id }) => id)).toEqual([]);
  });

  it('is in the audit log with the one before', async () => {
    await rename('43', 'Invoices');
    await rename('43', 'Reminders');
    const { data } = await json<{ data: { target: { id: string }; before: unknown; after: unknown }[] }>(
      gateway.get('/v1/audit?operation=scenarios.name.set'),
    );
    expect(data.filter(({ target }) => target.id === '43').map(({ before, after }) => [before, after])).toEqual([
      [{ name: 'Invoices' }, { name: 'Reminders' }],
      [{ name: null }, { name: 'Invoices' }],
    ]);
  });

  it('can be given before the first call, and differs between live and test mode', async () => {
    await rename('to-come', 'Launch');
    expect(await find('to-come')).toMatchObject({ name: 'Launch', platform: null });
    expect(await list('', { authorization: `Bearer ${testKey}` })).toEqual([]);
    const names = await json<{ data: unknown[] }>(
      gateway.get('/v1/scenario-names', { authorization: `Bearer ${testKey}` }),
    );
    expect(names.data).toEqual([]);
  });

  it('is one of at most 100 characters for a single scenario', async () => {
    for (const [id, name] of [
      ['42', ''],
      ['42', 'a'.repeat(101)],
      ['42', 7],
      ['*', 'All'],
    ] as const)
      expect((await gateway.send('PUT', `/v1/scenarios/${encodeURIComponent(id)}/name`, { name })).status).toBe(400);
  });

  it('is listed without figures, some or all, by pages', async () => {
    for (const id of ['n1', 'n2', 'n3']) await rename(id, `Name of ${id}`);
    const read = (query: string): Promise<{ data: { id: string; name: string }[]; next_cursor: string | null }> =>
      json(gateway.get(`/v1/scenario-names${query}`));
    expect((await read('?id=n2')).data).toEqual([{ id: 'n2', name: 'Name of n2' }]);
    const first = await read('?id=n1&id=n2&id=n3&id=unknown&limit=2');
    expect(first.data.map(({ id }) => id)).toEqual(['n1', 'n2']);
    const next = await read(`?id=n1&id=n2&id=n3&limit=2&cursor=${first.next_cursor}`);
    expect([next.data.map(({ id }) => id), next.next_cursor]).toEqual([['n3'], null]);
  });

  it('is kept from keys of clients, and so are the clients', async () => {
    await rename('42', 'Newsletter of Acme and Globex');
    const own = await keyFor({ role: 'member', tags: { client_id: 'acme' }, locked_tags: ['client_id'] });
    const caller = await keyFor({ role: 'caller' });
    for (const key of [own, caller]) {
      const seen = await list('', key);
      expect(seen.find(({ id }) => id === '42')).toMatchObject({ name: null, clients: [], client_count: 0 });
      expect(JSON.stringify(seen)).not.toContain('Newsletter');
      expect(await list('?search=newsletter', key)).toEqual([]);
    }
    const { data } = await json<Usage>(gateway.get('/v1/usage/clients?group_by=scenario', own));
    expect(data).toContainEqual(expect.objectContaining({ scenario_id: '42', name: '42' }));
    await json(gateway.send('PUT', '/v1/scenarios/42/name', { name: 'Mine' }, own), 403);
    await json(gateway.get('/v1/scenario-names', own), 403);
    const viewer = await keyFor({ role: 'viewer' });
    await json(gateway.send('PUT', '/v1/scenarios/42/name', { name: 'Mine' }, viewer), 403);
    expect(await list('?search=newsletter', viewer)).toHaveLength(1);
  });
});
