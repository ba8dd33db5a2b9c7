import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chat, eventsOf, eventually, hello, json } from '../support/ask.ts';
import { makePrompt } from '../support/prompts.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

interface Rules {
  version: number;
  data: { id: string; name: string; priority: number; enabled: boolean }[];
}
interface Made {
  id: string;
  version: number;
}

const rules = (): Promise<Rules> => json<Rules>(gateway.get('/v1/routing/rules'));
const make = (body: object, headers: Record<string, string> = {}): Promise<Made> =>
  json<Made>(gateway.post('/v1/routing/rules', body, headers), 201);
const asTest = { authorization: `Bearer ${testKey}` };

beforeEach(async () => {
  for (const { id } of (await rules()).data) await json(gateway.send('DELETE', `/v1/routing/rules/${id}`), 204);
});

const ask = async (body: object, headers: Record<string, string> = {}, status = 200): Promise<Response> => {
  gateway.fakes.openai.reply({ text: 'x', usage: { input: 10, output: 5 } });
  const answer = await gateway.post(chat, body, headers);
  expect(`${answer.status} ${await answer.clone().text()}`).toMatch(new RegExp(`^${status} `));
  return answer;
};
const auto = (more: object = {}): object => hello({ model: 'auto', ...more });

describe('a rule', () => {
  it('sends the next call to its model, and the answer names the rule and its version', async () => {
    const { version } = await make({ name: 'Invoices', then: { model: 'gpt-4o-mini' } });
    const answer = await ask(auto());
    expect(answer.headers.get('x-gateway-model')).toBe('gpt-4o-mini');
    expect(answer.headers.get('x-gateway-route')).toBe(`rule "Invoices" v${version}`);
    const id = answer.headers.get('x-request-id') ?? '';
    await eventually(async () => {
      const { rows } = await gateway.database.pool.query(
        'select routing_version, rule_id, chosen_by from calls where id = $1',
        [id],
      );
      expect(rows).toEqual([{ routing_version: version, rule_id: 'invoices', chosen_by: 'rule' }]);
    });
  });

  it('replaces a model that the caller named only where its conditions look at `model`', async () => {
    await make({ name: 'All', then: { model: 'gpt-4o-mini' } });
    expect((await ask(hello())).headers.get('x-gateway-model')).toBe('gpt-4o');
    await make({ name: 'Named', when: { field: 'model', eq: 'gpt-4o' }, then: { model: 'gpt-4o-mini' } });
    expect((await ask(hello())).headers.get('x-gateway-route')).toMatch(/^rule "Named" v\d+$/);
  });

  it('blocks calls with its own message, and outranks every other rule', async () => {
    await make({ name: 'First', priority: 1, then: { model: 'gpt-4o-mini' } });
    await make({
      name: 'No acme',
      when: { field: 'client_id', eq: 'acme' },
      then: { block: { message: 'Ask the agency.' } },
    });
    const answer = await ask(auto(), { 'x-client-id': 'Acme' }, 403);
    expect(await answer.json()).toMatchObject({
      error: { code: 'rule_blocked', message: 'Ask the agency.', details: { rule: 'no-acme' } },
    });
    await ask(auto(), { 'x-client-id': 'globex' });
  });

  it('lowers the length of answers before money is held, and the strictest limit wins', async () => {
    await make({ name: 'Short', then: { cap_output_tokens: 800 } });
    await make({ name: 'Shorter', when: { field: 'client_id', eq: 'acme' }, then: { cap_output_tokens: 50 } });
    await ask(hello({ max_tokens: 900 }), { 'x-client-id': 'acme' });
    expect(gateway.fakes.openai.requests.at(-1)?.json).toMatchObject({ max_tokens: 50 });
  });
});

