import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/** A call is explained by the code that decides it, so both say the same, however calls and rules are put together. */
let gateway: TestGateway;
const asTest = { authorization: `Bearer ${testKey}` };

beforeAll(async () => {
  // A slow machine must not make a provider look slow: a call that fails over goes elsewhere than it was explained.
  gateway = await startTestGateway({ FIRST_BYTE_TIMEOUT_MS: '60000' });
  const rules = [
    { name: 'Blocked', when: { field: 'client_id', eq: 'blocked' }, then: { block: { message: 'Not this client.' } } },
    {
      name: 'Invoices',
      priority: 20,
      when: {
        all: [{ field: 'text', contains_any: ['invoice', 'Rechnung'] }, { not: { field: 'has_images', eq: true } }],
      },
      then: { model: 'gpt-4o-mini', fallback_models: ['gemini-3.5-flash-lite'], cap_output_tokens: 80 },
    },
    {
      name: 'Numbers',
      priority: 30,
      when: { field: 'text', matches: '\\b\\d{4,}\\b' },
      then: { models: ['claude-haiku-4-5', 'gpt-4o'] },
    },
    { name: 'Named', priority: 40, when: { field: 'model', starts_with: 'gpt-4o' }, then: { auto: { dial: 'cost' } } },
    {
      name: 'Long',
      priority: 50,
      when: { field: 'max_tokens', gte: 900 },
      then: { cap_output_tokens: 300, effort: 'low' },
    },
    {
      name: 'Streams',
      priority: 60,
      when: { field: 'stream', eq: true },
      then: { auto: { dial: 'quality' }, fallback_models: 'none' },
    },
    { name: 'Pictures', priority: 70, when: { field: 'has_images', eq: true }, then: { model: 'gemini-3.5-flash' } },
  ];
  for (const rule of rules) await json(gateway.post('/v1/routing/rules', rule), 201);
  await json(
    gateway.send('PUT', '/v1/scenarios/*/limits', {
      max_usd_per_hour: null,
      max_calls_per_minute: null,
      max_repeats: null,
    }),
  );
}, 60_000);
afterAll(() => gateway.stop());

