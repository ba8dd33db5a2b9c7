import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

interface CallDetail {
  id: string;
  created_at: string;
  status: string;
  error_code: string | null;
  model: string | null;
  attempts: number;
  cost_usd: number;
  route: string | null;
  attempts_trail: { provider: string; model: string; error: string | null; status: number | null; ms: number | null }[];
  budgets: { id: string; name: string; scope: object; resets_at: string | null }[];
  refusal: { code: string; message: string | null } | null;
  saved_usd: number | null;
  decision: {
    chosen_by: string | null;
    routing_version: number | null;
    rule: { id: string; name: string } | null;
    experiment: { id: string; name: string; arm: string } | null;
    prompt: { id: string; version: number } | null;
    task: string | null;
  };
  savings: { auto: number; rules: number; provider_cache: number; response_cache: number } | null;
}

let gateway: TestGateway;
let acmeKey: string;
let budgets: { id: string }[];

const show = (id: string, headers: Record<string, string> = {}) => gateway.get(`/v1/usage/requests/${id}`, headers);
const detail = (id: string, headers: Record<string, string> = {}) => json<CallDetail>(show(id, headers));

async function call(headers: Record<string, string> = {}, more: object = {}): Promise<string> {
  const answer = await gateway.post(chat, hello(more), headers);
  await answer.text();
  return answer.headers.get('x-request-id') ?? '';
}

beforeAll(async () => {
  gateway = await startTestGateway();
  budgets = [
    await json<{ id: string }>(
      gateway.post('/v1/budgets', { name: 'Each client', limit_usd: 50, scope: { client_id: '*' } }),
      201,
    ),
    await json<{ id: string }>(gateway.post('/v1/budgets', { name: 'Everything', limit_usd: 500, scope: {} }), 201),
  ];
  acmeKey = (
    await json<{ key: string }>(
      gateway.post('/v1/keys', {
        name: 'acme',
        role: 'viewer',
        tags: { client_id: 'acme' },
        locked_tags: ['client_id'],
      }),
      201,
    )
  ).key;
});
afterAll(() => gateway.stop());

it('a call shows its one attempt and the budgets it is charged to', async () => {
  const id = await call({ 'x-client-id': 'acme' });
  const shown = await eventually(async () => {
    const one = await detail(id);
    expect(one.status).toBe('succeeded');
    return one;
  });
  expect(shown.attempts_trail).toMatchObject([{ provider: 'openai', error: null, status: 200 }]);
  expect(shown.budgets).toMatchObject([
    { id: budgets[0]?.id, name: 'Each client', scope: { client_id: 'acme' } },
    { id: budgets[1]?.id, name: 'Everything', scope: {} },
  ]);
  expect(shown.refusal).toBeNull();
  expect(shown.route).toEqual(expect.any(String));
});

it('a call shows the rule, the experiment and the prompt that decided it, and what each part of the gateway saved', async () => {
  const rule = { name: 'Cheap', when: { field: 'client_id', eq: 'globex' }, then: { model: 'gpt-4o-mini' } };
  await json(gateway.post('/v1/routing/rules', rule), 201);
  await json(gateway.post('/v1/prompts', { id: 'greet', name: 'Greet' }), 201);
  await json(gateway.post('/v1/prompts/greet/versions', { messages: [{ role: 'user', content: 'Hi' }] }), 201);
  await json(gateway.send('PUT', '/v1/prompts/greet/labels/production', { version: 1 }));
  const decided = await call(
    { 'x-client-id': 'globex' },
    { model: 'auto', prompt: { id: 'greet' }, messages: undefined },
  );
  const shown = await eventually(async () => {
    const one = await detail(decided);
    expect(one.status).toBe('succeeded');
    return one;
  });
  expect(shown.decision).toMatchObject({
    chosen_by: 'rule',
    routing_version: 1,
    rule: { id: 'cheap', name: 'Cheap' },
    experiment: null,
    prompt: { id: 'greet', version: 1 },
    // A task is what auto learns by: a call that a rule decides has none.
    task: null,
  });
  expect(shown.savings?.rules).toBeGreaterThan(0);
  expect(shown.savings?.rules).toBe(shown.saved_usd);

  const arms = [
    { name: 'A', model: 'gpt-4o-mini' },
    { name: 'B', model: 'gpt-4o' },
  ].map((arm) => ({ ...arm, weight: 1 }));
  const experiment = {
    name: 'tone',
    unit: 'client',
    when: { field: 'client_id', eq: 'initech' },
    arms,
    metric: 'cost',
  };
  const { id } = await json<{ id: string }>(gateway.post('/v1/experiments', experiment), 201);
  await json(gateway.post(`/v1/experiments/${id}/start`, {}));
  const inArm = await call({ 'x-client-id': 'initech' }, { model: 'auto' });
  const { decision } = await eventually(() => detail(inArm));
  expect(decision).toMatchObject({ chosen_by: 'arm', rule: null, prompt: null });
  expect(decision.experiment).toMatchObject({ id, name: 'tone', arm: expect.stringMatching(/^[AB]$/) });

  const named = await call({ 'x-client-id': 'acme' });
  const plain = await eventually(() => detail(named, { authorization: `Bearer ${acmeKey}` }));
  expect(plain.decision).toMatchObject({ chosen_by: null, rule: null, experiment: null, prompt: null });
  expect(plain.savings).toBeNull();
});

