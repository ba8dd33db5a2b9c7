import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chat, eventually, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

interface Settings {
  pool: { model: string; class: string }[];
  dial: string;
  version: number;
  [field: string]: unknown;
}

const classify = 'Classify the e-mail as billing, delivery or other. Answer with the category only.';
const usual = {
  pool: [],
  dial: 'balanced',
  baseline_model: null,
  allowed_models: null,
  learning: { enabled: false, sample_percent: 2, max_usd_per_day: 1, judge: 'agreement' },
  per_client: {},
  per_key: {},
};
const set = (fields: object, headers: Record<string, string> = {}, status = 200): Promise<Settings> =>
  json<Settings>(gateway.send('PUT', '/v1/routing/auto', fields, headers), status);

beforeEach(async () => {
  await set(usual);
});

async function ask(model: string, content: string, { headers = {}, body = {}, status = 200 } = {}): Promise<Response> {
  gateway.fakes.openai.reply({ text: 'billing', usage: { input: 10, output: 5 } });
  const answer = await gateway.post(chat, { model, messages: [{ role: 'user', content }], ...body }, headers);
  expect(`${answer.status} ${await answer.clone().text()}`).toMatch(new RegExp(`^${status} `));
  return answer;
}
const chosen = (answer: Response): (string | null)[] => [
  answer.headers.get('x-gateway-model'),
  answer.headers.get('x-gateway-route'),
];