/** Numbers that repeat in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function generated(
  pick: <T>(...choices: readonly T[]) => T,
  at: number,
): {
  path: string;
  body: object;
  headers: Record<string, string>;
} {
  // Each is a conversation of its own: the next call of a session may stay at the model of the one before.
  const text = `${pick(
    'Pay the INVOICE',
    'Eine Rechnung, bitte',
    'Order 12345 please',
    'Hello',
    'invoices',
    'A long story',
  )} n${at}`;
  const model = pick(
    'auto',
    'auto',
    'auto:cost',
    'auto:quality',
    'gpt-4o',
    'gpt-4o-mini',
    'claude-sonnet-5',
    'gemini-3.5-flash',
  );
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
  const headers = { 'x-client-id': pick('acme', 'globex', 'acme', 'blocked'), 'x-scenario-id': pick('42', '43') };
  const ceiling = pick(undefined, 50, 1_000);
  switch (pick('chat', 'chat', 'responses', 'messages')) {
    case 'responses':
      return {
        path: '/v1/responses',
        headers,
        body: { model, input: text, ...(ceiling === undefined ? {} : { max_output_tokens: ceiling }) },
      };
    case 'messages':
      return {
        path: '/v1/messages',
        headers,
        body: { model, system: 'Be short.', max_tokens: ceiling ?? 20, messages: [{ role: 'user', content: text }] },
      };
    default: {
      const content = pick<unknown>(text, text, [{ type: 'text', text }, image]);
      const fallbacks = pick<object>({}, {}, { fallback_models: ['gpt-4o'] });
      return {
        path: chat,
        headers,
        body: { model, messages: [{ role: 'user', content }], max_tokens: ceiling, ...fallbacks },
      };
    }
  }
}

it('explains 1,000 calls as they are decided', async () => {
  const random = randomOf(18);
  const pick = <T>(...choices: readonly T[]): T => choices[random(choices.length)] as T;
  const calls = Array.from({ length: 1_000 }, (_, at) => generated(pick, at));
  const seen = new Map<string, number>();
  const wrong: unknown[] = [];
  const one = async ({ path, body, headers }: (typeof calls)[number]): Promise<void> => {
    const dialect = path.includes('responses') ? 'responses' : path.includes('messages') ? 'messages' : 'chat';
    const asked = { ...headers, ...asTest };
    const explained = await gateway.post('/v1/routing/explain', { ...body, dialect }, asked);
    const answer = await gateway.post(path, body, asked);
    const said = (await explained.json()) as Record<string, unknown> & { error?: { code: string } };
    const came = (await answer.json()) as { error?: { code?: string; message?: string } };
    const call =
      answer.status === 200
        ? { model: answer.headers.get('x-gateway-model'), reason: answer.headers.get('x-gateway-route') }
        : { model: null, reason: came.error?.message };
    const same =
      said.error === undefined
        ? said.model === call.model && said.reason === call.reason && (answer.status === 200 || answer.status === 403)
        : said.error.code === came.error?.code;
    const kind = `${call.reason}`.replace(/ v\d+/, '');
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    if (!same) wrong.push({ body, headers, status: answer.status, call, said: [said.model, said.reason, said.error] });
  };
  for (let i = 0; i < calls.length; i += 20) await Promise.all(calls.slice(i, i + 20).map(one));
  expect(wrong.slice(0, 3)).toEqual([]);
  // Every rule has decided some of them.
  for (const name of ['Invoices', 'Numbers', 'Named', 'Pictures'])
    expect(
      [...seen.keys()].some((kind) => kind.startsWith(`rule "${name}"`)),
      [...seen].join('\n'),
    ).toBe(true);
  expect(seen.get('Not this client.') ?? 0).toBeGreaterThan(50);
}, 300_000);

it('explains twice the same', async () => {
  const ask = (): Promise<object> =>
    json<object>(
      gateway.post('/v1/routing/explain', { model: 'auto', messages: [{ role: 'user', content: 'Order 12345' }] }),
    );
  expect(await ask()).toEqual(await ask());
});

it('hides conditions, which may name other clients, from a key that is locked to one', async () => {
  const { key } = await json<{ key: string }>(
    gateway.post('/v1/keys', { name: 'acme', role: 'caller', tags: { client_id: 'acme' }, locked_tags: ['client_id'] }),
    201,
  );
  const said = await json<{ rules: object[] }>(
    gateway.post(
      '/v1/routing/explain',
      { model: 'auto', messages: [{ role: 'user', content: 'Order 12345' }] },
      { authorization: `Bearer ${key}` },
    ),
  );
  expect(said.rules).toEqual([{ id: 'numbers', matched: true, because: 'its conditions hold' }]);
  expect(JSON.stringify(said)).not.toContain('blocked');
});

interface Explained {
  model: string;
  provider: string;
  reason: string;
  candidates: {
    model: string;
    expected_cost_usd: number;
    dearest_cost_usd: number;
    quality: object | null;
    left_out?: string;
  }[];
  session: { id: string; because: string } | null;
}

it('says what auto expected each model to cost, the pairs behind it, why others are left out, and what keeps a session', async () => {
  const own = await startTestGateway();
  try {
    const pool = [
      { model: 'gpt-6-luna', class: 'small' },
      { model: 'gpt-6-sol', class: 'strong' },
    ];
    await json(own.send('PUT', '/v1/routing/auto', { pool, dial: 'balanced' }));
    const system = { role: 'system', content: 'Classify the e-mail as spam or ham. Answer with one word.' };
    const call = { model: 'auto', messages: [system, { role: 'user', content: 'Win a prize now' }] };
    const headers = { 'x-session-id': 'mails' };
    const explain = (body: object): Promise<Explained> =>
      json<Explained>(own.post('/v1/routing/explain', body, headers));

    const before = await explain(call);
    expect(before).toMatchObject({ model: 'gpt-6-luna', session: null });
    expect(before.candidates).toMatchObject([
      { model: 'gpt-6-luna', quality: null },
      { model: 'gpt-6-sol', quality: null, left_out: 'gpt-6-luna was taken' },
    ]);
    const [luna, sol] = before.candidates.map(({ expected_cost_usd: usd }) => usd);
    // A classification is expected to be short: the length of an answer is not the same for all calls.
    const story = await explain({
      ...call,
      messages: [{ role: 'user', content: 'Write a Python function that sorts.' }],
    });
    expect(story.model).toBe('gpt-6-sol');
    expect(story.candidates[0]?.expected_cost_usd).toBeGreaterThan(sol ?? 0);
    expect(sol).toBeGreaterThan(luna ?? 0);
    expect(story.candidates.find(({ model }) => model === 'gpt-6-luna')?.left_out).toMatch(/until it is measured$/);

    const answer = await own.post(chat, call, headers);
    expect(answer.headers.get('x-gateway-model')).toBe('gpt-6-luna');
    await answer.text();
    const tools = { role: 'assistant', content: 'Let me see' };
    const open = await explain({ ...call, messages: [...call.messages, tools] });
    expect(open.session).toEqual({ id: 'mails', because: 'auto: gpt-6-luna stays while the turn is open' });

    const { pool: db } = own.database;
    const { rows } = await db.query(
      `select workspace_id, encode(task, 'hex') as task from calls where task is not null`,
    );
    const [{ workspace_id: workspace, task } = { workspace_id: '', task: '' }] = rows;
    await db.query(
      `insert into task_claims (workspace_id, livemode, task, weak, strong, topic, pairs, agreed, lower, upper, recent)
       values ($1, true, decode($2, 'hex'), 'gpt-6-luna', 'gpt-6-sol', 'classify', 130, 129, 0.96, 1, '')`,
      [workspace, task],
    );
    own.gateway.services.evidence.forget();
    await expect
      .poll(async () => (await explain(call)).candidates.map(({ model, quality }) => [model, quality]))
      .toEqual([
        ['gpt-6-luna', { lower: 0.96, n: 130 }],
        ['gpt-6-sol', null],
      ]);
  } finally {
    await own.stop();
  }
}, 60_000);
