import Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { models } from '../support/models.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let client: Anthropic;

beforeAll(async () => {
  gateway = await startTestGateway();
  client = new Anthropic({ apiKey: liveKey, baseURL: gateway.url, maxRetries: 0 });
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const weather: Anthropic.Tool = {
  name: 'get_weather',
  description: 'Weather in a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

const nullOfMessage = { container: null, stop_details: null, diagnostics: null };
const nullOfUsage = {
  cache_creation: null,
  server_tool_use: null,
  inference_geo: null,
  service_tier: null,
  speed: null,
};

it('a translated answer has every field of Claude’s own, plain and streamed', async () => {
  const script = { text: 'I look.', toolCalls: [{ id: 'toolu_a', name: 'get_weather', arguments: { city: 'Rome' } }] };
  gateway.fakes.openai.reply(script, script);
  const asked: Anthropic.MessageCreateParamsNonStreaming = {
    model: 'gpt-4o',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Hi' }],
    tools: [weather],
  };
  const plain = await client.messages.create(asked);
  const streamed = await client.messages.stream(asked).finalMessage();
  for (const message of [plain, streamed]) {
    expect(message).toMatchObject({ ...nullOfMessage, usage: nullOfUsage });
    expect(message.content).toMatchObject([
      { type: 'text', citations: null },
      { type: 'tool_use', caller: { type: 'direct' } },
    ]);
  }
});

describe.each(models)('the Anthropic package, with $provider behind the gateway', ({ provider, model }) => {
  it('gets a plain message with usage', async () => {
    gateway.fakes[provider].reply({ text: 'Hello there', usage: { input: 11, output: 7 } });
    const message = await client.messages.create({
      model,
      max_tokens: 100,
      system: 'Be brief.',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(message.content).toMatchObject([{ type: 'text', text: 'Hello there' }]);
    expect(message).toMatchObject({
      role: 'assistant',
      model,
      stop_reason: 'end_turn',
      usage: { input_tokens: 11, output_tokens: 7 },
    });
  });

  it('streams the same text and usage', async () => {
    gateway.fakes[provider].reply({ text: 'Grüße, 世界 🌍!', chunks: 7, usage: { input: 3, output: 9 } });
    const message = await client.messages
      .stream({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] })
      .finalMessage();
    expect(message.content).toMatchObject([{ type: 'text', text: 'Grüße, 世界 🌍!' }]);
    expect(message.usage).toMatchObject({ output_tokens: 9 });
  });

  it('calls two tools at once and hands their results back', async () => {
    gateway.fakes[provider].reply(
      {
        toolCalls: [
          { id: 'toolu_a', name: 'get_weather', arguments: { city: 'Paris' } },
          { id: 'toolu_b', name: 'get_weather', arguments: { city: 'Rome' } },
        ],
      },
      { text: 'Sunny in both.' },
    );
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Weather in Paris and Rome?' }];
    const first = await client.messages.stream({ model, max_tokens: 100, messages, tools: [weather] }).finalMessage();
    expect(first.stop_reason).toBe('tool_use');
    const uses = first.content.filter((block) => block.type === 'tool_use');
    expect(uses.map(({ input }) => input)).toEqual([{ city: 'Paris' }, { city: 'Rome' }]);
    messages.push(
      { role: 'assistant', content: first.content },
      {
        role: 'user',
        content: uses.map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'clear' })),
      },
    );
    const second = await client.messages.create({ model, max_tokens: 100, messages, tools: [weather] });
    expect(second.content).toMatchObject([{ type: 'text', text: 'Sunny in both.' }]);
  });

  it('forces a tool', async () => {
    const message = await client.messages.create({
      model,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Weather?' }],
      tools: [weather],
      tool_choice: { type: 'tool', name: 'get_weather' },
    });
    expect(message.content).toMatchObject([{ type: 'tool_use', name: 'get_weather', input: { city: 'Paris' } }]);
  });

  it('sends pictures', async () => {
    await client.messages.create({
      model,
      max_tokens: 100,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
            { type: 'text', text: 'What is this?' },
          ],
        },
      ],
    });
    expect(JSON.stringify(gateway.fakes[provider].requests.at(-1)?.json)).toContain('iVBORw0KGgo=');
  });

  it('raises its own typed errors', async () => {
    const call = { model, max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hi' }] };
    await expect(
      new Anthropic({
        apiKey: 'gw_live_wrongwrongwrongwrongwrongwrong',
        baseURL: gateway.url,
        maxRetries: 0,
      }).messages.create(call),
    ).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
    await expect(client.messages.create({ ...call, model: 'no-such-model' })).rejects.toBeInstanceOf(
      Anthropic.NotFoundError,
    );
    gateway.fakes[provider].fault({ kind: 'status', status: 400 });
    await expect(client.messages.create(call)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
    gateway.fakes[provider].fault({ kind: 'status', status: 500 });
    await expect(client.messages.create(call, { headers: { 'x-gateway-fallback': 'none' } })).rejects.toMatchObject({
      status: 502,
      error: { type: 'error', error: { type: 'api_error', code: 'provider_error' } },
    });
  });

  it('stops the provider when it aborts', async () => {
    gateway.fakes[provider].reply({ text: 'A very long answer that nobody waits for', chunks: 30, chunkDelayMs: 50 });
    const stream = client.messages.stream({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] });
    stream.on('text', () => stream.abort());
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
    await expect.poll(() => gateway.fakes[provider].requests.at(-1)?.aborted).toBe(true);
  });
});

