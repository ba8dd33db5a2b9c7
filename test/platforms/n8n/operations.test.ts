import { AiGateway } from 'n8n-nodes-ai-gateway/nodes/AiGateway/AiGateway.node.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dropDownContext, executeNode, type N8nHost } from '../../support/n8n-host.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { answerOf, asked, chat, locator, refusalOf } from './forms.ts';

const node = new AiGateway();
let gateway: TestGateway;
let host: N8nHost;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.fakes.reset();
  host = {
    credential: { baseUrl: gateway.url, apiKey: liveKey },
    workflowId: 'wf42',
    executionId: '1007',
    nodeName: 'Classify',
  };
});

describe('operations of the contract', () => {
  test('a budget is created, checked and raised', async () => {
    const budget = await answerOf(
      node,
      host,
      asked('budget', 'create', { name: 'Acme', limitUsd: 5, scope: { clientId: locator('budgeted') } }),
    );
    expect(budget).toMatchObject({ name: 'Acme', limit_usd: 5, scope: { client_id: 'budgeted' }, period: 'month' });
    const check = asked('budget', 'check', {
      additionalFields: { clientId: locator('budgeted'), model: locator('gpt-4o') },
    });
    expect(await answerOf(node, host, check)).toMatchObject({
      allowed: true,
      tightest: { id: budget.id, remaining_usd: 5 },
    });
    const raise = asked('budget', 'raise', { id: locator(String(budget.id)), byUsd: 2.5 });
    expect(await answerOf(node, host, raise)).toMatchObject({ limit_usd: 7.5 });
    expect(await answerOf(node, host, chat({ client: locator('budgeted') }))).toMatchObject({
      budget_remaining_usd: expect.any(Number),
    });
  });

  test('a budget spent in the middle of a loop answers the items before it, the rest say why', async () => {
    await answerOf(
      node,
      host,
      asked('budget', 'create', { name: 'Tiny', limitUsd: 0.00002, scope: { clientId: locator('tiny') } }),
    );
    gateway.fakes.openai.reply({ text: 'A', usage: { input: 20, output: 20 } });
    host.continueOnFail = true;
    const loop = Array.from({ length: 6 }, () => chat({ client: locator('tiny'), options: { maxTokens: 20 } }));
    const answers = await executeNode(node, host, loop);
    expect(answers[0]?.json).toHaveProperty('text');
    expect(answers.at(-1)?.json).toMatchObject({
      code: 'budget_exceeded',
      hint: expect.stringMatching(/Raise the budget/),
    });
  });

  test('usage by client gives as many rows as asked for, or all', async () => {
    for (const client of ['u1', 'u2', 'u3']) await answerOf(node, host, chat({ client: locator(client) }));
    const usage = (parameters: Record<string, unknown>) =>
      executeNode(node, host, [asked('usage', 'clients', parameters)]);
    expect(await usage({ limit: 2 })).toHaveLength(2);
    const all = await usage({ returnAll: true });
    expect(all.map(({ json }) => json.client_id)).toEqual(expect.arrayContaining(['u1', 'u2', 'u3']));
    expect(all[0]?.pairedItem).toEqual({ item: 0 });
    const byModel = await usage({ returnAll: true, groupBy: 'model' });
    expect(byModel.map(({ json }) => json.model)).toContainEqual(expect.stringContaining('gpt-4o-mini'));
  });

  test('all rows are more than one page', async () => {
    for (let at = 0; at < 103; at++) await answerOf(node, host, chat({ client: locator(`many-${at}`) }));
    expect((await executeNode(node, host, [asked('client', 'getAll', { returnAll: true })])).length).toBeGreaterThan(
      102,
    );
  });

  test('a scenario is paused and resumed, and refused in between with a way out', async () => {
    await answerOf(node, host, chat({ options: { scenario: locator('runaway') } }));
    const pause = asked('scenario', 'pause', { id: locator('runaway'), additionalFields: { reason: 'Under repair' } });
    expect(await answerOf(node, host, pause)).toMatchObject({ id: 'runaway', state: 'paused', reason: 'Under repair' });
    const refusal = await refusalOf(node, host, chat({ options: { scenario: locator('runaway') } }));
    expect(refusal).toMatchObject({ httpCode: '423', description: expect.stringMatching(/resume it/) });
    expect(await answerOf(node, host, asked('scenario', 'resume', { id: locator('runaway') }))).toMatchObject({
      state: 'running',
    });
    expect(await answerOf(node, host, chat({ options: { scenario: locator('runaway') } }))).toHaveProperty('text');
  });

  test('an invoice is created for a client', async () => {
    await answerOf(node, host, chat({ client: locator('billed') }));
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    const invoice = asked('invoice', 'create', {
      clientId: locator('billed'),
      from: yesterday,
      to: new Date().toISOString(),
    });
    expect(await answerOf(node, host, invoice)).toMatchObject({ status: 'issued', client: { id: 'billed' } });
  });

  test.each([
    ['model', 'gpt-4o'],
    ['project', undefined],
    ['scenario', undefined],
    ['budget', undefined],
    ['event', undefined],
  ])('each row of the list of %s is an item', async (resource, expected) => {
    const rows = await executeNode(node, host, [asked(resource, 'getAll', { returnAll: true })]);
    if (expected !== undefined) expect(rows.map(({ json }) => json.id)).toContain(expected);
    else expect(Array.isArray(rows)).toBe(true);
  });

  test('an operation of a newer version is refused with that reason', async () => {
    expect((await refusalOf(node, host, asked('chat', 'sing'))).message).toMatch(/no operation "sing" of "chat"/);
  });
});

describe('drop-downs', () => {
  test('list models, “auto” first, and find them by a part of the name', async () => {
    const { searchModels } = node.methods.listSearch;
    const all = await searchModels?.call(dropDownContext(node, host));
    expect(all?.results[0]?.value).toBe('auto');
    const some = await searchModels?.call(dropDownContext(node, host), 'haiku');
    expect(some?.results.every(({ value }) => String(value).includes('haiku'))).toBe(true);
    expect(some?.results.length).toBeGreaterThan(0);
    expect(await node.methods.loadOptions.getModels.call(dropDownContext(node, host))).toContainEqual({
      name: 'gpt-4o · OpenAI · $2.50 / $10',
      value: 'gpt-4o',
    });
  });

  test.each(['searchClients', 'searchProjects', 'searchScenarios', 'searchBudgets'])('%s', async (method) => {
    const name = `${method}-one`;
    await answerOf(
      node,
      host,
      chat({ client: locator(name), options: { project: locator(name), scenario: locator(name) } }),
    );
    const create = { resource: 'budget', operation: 'create', name, limitUsd: 1, scope: { clientId: locator(name) } };
    await answerOf(node, host, { parameters: create });
    const found = await node.methods.listSearch[method]?.call(dropDownContext(node, host), name);
    expect(found?.results.map((result) => result.name)).toEqual([expect.stringContaining(name)]);
  });

  test('say that the key is wrong', async () => {
    host.credential.apiKey = `gw_live_${'x'.repeat(40)}`;
    const search = node.methods.listSearch.searchModels?.call(dropDownContext(node, host));
    await expect(search).rejects.toMatchObject({ httpCode: '401' });
  });
});
