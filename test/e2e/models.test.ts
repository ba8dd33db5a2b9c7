import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import type { Fault } from '../support/fakes/script.ts';
import { fakeKeys } from '../support/fakes/start-fakes.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

// A gateway remembers the models that a provider does not know, so every test gets its own gateway.
beforeEach(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.stop());

const chat = '/v1/chat/completions';
const hello = (model: string, more: object = {}) => ({ model, messages: [{ role: 'user', content: 'Hi' }], ...more });
const test = { authorization: `Bearer ${testKey}` };

/** As each vendor says that it has no such model: recorded from their APIs, dated 2025 and 2026. */
const unknownAt = {
  openai: (model: string): Fault => ({
    kind: 'status',
    status: 404,
    body: {
      error: {
        message: `The model \`${model}\` does not exist or you do not have access to it.`,
        type: 'invalid_request_error',
        param: null,
        code: 'model_not_found',
      },
    },
  }),
  anthropic: (model: string): Fault => ({
    kind: 'status',
    status: 404,
    body: { type: 'error', error: { type: 'not_found_error', message: `model: ${model}` }, request_id: 'req_1' },
  }),
  gemini: (model: string): Fault => ({
    kind: 'status',
    status: 404,
    body: {
      error: {
        code: 404,
        message: `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
        status: 'NOT_FOUND',
      },
    },
  }),
};

function warnings(): string[] {
  return gateway.logs.filter((line) => line.includes('does not know a model'));
}

describe('a retired model', () => {
  it.each([
    ['claude-3-5-sonnet-20241022', 'claude-sonnet-5', 'anthropic'],
    ['anthropic/claude-3-haiku-20240307', 'claude-haiku-4-5', 'anthropic'],
    ['gemini-1.5-pro', 'gemini-3.8-flash', 'gemini'],
    ['gemini/gemini-1.5-flash', 'gemini-3.5-flash-lite', 'gemini'],
    ['gpt-3.5-0301', 'gpt-6-luna', 'openai'],
    ['openai/gpt-4', 'gpt-6-sol', 'openai'],
  ] as const)('%s is answered by %s, which the body and the route name', async (model, successor, provider) => {
    const bare = model.slice(model.indexOf('/') + 1);
    const cost: Record<string, string | null> = {};
    for (const name of [model, successor]) {
      gateway.fakes[provider].reply({ text: 'Hello', usage: { input: 1_000, output: 100 } });
      const answer = await gateway.post(chat, hello(name, { max_tokens: 100 }));
      expect(await json<{ model: string }>(answer)).toMatchObject({ model: successor });
      expect(answer.headers.get('x-gateway-model')).toBe(successor);
      expect(answer.headers.get('x-gateway-route')).toBe(
        name === model ? `${bare} is retired; answered by ${successor}` : 'asked for',
      );
      cost[name] = answer.headers.get('x-gateway-cost-usd');
    }
    expect(cost[model]).toBe(cost[successor]);
    const { data } = await json<{ data: object[] }>(gateway.get('/v1/usage/requests?limit=2'));
    expect(data).toContainEqual(expect.objectContaining({ model_requested: model, model: successor }));
  });

  it('is answered by its successor in every dialect, streamed too', async () => {
    const model = 'claude-3-5-sonnet-20241022';
    for (const stream of [false, true])
      for (const [path, call] of [
        [chat, hello(model, { stream })],
        ['/v1/messages', hello(model, { stream, max_tokens: 50 })],
        ['/v1/responses', { model, input: 'Hi', stream }],
      ] as const) {
        const answer = await gateway.post(path, call);
        expect(answer.headers.get('x-gateway-route')).toBe(`${model} is retired; answered by claude-sonnet-5`);
        expect(await answer.text()).toContain('"model":"claude-sonnet-5"');
      }
    expect(new Set(gateway.fakes.anthropic.requests.map((sent) => sent.json.model))).toEqual(
      new Set(['claude-sonnet-5']),
    );
  });

  it('is answered by its successor in the sandbox, at the successor’s price', async () => {
    const answer = await gateway.post(chat, hello('claude-3-5-sonnet-20241022'), test);
    expect(await json(answer)).toMatchObject({ model: 'claude-sonnet-5' });
    expect(answer.headers.get('x-gateway-route')).toBe(
      'claude-3-5-sonnet-20241022 is retired; answered by claude-sonnet-5, in the sandbox',
    );
    const successor = await gateway.post(chat, hello('claude-sonnet-5'), test);
    expect(answer.headers.get('x-gateway-cost-usd')).toBe(successor.headers.get('x-gateway-cost-usd'));
  });

  it('counts in a budget at the successor’s price', async () => {
    await json(gateway.post('/v1/budgets', { name: 'All', limit_usd: 1 }), 201);
    const check = async (model: string) =>
      (await json<{ affordable_tokens: number }>(gateway.get(`/v1/budgets/check?model=${model}&max_tokens=100`)))
        .affordable_tokens;
    expect(await check('claude-3-opus-20240229')).toBe(await check('claude-opus-5-5'));
  });

  it('may be a fallback, of the call and of the workspace', async () => {
    const retired = 'claude-3-5-sonnet-20241022';
    expect(await json(gateway.send('PUT', '/v1/fallbacks', { 'gpt-4o': [retired] }))).toEqual({ 'gpt-4o': [retired] });
    for (const more of [{}, { fallback_models: [`anthropic/${retired}`] }]) {
      gateway.fakes.openai.fault({ kind: 'status', status: 500 });
      const answer = await gateway.post(chat, hello('gpt-4o', more));
      expect(answer.headers.get('x-gateway-model')).toBe('claude-sonnet-5');
      expect(answer.headers.get('x-gateway-route')).toBe(
        `fallback of gpt-4o: ${retired} is retired; answered by claude-sonnet-5`,
      );
    }
  });

  it('is served by a server of the workspace that has it', async () => {
    await gateway.stop();
    gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
    await json(
      gateway.post('/v1/providers', {
        name: 'local',
        kind: 'openai-compatible',
        base_url: gateway.fakes.openai.baseUrl,
        api_key: fakeKeys.openai,
        models: ['claude-v1', 'gpt-4o'].map((id) => ({ id, input_usd_per_mtok: 0.075, output_usd_per_mtok: 1 })),
      }),
      201,
    );
    const { data } = await json<{ data: { id: string; display_name: string }[] }>(gateway.get('/v1/models'));
    for (const id of ['claude-v1', 'gpt-4o'])
      expect(data.filter((model) => model.id === id)).toMatchObject([{ display_name: `${id} · local · $0.075 / $1` }]);
    const answer = await gateway.post(chat, hello('claude-v1'));
    expect(answer.headers.get('x-gateway-model')).toBe('claude-v1');
    expect(gateway.fakes.openai.requests.at(-1)?.json.model).toBe('claude-v1');
  });
});

describe('a provider that does not know a model', () => {
  const classes = [
    ['openai', 'gpt-6-sol', 'gpt-5.6-terra'],
    ['anthropic', 'claude-sonnet-5', 'claude-sonnet-4-6'],
    ['gemini', 'gemini-3.8-flash', 'gemini-3.7-flash'],
  ] as const;
  const keyOf = { openai: 'OPENAI_API_KEY', anthropic: 'ANTHROPIC_API_KEY', gemini: 'GEMINI_API_KEY' } as const;
  /** A gateway with an account at this vendor only. */
  async function only(provider: keyof typeof keyOf): Promise<void> {
    await gateway.stop();
    const none = Object.entries(keyOf).filter(([name]) => name !== provider);
    gateway = await startTestGateway(Object.fromEntries(none.map(([, variable]) => [variable, ''])));
  }

  it.each(classes)(
    '%s: auto is followed by the vendor’s next model of the class, and no other',
    async (provider, first, next) => {
      await only(provider);
      for (const stream of [false, true]) {
        gateway.fakes[provider].fault(...(stream ? [] : [unknownAt[provider](first)]));
        const answer = await gateway.post(chat, hello('auto', { stream }));
        expect(answer.headers.get('x-gateway-model')).toBe(next);
        expect(answer.headers.get('x-gateway-attempts')).toBe(stream ? '1' : '2');
        await answer.text();
      }
      expect(warnings()).toHaveLength(1);
      expect(warnings()[0]).toContain(first);
    },
  );

  it.each(classes)(
    '%s: a default fallback is followed by the vendor’s next model of the class',
    async (provider, first, next) => {
      const [asked, down] =
        provider === 'openai' ? (['claude-opus-5-5', 'anthropic'] as const) : (['gpt-4o', 'openai'] as const);
      for (const other of ['openai', 'anthropic', 'gemini'] as const)
        if (other !== provider) gateway.fakes[other].always({ kind: 'status', status: 500 });
      gateway.fakes[provider].fault(unknownAt[provider](first));
      const answer = await gateway.post(chat, hello(asked));
      expect([down, answer.headers.get('x-gateway-provider'), answer.headers.get('x-gateway-model')]).toEqual([
        down,
        provider,
        next,
      ]);
    },
  );

  it.each(classes)('%s: a listed fallback and a successor are followed too', async (provider, first, next) => {
    const asked = provider === 'openai' ? 'claude-opus-5-5' : 'gpt-4o';
    gateway.fakes[provider === 'openai' ? 'anthropic' : 'openai'].fault({ kind: 'status', status: 500 });
    gateway.fakes[provider].fault(unknownAt[provider](first));
    const listed = await gateway.post(chat, hello(asked, { fallback_models: [first] }));
    expect(listed.headers.get('x-gateway-model')).toBe(next);
  });

  it.each(classes)('%s: a model that the caller named is a 404', async (provider, first) => {
    gateway.fakes[provider].fault(unknownAt[provider](first));
    const answer = await gateway.post(chat, hello(first));
    const { error } = await json<{ error: { code: string; message: string } }>(answer, 404);
    expect(error.code).toBe('model_not_found');
    expect(error.message).toContain(first);
    expect(warnings()).toEqual([]);
    gateway.fakes[provider].reply({ text: 'Back' });
    expect((await gateway.post(chat, hello(first))).headers.get('x-gateway-model')).toBe(first);
  });

  it('a model that this account may not use is followed by the next of the class', async () => {
    gateway.fakes.openai.fault({
      kind: 'status',
      status: 403,
      body: {
        error: {
          message: 'Project `proj_1` does not have access to model `gpt-6-sol`',
          type: 'invalid_request_error',
          param: null,
          code: 'model_not_found',
        },
      },
    });
    const answer = await gateway.post(chat, hello('auto'));
    expect(answer.headers.get('x-gateway-model')).toBe('gpt-5.6-terra');
  });

  it('the last model of the class is followed by the other vendors', async () => {
    const { openai } = gateway.fakes;
    for (const model of ['gpt-6-sol', 'gpt-5.6-terra', 'gpt-5.4']) openai.fault(unknownAt.openai(model));
    const answer = await gateway.post(chat, hello('auto'));
    expect(answer.headers.get('x-gateway-provider')).toBe('anthropic');
    expect(answer.headers.get('x-gateway-attempts')).toBe('4');
  });

  it('an error names every attempt and what to do where no vendor answers', async () => {
    await only('anthropic');
    gateway.fakes.anthropic.always(unknownAt.anthropic('claude-sonnet-5'));
    const { error } = await json<{ error: { code: string; message: string } }>(gateway.post(chat, hello('auto')), 404);
    expect(error).toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('anthropic/claude-sonnet-5'),
    });
    expect(error.message).toContain('PUT /v1/routing/auto');
  });
});

describe('the classes a workspace chooses', () => {
  it('answer auto, fallbacks and retired names from the next call on', async () => {
    expect(await json(gateway.get('/v1/routing/auto'))).toMatchObject({
      pool: [],
      classes: { strong: expect.arrayContaining(['gpt-6-sol']), small: expect.arrayContaining(['gpt-6-luna']) },
    });
    const pool = [
      { model: 'claude-opus-4-8', class: 'strong' },
      { model: 'openai/gpt-4o-mini', class: 'small' },
    ];
    expect(await json(gateway.send('PUT', '/v1/routing/auto', { pool }))).toMatchObject({
      pool,
      classes: { strong: ['claude-opus-4-8'], small: ['gpt-4o-mini'] },
    });
    const modelOf = async (model: string) => (await gateway.post(chat, hello(model))).headers.get('x-gateway-model');
    expect(await modelOf('auto')).toBe('claude-opus-4-8');
    expect(await modelOf('auto:cost')).toBe('gpt-4o-mini');
    expect(await modelOf('claude-3-5-sonnet-20241022')).toBe('claude-opus-4-8');
    await json(gateway.send('PUT', '/v1/routing/auto', { pool: [] }));
    expect(await modelOf('auto')).toBe('gpt-6-sol');
  });

  it('must be known models for chat', async () => {
    for (const model of ['definitely-not-a-model', 'text-embedding-3-small', 'auto'])
      expect(
        await json(gateway.send('PUT', '/v1/routing/auto', { pool: [{ model, class: 'strong' }] }), 404),
      ).toMatchObject({ error: { code: 'model_not_found', param: 'pool[0].model' } });
  });
});

describe('the list of models', () => {
  interface Listed {
    id: string;
    provider: string;
    display_name: string;
  }

  it.each([
    ['live', {}],
    ['test', test],
  ])('shows vendor and price of each, and nothing retired (%s key)', async (_mode, headers) => {
    const { data } = await json<{ data: Listed[] }>(gateway.get('/v1/models', headers));
    const shown = new Map(data.map((model) => [model.id, model]));
    expect(shown.get('gpt-6-sol')).toMatchObject({ provider: 'openai', display_name: 'gpt-6-sol · OpenAI · $2 / $10' });
    expect(shown.get('claude-haiku-4-5')).toMatchObject({
      provider: 'anthropic',
      display_name: 'claude-haiku-4-5 · Anthropic · $1 / $5',
    });
    expect(shown.get('gemini-3.5-flash-lite')?.display_name).toBe('gemini-3.5-flash-lite · Google · $0.30 / $2.50');
    expect(data[0]?.display_name).toBe('auto · The gateway chooses: quality and cost balanced');
    for (const { id, display_name } of data.slice(4)) expect(display_name, id).toMatch(/ · .+ · \$[\d.]+ \/ \$[\d.]+$/);
    for (const id of ['claude-v1', 'gpt-3.5-0301', 'claude-3-5-sonnet', 'gemini-1.5-pro', 'gpt-4'])
      expect(shown.has(id), id).toBe(false);
  });

  it.each(['gemini-2.5-flash-image', 'gpt-image-1', 'whisper-1'])(
    'knows no %s, which no endpoint here serves',
    async (model) => {
      for (const headers of [{}, test]) {
        expect((await gateway.get(`/v1/models/${model}`, headers)).status).toBe(404);
        expect((await gateway.post(chat, hello(model), headers)).status).toBe(404);
      }
    },
  );

  it('describes an embedding model, which is not in the list for chat', async () => {
    expect(await json(gateway.get('/v1/models/text-embedding-3-small'))).toMatchObject({ provider: 'openai' });
  });

  it('shows the successor’s price for a retired model', async () => {
    for (const headers of [{}, test])
      expect(await json(gateway.get('/v1/models/claude-3-5-sonnet-20241022', headers))).toMatchObject({
        id: 'claude-3-5-sonnet-20241022',
        provider: 'anthropic',
        display_name: 'claude-3-5-sonnet-20241022 (retired; answered by claude-sonnet-5) · Anthropic · $2 / $10',
        input_usd_per_mtok: 2,
      });
  });

  it.each([
    ['live', liveKey],
    ['test', testKey],
  ])('serves the packages of both vendors in one answer (%s key)', async (_mode, apiKey) => {
    const openai = new OpenAI({ apiKey, baseURL: `${gateway.url}/v1` });
    const anthropic = new Anthropic({ apiKey, baseURL: gateway.url });
    const theirs = await openai.models.list();
    const page = await anthropic.models.list();
    expect(page.data.map(({ id }) => id)).toEqual(theirs.data.map(({ id }) => id));
    expect([page.has_more, page.first_id, page.last_id]).toEqual([false, 'auto', theirs.data.at(-1)?.id]);
    // Both packages page by themselves; there is one page.
    const walked: string[] = [];
    for await (const { id, type, display_name, created_at } of anthropic.models.list()) {
      expect([type, typeof display_name, new Date(created_at).toISOString().slice(0, 10)]).toEqual([
        'model',
        'string',
        '1970-01-01',
      ]);
      walked.push(id);
    }
    expect(walked).toHaveLength(theirs.data.length);
    expect(await openai.models.retrieve('gpt-4o')).toMatchObject({ id: 'gpt-4o', object: 'model', owned_by: 'openai' });
    expect(await anthropic.models.retrieve('claude-sonnet-5')).toMatchObject({ id: 'claude-sonnet-5', type: 'model' });
    expect(await anthropic.models.retrieve('auto')).toMatchObject({ id: 'auto', type: 'model' });
  });
});