it('a call that failed over shows each attempt with its failure and its time', async () => {
  gateway.fakes.openai.fault(
    { kind: 'status', status: 503 },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 503 },
  );
  const id = await call({ 'x-client-id': 'acme' });
  await eventually(async () => {
    const shown = await detail(id);
    expect(shown.attempts).toBeGreaterThan(1);
    expect(shown.attempts_trail.length).toBeGreaterThan(1);
    const last = shown.attempts_trail.at(-1);
    for (const attempt of shown.attempts_trail.slice(0, -1)) {
      expect(attempt.error).toEqual(expect.any(String));
      expect(attempt.status).toBe(503);
      expect(attempt.ms).toBeGreaterThanOrEqual(0);
    }
    expect(last).toMatchObject({ error: null, status: 200, model: shown.model });
  });
});

it('a refused call shows its refusal', async () => {
  const id = await call({ 'x-client-id': 'acme' }, { model: 'nobody-knows-it' });
  const shown = await eventually(() => detail(id));
  expect(shown).toMatchObject({
    id,
    status: 'refused',
    error_code: 'model_not_found',
    attempts: 0,
    cost_usd: 0,
    attempts_trail: [],
    refusal: { code: 'model_not_found' },
  });
});

it("a client's key sees its own calls, without the budgets of the whole workspace, and nobody else's", async () => {
  const own = await call({ 'x-client-id': 'acme' });
  const other = await call({ 'x-client-id': 'globex' });
  const as = { authorization: `Bearer ${acmeKey}` };
  const shown = await eventually(() => detail(own, as));
  expect(shown.budgets.map(({ name }) => name)).toEqual(['Each client']);
  await eventually(() => detail(other));
  expect((await show(other, as)).status).toBe(404);
});

it('a key locked to a platform sees a single call wherever its list of calls has it', async () => {
  const made = await json<{ key: string }>(
    gateway.post('/v1/keys', {
      name: 'make',
      role: 'viewer',
      tags: { scenario_platform: 'make' },
      locked_tags: ['scenario_platform'],
    }),
    201,
  );
  const as = { authorization: `Bearer ${made.key}` };
  const [own, other] = [await call({ 'x-scenario-platform': 'make' }), await call({ 'x-scenario-platform': 'n8n' })];
  const listed = async () =>
    (await json<{ data: { id: string }[] }>(gateway.get('/v1/usage/requests', as))).data.map(({ id }) => id);
  await eventually(async () => expect(await listed()).toContain(own));
  expect((await detail(own, as)).id).toBe(own);
  expect(await listed()).not.toContain(other);
  expect((await show(other, as)).status).toBe(404);
});

it('an id that is none, or of no call, is not found', async () => {
  for (const id of [
    'nonsense',
    'req_01k2',
    'req_00000000000000000000000000',
    `req_${'z'.repeat(26)}`,
    '%27%20or%201=1',
  ])
    expect((await show(id)).status).toBe(404);
});
