import { type ListedRow, rowLabel } from '@ai-gateway/shared/steps/row-label';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, json } from '../../support/ask.ts';
import { makeDearCall } from '../../support/dear-call.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { type MakeHost, openMake } from './make-host.ts';
import { refusalOf } from './refusals.ts';

let gateway: TestGateway;
let make: MakeHost;

beforeAll(async () => {
  gateway = await startTestGateway();
  make = await openMake(gateway.url, liveKey);
});
afterAll(() => gateway.stop());

describe('budgets', () => {
  test('are made, checked and raised', async () => {
    const budget = await make.act('budgetsCreate', { name: 'Acme', limit_usd: 5, scope: { client_id: 'acme' } });
    expect(budget).toMatchObject({ name: 'Acme', limit_usd: 5, period: 'month', thresholds: [80, 90, 100] });
    expect(budget.resets_at).toBeInstanceOf(Date);
    expect(await make.checkBudget({ client_id: 'acme', model: 'gpt-4o' })).toMatchObject({
      allowed: true,
      tightest: { id: budget.id, remaining_usd: 5, period_start: expect.any(Date), resets_at: budget.resets_at },
      affordable_tokens: expect.any(Number),
    });
    expect(await make.act('budgetsRaise', { id: budget.id, by_usd: 2.5 })).toMatchObject({ limit_usd: 7.5 });
    expect(await make.run('budgetsList')).toContainEqual(expect.objectContaining({ id: budget.id }));
  });

  test('name no tightest one where none applies', async () => {
    expect(await make.checkBudget({ client_id: 'of no budget' })).toMatchObject({ tightest: null, budgets: [] });
  });

  test('that never reset have no date of a reset', async () => {
    const never = { name: 'Once', limit_usd: 5, period: 'total', scope: { client_id: 'once' } };
    expect(await make.act('budgetsCreate', never)).toMatchObject({ resets_at: null });
    expect(await make.checkBudget({ client_id: 'once' })).toMatchObject({
      tightest: { name: 'Once', resets_at: null },
    });
  });

  test('with a wrong id, even one with a slash, are looked up under one path segment', async () => {
    const refused = await refusalOf(make.act('budgetsRaise', { id: '../keys', by_usd: 1 }));
    expect(refused).toMatchObject({ type: 'DataError', message: expect.stringMatching(/^\[4\d\d\]/) });
  });
});

