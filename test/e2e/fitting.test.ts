import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const openai = () => new OpenAI({ apiKey: liveKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
const anthropic = () => new Anthropic({ apiKey: liveKey, baseURL: gateway.url, maxRetries: 0 });
const messages = [{ role: 'user' as const, content: 'Hi' }];
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters } }];
const called = { toolCalls: [{ id: 'call_a', name: 'get_weather', arguments: { city: 'Paris' } }] };

const sent = () => gateway.fakes.openai.requests.map(({ path, json }) => [path.replace('/v1', ''), json] as const);
const named = (response: Response) => response.headers.get('x-gateway-dropped-params');

describe('a call is fitted to its model', () => {
  it('a reasoning model gets its own ceiling and no temperature, and answers', async () => {
    const response = await gateway.post('/v1/chat/completions', {
      model: 'gpt-5.6-luna',
      max_tokens: 2_000,
      temperature: 0.3,
      messages,
    });
    expect([response.status, named(response)]).toEqual([200, 'temperature']);
    expect(sent()).toEqual([['/chat/completions', { model: 'gpt-5.6-luna', max_completion_tokens: 2_000, messages }]]);
  });

  it('strict mode refuses the call and names the parameter', async () => {
    const body = { model: 'gpt-5.5', max_tokens: 300, temperature: 0.2, messages };
    const response = await gateway.post('/v1/chat/completions', body, { 'x-gateway-strict': 'true' });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { code: 'unsupported_parameter', param: 'temperature' } },
    ]);
    expect(sent()).toEqual([]);
  });

  it('a renamed parameter is no loss, also in strict mode', async () => {
    const body = { model: 'gpt-5.5', max_tokens: 300, messages };
    const response = await gateway.post('/v1/chat/completions', body, { 'x-gateway-strict': 'true' });
    expect([response.status, named(response)]).toEqual([200, null]);
  });

  it('a fallback of the same vendor is fitted to its own model', async () => {
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    const response = await gateway.post('/v1/chat/completions', {
      model: 'gpt-4o',
      fallback_models: ['gpt-5.5'],
      max_tokens: 50,
      temperature: 0.2,
      messages,
    });
    expect([response.status, named(response)]).toEqual([200, 'temperature']);
    expect(sent()[1]).toEqual(['/chat/completions', { model: 'gpt-5.5', max_completion_tokens: 50, messages }]);
  });

  it('a fallback of another vendor is fitted to its own model', async () => {
    gateway.fakes.gemini.fault({ kind: 'status', status: 503 });
    const response = await gateway.post('/v1/chat/completions', {
      model: 'gemini-3.5-flash',
      fallback_models: ['gpt-4o-mini'],
      reasoning_effort: 'low',
      max_tokens: 300,
      messages,
    });
    expect([response.status, named(response)]).toEqual([200, 'reasoning_effort']);
    expect(sent()).toEqual([['/chat/completions', { model: 'gpt-4o-mini', max_tokens: 300, messages }]]);
  });

  it.each([
    ['claude-opus-4-7', 'claude-haiku-4-5', { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }],
    ['claude-haiku-4-5', 'claude-opus-4-7', { temperature: 0.2 }],
    ['claude-opus-4-6', 'claude-opus-4-7', { thinking: { type: 'enabled', budget_tokens: 2_000 } }],
    ['gpt-5.5', 'claude-haiku-4-5', { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }],
  ])('%s falls back on %s, which takes the call', async (model, fallback, more) => {
    const first = model.startsWith('gpt') ? gateway.fakes.openai : gateway.fakes.anthropic;
    first.fault({ kind: 'status', status: 500 });
    const body = { model, fallback_models: [fallback], max_tokens: 4_000, messages, ...more };
    const response = await gateway.post('/v1/messages', body);
    expect([response.status, response.headers.get('x-gateway-model')]).toEqual([200, fallback]);
    expect(named(response)).not.toBeNull();
  });

  it('a response falls back from a thinking model to one that does not think', async () => {
    gateway.fakes.openai.fault({ kind: 'status', status: 500 });
    const response = await gateway.post('/v1/responses', {
      model: 'gpt-5.5',
      fallback_models: ['gpt-4o'],
      input: 'Hi',
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low' },
      include: ['reasoning.encrypted_content'],
    });
    expect([response.status, named(response)]).toEqual([200, 'reasoning, text.verbosity, include']);
    expect(sent()[1]).toEqual(['/responses', { model: 'gpt-4o', input: 'Hi' }]);
  });
});

