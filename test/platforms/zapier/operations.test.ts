import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeDearCall } from '../../support/dear-call.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { startCursorStore } from './cursor-store.ts';
import { type Json, methodsOf, type OpenApp, openApp, openZapier, refusalOf, type ZapierDoor } from './zapier-host.ts';

let gateway: TestGateway;
let zap: OpenApp;
let door: ZapierDoor;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.fakes.reset();
  zap = openApp({ url: gateway.url, key: liveKey });
  door = openZapier(gateway.url, liveKey);
});

const rowsOf = (found: Json | undefined): Json[] => (found?.data ?? []) as Json[];
const ask = (fields: Json) => door.chat({ model: 'gpt-4o-mini', prompt: 'Hi', ...fields });

describe('budgets', () => {
  test('are created, checked and raised', async () => {
    const made = await door.create('budgets_create', {
      name: 'Acme',
      limit_usd: '5',
      scope__client_id: 'budgeted',
      scope__project: '',
      period: 'week',
      thresholds: ['50', 100],
      timezone: '',
    });
    expect(made).toMatchObject({
      name: 'Acme',
      limit_usd: 5,
      scope: { client_id: 'budgeted' },
      period: 'week',
      thresholds: [50, 100],
      timezone: 'UTC',
    });
    expect(await door.checkBudget({ client_id: 'budgeted', model: 'gpt-4o', max_tokens: '100' })).toMatchObject({
      allowed: true,
      tightest: { id: made.id, remaining_usd: 5 },
      affordable_tokens: expect.any(Number),
    });
    expect(await door.create('budgets_raise', { id: made.id, by_usd: 2.5 })).toMatchObject({ limit_usd: 7.5 });
  });

  test('that cannot pay say so before a call is made', async () => {
    await door.create('budgets_create', { name: 'Broke', limit_usd: 0.0000001, scope__client_id: 'broke' });
    expect(await door.checkBudget({ client_id: 'broke', model: 'gpt-4o' })).toMatchObject({
      allowed: false,
      reason: 'budget_exceeded',
    });
  });

  test('answer that the call is allowed where none applies', async () => {
    expect(await door.checkBudget({ client_id: 'nobody' })).toMatchObject({ allowed: true, tightest: null });
  });

  test('are refused in the gateway’s words where a value is wrong', async () => {
    expect(await refusalOf(door.create('budgets_create', { name: 'Ads', limit_usd: 'lots' }))).toMatchObject({
      name: 'AppError',
      code: 'invalid_request',
      message: expect.stringContaining('limit_usd'),
    });
    expect(await refusalOf(door.create('budgets_raise', { id: 'bud_none', by_usd: 1 }))).toMatchObject({
      name: 'AppError',
      code: 'not_found',
    });
  });
});

describe('usage by client', () => {
  test('is one result with a line item for every client, and the totals', async () => {
    for (const client_id of ['u1', 'u2', 'u3']) await ask({ client_id });
    const usage = await door.usageByClient({});
    const rows = rowsOf(usage);
    expect(rows.map(({ client_id }) => client_id)).toEqual(expect.arrayContaining(['u1', 'u2', 'u3']));
    expect(usage).toMatchObject({ has_more: false, totals: { requests: expect.any(Number) } });
    expect(usage).not.toHaveProperty('next_cursor');
    expect(await door.usageByClient({ limit: '2' })).toMatchObject({
      data: [expect.anything(), expect.anything()],
      has_more: true,
    });
    const byModel = await door.usageByClient({ group_by: 'model', client_id: 'u1', from: '2026-01-01' });
    expect(byModel?.data).toMatchObject([{ model: expect.stringContaining('gpt-4o-mini'), requests: 1 }]);
  });

  test('refuses a text that is not a month', async () => {
    expect((await refusalOf(door.usageByClient({ from: 'yesterday' }))).code).toBe('invalid_request');
  });

  test('all rows are more than one page', async () => {
    for (let at = 0; at < 103; at++)
      await gateway.post(
        '/v1/chat/completions',
        { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] },
        { 'x-client-id': `many-${at}` },
      );
    const found = await door.find('clients_list', { search: 'many-', limit: 500 });
    expect(found?.data).toHaveLength(103);
    expect(await door.find('clients_list', { search: 'many-' })).toMatchObject({ has_more: true });
  });
});

test('a scenario is paused and resumed', async () => {
  await ask({ scenario_id: 'loop' });
  expect(await door.create('scenarios_pause', { id: 'loop', reason: 'Under repair' })).toMatchObject({
    id: 'loop',
    state: 'paused',
    reason: 'Under repair',
  });
  expect(await door.create('scenarios_resume', { id: 'loop' })).toMatchObject({ state: 'running' });
});

test('an invoice is created for a client', async () => {
  await makeDearCall(gateway, 'billed');
  const yesterday = new Date(Date.now() - 86_400_000).toISOString();
  const fields = { client_id: 'billed', from: yesterday, to: new Date().toISOString() };
  expect(await door.create('invoices_create', fields)).toMatchObject({
    status: 'issued',
    client: { id: 'billed' },
    lines: [{ requests: 1 }],
  });
});

