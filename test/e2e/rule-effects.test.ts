import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { createTestDatabase } from '../support/database.ts';
import { startFakes } from '../support/fakes/start-fakes.ts';
import { type GatewayProcess, spawnGateway } from '../support/gateway-process.ts';
import { makePrompt, saveVersion, sortMails } from '../support/prompts.ts';
import { gatewayEnv, liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

interface Rules {
  version: number;
  data: { id: string; priority: number }[];
}
const rules = (): Promise<Rules> => json<Rules>(gateway.get('/v1/routing/rules'));
const make = (body: object): Promise<{ id: string; version: number }> =>
  json(gateway.post('/v1/routing/rules', body), 201);

beforeEach(async () => {
  gateway.fakes.reset();
  for (const { id } of (await rules()).data) await json(gateway.send('DELETE', `/v1/routing/rules/${id}`), 204);
});

const ask = async (body: object, headers: Record<string, string> = {}): Promise<Headers> => {
  const answer = await gateway.post(chat, body, headers);
  expect(`${answer.status} ${await answer.text()}`).toMatch(/^200 /);
  return answer.headers;
};
const auto = (more: object = {}): object => hello({ model: 'auto', ...more });
const sent = (): unknown => gateway.fakes.openai.requests.at(-1)?.json;
const refusal = async (
  body: object,
): Promise<{ status: number; code: string; param: string | null; message: string }> => {
  const answer = await gateway.post('/v1/routing/rules', body);
  const { error } = (await answer.json()) as { error: { code: string; param: string | null; message: string } };
  return { status: answer.status, ...error };
};

describe('the models of a rule', () => {
  it('are tried in their order, and its fallbacks behind them', async () => {
    await make({ name: 'Two', then: { models: ['gpt-4o-mini', 'gpt-4o'], fallback_models: ['claude-haiku-4-5'] } });
    gateway.fakes.openai.fault({ kind: 'status', status: 500 }, { kind: 'status', status: 500 });
    const headers = await ask(auto());
    expect(headers.get('x-gateway-model')).toBe('claude-haiku-4-5');
    expect(headers.get('x-gateway-attempts')).toBe('3');
  });

  it('have no fallback where the rule says none', async () => {
    await make({ name: 'Alone', then: { model: 'gpt-4o-mini', fallback_models: 'none' } });
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    expect((await gateway.post(chat, auto({ fallback_models: ['gpt-4o'] }))).status).toBe(502);
  });

  it('have no fallback where the rule or the call says none, also with several models and without any', async () => {
    const unanswered = async (body: object, headers: Record<string, string> = {}): Promise<void> => {
      gateway.fakes.reset();
      gateway.fakes.openai.fault({ kind: 'status', status: 500 });
      expect((await gateway.post(chat, body, headers)).status).toBe(502);
    };
    await make({
      name: 'Limited',
      when: { field: 'max_tokens', eq: 7 },
      then: { fallback_models: 'none', effort: 'low' },
    });
    await unanswered(hello({ max_tokens: 7 }));
    await unanswered(auto({ max_tokens: 7, fallback_models: ['gpt-4o'] }));
    const two = { models: ['gpt-4o-mini', 'claude-haiku-4-5'] };
    await make({ name: 'Two', when: { field: 'max_tokens', eq: 8 }, then: two });
    await unanswered(auto({ max_tokens: 8 }), { 'x-gateway-fallback': 'none' });
    await make({ name: 'One', when: { field: 'max_tokens', eq: 9 }, then: { ...two, fallback_models: 'none' } });
    await unanswered(auto({ max_tokens: 9 }));
  });

  it('are fallbacks of a named model where the rule has no model of its own', async () => {
    await make({ name: 'Behind', then: { fallback_models: ['claude-haiku-4-5'] } });
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    expect((await ask(hello())).get('x-gateway-model')).toBe('claude-haiku-4-5');
  });

  it('are passed over where they cannot take the call, and the next rule decides', async () => {
    await make({ name: 'First', priority: 1, then: { model: 'claude-haiku-4-5' } });
    const { version } = await make({ name: 'Second', priority: 2, then: { model: 'gpt-4o-mini' } });
    // Claude takes no sound.
    const sound = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } };
    const headers = await ask(auto({ messages: [{ role: 'user', content: [sound] }] }));
    expect(headers.get('x-gateway-route')).toBe(`rule "Second" v${version}`);
  });

  it('are chosen by auto with the dial of the rule', async () => {
    await make({ name: 'Cheap', when: { field: 'model', eq: 'gpt-4o' }, then: { auto: { dial: 'cost' } } });
    expect((await ask(hello())).get('x-gateway-route')).toMatch(/^rule "Cheap" v\d+: auto:cost/);
  });

  it('are outranked by a budget that is running low', async () => {
    await json(
      gateway.post('/v1/budgets', {
        ...{ name: 'Low', limit_usd: 0.01, scope: { client_id: 'low' }, on_limit: 'downgrade', thresholds: [1] },
      }),
      201,
    );
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 0, output: 500 } });
    await ask(hello({ max_tokens: 500 }), { 'x-client-id': 'low' });
    await make({ name: 'Dear', then: { model: 'claude-opus-5-5' } });
    const headers = await ask(auto({ max_tokens: 20 }), { 'x-client-id': 'low' });
    expect(headers.get('x-gateway-route')).toBe('the cheapest, since a budget is running low');
    await eventually(async () => {
      const { rows } = await gateway.database.pool.query('select chosen_by, rule_id from calls where id = $1', [
        headers.get('x-request-id'),
      ]);
      expect(rows).toEqual([{ chosen_by: 'budget', rule_id: 'dear' }]);
    });
  });
});

