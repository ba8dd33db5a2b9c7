import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../gateway/src/config.ts';
import { startGateway } from '../../gateway/src/start-gateway.ts';
import { chat, eventsOf, eventually, json } from '../support/ask.ts';
import { dataFolder } from '../support/data-folder.ts';
import { gatewayEnv, liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const asTest = { authorization: `Bearer ${testKey}` };
type Body = Record<string, unknown>;
const sent = (): Body => gateway.fakes.openai.requests.at(-1)?.json as Body;
const put = (path: string, body: object, as = {}): Promise<Response> => gateway.send('PUT', path, body, as);
const errorOf = async (answer: Response | Promise<Response>, status: number): Promise<Body> =>
  (await json<{ error: Body }>(answer, status)).error;

async function newPrompt(id: string, version: object, more: object = {}): Promise<void> {
  await json(gateway.post('/v1/prompts', { id, ...more }), 201);
  await json(gateway.post(`/v1/prompts/${id}/versions`, version), 201);
  await json(put(`/v1/prompts/${id}/labels/production`, { version: 1 }));
}
const says = (content: string, more: object = {}): object => ({
  messages: [{ role: 'user', content }],
  model: 'gpt-4o',
  ...more,
});
/** The text that the provider gets of a call of a prompt. */
async function spoken(id: string, more: object = {}, headers = {}): Promise<unknown> {
  await json(gateway.post(chat, { model: 'prompt', prompt: { id, ...more } }, headers));
  return (sent().messages as { content: unknown }[])[0]?.content;
}

const reply = {
  messages: [
    { role: 'system', content: 'You answer e-mails. Tone: {{tone}}.' },
    { role: 'user', content: '{{ email }}' },
  ],
  variables: [
    { name: 'email' },
    { name: 'tone', type: 'choice', default: 'friendly', options: ['friendly', 'formal'] },
  ],
  model: 'gpt-4o',
  parameters: { max_tokens: 50, temperature: 0 },
};
const withEmail = { id: 'reply', variables: { email: 'Hi' } };

describe('a prompt', () => {
  it('is created, saved, published, previewed and run', async () => {
    await newPrompt('reply', reply, { name: 'Reply' });
    const preview = await json<{ tokens: number; max_cost_usd: number }>(
      gateway.post('/v1/prompts/reply/render', { variables: { email: 'Where is my parcel?', x: 1 } }),
    );
    expect(preview).toMatchObject({
      prompt: { id: 'reply', version: 1, label: 'production' },
      model: 'gpt-4o',
      messages: [
        { role: 'system', content: 'You answer e-mails. Tone: friendly.' },
        { role: 'user', content: 'Where is my parcel?' },
      ],
      parameters: { max_tokens: 50, temperature: 0 },
      surplus: ['x'],
    });
    expect(preview.tokens).toBeGreaterThan(5);
    expect(gateway.fakes.openai.requests).toEqual([]);
    const run = await json<{ cost_usd: number; request_id: string; choices: unknown[] }>(
      gateway.post('/v1/prompts/reply/run', { variables: { email: 'Hi' }, client_id: 'acme' }),
    );
    expect(run).toMatchObject({ prompt: { id: 'reply', version: 1, label: 'production' }, budget_remaining_usd: null });
    expect(run.cost_usd).toBeGreaterThan(0);
    expect(run.cost_usd).toBeLessThanOrEqual(preview.max_cost_usd);
    expect(run.choices).toHaveLength(1);
    expect(await json(gateway.get(`/v1/usage/requests/${run.request_id}`))).toMatchObject({ client_id: 'acme' });
  });

  it('is called by its id in every dialect, streamed or not, and the answer names the version', async () => {
    for (const stream of [false, true])
      for (const path of [chat, '/v1/responses', '/v1/messages']) {
        const answer = await gateway.post(path, { model: 'prompt', prompt: withEmail, stream });
        expect([path, answer.status, answer.headers.get('x-gateway-prompt')]).toEqual([
          path,
          200,
          'reply@1 (production)',
        ]);
        await answer.text();
        expect(sent()).toMatchObject({ model: 'gpt-4o', temperature: 0 });
        expect(JSON.stringify(sent())).toMatch(/Tone: friendly\..*Hi/);
        expect(sent()).not.toHaveProperty('prompt');
      }
  });

  it('leaves a call without one as it came, byte for byte', async () => {
    const body = '{"messages" : [{"role":"user","content":"\\u0048i {{name}}"}],\n "model":"gpt-4o", "seed" : 1.0}';
    await json(gateway.post(chat, body));
    expect(gateway.fakes.openai.requests.at(-1)?.text).toBe(body);
  });

  it('is taken by background completions with the version of that moment, and by no embeddings', async () => {
    const taken = await json<{ id: string }>(
      gateway.post(`${chat}/background`, { model: 'prompt', prompt: withEmail, callback_url: 'https://example.com/' }),
      202,
    );
    await eventually(async () =>
      expect(await json(gateway.get(`${chat}/background/${taken.id}`))).toMatchObject({ status: 'completed' }),
    );
    const callback = { model: 'prompt', prompt: { id: 'nobody' }, callback_url: 'https://example.com/' };
    await json(gateway.post(`${chat}/background`, callback), 404);
    const embedding = { model: 'text-embedding-3-small', input: 'x', prompt: withEmail };
    expect(await errorOf(gateway.post('/v1/embeddings', embedding), 400)).toMatchObject({ param: 'prompt' });
  });

  it('names what is unknown, with the labels there are', async () => {
    const call = (prompt: unknown, path = chat) => gateway.post(path, { model: 'prompt', prompt });
    expect(await errorOf(call({ id: 'nobody' }), 404)).toMatchObject({ code: 'not_found', param: 'prompt.id' });
    const label = await errorOf(call({ ...withEmail, label: 'staging' }), 404);
    expect(label.message).toBe('Prompt "reply" has no label "staging". Its labels: production (version 1).');
    const version = await errorOf(call({ ...withEmail, version: '9' }), 404);
    expect(version.message).toContain('has no version 9. Its labels: production (version 1).');
    expect(await errorOf(call({ ...withEmail, version: 1, label: 'production' }), 400)).toMatchObject({
      param: 'prompt.version',
    });
    for (const wrong of [
      'reply',
      [],
      7,
      { id: 7 },
      { id: 'reply', variable: {} },
      { id: 'reply', variables: [] },
      { id: 'reply', version: 'x' },
    ])
      expect(await errorOf(call(wrong), 400)).toMatchObject({ code: 'invalid_request' });
    expect(await errorOf(call({ id: 'reply' }), 400)).toMatchObject({
      param: 'prompt.variables.email',
      details: { missing: ['email'] },
    });
    expect((await call({ id: 'pmpt_unknown' })).status).toBe(404);
    // On responses it is OpenAI's own, while OpenAI has them.
    await json(
      gateway.post('/v1/responses', { model: 'gpt-4o', input: 'x', prompt: { id: 'pmpt_unknown', version: '2' } }),
    );
    expect(sent()).toMatchObject({ prompt: { id: 'pmpt_unknown', version: '2' } });
  });

  it('names values without a variable in a header, and a strict call with them is refused', async () => {
    const body = { model: 'prompt', prompt: { id: 'reply', variables: { email: 'x', extra: 1 } } };
    const answer = await gateway.post(chat, body);
    expect(answer.headers.get('x-gateway-dropped-params')).toBe('prompt.variables.extra');
    await json(answer);
    await json(gateway.post(chat, body, { 'x-gateway-strict': 'true' }), 400);
  });

  it('that is run heeds the headers of calls, and the answer has the surplus', async () => {
    const run = (headers = {}): Promise<Response> =>
      gateway.post('/v1/prompts/reply/run', { variables: { email: 'Run', 'é, x': 1 } }, headers);
    expect(await json(run())).toMatchObject({ surplus: ['é, x'], cache: null });
    expect(await errorOf(run({ 'x-gateway-strict': 'true' }), 400)).toMatchObject({
      code: 'unsupported_parameter',
      param: 'prompt.variables.é, x',
    });
    expect(await json(run({ 'x-gateway-cache': 'ttl=60' }))).toMatchObject({ cache: 'stored' });
    expect(await json(run({ 'x-gateway-cache': 'ttl=60' }))).toMatchObject({ cache: 'hit', surplus: ['é, x'] });
  });

  it('that is run or explained takes a picture as large as calls do', async () => {
    const variables = [{ name: 'photo', type: 'image' }];
    await newPrompt('photo', says('{{photo}}', { variables }));
    const photo = `data:image/png;base64,${'iVBORw0KGgo'.padEnd(3 * 1024 * 1024, 'A')}`;
    await json(gateway.post('/v1/prompts/photo/run', { variables: { photo } }));
    const prompt = { id: 'photo', variables: { photo } };
    await json(gateway.post('/v1/routing/explain', { model: 'prompt', prompt }));
    expect(await errorOf(gateway.post('/v1/budgets', { photo }), 413)).toMatchObject({ code: 'request_too_large' });
  });

  it('has figures for each of its versions', async () => {
    await json(
      gateway.post('/v1/prompts/reply/versions', { ...reply, note: 'Same, but noted', model: 'gpt-4o-mini' }),
      201,
    );
    await json(gateway.post(chat, { prompt: { ...withEmail, version: 2 } }));
    const good = await gateway.post(chat, { prompt: { ...withEmail, version: 2 } });
    await json(good);
    await json(gateway.post('/v1/feedback', { request_id: good.headers.get('x-request-id'), score: 'up' }));
    gateway.fakes.openai.fault({ kind: 'status', status: 400 });
    await gateway.post(chat, { prompt: { ...withEmail, version: 2 } });
    await eventually(async () => {
      const { data } = await json<{ data: Body[] }>(gateway.get('/v1/prompts/reply/metrics'));
      expect(data[0]).toMatchObject({ version: 2, calls: 3, errors: 1, cache_hits: 0, feedback: 1, feedback_score: 1 });
      expect(data[1]).toMatchObject({ version: 1, errors: 0 });
      expect(data[1]?.calls).toBeGreaterThan(7);
      expect(data[1]?.cost_usd).toBeGreaterThan(0);
      expect(data[1]?.p95_ms).toBeGreaterThanOrEqual(Number(data[1]?.p50_ms));
    });
  });

  it('is compared line by line', async () => {
    const diff = await json<{ lines: { kind: string; text: string }[] }>(
      gateway.get('/v1/prompts/reply/diff?from=1&to=2'),
    );
    expect(diff.lines.filter(({ kind }) => kind !== 'same')).toEqual([
      { kind: 'removed', text: '  "model": "gpt-4o",' },
      { kind: 'added', text: '  "model": "gpt-4o-mini",' },
    ]);
  });

  it('shows its variables as the fields of a form', async () => {
    const { data } = await json<{ data: Body[] }>(gateway.get('/v1/prompts/reply/fields'));
    expect(data).toMatchObject([
      { name: 'email', label: 'Email', type: 'text', required: true, default: null },
      { name: 'tone', type: 'choice', required: false, default: 'friendly', options: ['friendly', 'formal'] },
    ]);
  });

  it('keeps a snippet as it was when the version was saved', async () => {
    await newPrompt('sign', says('Yours, {{who}}', { variables: [{ name: 'who', default: 'Ada' }] }));
    await newPrompt('letter', says('Dear all. {{> sign@1}}'));
    await json(gateway.post('/v1/prompts/sign/versions', says('Bye')), 201);
    expect(await spoken('letter', { variables: { who: 'Bob' } })).toBe('Dear all. Yours, Bob');
    expect(await json(gateway.get('/v1/prompts/letter/versions/1'))).toMatchObject({ snippets: ['sign@1'] });
    const unknown = await errorOf(gateway.post('/v1/prompts/letter/versions', says('{{> sign@9}}')), 400);
    expect(unknown.message).toContain('no snippet "sign@9"');
  });
});

describe('versions and labels', () => {
  it('save the same content once', async () => {
    await newPrompt('moved', says('one'));
    expect(await json(gateway.post('/v1/prompts/moved/versions', says('one')))).toMatchObject({ version: 1 });
    await json(gateway.post('/v1/prompts/moved/versions', says('two')), 201);
    expect(await json(gateway.post('/v1/prompts/moved/versions', says('one')), 201)).toMatchObject({ version: 3 });
  });

  it('move for the next call, there and back, and say who did it and why', async () => {
    expect(await spoken('moved')).toBe('one');
    await json(put('/v1/prompts/moved/labels/production', { version: 2, expected_version: 1, note: 'Better' }));
    expect(await spoken('moved')).toBe('two');
    await json(put('/v1/prompts/moved/labels/production', { version: 1 }));
    expect(await spoken('moved')).toBe('one');
    const prompt = await json<{ label_log: Body[] }>(gateway.get('/v1/prompts/moved'));
    expect(prompt.label_log).toMatchObject([
      { from_version: 2, to_version: 1, changed_by: { type: 'key' } },
      { from_version: 1, to_version: 2, note: 'Better' },
      { from_version: null, to_version: 1 },
    ]);
    const events = (await eventsOf(gateway)).filter(({ type }) => type === 'prompt.published');
    expect(events.map(({ data }) => data)).toContainEqual(
      expect.objectContaining({
        prompt: { id: 'moved', name: 'moved' },
        version: 2,
        previous_version: 1,
        note: 'Better',
      }),
    );
  });

  it('moved by two people at once are moved by one, and the other hears of it', async () => {
    const move = (version: number) => put('/v1/prompts/moved/labels/staging', { version, expected_version: 0 });
    const answers = await Promise.all([1, 2, 3, 1, 2, 3].map(move));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    const [lost] = answers.filter(({ status }) => status === 409);
    expect((await errorOf(lost as Response, 409)).message).toContain('Somebody moved it meanwhile');
    await Promise.all(answers.filter((answer) => answer !== lost).map((answer) => answer.text()));
  });

  it('are deleted, and calls that name the label are refused then', async () => {
    await json(gateway.send('DELETE', '/v1/prompts/moved/labels/staging?expected_version=9'), 409);
    await json(gateway.send('DELETE', '/v1/prompts/moved/labels/staging'), 204);
    await json(gateway.post(chat, { prompt: { id: 'moved', label: 'staging' } }), 404);
  });

  it('are moved by a test key, but for the label production', async () => {
    await json(put('/v1/prompts/moved/labels/production', { version: 2 }, asTest), 403);
    await json(gateway.send('DELETE', '/v1/prompts/moved/labels/production', undefined, asTest), 403);
    await json(put('/v1/prompts/moved/labels/draft', { version: 2 }, asTest));
    await json(gateway.send('PATCH', '/v1/prompts/moved', { name: 'x' }, asTest), 403);
    await json(gateway.post('/v1/prompts', { id: 'pm', aliases: ['pmpt_1'] }, asTest), 403);
  });

  it('end at 500 versions', async () => {
    await newPrompt('many', says('0'));
    await gateway.database.pool.query(
      `insert into prompt_versions (workspace_id, prompt_id, version, sealed_content, content_hash, variables, by_type, by_id)
       select workspace_id, prompt_id, n, sealed_content, decode(md5(n::text), 'hex'), variables, by_type, by_id
       from prompt_versions, generate_series(2, 500) n where prompt_id = 'many'`,
    );
    expect((await errorOf(gateway.post('/v1/prompts/many/versions', says('1')), 409)).message).toContain(
      '500 versions',
    );
  });
});

describe('a prompt that is deleted', () => {
  it('is archived: it cannot be called, its versions stay, and it can be restored', async () => {
    await newPrompt('old', says('x'));
    await json(gateway.send('DELETE', '/v1/prompts/old'), 204);
    await json(gateway.post(chat, { prompt: { id: 'old' } }), 404);
    await json(gateway.get('/v1/prompts/old/versions/1'));
    expect((await errorOf(gateway.post('/v1/prompts', { id: 'old' }), 409)).message).toContain('is archived');
    await json(gateway.send('PATCH', '/v1/prompts/old', { archived: false }));
    expect(await spoken('old')).toBe('x');
  });

  it('is named again at the end of a stream', async () => {
    await newPrompt('streamed', says('one'));
    const answer = await gateway.post(chat, { model: 'gpt-4o', stream: true, prompt: { id: 'streamed' } });
    expect(await answer.text()).toContain('"prompt":"streamed@1 (production)"');
  });

  it('is kept while a rule uses it', async () => {
    await newPrompt('ruled', says('one'));
    await json(gateway.post('/v1/prompts/ruled/versions', says('two')), 201);
    await json(put('/v1/prompts/ruled/labels/acme', { version: 2 }));
    const rule = {
      id: 'acme-prompt',
      name: 'Words for Acme',
      when: { field: 'client_id', eq: 'acme' },
      then: { prompt: { id: 'ruled', label: 'acme' } },
    };
    await json(gateway.post('/v1/routing/rules', rule), 201);
    expect((await errorOf(gateway.send('DELETE', '/v1/prompts/ruled'), 409)).message).toContain(
      'rule "Words for Acme"',
    );
    // The rule sets the label.
    const acme = { 'x-client-id': 'acme' };
    expect(await spoken('ruled')).toBe('one');
    expect(await spoken('ruled', {}, acme)).toBe('two');
    const answer = await gateway.post(chat, { prompt: { id: 'ruled' } }, acme);
    expect(answer.headers.get('x-gateway-prompt')).toBe('ruled@2 (acme)');
    await json(answer);
    const explained = await json(
      gateway.post('/v1/routing/explain', { prompt: { id: 'ruled' }, messages: [], model: 'prompt' }, acme),
    );
    expect(explained).toMatchObject({ prompt: { id: 'ruled', version: 2 }, model: 'gpt-4o' });
  });
});

describe('hostile input', () => {
  it('a value is never read as a template, and nothing is escaped', async () => {
    await newPrompt('values', says('[{{v}}]', { variables: [{ name: 'v' }] }));
    for (const v of [
      '{{v}}',
      '{{> sign@1}}',
      '\\{{v}}',
      '<script>&"\'',
      '{"a":{"b":{}}}',
      '$& $1',
      '{{__proto__}}',
      '\u2028',
    ])
      expect(await spoken('values', { variables: { v } })).toBe(`[${v}]`);
  });

  it('names of JavaScript are names like any other', async () => {
    const answer = await gateway.post(
      chat,
      '{"prompt":{"id":"values","variables":{"v":"x","__proto__":{"v":"y"},"constructor":1}}}',
    );
    expect(answer.headers.get('x-gateway-dropped-params')).toContain('prompt.variables.constructor');
    await json(answer);
    for (const id of ['__proto__', 'constructor', 'toString']) await json(gateway.post(chat, { prompt: { id } }), 404);
    const proto = says('{{__proto__}}', { variables: [{ name: '__proto__' }] });
    await json(gateway.post('/v1/prompts/values/versions', proto), 400);
    await newPrompt(
      'js',
      says('{{constructor}}{{hasOwnProperty}}', {
        variables: [{ name: 'constructor' }, { name: 'hasOwnProperty', default: 'd' }],
      }),
    );
    expect(await spoken('js', { variables: { constructor: 'c' } })).toBe('cd');
  });

  it('a prompt of 256 KiB is kept and called, a larger one refused', async () => {
    const large = 'x {{v}} '.repeat(31_000);
    await newPrompt('large', says(large, { variables: [{ name: 'v' }] }));
    expect(await spoken('large', { variables: { v: 'y' } })).toBe(large.replaceAll('{{v}}', 'y'));
    const over = await errorOf(gateway.post('/v1/prompts/large/versions', says('x'.repeat(270_000))), 400);
    expect(over.message).toContain('at most 256 KiB');
    const filled = await errorOf(
      gateway.post(chat, { prompt: { id: 'large', variables: { v: 'y'.repeat(1_000) } } }),
      400,
    );
    expect(filled.message).toContain('over 1 MiB');
  });

  it('the texts are sealed in the database', async () => {
    await newPrompt('secret', says('The recipe is basil and thyme'));
    const { rows } = await gateway.database.pool.query(`select * from prompt_versions where prompt_id = 'secret'`);
    const stored = (rows as { sealed_content: Buffer }[]).map(
      (row) => `${JSON.stringify(row)} ${row.sealed_content.toString('latin1')}`,
    );
    expect(stored.join()).not.toContain('basil');
    expect(stored).toHaveLength(1);
  });
});

describe('a key that is locked to a client', () => {
  it('runs its prompts and everybody’s, reads no text and changes nothing', async () => {
    await newPrompt('for-globex', says('Globex words {{x}}', { variables: [{ name: 'x' }] }), {
      client_ids: ['globex'],
      description: 'globex',
    });
    await newPrompt('for-acme', says('Acme words'), { client_ids: ['acme', 'globex'], description: 'private note' });
    const keyOf = async (body: object): Promise<{ authorization: string }> => {
      const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'k', ...body }), 201);
      return { authorization: `Bearer ${key}` };
    };
    const acme = await keyOf({ role: 'member', tags: { client_id: 'acme' }, locked_tags: ['client_id'] });
    const list = await (await gateway.get('/v1/prompts?limit=100', acme)).text();
    expect(list).toContain('for-acme');
    expect(list).not.toMatch(/for-globex|private note|globex/);
    await json(gateway.post('/v1/prompts/for-acme/run', {}, acme));
    await json(gateway.post(chat, { prompt: { id: 'for-acme' } }, acme));
    await json(gateway.post(chat, { prompt: withEmail }, acme));
    await json(gateway.get('/v1/prompts/reply/fields', acme));
    for (const path of ['/v1/prompts/for-globex/run', '/v1/prompts/for-globex/fields', chat])
      await json(
        path.endsWith('fields')
          ? gateway.get(path, acme)
          : gateway.post(path, path === chat ? { prompt: { id: 'for-globex' } } : {}, acme),
        404,
      );
    for (const path of ['', '/versions/1', '/diff?from=1&to=1', '/metrics'])
      await json(gateway.get(`/v1/prompts/for-acme${path}`, acme), 403);
    await json(gateway.get('/v1/prompts/export', acme), 403);
    await json(gateway.post('/v1/prompts/for-acme/render', {}, acme), 403);
    await json(gateway.post('/v1/prompts/for-acme/versions', says('mine'), acme), 403);
    // Locked to a project, it has no client: only what is everybody's.
    const project = await keyOf({ tags: { project: 'news', client_id: 'acme' }, locked_tags: ['project'] });
    await json(gateway.post(chat, { prompt: { id: 'for-acme' } }, project), 404);
    await json(gateway.post(chat, { prompt: withEmail }, project));
  });

  it('sees no prompt of another workspace by any name', async () => {
    const other = await startTestGateway({}, {});
    try {
      await json(other.get('/v1/prompts/reply'), 404);
      await json(other.post(chat, { prompt: withEmail }), 404);
    } finally {
      await other.stop();
    }
  });
});

describe('two processes on one database', () => {
  it('use a label that was moved on the other one for their next calls', async () => {
    await newPrompt('shared', says('one'));
    await json(gateway.post('/v1/prompts/shared/versions', says('two')), 201);
    const env = gatewayEnv(gateway.fakes, gateway.database.url, dataFolder('prompts-second'));
    const second = await startGateway(readConfig({ ...env, GATEWAY_SECRET: gateway.gateway.services.secret }));
    try {
      const there = async (): Promise<string | null> => {
        const answer = await fetch(`${second.url}${chat}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ prompt: { id: 'shared' } }),
        });
        await answer.text();
        return answer.headers.get('x-gateway-prompt');
      };
      expect(await there()).toBe('shared@1 (production)');
      for (const version of [2, 1, 2]) {
        await json(put('/v1/prompts/shared/labels/production', { version }));
        await eventually(async () => expect(await there()).toBe(`shared@${version} (production)`));
      }
    } finally {
      await second.stop();
    }
  });
});