describe('usage by client', () => {
  test('gives as many rows as asked for, ten by default, over more than one page if needed', async () => {
    for (let at = 0; at < 103; at += 1) await make.chat({ prompt: 'Hi', client_id: `many-${at}` });
    expect(await make.usageByClient({ limit: 2 })).toHaveLength(2);
    expect(await make.usageByClient({})).toHaveLength(10);
    const before = make.make.log.length;
    const all = await eventually(async () => {
      const rows = await make.usageByClient({ limit: 102 });
      expect(rows).toHaveLength(102);
      return rows;
    });
    expect(new Set(all.map(({ client_id }) => client_id)).size).toBe(102);
    expect(make.make.log[before]?.request.url).toContain('limit=100');
    expect(make.make.log[before + 1]?.request.url).toContain('cursor=');
  });

  test('is grouped, and limited to a time', async () => {
    const byModel = await make.usageByClient({ group_by: 'model' });
    expect(byModel).toContainEqual(expect.objectContaining({ model: expect.stringContaining('gpt-4o-mini') }));
    const past = { from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00+01:00' };
    expect(await make.usageByClient(past)).toEqual([]);
    expect(make.make.log.at(-1)?.request.url).toContain('to=2020-01-31T23%3A00%3A00.000Z');
  });

  test('takes an empty limit for no limit', async () => {
    expect(await refusalOf(make.usageByClient({ limit: 0 }))).toMatchObject({ type: 'BundleValidationError' });
  });
});

test('a scenario is paused, refused, and resumed', async () => {
  await make.chat({ prompt: 'Hi', scenario_id: 'runaway' });
  const paused = await make.act('scenariosPause', { id: 'runaway', reason: 'Under repair' });
  expect(paused).toMatchObject({ id: 'runaway', state: 'paused', reason: 'Under repair' });
  const refused = await refusalOf(make.chat({ prompt: 'Hi', scenario_id: 'runaway' }));
  expect(refused).toMatchObject({ type: 'InvalidConfigurationError', deactivates: true });
  expect(refused.message).toMatch(/^\[423\] .*Under repair/);
  expect(await make.act('scenariosResume', { id: 'runaway' })).toMatchObject({ state: 'running' });
  expect(await make.chat({ prompt: 'Hi', scenario_id: 'runaway' })).toHaveProperty('text');
});

test('an invoice is created for a client', async () => {
  await makeDearCall(gateway, 'billed');
  const from = new Date(Date.now() - 86_400_000);
  const invoice = await make.act('invoicesCreate', { client_id: 'billed', from, to: new Date() });
  expect(invoice).toMatchObject({ status: 'issued', client: { id: 'billed' } });
});

describe('drop-downs', () => {
  const options = (rpc: string) => make.make.options(rpc, { connection: make.connection });

  test('list models, “auto” first', async () => {
    const models = await options('modelsList');
    expect(models[0]?.value).toBe('auto');
    expect(models).toContainEqual({ label: 'gpt-4o · OpenAI · $2.50 / $10', value: 'gpt-4o' });
    for (const retired of ['claude-v1', 'gpt-3.5-0301', 'gemini-1.5-pro'])
      expect(models.map(({ value }) => value)).not.toContain(retired);
  });

  test.each(['clientsList', 'projectsList', 'scenariosList', 'budgetsList'])('%s', async (rpc) => {
    const name = `${rpc}-one`;
    await make.chat({ prompt: 'Hi', client_id: name, project: name, scenario_id: name });
    await make.act('budgetsCreate', { name, limit_usd: 1, scope: { client_id: name } });
    await eventually(async () =>
      expect((await options(rpc)).map(({ label }) => label)).toContainEqual(expect.stringContaining(name)),
    );
  });

  test('tell apart what has one name, in the words of the other platforms', async () => {
    const send = (method: string, path: string, body: object) => json(gateway.send(method, path, body));
    for (const id of ['north', 'south']) await send('PUT', `/v1/clients/twin-${id}`, { name: 'Twin “T” {{1.x}} 😀' });
    await make.chat({ prompt: 'Hi', scenario_id: 'named' });
    await make.chat({ prompt: 'Hi', scenario_id: 'unnamed' });
    await send('PUT', '/v1/scenarios/named/name', { name: 'Newsletter' });
    for (const scope of [
      {},
      { client_id: 'twin-north' },
      { client_id: '*' },
      { client_id: '*', project: 'p', scenario_id: '7' },
    ])
      for (const period of ['day', 'total'])
        await make.act('budgetsCreate', { name: 'Twin', limit_usd: 0.5, period, scope });
    for (const [rpc, path] of Object.entries({
      clientsList: '/v1/clients',
      scenariosList: '/v1/scenarios',
      budgetsList: '/v1/budgets',
      projectsList: '/v1/projects',
      modelsList: '/v1/models',
    })) {
      const { data } = await json<{ data: ListedRow[] }>(gateway.get(`${path}?limit=100`));
      const offered = (await options(rpc)).slice(0, 100);
      expect(offered).toEqual(data.slice(0, 300).map((row) => ({ label: rowLabel(row), value: row.id })));
      expect(new Set(offered.map(({ label }) => label)).size).toBe(offered.length);
    }
    const labels = async (rpc: string) => (await options(rpc)).map(({ label }) => label);
    expect(await labels('clientsList')).toContain('Twin “T” {{1.x}} 😀 (twin-north)');
    expect(await labels('scenariosList')).toEqual(expect.arrayContaining(['Newsletter (named)', 'unnamed (make)']));
    expect(await labels('budgetsList')).toEqual(
      expect.arrayContaining([
        'Twin · $0.5 a day',
        'Twin · twin-north · $0.5 in total',
        'Twin · each client · p · 7 · $0.5 a day',
      ]),
    );
  });

  test('say that the key is wrong', async () => {
    const connection = { values: { baseUrl: gateway.url, apiKey: 'gw_live_wrong' }, label: 'x' };
    expect(await refusalOf(make.make.options('modelsList', { connection }))).toMatchObject({
      type: 'InvalidAccessTokenError',
    });
  });
});

describe('any API call', () => {
  const call = (fields: object) => make.act('makeAnApiCall', { method: 'GET', ...fields });

  test('takes a query, a body and headers', async () => {
    const body = { name: 'By hand', limit_usd: 1, scope: { client_id: 'by-hand' } };
    expect(await call({ url: 'v1/budgets', method: 'POST', body: JSON.stringify(body) })).toMatchObject({
      statusCode: 201,
      body: { name: 'By hand' },
    });
    const csv = await call({
      url: '/v1/usage/clients',
      qs: [{ key: 'group_by', value: 'model' }],
      headers: [{ key: 'Accept', value: 'text/csv' }],
    });
    expect(csv).toMatchObject({ headers: { 'content-type': expect.stringMatching(/^text\/csv/) } });
    expect(csv.body).toMatch(/^model,/);
  });

  test('stays at the gateway with any address', async () => {
    for (const url of ['https://evil.example.com/', '//evil.example.com/x', '@evil.example.com'])
      await refusalOf(call({ url }));
    const hosts = new Set(make.make.log.map(({ request }) => new URL(request.url).origin));
    expect([...hosts]).toEqual([gateway.url]);
  });
});