describe('OpenAI’s /v1/responses is asked where its chat endpoint does not serve the call', () => {
  const sandwich = [
    { type: 'thinking', thinking: 'Hm.', signature: expect.any(String) },
    { type: 'text', text: 'Let me look.' },
    { type: 'tool_use', id: 'call_a', name: 'get_weather', input: { city: 'Paris' } },
  ];
  const script = { reasoning: 'Hm.', reasoningSignature: 'proof', text: 'Let me look.', ...called };

  it('messages with tools and thoughts go there, plain and streamed, and the next turn returns the thoughts', async () => {
    gateway.fakes.openai.reply(script, script, { text: 'Sunny.' });
    const body = {
      model: 'gpt-5.6-terra',
      max_tokens: 2_000,
      thinking: { type: 'adaptive' as const },
      tools: [{ name: 'get_weather', input_schema: parameters as Anthropic.Tool.InputSchema }],
      messages,
    };
    const plain = await anthropic().messages.create(body);
    const streamed = await anthropic().messages.stream(body).finalMessage();
    for (const answer of [plain, streamed]) {
      expect(answer.content).toMatchObject(sandwich);
      expect(answer.stop_reason).toBe('tool_use');
    }
    expect(sent()[0]).toEqual([
      '/responses',
      {
        model: 'gpt-5.6-terra',
        input: [{ type: 'message', role: 'user', content: 'Hi' }],
        store: false,
        tools: [{ type: 'function', name: 'get_weather', parameters, strict: false }],
        reasoning: { effort: 'medium', summary: 'auto' },
        include: ['reasoning.encrypted_content'],
        max_output_tokens: 2_000,
      },
    ]);
    const result = { type: 'tool_result' as const, tool_use_id: 'call_a', content: 'clear' };
    const final = await anthropic().messages.create({
      ...body,
      messages: [...messages, { role: 'assistant', content: plain.content }, { role: 'user', content: [result] }],
    });
    expect(final.content).toMatchObject([{ type: 'text', text: 'Sunny.' }]);
    expect(sent()[2]?.[1].input).toEqual([
      { type: 'message', role: 'user', content: 'Hi' },
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'proof' },
      {
        type: 'message',
        role: 'assistant',
        phase: 'commentary',
        content: [{ type: 'output_text', text: 'Let me look.' }],
      },
      { type: 'function_call', call_id: 'call_a', name: 'get_weather', arguments: '{"city":"Paris"}' },
      { type: 'function_call_output', call_id: 'call_a', output: 'clear' },
    ]);
  });

  it('chat with tools and an effort goes there, plain and streamed, with usage', async () => {
    const usage = { input: 11, output: 7, reasoning: 3 };
    gateway.fakes.openai.reply({ ...script, usage }, { ...script, usage });
    const body = { model: 'gpt-5.4', reasoning_effort: 'low' as const, tools, messages };
    const plain = await openai().chat.completions.create(body);
    const streamed = await openai()
      .chat.completions.stream({ ...body, stream_options: { include_usage: true } })
      .finalChatCompletion();
    for (const answer of [plain, streamed]) {
      expect(answer.choices[0]).toMatchObject({
        finish_reason: 'tool_calls',
        message: {
          content: 'Let me look.',
          tool_calls: [{ id: 'call_a', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } }],
        },
      });
      expect(answer.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 7 });
    }
    expect(sent().map(([path]) => path)).toEqual(['/responses', '/responses']);
  });

  it('a chat that returns its reasoning details gives the model its own thoughts', async () => {
    gateway.fakes.openai.reply(script, { text: 'Sunny.' });
    const body = { model: 'gpt-5.4', reasoning_effort: 'low' as const, tools };
    const first = await openai().chat.completions.create({ ...body, messages });
    const turn = first.choices[0]?.message;
    const next = [...messages, turn, { role: 'tool', tool_call_id: 'call_a', content: 'clear' }];
    expect((await gateway.post('/v1/chat/completions', { ...body, messages: next })).status).toBe(200);
    expect(sent()[1]?.[1].input).toMatchObject([
      { role: 'user' },
      { type: 'reasoning', encrypted_content: 'proof' },
      { role: 'assistant' },
      { type: 'function_call' },
      { type: 'function_call_output' },
    ]);
  });

  it.each([
    ['tools and no thoughts', { model: 'gpt-5.6-terra', reasoning_effort: 'none', tools }],
    ['an effort and no tools', { model: 'gpt-5.6-terra', reasoning_effort: 'high' }],
    ['tools, of a model that does not think unasked', { model: 'gpt-5.4', tools }],
    ['tools and an effort, of an older model', { model: 'gpt-5.2', reasoning_effort: 'low', tools }],
  ])('and nowhere else: %s', async (_, more) => {
    expect((await gateway.post('/v1/chat/completions', { ...more, messages })).status).toBe(200);
    expect(sent()).toEqual([['/chat/completions', { ...more, messages }]]);
  });

  it.each(['gpt-5.2-pro', 'gpt-5.4-pro', 'gpt-5.5-pro'])(
    '%s, which is served there only, answers chat and messages',
    async (model) => {
      const chat = await gateway.post('/v1/chat/completions', { model, max_tokens: 300, messages });
      const message = await gateway.post('/v1/messages', { model, max_tokens: 300, messages });
      expect(await chat.json()).toMatchObject({ choices: [{ message: { content: 'You said: Hi' } }] });
      expect(await message.json()).toMatchObject({ content: [{ type: 'text', text: 'You said: Hi' }] });
      expect(sent().map(([path]) => path)).toEqual(['/responses', '/responses']);
    },
  );

  it('a fallback goes there too', async () => {
    gateway.fakes.anthropic.fault({ kind: 'status', status: 500 });
    const response = await gateway.post('/v1/chat/completions', {
      model: 'claude-opus-4-6',
      fallback_models: ['gpt-5.6-terra'],
      reasoning_effort: 'low',
      tools,
      messages,
    });
    expect([response.status, response.headers.get('x-gateway-model')]).toEqual([200, 'gpt-5.6-terra']);
    expect(sent()[0]?.[0]).toBe('/responses');
  });

  it('a refusal and a cut answer are answered as such', async () => {
    gateway.fakes.openai.reply({ refusal: 'I will not.' }, { text: 'And so', finish: 'length' });
    const ask = async () =>
      (await (await gateway.post('/v1/chat/completions', { model: 'gpt-5.4-pro', messages })).json()) as object;
    expect(await ask()).toMatchObject({ choices: [{ message: { content: null, refusal: 'I will not.' } }] });
    expect(await ask()).toMatchObject({ choices: [{ finish_reason: 'length', message: { content: 'And so' } }] });
  });

  it('a document by its address reaches OpenAI, whose chat endpoint takes none', async () => {
    const url = 'https://example.org/a.pdf';
    const content = [
      { type: 'document', source: { type: 'url', url } },
      { type: 'text', text: 'Read.' },
    ];
    const response = await gateway.post('/v1/messages', {
      model: 'gpt-4o',
      max_tokens: 99,
      messages: [{ role: 'user', content }],
    });
    expect(response.status).toBe(200);
    expect(sent()[0]).toMatchObject([
      '/responses',
      { input: [{ content: [{ type: 'input_file', file_url: url }, {}] }] },
    ]);
  });

  it('tools of chat only are refused by name for models that are served there only', async () => {
    const body = { model: 'gpt-5.4-pro', tools: [{ type: 'custom', custom: { name: 'c' } }], messages };
    const response = await gateway.post('/v1/chat/completions', body);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { code: 'unsupported_parameter', param: 'tools[0].type' } },
    ]);
  });

  it('parameters of chat only are named', async () => {
    const body = { model: 'gpt-5.4-pro', seed: 4, stop: ['x'], logit_bias: { 1: 1 }, verbosity: 'low', messages };
    const response = await gateway.post('/v1/chat/completions', body);
    expect([response.status, named(response)?.split(', ').sort()]).toEqual([200, ['logit_bias', 'seed', 'stop']]);
    expect(sent()[0]?.[1].text).toEqual({ verbosity: 'low' });
  });
});

