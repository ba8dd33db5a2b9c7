import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { fakeKeys } from '../support/fakes/start-fakes.ts';
import { insertTestMember } from '../support/people.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';
import { unzip } from '../support/unzip.ts';

let gateway: TestGateway;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const calls = 250;

/** Two clients with calls, budgets, keys, webhooks and an invoice each. */
beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  for (const client of ['acme', 'globex']) {
    await json(
      gateway.send('PUT', `/v1/clients/${client}`, {
        name: `${client} Inc.`,
        markup_percent: 20,
        notes: `${client} notes`,
      }),
    );
    await json(
      gateway.post('/v1/budgets', { name: `${client} budget`, limit_usd: 50, scope: { client_id: client } }),
      201,
    );
    await json(
      gateway.post('/v1/keys', { name: `${client} key`, tags: { client_id: client }, locked_tags: ['client_id'] }),
      201,
    );
    await json(
      gateway.post('/v1/webhooks', {
        url: `https://${client}.example/hook`,
        events: ['budget.exceeded'],
        filter: { client_id: client },
      }),
      201,
    );
    for (let i = 0; i < 3; i++)
      await json(
        gateway.post(chat, hello(), {
          'x-client-id': client,
          'x-project': `${client} project`,
          'x-scenario-id': `${client}-1`,
        }),
      );
    await json(
      gateway.post('/v1/invoices', {
        client_id: client,
        from: '2020-01-01',
        to: new Date(Date.now() + 1).toISOString(),
      }),
      201,
    );
  }
  await json(
    gateway.post('/v1/providers', {
      name: 'mine',
      kind: 'openai',
      base_url: 'https://example.com/v1',
      api_key: 'sk-canary-mine',
    }),
    201,
  );
  await json(gateway.post(chat, hello(), { ...bearer(testKey), 'x-client-id': 'tested' }));
  // More than two pages of calls, in the first hour of a month some of the month before.
  await gateway.database.pool.query(`select ensure_call_partitions((now() - interval '1 day')::date, 1)`);
  await gateway.database.pool.query(
    `insert into calls (workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, dialect, streamed, model_requested)
     select workspace_id, now() - n * interval '1 s', 'req_more_' || n, true, 'gone', 'succeeded', 'key_gone', 'acme', 'chat', false, '=1+1'
     from (select workspace_id from calls limit 1) one, generate_series(1, $1::integer) n`,
    [calls],
  );
});
afterAll(() => gateway.stop());

async function taken(query = '', headers: Record<string, string> = {}): Promise<Record<string, string>> {
  const answer = await gateway.get(`/v1/workspace/export${query}`, headers);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/zip');
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="[\w.-]+\.zip"$/);
  return unzip(Buffer.from(await answer.arrayBuffer()));
}
const rowsOf = (file: string | undefined): Record<string, unknown>[] => JSON.parse(file ?? '[]');
const linesOf = (file: string | undefined): number => (file ?? '').trim().split('\r\n').length - 1;

it('an export has the whole workspace in files that programs and spreadsheets read, and no secret', async () => {
  const files = await taken();
  expect(Object.keys(files).sort()).toEqual([
    'auto.json',
    'budgets.json',
    'calls.csv',
    'clients.json',
    'connections.json',
    'events.json',
    'export.json',
    'fallbacks.json',
    'invitations.json',
    'invoices.json',
    'keys.json',
    'members.json',
    'plan.json',
    'portal-links.json',
    'projects.json',
    'providers.json',
    'rate-limits.json',
    'scenarios.json',
    'usage-by-client.csv',
    'usage-by-day.csv',
    'usage-by-model.csv',
    'usage-by-project.csv',
    'usage-by-scenario.csv',
    'views.json',
    'webhooks.json',
    'workspace.json',
  ]);
  expect(JSON.parse(files['export.json'] ?? '')).toMatchObject({ livemode: true, client_id: null });
  expect(rowsOf(files['clients.json']).map(({ id }) => id)).toEqual(['acme', 'globex']);
  expect(rowsOf(files['invoices.json'])).toHaveLength(2);
  expect(rowsOf(files['keys.json']).map(({ name }) => name)).toContain('acme key');
  expect(linesOf(files['calls.csv'])).toBe(calls + 6);
  expect(files['calls.csv']).toContain("'=1+1");
  expect(files['usage-by-client.csv']).toContain('globex Inc.');
  const all = Object.values(files).join('\n');
  for (const secret of [liveKey, testKey, fakeKeys.openai, 'sk-canary-mine', 'whsec_', 'tested'])
    expect(all).not.toContain(secret);
});

it('an export of one client has that client only', async () => {
  const files = await taken('?client_id=acme');
  expect(rowsOf(files['clients.json'])).toMatchObject([{ id: 'acme', notes: 'acme notes' }]);
  expect(rowsOf(files['budgets.json']).map(({ name }) => name)).toEqual(['acme budget']);
  expect(rowsOf(files['keys.json']).map(({ name }) => name)).toEqual(['acme key']);
  expect(rowsOf(files['webhooks.json'])).toHaveLength(1);
  expect(linesOf(files['calls.csv'])).toBe(calls + 3);
  expect(Object.values(files).join('\n')).not.toContain('globex');
});