describe('the limits of a rule', () => {
  it('set the effort, and a lower one of the caller stays', async () => {
    await make({ name: 'Think', then: { effort: 'medium' } });
    await ask(hello({ model: 'gpt-5.4-mini' }));
    expect(sent()).toMatchObject({ reasoning_effort: 'medium' });
    await ask(hello({ model: 'gpt-5.4-mini', reasoning_effort: 'high' }));
    expect(sent()).toMatchObject({ reasoning_effort: 'medium' });
    await ask(hello({ model: 'gpt-5.4-mini', reasoning_effort: 'low' }));
    expect(sent()).toMatchObject({ reasoning_effort: 'low' });
  });

  it('lower the hold: a call that its budget could not pay for in full is paid for', async () => {
    await json(gateway.post('/v1/budgets', { name: 'Small', limit_usd: 0.01, scope: { client_id: 'small' } }), 201);
    await make({ name: 'Short', then: { cap_output_tokens: 30 } });
    await ask(hello({ max_tokens: 100_000 }), { 'x-client-id': 'small' });
    expect(sent()).toMatchObject({ max_tokens: 30 });
  });

  it('keep answers for equal calls', async () => {
    await make({ name: 'Keep', when: { field: 'client_id', eq: 'kept' }, then: { cache: { ttl_seconds: 60 } } });
    await ask(hello(), { 'x-client-id': 'kept' });
    await eventually(async () =>
      expect((await ask(hello(), { 'x-client-id': 'kept' })).get('x-gateway-cache')).toMatch(/^hit/),
    );
  });

  it('keep a call from the cache, and no model answers one that wants a kept answer only', async () => {
    const refused = await gateway.post('/v1/routing/rules', { name: 'Wrong', then: { cache: 'never' } });
    expect(await json(Promise.resolve(refused), 400)).toMatchObject({
      error: { param: 'then.cache', message: expect.stringContaining('an object; "none"') },
    });
    await make({ name: 'Never', then: { cache: 'none' } });
    expect((await ask(hello(), { 'x-gateway-cache': 'ttl=60' })).get('x-gateway-cache')).toBe('bypass; reason=rule');
    const answer = await gateway.post(chat, hello(), { 'x-gateway-cache': 'only' });
    expect([answer.status, answer.headers.get('x-gateway-cache')]).toEqual([404, 'bypass; reason=rule']);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
  });

  it('choose the version of a prompt', async () => {
    const unknown = { name: 'Try', then: { prompt: { id: 'nowhere', label: 'staging' } } };
    expect(await json(gateway.post('/v1/routing/rules', unknown), 400)).toMatchObject({
      error: { code: 'invalid_request', param: 'then.prompt.id' },
    });
    await makePrompt(gateway, 'sort', sortMails);
    await saveVersion(gateway, 'sort', {
      label: 'staging',
      version: { ...sortMails, messages: [{ role: 'user', content: 'Sort with care: {{mail}}' }] },
    });
    await make({
      name: 'Try',
      when: { field: 'client_id', eq: 'acme' },
      then: { prompt: { id: 'sort', label: 'staging' } },
    });
    const body = { model: 'prompt', prompt: { id: 'sort', variables: { mail: 'Hi' } } };
    expect((await ask(body)).get('x-gateway-prompt')).toBe('sort@1 (production)');
    expect((await ask(body, { 'x-client-id': 'acme' })).get('x-gateway-prompt')).toBe('sort@2 (staging)');
    expect(JSON.stringify(sent())).toContain('Sort with care: Hi');
  });

  it('a rule without a look at `model` decides the model of a prompt', async () => {
    await makePrompt(gateway, 'plain', sortMails);
    await make({ name: 'Prompts', when: { field: 'prompt_id', eq: 'plain' }, then: { model: 'gpt-4o' } });
    const prompt = { id: 'plain', variables: { mail: 'Hi' } };
    expect((await ask({ model: 'prompt', prompt })).get('x-gateway-model')).toBe('gpt-4o');
    expect((await ask({ model: 'gpt-4o-mini', prompt })).get('x-gateway-model')).toBe('gpt-4o-mini');
  });
});