describe('a test key sees the parameters that its vendor would not get', () => {
  const asked = (body: object, headers: Record<string, string> = {}) =>
    gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${testKey}`, ...headers });

  it.each([
    [{ model: 'gpt-5.5', temperature: 0.2 }, 'temperature'],
    [{ model: 'gpt-4o-mini', reasoning_effort: 'low' }, 'reasoning_effort'],
    [{ model: 'claude-haiku-4-5', seed: 4 }, 'seed'],
    [{ model: 'gpt-4o', api_base: 'https://x' }, 'api_base'],
  ])('%j', async (body, name) => {
    const response = await asked({ ...body, messages });
    expect([response.status, named(response)]).toEqual([200, name]);
    const strict = await asked({ ...body, messages }, { 'x-gateway-strict': 'true' });
    expect([strict.status, await strict.json()]).toMatchObject([400, { error: { param: name } }]);
    expect(sent()).toEqual([]);
  });
});

describe('fields that choose another route behind the provider', () => {
  const fields = {
    api_base: 'https://x',
    base_url: 'https://x',
    api_key: 'k',
    models: ['o1-pro'],
    provider: {},
    route: 'x',
  };

  it.each([
    ['/v1/chat/completions', { model: 'gpt-4o', messages }],
    ['/v1/chat/completions', { model: 'gpt-5.4-pro', messages }],
    ['/v1/chat/completions', { model: 'claude-haiku-4-5', messages }],
    ['/v1/chat/completions', { model: 'gemini-3.5-flash', messages }],
    ['/v1/responses', { model: 'gpt-4o', input: 'Hi' }],
    ['/v1/responses', { model: 'gemini-3.5-flash', input: 'Hi' }],
    ['/v1/messages', { model: 'claude-haiku-4-5', max_tokens: 9, messages }],
    ['/v1/messages', { model: 'gpt-4o', max_tokens: 9, messages }],
    ['/v1/messages', { model: 'gpt-5.4-pro', max_tokens: 99, messages }],
    ['/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' }],
  ])('reach no provider, and are named: %s %j', async (path, body) => {
    const response = await gateway.post(path, { ...body, ...fields });
    expect(response.status).toBe(200);
    const { fakes } = gateway;
    const requests = [fakes.openai, fakes.anthropic, fakes.gemini].flatMap((fake) => fake.requests);
    expect(requests).toHaveLength(1);
    expect(Object.keys(requests[0]?.json ?? {}).filter((name) => name in fields)).toEqual([]);
    expect(named(response)?.split(', ')).toEqual(expect.arrayContaining(Object.keys(fields)));
  });
});

it('a prompt-cache mark reaches Claude wherever a chat body has it', async () => {
  const cache_control = { type: 'ephemeral' };
  const call = { id: 'call_a', type: 'function', function: { name: 'get_weather', arguments: '{}' }, cache_control };
  const response = await gateway.post('/v1/chat/completions', {
    model: 'claude-haiku-4-5',
    tools: [{ ...tools[0], cache_control }],
    messages: [
      { role: 'system', content: 'Be brief.', cache_control },
      { role: 'user', content: 'Weather?', cache_control },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_a', content: 'clear', cache_control },
    ],
  });
  expect([response.status, named(response)]).toEqual([200, null]);
  expect(gateway.fakes.anthropic.requests[0]?.json).toMatchObject({
    system: [{ text: 'Be brief.', cache_control }],
    tools: [{ cache_control }],
    messages: [
      { content: [{ type: 'text', cache_control }] },
      { content: [{ type: 'tool_use', cache_control }] },
      { content: [{ type: 'tool_result', cache_control }] },
    ],
  });
});

it('a count of tokens is fitted as the call itself is', async () => {
  const body = { model: 'claude-opus-4-7', thinking: { type: 'enabled', budget_tokens: 2_000 }, api_base: 'https://x' };
  const response = await gateway.post('/v1/messages/count_tokens', { ...body, messages });
  expect(response.status).toBe(200);
  expect(gateway.fakes.anthropic.requests[0]?.json).toEqual({
    model: 'claude-opus-4-7',
    messages,
    thinking: { type: 'adaptive', display: 'summarized' },
    output_config: { effort: 'low' },
  });
});