it('an export by a key locked to a client has that client’s own view only', async () => {
  const { key } = await json<{ key: string }>(
    gateway.post('/v1/keys', { name: 'own', role: 'owner', tags: { client_id: 'acme' }, locked_tags: ['client_id'] }),
    201,
  );
  const files = await taken('', bearer(key));
  const all = Object.values(files).join('\n');
  for (const hidden of ['globex', 'acme notes', 'mine']) expect(all).not.toContain(hidden);
  expect(linesOf(files['calls.csv'])).toBe(calls + 3);
  expect((await gateway.get('/v1/workspace/export?client_id=globex', bearer(key))).status).toBe(403);
});

it('an export has the people of the workspace, its invitations and portal links, and nothing that opens them', async () => {
  const post = async (path: string, body: object): Promise<string> =>
    (await json<{ url: string }>(gateway.post(path, body), 201)).url;
  const urls = [
    await post('/v1/invitations', { email: 'waiting@agency.example', role: 'viewer' }),
    await post('/v1/invitations', { email: 'buyer@acme.example', role: 'client', client_id: 'acme' }),
    await post('/v1/clients/acme/links', { name: 'For Acme' }),
    await post('/v1/clients/unseen/links', { name: 'For a client without calls', password: 'nine quiet stones' }),
  ];
  const member = await insertTestMember(gateway, { email: 'ada@agency.example', role: 'owner' });
  await insertTestMember(gateway, { email: 'cleo@acme.example', role: 'client' });
  const files = await taken();
  expect(rowsOf(files['members.json'])).toMatchObject([
    { id: member.id, email: 'ada@agency.example', role: 'owner' },
    { email: 'cleo@acme.example', client_id: 'acme' },
  ]);
  expect(
    rowsOf(files['invitations.json'])
      .map(({ email }) => email)
      .sort(),
  ).toEqual(['buyer@acme.example', 'waiting@agency.example']);
  expect(
    rowsOf(files['portal-links.json'])
      .map(({ client_id }) => client_id)
      .sort(),
  ).toEqual(['acme', 'unseen']);
  const all = Object.values(files).join('\n');
  for (const url of urls) expect(all).not.toContain(url.split('#')[1]);
  // Of one client: its own people alone.
  const own = await taken('?client_id=acme');
  expect(rowsOf(own['members.json']).map(({ email }) => email)).toEqual(['cleo@acme.example']);
  expect(rowsOf(own['invitations.json']).map(({ email }) => email)).toEqual(['buyer@acme.example']);
  expect(rowsOf(own['portal-links.json']).map(({ name }) => name)).toEqual(['For Acme']);
  // A key that is locked to the client sees nobody, and test mode has no people.
  const { key } = await json<{ key: string }>(
    gateway.post('/v1/keys', { name: 'own', role: 'owner', tags: { client_id: 'acme' }, locked_tags: ['client_id'] }),
    201,
  );
  expect(Object.keys(await taken('', bearer(key)))).not.toContain('members.json');
  expect(Object.keys(await taken('', bearer(testKey)))).not.toContain('members.json');
});

it('an export needs an owner’s key, and test data a test key', async () => {
  const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'm', role: 'member' }), 201);
  expect((await gateway.get('/v1/workspace/export', bearer(key))).status).toBe(403);
  const files = await taken('', bearer(testKey));
  expect(linesOf(files['calls.csv'])).toBe(1);
  expect(rowsOf(files['clients.json']).map(({ id }) => id)).toEqual(['tested']);
});

it('an export that fails cuts the connection, so that no program opens half a ZIP', async () => {
  await gateway.database.pool.query('alter table invoices rename to invoices_away');
  try {
    const answer = gateway.get('/v1/workspace/export').then((response) => response.arrayBuffer());
    await expect(answer).rejects.toThrow();
  } finally {
    await gateway.database.pool.query('alter table invoices_away rename to invoices');
  }
  await taken();
});

it('a workspace has two exports at once, and a third is refused until one of them ends', async () => {
  const ask = () => gateway.get('/v1/workspace/export');
  // Bodies that nobody reads: more than a socket takes is still to be written.
  await gateway.database.pool.query(
    `insert into events (id, workspace_id, livemode, type, created_at, data)
     select 'evt_large_' || i, (select id from workspaces order by created_at limit 1), true, 'scenario.paused', now(),
       json_build_object('reason', (select string_agg(gen_random_uuid()::text, '') from generate_series(1, 3000 + i * 0)))
     from generate_series(1, 100) as i`,
  );
  const first = await ask();
  const second = await ask();
  expect([first.status, second.status]).toEqual([200, 200]);
  const third = await ask();
  expect([third.status, third.headers.get('retry-after')]).toEqual([429, '30']);
  expect(((await third.json()) as { error: { code: string } }).error.code).toBe('rate_limited');
  await first.body?.cancel();
  await expect.poll(async () => (await ask()).status, { timeout: 10_000 }).toBe(200);
  await second.body?.cancel();
}, 30_000);