describe('versions', () => {
  it('are made by each change, and a change for another version is refused', async () => {
    const { version } = await make({ name: 'A', then: { cap_output_tokens: 5 } });
    const stale = await gateway.send(
      'PATCH',
      '/v1/routing/rules/a',
      { enabled: false },
      { 'if-match': `"${version - 1}"` },
    );
    expect(stale.status).toBe(409);
    const changed = await json<Made>(
      gateway.send('PATCH', '/v1/routing/rules/a', { enabled: false, note: 'pause' }, { 'if-match': `"${version}"` }),
    );
    expect(changed.version).toBe(version + 1);
    const { data } = await json<{ data: { version: number; active: boolean; note: string; diff: unknown[] }[] }>(
      gateway.get('/v1/routing/versions?limit=2'),
    );
    expect(data[0]).toMatchObject({
      version: version + 1,
      active: true,
      note: 'pause',
      diff: [{ part: 'rule', id: 'a', change: 'changed', before: { enabled: true }, after: { enabled: false } }],
    });
    await json(gateway.post(`/v1/routing/versions/${version}/activate`, {}));
    expect(await rules()).toMatchObject({ version, data: [{ id: 'a', enabled: true }] });
  });
});

describe('a prompt that is archived', () => {
  it('does not come back with an earlier version, and does not hinder other changes of its rule', async () => {
    await makePrompt(gateway, 'letter', { messages: [{ role: 'system', content: 'Be polite.' }], variables: [] });
    const { version } = await make({ name: 'Letters', then: { prompt: { id: 'letter', label: 'production' } } });
    // As it could be before versions were checked.
    await gateway.database.pool.query(`update prompts set archived_at = now() where id = 'letter'`);
    await json(gateway.send('PATCH', '/v1/routing/rules/letters', { enabled: false }));
    await json(gateway.post(`/v1/routing/versions/${version}/activate`, {}));
    await json(gateway.send('DELETE', '/v1/routing/rules/letters'), 204);
    const { error } = await json<{ error: object }>(gateway.post(`/v1/routing/versions/${version}/activate`, {}), 400);
    expect(error).toMatchObject({ code: 'invalid_request', param: 'version' });
  });
});

describe('explaining', () => {
  it('gives the decision of the call without making it', async () => {
    const { version } = await make({
      name: 'Invoices',
      when: { field: 'text', contains_any: ['invoice'] },
      then: { model: 'gpt-4o-mini' },
    });
    const before = gateway.fakes.openai.requests.length;
    const said = await json<Record<string, unknown>>(
      gateway.post('/v1/routing/explain', {
        ...auto({ messages: [{ role: 'user', content: 'Pay the INVOICE!' }] }),
        client_id: 'acme',
      }),
    );
    expect(said).toMatchObject({
      model: 'gpt-4o-mini',
      provider: 'openai',
      reason: `rule "Invoices" v${version}`,
      rules: [{ id: 'invoices', matched: true, because: 'text contains "invoice"' }],
      budget: { allowed: true },
    });
    expect(gateway.fakes.openai.requests.length).toBe(before);
  });
});

it('a rule whose model disappears is passed over, and people are notified', async () => {
  await make({ name: 'Gone', then: { model: 'gpt-4o-mini' } });
  await gateway.database.pool.query(
    `update routing_versions set rules = replace(rules::text, 'gpt-4o-mini', 'gone-1')::jsonb where rules::text like '%Gone%'`,
  );
  gateway.gateway.services.routing.forget();
  const answer = await ask(auto());
  expect(answer.headers.get('x-gateway-route')).toMatch(/^auto:balanced/);
  await eventually(async () =>
    expect(await eventsOf(gateway, '&type=rule.unreachable')).toMatchObject([
      { data: { rule: { id: 'gone', name: 'Gone' }, model: 'gone-1' } },
    ]),
  );
});

it('a test key reads rules and is decided by them, and changes none', async () => {
  await make({ name: 'Invoices', then: { model: 'gpt-4o-mini' } });
  expect((await gateway.post('/v1/routing/rules', { name: 'B', then: { model: 'gpt-4o' } }, asTest)).status).toBe(403);
  const answer = await gateway.post(chat, auto(), asTest);
  expect(answer.headers.get('x-gateway-route')).toMatch(/^rule "Invoices" v\d+, in the sandbox$/);
});