describe('searches', () => {
  test('find the single calls, the scenarios, the projects, the models', async () => {
    await ask({ client_id: 'found', project: 'found', scenario_id: 'found' });
    const first = async (key: string, fields: Json) => rowsOf(await door.find(key, fields))[0];
    expect(await first('usage_requests', { client_id: 'found' })).toMatchObject({ project: 'found' });
    expect(await first('scenarios_list', { search: 'found' })).toMatchObject({ id: 'found', platform: 'zapier' });
    expect(await first('projects_list', { search: 'found' })).toMatchObject({ id: 'found' });
    expect(await first('models_list', { limit: 1 })).toMatchObject({ id: 'auto' });
  });

  test('find nothing, without an error, where there is nothing', async () => {
    expect(await zap.run(zap.app.searches.clients_list?.operation.perform, { search: 'nobody at all' })).toEqual([]);
    expect(await zap.run(zap.app.searches.budgets_list?.operation.perform, { client_id: 'nobody' })).toEqual([]);
  });
});

describe('drop-downs', () => {
  const options = async (key: string) =>
    (await zap.run(methodsOf(zap, key).perform, {}, { meta: { isFillingDynamicDropdown: true } })) as {
      id: string;
      name: string;
    }[];

  test('list models, “auto” first, with vendor and price', async () => {
    const models = await options('models_list');
    expect(models[0]?.id).toBe('auto');
    expect(models).toContainEqual({ id: 'gpt-4o', name: 'gpt-4o · OpenAI · $2.50 / $10' });
    for (const retired of ['claude-v1', 'gpt-3.5-0301', 'gemini-1.5-pro'])
      expect(models.map(({ id }) => id)).not.toContain(retired);
  });

  test.each(['clients_list', 'projects_list', 'scenarios_list', 'budgets_list'])('%s', async (key) => {
    const tag = `${key}-one`;
    await ask({ client_id: tag, project: tag, scenario_id: tag });
    await door.create('budgets_create', { name: tag, limit_usd: 1, scope__client_id: tag });
    const found = (await options(key)).filter(({ name }) => name.includes(tag));
    expect(found).toHaveLength(1);
    expect(found[0]?.id).toBeTruthy();
  });

  test('go on by “Load more” where there are more than a page has', async () => {
    await gateway.database.pool.query(
      `insert into tag_values (workspace_id, livemode, kind, id, first_call_at, last_call_at, folded)
       select w.id, true, 'client', 'paged-' || lpad(n::text, 5, '0'), now(), now(), 'paged-' || lpad(n::text, 5, '0')
       from generate_series(1, 1100) n, workspaces w`,
    );
    // Zapier’s core wants a key of its own before it asks for a cursor.
    vi.stubEnv('ZAPIER_DEPLOY_KEY', 'deploy');
    const store = await startCursorStore();
    const read = async (page: number) => {
      const meta = { isFillingDynamicDropdown: true, page };
      const event = { rpc_base: store.url };
      const { results } = await zap.execute('triggers.clients_list.operation.perform', {}, { meta }, event);
      return (results as { id: string }[]).map(({ id }) => id);
    };
    const pages: string[][] = [];
    for (let page = 0; page < 4; page++) pages.push(await read(page));
    await read(0);
    await gateway.database.pool.query(`delete from tag_values where id like 'paged-%'`);
    const shorter = [await read(0), await read(1)];
    await store.stop();
    vi.unstubAllEnvs();
    expect(shorter.map((ids) => ids.length)).toEqual([expect.any(Number), 0]);
    expect(pages.map((ids) => ids.length)).toEqual([500, 500, expect.any(Number), 0]);
    const all = pages.flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((id) => id.startsWith('paged-'))).toHaveLength(1100);
  });

  test('have their first rows where Zapier keeps no place', async () => {
    await gateway.database.pool.query(
      `insert into tag_values (workspace_id, livemode, kind, id, first_call_at, last_call_at, folded)
       select w.id, true, 'project', 'long-' || n, now(), now(), 'long-' || n
       from generate_series(1, 600) n, workspaces w`,
    );
    expect(await options('projects_list')).toHaveLength(500);
  });

  test('say that the key is wrong', async () => {
    const locked = openApp({ url: gateway.url, key: `gw_live_${'x'.repeat(40)}` });
    const { results } = await locked
      .execute('triggers.models_list.operation.perform', {})
      .catch((error: Error) => ({ results: error.name }));
    expect(results).toBe('ExpiredAuthError');
  });
});

describe('any other request', () => {
  test('reads, writes and deletes with the key of the connection', async () => {
    const made = await door.create('api_request', {
      method: 'POST',
      path: 'v1/budgets',
      body: '{"name": "By hand", "limit_usd": 1}',
    });
    const { id } = made.body as { id: string };
    const list = await door.create('api_request', {
      method: 'GET',
      path: '/v1/budgets',
      query: { limit: '1', status: '' },
    });
    expect((list.body as { data: unknown[] }).data).toHaveLength(1);
    expect(await door.create('api_request', { method: 'DELETE', path: `/v1/budgets/${id}` })).toEqual({ body: null });
  });

  test('goes to the gateway and nowhere else', async () => {
    for (const path of ['https://evil.example/v1/me', '//evil.example/v1/me', '@evil.example/v1/me'])
      expect(await refusalOf(door.create('api_request', { method: 'GET', path }))).toMatchObject({
        name: 'AppError',
        code: 'not_found',
      });
  });

  test('is refused where its body is not JSON', async () => {
    const refused = door.create('api_request', { method: 'POST', path: '/v1/budgets', body: '{"name":' });
    expect((await refusalOf(refused)).message).toMatch(/not valid JSON/);
  });
});