describe('a rule is refused', () => {
  const then = { model: 'gpt-4o-mini' };
  it.each([
    ['whose model is unknown', { then: { model: 'gpt-nobody' } }, 'then.model', 'There is no model'],
    [
      'whose fallback is no model for chat',
      { then: { ...then, fallback_models: ['text-embedding-3-small'] } },
      'then.fallback_models[0]',
      'not a model for chat',
    ],
    [
      'whose pattern looks ahead',
      { when: { all: [{ field: 'text', matches: 'ab(?=c)' }] }, then },
      'when.all[0].matches',
      'at character 3',
    ],
    [
      'whose pattern does not close',
      { when: { not: { field: 'text', matches: '(ab' } }, then },
      'when.not.matches',
      'missing',
    ],
    [
      'whose experiment is unknown',
      { then: { experiment: 'exp_none' } },
      'then.experiment',
      'no experiment "exp_none"',
    ],
    ['with two targets', { then: { ...then, block: { message: 'no' } } }, 'then', 'one of'],
    ['that does nothing', { then: {} }, 'then', 'needs one of'],
    ['with an unknown field', { when: { field: 'mood', eq: 'x' }, then }, 'when.field', 'must be one of'],
    ['with an unknown key', { then, whenever: true }, 'whenever', 'Unknown field'],
  ])('%s', async (_name, body, param, message) => {
    const { status, code, ...said } = await refusal({ name: 'Odd', ...body });
    expect([status, code, said.param]).toEqual([400, 'invalid_request', param]);
    expect(said.message).toContain(message);
    expect((await rules()).data).toEqual([]);
  });

  it('whose id is taken, or which is one too many', async () => {
    await make({ id: 'one', name: 'One', then });
    expect((await refusal({ id: 'one', name: 'Other', then })).status).toBe(409);
    const many = Array.from({ length: 99 }, (_, i) => ({
      id: `r${i}`,
      name: `R${i}`,
      enabled: true,
      priority: 5,
      when: {},
      then,
    }));
    await gateway.database.pool.query(
      `update routing_versions v set rules = rules || $1::jsonb from workspaces w where w.id = v.workspace_id and w.routing_version = v.version`,
      [JSON.stringify(many)],
    );
    expect(await refusal({ name: 'Last', then })).toMatchObject({
      status: 400,
      message: expect.stringContaining('at most 100 rules'),
    });
    await gateway.database.pool.query(
      `update routing_versions v set rules = '[]' from workspaces w where w.id = v.workspace_id and w.routing_version = v.version`,
    );
  });
});

it('an order gives every rule a priority, and must name each', async () => {
  for (const id of ['a', 'b', 'c']) await make({ id, name: id, then: { cap_output_tokens: 5 } });
  const ordered = await json<Rules>(gateway.send('PUT', '/v1/routing/rules/order', { ids: ['c', 'a', 'b'] }));
  expect(ordered.data.map(({ id, priority }) => [id, priority])).toEqual([
    ['c', 10],
    ['a', 20],
    ['b', 30],
  ]);
  expect((await gateway.send('PUT', '/v1/routing/rules/order', { ids: ['c', 'a'] })).status).toBe(400);
  expect((await gateway.send('PUT', '/v1/routing/rules/order', { ids: ['c', 'a', 'a'] })).status).toBe(400);
});

