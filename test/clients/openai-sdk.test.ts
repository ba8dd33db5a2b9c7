import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { models } from '../support/models.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  gateway = await startTestGateway();
  client = new OpenAI({ apiKey: liveKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'Weather in a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
};

describe.each(models)('the openai package, with $provider behind the gateway', ({ provider, model }) => {
  it('gets a plain chat completion with usage', async () => {
    gateway.fakes[provider].reply({ text: 'Hello there', usage: { input: 11, output: 7 } });
    const completion = await client.chat.completions.create({
      model,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    });
    expect(completion.choices[0]?.message.content).toBe('Hello there');
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 });
    expect(completion.model).toBe(model);
  });

  it('streams the same text, with usage only when asked', async () => {
    gateway.fakes[provider].reply(
      { text: 'Grüße, 世界 🌍!', chunks: 7, usage: { input: 3, output: 9 } },
      { text: 'again' },
    );
    const stream = client.chat.completions.stream({
      model,
      messages: [{ role: 'user', content: 'Hi' }],
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe('Grüße, 世界 🌍!');
    expect(final.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 9 });
    let last: OpenAI.ChatCompletionChunk | undefined;
    for await (const chunk of await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    })) {
      expect(chunk.usage ?? null).toBeNull();
      expect(chunk.choices).toHaveLength(1);
      last = chunk;
    }
    expect(last?.choices[0]?.finish_reason).toBe('stop');
  });

  it('calls two tools at once and hands their results back', async () => {
    gateway.fakes[provider].reply(
      {
        toolCalls: [
          { id: 'call_a', name: 'get_weather', arguments: { city: 'Paris' } },
          { id: 'call_b', name: 'get_weather', arguments: { city: 'Rome' } },
        ],
      },
      { text: 'Sunny in both.' },
    );
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Weather in Paris and Rome?' }];
    const first = await client.chat.completions.create({ model, messages, tools: [weather] });
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    const calls = first.choices[0]?.message.tool_calls ?? [];
    expect(calls.map((call) => call.type === 'function' && JSON.parse(call.function.arguments))).toEqual([
      { city: 'Paris' },
      { city: 'Rome' },
    ]);
    if (first.choices[0]) messages.push(first.choices[0].message);
    for (const call of calls) messages.push({ role: 'tool', tool_call_id: call.id, content: '{"sky":"clear"}' });
    const second = await client.chat.completions.create({ model, messages, tools: [weather] });
    expect(second.choices[0]?.message.content).toBe('Sunny in both.');
  });

  it('streams the arguments of a forced tool', async () => {
    const stream = client.chat.completions.stream({
      model,
      messages: [{ role: 'user', content: 'Weather?' }],
      tools: [weather],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    });
    const message = (await stream.finalChatCompletion()).choices[0]?.message;
    expect(
      message?.tool_calls?.map((call) => call.type === 'function' && [call.function.name, call.function.arguments]),
    ).toEqual([['get_weather', '{"city":"Paris"}']]);
  });

  it('gets JSON by a schema', async () => {
    const completion = await client.chat.completions.parse({
      model,
      messages: [{ role: 'user', content: 'A city?' }],
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'city',
          strict: true,
          schema: {
            type: 'object',
            properties: { city: { type: 'string' } },
            required: ['city'],
            additionalProperties: false,
          },
        },
      },
    });
    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({ city: 'Paris' });
    expect(completion.choices[0]?.finish_reason).toBe('stop');
  });

  it('sends pictures by URL and as data', async () => {
    const image = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    await client.chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
            { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
          ],
        },
      ],
    });
    const sent = JSON.stringify(gateway.fakes[provider].requests.at(-1)?.json);
    expect(sent).toContain(image);
    expect(sent).toContain('https://example.com/cat.png');
  });

  it('raises its own typed errors', async () => {
    await expect(
      new OpenAI({
        apiKey: 'gw_live_wrongwrongwrongwrongwrongwrong',
        baseURL: `${gateway.url}/v1`,
        maxRetries: 0,
      }).models.list(),
    ).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(
      client.chat.completions.create({ model: 'no-such-model', messages: [{ role: 'user', content: 'Hi' }] }),
    ).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    const call = { model, messages: [{ role: 'user' as const, content: 'Hi' }] };
    gateway.fakes[provider].fault({ kind: 'status', status: 400 });
    await expect(client.chat.completions.create(call)).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    gateway.fakes[provider].fault({ kind: 'status', status: 500 });
    await expect(
      client.chat.completions.create(call, { headers: { 'x-gateway-fallback': 'none' } }),
    ).rejects.toBeInstanceOf(OpenAI.InternalServerError);
  });

  it('stops the provider when it aborts', async () => {
    gateway.fakes[provider].reply({ text: 'A very long answer that nobody waits for', chunks: 30, chunkDelayMs: 50 });
    const stream = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    await expect.poll(() => gateway.fakes[provider].requests.at(-1)?.aborted).toBe(true);
  });

  it('gets a response, plain and streamed', async () => {
    gateway.fakes[provider].reply(
      { text: 'Hello there', usage: { input: 11, output: 7 } },
      { text: 'Hello there', usage: { input: 11, output: 7 } },
    );
    const plain = await client.responses.create({ model, input: 'Hi', instructions: 'Be brief.' });
    expect(plain.output_text).toBe('Hello there');
    expect(plain.usage).toMatchObject({ input_tokens: 11, output_tokens: 7 });
    const stream = client.responses.stream({ model, input: 'Hi' });
    let text = '';
    stream.on('response.output_text.delta', (event) => {
      text += event.delta;
    });
    const final = await stream.finalResponse();
    expect(text).toBe('Hello there');
    expect(final.output_text).toBe('Hello there');
    expect(final.usage).toMatchObject({ input_tokens: 11, output_tokens: 7 });
  });

  it('calls tools in responses, and hands their results back', async () => {
    gateway.fakes[provider].reply(
      { toolCalls: [{ id: 'call_a', name: 'get_weather', arguments: { city: 'Paris' } }] },
      { text: 'Sunny.' },
    );
    const tool = {
      type: 'function' as const,
      name: 'get_weather',
      parameters: weather.function.parameters,
      strict: true,
    };
    const first = await client.responses.stream({ model, input: 'Weather?', tools: [tool] }).finalResponse();
    const call = first.output.find((item) => item.type === 'function_call');
    expect(call).toMatchObject({ name: 'get_weather', arguments: '{"city":"Paris"}' });
    const input: OpenAI.Responses.ResponseInput = [
      { role: 'user', content: 'Weather?' },
      ...first.output.map(({ ...item }) => item as OpenAI.Responses.ResponseInputItem),
      { type: 'function_call_output', call_id: call?.call_id ?? '', output: 'clear' },
    ];
    expect((await client.responses.create({ model, input, tools: [tool] })).output_text).toBe('Sunny.');
  });
});

describe('the openai package', () => {
  it('lists the models with `auto` first, and gets one', async () => {
    const list = await client.models.list();
    expect(list.data[0]?.id).toBe('auto');
    expect(list.data.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['gpt-6-sol', 'claude-sonnet-4-6', 'gemini-3.5-flash']),
    );
    expect(await client.models.retrieve('gpt-4o')).toMatchObject({
      id: 'gpt-4o',
      provider: 'openai',
      context_window: 128000,
      input_usd_per_mtok: 2.5,
      output_usd_per_mtok: 10,
    });
  });

  it.each(['text-embedding-3-small', 'gemini-embedding-001'])('gets embeddings of %s', async (model) => {
    const { data } = await client.embeddings.create({ model, input: ['one', 'two'] });
    expect(data).toHaveLength(2);
    expect(data[0]?.embedding.slice(0, 2)).toEqual([0.25, -0.5]);
  });
});