describe('auto', () => {
  it('sends a classification to the small model from the first call on, code to the strong one, and says why', async () => {
    expect(chosen(await ask('auto', classify))).toEqual(['gpt-6-luna', 'auto: classification goes to small models']);
    expect(chosen(await ask('auto', 'Write a Python function that sorts a list.'))).toEqual([
      'gpt-6-sol',
      'auto: code goes to strong models',
    ]);
  });

  it('does so in streams, in every dialect and for test keys', async () => {
    const streamed = await ask('auto', classify, { body: { stream: true } });
    expect(chosen(streamed)[0]).toBe('gpt-6-luna');
    // The end of the stream repeats what its headers say.
    expect(await streamed.text()).toMatch(
      /: gateway \{"cost_usd":[\d.e-]+,"saved_usd":[\d.e-]+,"route":"auto: classification goes to small models"\}\n\ndata: \[DONE\]/,
    );
    const messages = await gateway.post('/v1/messages', {
      ...{ model: 'auto', max_tokens: 100, system: classify },
      messages: [{ role: 'user', content: 'Where is my order?' }],
    });
    expect(chosen(messages)[0]).toBe('gpt-6-luna');
    const responses = await gateway.post('/v1/responses', {
      model: 'auto',
      instructions: classify,
      input: 'Where is it?',
    });
    expect(chosen(responses)[0]).toBe('gpt-6-luna');
    const sandboxed = await ask('auto', classify, { headers: { authorization: `Bearer ${testKey}` } });
    expect(chosen(sandboxed)).toEqual(['gpt-6-luna', 'auto: classification goes to small models, in the sandbox']);
  });

  it('puts the choice and the task on the row of the call', async () => {
    const body = {
      messages: [
        { role: 'system', content: classify },
        { role: 'user', content: 'Where is my order?' },
      ],
    };
    const ids = [await ask('auto', '', { body }), await ask('auto', '', { body })].map(
      (answer) => answer.headers.get('x-request-id') ?? '',
    );
    await eventually(async () => {
      const { rows } = await gateway.database.pool.query(
        'select chosen_by, task from calls where id = any($1) order by created_at',
        [ids],
      );
      expect(rows).toEqual([
        { chosen_by: 'auto', task: expect.any(Buffer) },
        { chosen_by: 'auto', task: expect.any(Buffer) },
      ]);
      expect(rows[0].task).toEqual(rows[1].task);
    });
  });

  it('keeps the model while tools run', async () => {
    const headers = { 'x-session-id': 'loop-1' };
    const tools = [{ type: 'function', function: { name: 'save', parameters: { type: 'object', properties: {} } } }];
    const first = await ask('auto', classify, { headers, body: { tools } });
    expect(chosen(first)[0]).toBe('gpt-6-luna');
    for (let step = 1; step <= 18; step++) {
      const loop = Array.from({ length: step }, (_, i) => [
        {
          role: 'assistant',
          tool_calls: [{ id: `c${i}`, type: 'function', function: { name: 'save', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: `c${i}`, content: 'def f(x): return x\n'.repeat(100 * step) },
      ]).flat();
      const body = { tools, messages: [{ role: 'user', content: classify }, ...loop] };
      expect(chosen(await ask('auto', '', { headers, body }))).toEqual([
        'gpt-6-luna',
        'auto: gpt-6-luna stays while the turn is open',
      ]);
    }
  });

  it('goes up within a session at once, and is decided again in another session', async () => {
    const headers = { 'x-session-id': 'up-1' };
    expect(chosen(await ask('auto', classify, { headers }))[0]).toBe('gpt-6-luna');
    expect(chosen(await ask('auto', 'Write a Python function that sorts a list.', { headers }))[0]).toBe('gpt-6-sol');
    expect(chosen(await ask('auto', classify, { headers: { 'x-session-id': 'up-2' } }))[0]).toBe('gpt-6-luna');
  });

  it('takes the fallbacks of the model that was chosen', async () => {
    await json(gateway.send('PUT', '/v1/fallbacks', { 'gpt-6-luna': ['gemini-3.5-flash-lite'] }));
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    const answer = await gateway.post(chat, { model: 'auto', messages: [{ role: 'user', content: classify }] });
    expect(chosen(answer)).toEqual(['gemini-3.5-flash-lite', 'fallback of gpt-6-luna']);
    await json(gateway.send('PUT', '/v1/fallbacks', {}));
  });

  it('heeds a call’s own wish, and refuses one that it cannot read', async () => {
    const wish = (value: string) => ({ headers: { 'x-gateway-auto': value } });
    expect(chosen(await ask('auto', classify, wish('min_quality=0.97, max_usd=0.02')))[0]).toBe('gpt-6-sol');
    const refused = await ask('auto', classify, { ...wish('quality=best'), status: 400 });
    expect(await refused.json()).toMatchObject({ error: { code: 'invalid_request', param: 'X-Gateway-Auto' } });
  });
});

describe('the settings of auto', () => {
  it('make a version each, hold for the next call, and can be gone back to', async () => {
    const before = await set({ dial: 'quality' });
    expect(chosen(await ask('auto', classify))[0]).toBe('gpt-6-sol');
    const after = await set({ pool: [{ model: 'claude-haiku-4-5', class: 'small' }], dial: 'cost', note: 'cheap' });
    expect(after).toMatchObject({
      version: before.version + 1,
      dial: 'cost',
      classes: { small: ['claude-haiku-4-5'] },
    });
    expect(chosen(await ask('auto', 'Write a Python function.'))[0]).toBe('claude-haiku-4-5');
    await json(gateway.post(`/v1/routing/versions/${before.version}/activate`, {}));
    expect(await json(gateway.get('/v1/routing/auto'))).toMatchObject({ dial: 'quality', pool: [] });
    expect(chosen(await ask('auto', classify))[0]).toBe('gpt-6-sol');
  });

  it('can be read, changed and sent back, and are refused where another version is active by then', async () => {
    await set({ dial: 'quality' });
    const read = await json<{ version: number }>(gateway.get('/v1/routing/auto'));
    const sent = await set({ ...read, dial: 'cost' });
    expect(sent).toMatchObject({ dial: 'cost', version: read.version + 1 });
    const late = await gateway.send('PUT', '/v1/routing/auto', { ...read, dial: 'balanced' });
    expect(late.status).toBe(409);
    expect(await json(gateway.get('/v1/routing/auto'))).toEqual(sent);
    await set({ ...sent, dial: 'quality' });
  });

  it('differ for a client', async () => {
    await set({ per_client: { acme: { dial: 'quality' }, globex: { allowed_models: ['claude-haiku-4-5'] } } });
    const of = async (client: string) => chosen(await ask('auto', classify, { headers: { 'x-client-id': client } }))[0];
    expect([await of('acme'), await of('globex'), await of('initech')]).toEqual([
      'gpt-6-sol',
      'claude-haiku-4-5',
      'gpt-6-luna',
    ]);
  });

  it('of other clients are not shown to a key that is locked to one', async () => {
    await set({ per_client: { acme: { dial: 'quality' }, globex: { dial: 'cost' } } });
    const { key } = await json<{ key: string }>(
      gateway.post('/v1/keys', {
        name: 'Acme',
        role: 'member',
        tags: { client_id: 'acme' },
        locked_tags: ['client_id'],
      }),
      201,
    );
    const read = await json<Settings>(gateway.get('/v1/routing/auto', { authorization: `Bearer ${key}` }));
    expect(Object.keys(read.per_client as object)).toEqual(['acme']);
  });

  it('name a judge, and a client or a key that learns otherwise', async () => {
    const judge = { model: 'gpt-4o', rubric: 'Is it right?' };
    const learning = { enabled: true, sample_percent: 5, max_usd_per_day: 2, judge };
    expect(await set({ learning })).toMatchObject({ learning });
    const made = await json<{ id: string; key: string }>(
      gateway.post('/v1/keys', {
        name: 'acme',
        role: 'member',
        tags: { client_id: 'acme' },
        locked_tags: ['client_id'],
      }),
      201,
    );
    const { id: other } = await json<{ id: string }>(gateway.post('/v1/keys', { name: 'other' }), 201);
    const per_key = {
      [made.id]: { learning: { enabled: false } },
      [other]: { learning: { judge: 'feedback', sample_percent: 10 } },
    };
    expect(await set({ per_key })).toMatchObject({ per_key, learning });
    const read = await json<Settings>(gateway.get('/v1/routing/auto', { authorization: `Bearer ${made.key}` }));
    expect(read.per_key).toEqual({ [made.id]: { learning: { enabled: false } } });
    expect(read.learning).toEqual({ ...learning, judge: { ...judge, rubric: '…' } });
    const { key: ofProject } = await json<{ key: string }>(
      gateway.post('/v1/keys', { name: 'p', role: 'member', tags: { project: 'p' }, locked_tags: ['project'] }),
      201,
    );
    await set({ per_client: { acme: { learning: { judge } } } });
    const seen = await json<Settings>(gateway.get('/v1/routing/auto', { authorization: `Bearer ${ofProject}` }));
    expect(seen).toMatchObject({ per_client: {}, per_key: {} });
    const own = await json<Settings>(gateway.get('/v1/routing/auto', { authorization: `Bearer ${made.key}` }));
    expect(own.per_client).toEqual({ acme: { learning: { judge: { ...judge, rubric: '…' } } } });
    await set({ per_client: {} });
    // Settings that were read can be written again, also after a key was deleted.
    await json(gateway.send('DELETE', `/v1/keys/${other}`), 204);
    expect(await set({ per_key })).toMatchObject({ per_key });
    expect(await set({ per_key: {}, learning: { judge: 'feedback' } })).toMatchObject({
      per_key: {},
      learning: { enabled: false, judge: 'feedback' },
    });
  });

  it('are refused where another version is active, where they are wrong, and to test keys', async () => {
    const { version } = await set({ dial: 'balanced' });
    expect(await set({ dial: 'cost' }, { 'if-match': `"${version - 1}"` }, 409)).toMatchObject({
      error: { code: 'conflict' },
    });
    await set({ dial: 'cost' }, { 'if-match': `"${version}"` });
    for (const wrong of [
      { dial: 'cheap' },
      { pool: 'gpt-4o' },
      { learning: { judge: 'nobody' } },
      { per_client: { acme: { pool: [] } } },
      { pool: Array.from({ length: 6 }, (_, i) => ({ model: `openai/gpt-${i}`, class: 'small' })) },
    ])
      expect(await set(wrong, {}, 400)).toMatchObject({ error: { code: 'invalid_request' } });
    for (const [fields, param] of [
      [{ learning: { judge: { model: 'auto:cost', rubric: 'Is it right?' } } }, 'learning.judge.model'],
      [{ per_key: { key_nobody: { learning: { enabled: true } } } }, 'per_key.key_nobody'],
      [{ learning: { judge: { model: 'openai/gpt-unpriced', rubric: 'Is it right?' } } }, 'learning.judge.model'],
    ] as const)
      expect(await set(fields, {}, 400)).toMatchObject({ error: { code: 'invalid_request', param } });
    for (const [fields, param] of [
      [{ baseline_model: 'nobody' }, 'baseline_model'],
      [{ allowed_models: ['gpt-4o', 'nobody'] }, 'allowed_models[1]'],
      [{ per_client: { acme: { baseline_model: 'nobody' } } }, 'per_client.acme.baseline_model'],
      [{ learning: { judge: { model: 'nobody', rubric: 'Is it right?' } } }, 'learning.judge.model'],
    ] as const)
      expect(await set(fields, {}, 404)).toMatchObject({ error: { code: 'model_not_found', param } });
    expect((await set({ dial: 'cost' }, { authorization: `Bearer ${testKey}` }, 403)).error).toBeDefined();
  });
});