it('a test counts the past calls that a rule would have met, and what they would have cost', async () => {
  for (const client of ['past', 'past', 'other']) {
    gateway.fakes.openai.reply({ text: 'x', usage: { input: 1_000, output: 1_000 } });
    await ask(hello(), { 'x-client-id': client });
  }
  const trying = (when: object, more: object = {}): Promise<Response> =>
    gateway.post('/v1/routing/rules/test', {
      rule: { when: { all: [{ field: 'client_id', eq: 'past' }, when] }, then: { model: 'gpt-4o-mini' } },
      last: 500,
      ...more,
    });
  const tried = await eventually(async () => {
    const found = await json<Record<string, number>>(trying({ field: 'model', eq: 'gpt-4o' }));
    expect(found).toMatchObject({ met: 2, applied: 2 });
    return found;
  });
  // gpt-4o: $2.50 and $10 a million tokens; gpt-4o-mini: $0.15 and $0.60.
  expect(tried.cost_usd).toBeCloseTo(0.025, 6);
  expect(tried.new_cost_usd).toBeCloseTo(0.0015, 6);
  expect(tried.difference_usd).toBeCloseTo(-0.0235, 6);
  expect(await json(trying({ field: 'stream', eq: false }))).toMatchObject({ met: 2, applied: 0, difference_usd: 0 });
  expect((await trying({ field: 'text', contains_any: ['invoice'] })).status).toBe(400);
  const sample = { messages: [{ role: 'user', content: 'An invoice' }] };
  expect(await json(trying({ field: 'text', contains_any: ['invoice'] }, { sample }))).toMatchObject({
    met: 2,
    from_sample: ['text'],
  });
  expect(await json(trying({ field: 'text', contains_any: ['order'] }, { sample }))).toMatchObject({ met: 0 });
  const translation = { messages: [{ role: 'user', content: 'Translate into German: Good morning.' }] };
  expect(await json(trying({ field: 'topic', eq: 'translate' }, { sample: translation }))).toMatchObject({ met: 2 });
});

it('a test applies a rule to the calls whose model came from a prompt', async () => {
  await makePrompt(gateway, 'tested', sortMails);
  await ask({ model: 'prompt', prompt: { id: 'tested', variables: { mail: 'Hi' } } });
  const rule = { when: { field: 'prompt_id', eq: 'tested' }, then: { model: 'gpt-4o' } };
  await eventually(async () => {
    const tried = await json(gateway.post('/v1/routing/rules/test', { rule, last: 500 }));
    expect(tried).toMatchObject({ met: 1, applied: 1 });
  });
});

it('the name of an erased client is taken out of rules, of their versions, and of the settings of auto', async () => {
  await make({
    id: 'of-client',
    name: 'Rule',
    when: { not: { field: 'client_id', in: ['zed', 'acme'] } },
    then: { cap_output_tokens: 9 },
  });
  await json(
    gateway.send('PUT', '/v1/routing/auto', { per_client: { zed: { dial: 'cost' }, acme: { dial: 'quality' } } }),
  );
  await ask(hello(), { 'x-client-id': 'zed' });
  await json(gateway.send('DELETE', '/v1/clients/zed/data'), 204);
  const auto = await json<{ per_client: object }>(gateway.get('/v1/routing/auto'));
  expect(Object.keys(auto.per_client)).toEqual(['acme']);
  const texts = async (): Promise<string> =>
    (await (await gateway.get('/v1/routing/rules')).text()) +
    (await (await gateway.get('/v1/routing/versions')).text());
  expect(await texts()).not.toContain('"zed"');
  expect(await texts()).toContain('"acme"');
});

it('a new rule holds on another process too', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ai-gateway-rules-'));
  const [fakes, database] = await Promise.all([startFakes(), createTestDatabase()]);
  const processes: GatewayProcess[] = [];
  try {
    const env = { ...gatewayEnv(fakes, database.url, dataDir), LOG_LEVEL: 'silent', GATEWAY_SECRET: 'ab'.repeat(32) };
    for (let i = 0; i < 2; i++) processes.push(await spawnGateway(env));
    const send = (at: number, method: string, path: string, body: object): Promise<Response> =>
      fetch(`${processes[at]?.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const route = async (): Promise<string | null> => {
      const answer = await send(1, 'POST', chat, auto());
      await answer.arrayBuffer();
      return answer.headers.get('x-gateway-route');
    };
    expect(await route()).toMatch(/^auto/);
    const rule = { id: 'a', name: 'A', when: { field: 'text', matches: '^hi$' }, then: { model: 'gpt-4o-mini' } };
    await json(send(0, 'POST', '/v1/routing/rules', rule), 201);
    await eventually(async () => expect(await route()).toBe('rule "A" v1'));
    await json(send(0, 'PATCH', '/v1/routing/rules/a', { name: 'B' }));
    await eventually(async () => expect(await route()).toBe('rule "B" v2'));
    await json(send(0, 'POST', '/v1/routing/versions/1/activate', {}));
    await eventually(async () => expect(await route()).toBe('rule "A" v1'));
  } finally {
    await Promise.all(processes.map((one) => one.kill('SIGTERM')));
    await fakes.stop();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}, 60_000);
