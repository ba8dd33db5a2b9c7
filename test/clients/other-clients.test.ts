import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatAnthropic } from '@langchain/anthropic';
import { HumanMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { APICallError, generateObject, generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { models } from '../support/models.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';
import '../support/quiet-ai-sdk.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.fakes.reset());
afterAll(() => gateway.stop());

const city = z.object({ city: z.string() });
const image = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** The ways of the Vercel AI SDK to a model: OpenAI's responses (its default), chat, any compatible server, and Anthropic. */
const vercel: Record<string, (model: string) => LanguageModel> = {
  responses: (model) => createOpenAI({ apiKey: liveKey, baseURL: `${gateway.url}/v1` }).responses(model),
  chat: (model) => createOpenAI({ apiKey: liveKey, baseURL: `${gateway.url}/v1` }).chat(model),
  compatible: (model) =>
    createOpenAICompatible({
      name: 'gateway',
      apiKey: liveKey,
      baseURL: `${gateway.url}/v1`,
      supportsStructuredOutputs: true,
    })(model),
  anthropic: (model) => createAnthropic({ apiKey: liveKey, baseURL: `${gateway.url}/v1` })(model),
};

const ways = Object.keys(vercel).flatMap((way) => models.map((one) => ({ way, ...one })));

function vercelModel(way: string, model: string): LanguageModel {
  const make = vercel[way];
  if (make === undefined) throw new Error(`no way ${way}`);
  return make(model);
}

describe.each(ways)('the Vercel AI SDK by $way, with $provider behind the gateway', ({ way, provider, model }) => {
  it('generates and streams text, with usage', async () => {
    gateway.fakes[provider].reply(
      { text: 'Hello there', usage: { input: 11, output: 7 } },
      { text: 'Hello there', usage: { input: 11, output: 7 } },
    );
    const plain = await generateText({ model: vercelModel(way, model), prompt: 'Hi', maxRetries: 0 });
    expect(plain.text).toBe('Hello there');
    expect(plain.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
    const streamed = streamText({ model: vercelModel(way, model), prompt: 'Hi', maxRetries: 0 });
    expect(await streamed.text).toBe('Hello there');
    expect(await streamed.finishReason).toBe('stop');
  });

  it('runs a tool and goes on with its result', async () => {
    gateway.fakes[provider].reply(
      { toolCalls: [{ id: 'call_a', name: 'get_weather', arguments: { city: 'Paris' } }] },
      { text: 'Sunny.' },
    );
    const seen: unknown[] = [];
    const tools = { get_weather: tool({ inputSchema: city, execute: (input) => `clear ${seen.push(input)}` }) };
    const result = await generateText({
      model: vercelModel(way, model),
      prompt: 'Weather?',
      tools,
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    });
    expect(seen).toEqual([{ city: 'Paris' }]);
    expect(result.text).toBe('Sunny.');
  });

  it('generates an object by a schema', async () => {
    const { object } = await generateObject({
      model: vercelModel(way, model),
      schema: city,
      prompt: 'A city?',
      maxRetries: 0,
    });
    expect(object).toEqual({ city: 'Paris' });
  });

  it('sends a picture, and raises an error of its own kind', async () => {
    await generateText({
      model: vercelModel(way, model),
      maxRetries: 0,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'file', mediaType: 'image/png', data: image },
            { type: 'text', text: 'What is this?' },
          ],
        },
      ],
    });
    expect(JSON.stringify(gateway.fakes[provider].requests.at(-1)?.json)).toContain(image);
    gateway.fakes[provider].fault({ kind: 'status', status: 400 });
    await expect(generateText({ model: vercelModel(way, model), prompt: 'Hi', maxRetries: 0 })).rejects.toSatisfy(
      (error) => APICallError.isInstance(error) && error.statusCode === 400,
    );
  });

  it('stops the provider when it aborts', async () => {
    gateway.fakes[provider].reply({ text: 'A very long answer that nobody waits for', chunks: 30, chunkDelayMs: 50 });
    const stop = new AbortController();
    const { textStream } = streamText({
      model: vercelModel(way, model),
      prompt: 'Hi',
      abortSignal: stop.signal,
      maxRetries: 0,
      onError: () => {},
    });
    try {
      for await (const text of textStream) if (text !== '') stop.abort();
    } catch {
      // Some versions throw the abort, some end the stream: both are an end.
    }
    await expect.poll(() => gateway.fakes[provider].requests.at(-1)?.aborted).toBe(true);
  });
});

const chains = [
  {
    way: 'chat',
    make: (model: string) =>
      new ChatOpenAI({ model, apiKey: liveKey, configuration: { baseURL: `${gateway.url}/v1` }, maxRetries: 0 }),
  },
  {
    way: 'responses',
    make: (model: string) =>
      new ChatOpenAI({
        model,
        apiKey: liveKey,
        useResponsesApi: true,
        configuration: { baseURL: `${gateway.url}/v1` },
        maxRetries: 0,
      }),
  },
  {
    way: 'anthropic',
    make: (model: string) => new ChatAnthropic({ model, apiKey: liveKey, anthropicApiUrl: gateway.url, maxRetries: 0 }),
  },
].flatMap((one) => models.map((model) => ({ ...one, ...model })));

describe.each(chains)('LangChain by $way, with $provider behind the gateway', ({ make, provider, model }) => {
  it('invokes and streams', async () => {
    gateway.fakes[provider].reply({ text: 'Hello there', usage: { input: 11, output: 7 } }, { text: 'Hello there' });
    const message = await make(model).invoke([new HumanMessage('Hi')]);
    expect(message.text).toBe('Hello there');
    expect(message.usage_metadata).toMatchObject({ input_tokens: 11, output_tokens: 7 });
    let text = '';
    for await (const chunk of await make(model).stream('Hi')) text += chunk.text;
    expect(text).toBe('Hello there');
  });

  it('binds a tool', async () => {
    gateway.fakes[provider].reply({ toolCalls: [{ id: 'call_a', name: 'get_weather', arguments: { city: 'Paris' } }] });
    const weather = langchainTool(() => 'clear', {
      name: 'get_weather',
      description: 'Weather in a city',
      schema: city,
    });
    const message = await make(model).bindTools([weather]).invoke('Weather?');
    expect(message.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Paris' } }]);
  });

  it('fails with the status', async () => {
    gateway.fakes[provider].fault({ kind: 'status', status: 400 });
    await expect(make(model).invoke('Hi')).rejects.toMatchObject({ status: 400 });
  });
});