it('the thoughts of Claude arrive with their signatures and return with the next turn', async () => {
  const model = 'claude-sonnet-4-6';
  gateway.fakes.anthropic.reply(
    { reasoning: 'Let me see.', reasoningSignature: 'proof', text: 'Done' },
    { text: 'again' },
  );
  const thinking = { type: 'enabled' as const, budget_tokens: 2000 };
  const first = await client.messages
    .stream({ model, max_tokens: 4000, thinking, messages: [{ role: 'user', content: 'Hi' }] })
    .finalMessage();
  expect(first.content[0]).toMatchObject({ type: 'thinking', thinking: 'Let me see.', signature: 'proof' });
  await client.messages.create({
    model,
    max_tokens: 4000,
    thinking,
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: first.content },
      { role: 'user', content: 'More' },
    ],
  });
  expect(JSON.stringify(gateway.fakes.anthropic.requests.at(-1)?.json)).toContain('"signature":"proof"');
});

it('a parameter that only Claude knows reaches Claude unchanged', async () => {
  gateway.fakes.anthropic.reply({ text: '', usage: { input: 11, output: 0 } });
  await client.messages.create({
    model: 'claude-sonnet-5-5',
    max_tokens: 0,
    thinking: { type: 'between_tools' },
    messages: [{ role: 'user', content: 'Hi' }],
  });
  expect(gateway.fakes.anthropic.requests.at(-1)?.json).toMatchObject({
    max_tokens: 0,
    thinking: { type: 'between_tools' },
  });
});

it('a conversation that Gemini began continues with Claude, without the signatures of Gemini', async () => {
  gateway.fakes.gemini.reply({
    reasoning: 'Hm.',
    reasoningSignature: 'gemini-proof',
    toolCalls: [{ id: 'call_a', name: 'get_weather', arguments: { city: 'Paris' }, signature: 'call-proof' }],
  });
  const first = await client.messages.create({
    model: 'gemini-3.1-pro-preview',
    max_tokens: 4000,
    thinking: { type: 'enabled', budget_tokens: 2000 },
    tools: [weather],
    messages: [{ role: 'user', content: 'Weather?' }],
  });
  expect(JSON.stringify(first.content)).toContain('gw.gemini.gemini-proof');
  const messages: Anthropic.MessageParam[] = [
    { role: 'user', content: 'Weather?' },
    { role: 'assistant', content: first.content },
    {
      role: 'user',
      content: first.content.flatMap((block) =>
        block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'clear' }] : [],
      ),
    },
  ];
  await client.messages.create({
    model: 'claude-sonnet-4-6',
    max_tokens: 4000,
    thinking: { type: 'enabled', budget_tokens: 2000 },
    tools: [weather],
    messages,
  });
  const asked = gateway.fakes.anthropic.requests.at(-1)?.json;
  expect(JSON.stringify(asked)).not.toMatch(/proof|extra_content/);
  // Claude thinks on in no turn it has not begun with a thought of its own.
  expect(asked?.thinking).toEqual({ type: 'disabled' });
  await client.messages.create({ model: 'gemini-3.1-pro-preview', max_tokens: 100, tools: [weather], messages });
  expect(JSON.stringify(gateway.fakes.gemini.requests.at(-1)?.json)).toContain('"thoughtSignature":"call-proof"');
});
