import { GatewayError } from '@ai-gateway/shared/errors';
import { createOpenAI } from '@ai-sdk/openai';
import { type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AnswerContext } from '../../gateway/src/dialects/dialect.ts';
import type { Answer, AnswerPart, JsonObject } from '../../gateway/src/dialects/neutral.ts';
import { responses } from '../../gateway/src/dialects/responses.ts';
import { eventsOf } from '../support/events-of.ts';
import '../support/quiet-ai-sdk.ts';

/**
 * The dialect judged by those who read it: OpenAI's own package, LangChain and the Vercel AI SDK, with nothing between them
 * and the dialect but a `fetch`.
 */
type Scripted = readonly AnswerPart[] | { parts: readonly AnswerPart[]; finish?: Answer['finish'] } | 'broken';

let script: Scripted[] = [];
let asked: ReturnType<typeof responses.read>[] = [];
beforeEach(() => {
  script = [];
  asked = [];
});

const fetch = async (_url: unknown, init?: RequestInit): Promise<Response> => {
  const call = responses.read(JSON.parse(String(init?.body)) as JsonObject);
  asked.push(call);
  const context = { requestId: `req_01kb1c2d3e4f5g6h7j8k9m0n1${asked.length}`, createdAtMs: 1_700_000_000_000, call };
  const next = script.shift() ?? [];
  if (call.stream) return new Response(streamed(next, context), { headers: { 'content-type': 'text/event-stream' } });
  return Response.json(responses.answer(answerOf(next), context));
};

function answerOf(scripted: Scripted): Answer {
  if (scripted === 'broken') throw new TypeError('Only a stream breaks off.');
  const { parts, finish } = 'parts' in scripted ? scripted : { parts: scripted, finish: undefined };
  const usage = { inputTokens: 11, cachedTokens: 4, cacheWriteTokens: 0, outputTokens: 9, reasoningTokens: 2 };
  const calls = parts.some(({ kind }) => kind === 'tool-call');
  return { id: 'x', model: 'gemini-3-pro-preview', parts, finish: finish ?? (calls ? 'tool-calls' : 'stop'), usage };
}

function streamed(scripted: Scripted, context: AnswerContext): string {
  const writer = responses.stream(context);
  if (scripted === 'broken') {
    const begun = writer.push({ kind: 'text', text: 'Well' });
    return (
      begun +
      responses.streamError(new GatewayError('provider_error', 'The provider broke off.'), {
        requestId: context.requestId,
        number: 3,
      })
    );
  }
  const frames = eventsOf(answerOf(scripted)).map((event) => writer.push(event));
  const end = writer.end();
  return `${frames.join('')}${end.frames}: gateway {"cost_usd":0.1}\n\n${end.last}`;
}

const model = 'gemini-3-pro-preview';
const city = z.object({ city: z.string() });
const paris: AnswerPart = {
  kind: 'tool-call',
  id: 'call_a',
  name: 'get_weather',
  arguments: '{"city":"Paris"}',
  signature: 'c2lnbmF0dXJl+/==',
};
const rome: AnswerPart = { kind: 'tool-call', id: 'call_b', name: 'get_weather', arguments: '{"city":"Rome"}' };
const thought: AnswerPart = { kind: 'reasoning', text: 'Two cities.', signature: 'dGhvdWdodA==', signedBy: 'gemini' };
const hello: AnswerPart = { kind: 'text', text: 'Grüße, 世界 🌍!' };

/** The calls of the turn that was handed back, as the provider's adapter gets them. */
const callsHandedBack = (): unknown =>
  asked
    .at(-1)
    ?.messages.findLast(({ role }) => role === 'assistant')
    ?.parts.filter(({ kind }) => kind === 'tool-call');
const thoughtsHandedBack = (): unknown =>
  asked
    .at(-1)
    ?.messages.findLast(({ role }) => role === 'assistant')
    ?.parts.filter(({ kind }) => kind === 'reasoning');

describe('the openai package', () => {
  const client = new OpenAI({ apiKey: 'k', baseURL: 'http://gateway.test/v1', fetch, maxRetries: 0 });
  const weather = {
    type: 'function' as const,
    name: 'get_weather',
    strict: true,
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  };

  it('reads a plain answer and a streamed one, and finds them the same', async () => {
    script = [[hello], [hello]];
    const plain = await client.responses.create({ model, input: 'Hi' });
    expect(plain).toMatchObject({ output_text: hello.text, status: 'completed', usage: { total_tokens: 20 } });
    const stream = client.responses.stream({ model, input: 'Hi' });
    let text = '';
    stream.on('response.output_text.delta', ({ delta }) => {
      text += delta;
    });
    const final = await stream.finalResponse();
    expect(text).toBe(hello.text);
    expect(final).toMatchObject({ output_text: hello.text, status: 'completed', usage: plain.usage });
  });

  it('reads thoughts and parallel calls, and returns them with their signatures', async () => {
    for (const streamed of [false, true]) {
      script = [[thought, hello, paris, rome], [hello]];
      const ask = { model, input: 'Weather in Paris and Rome?', tools: [weather] };
      const { output } = streamed
        ? await client.responses.stream(ask).finalResponse()
        : await client.responses.create(ask);
      const calls = output.filter((item) => item.type === 'function_call');
      expect(calls).toMatchObject([
        { call_id: 'call_a', arguments: '{"city":"Paris"}', status: 'completed' },
        { call_id: 'call_b', arguments: '{"city":"Rome"}', status: 'completed' },
      ]);
      const results = calls.flatMap((item) =>
        item.type === 'function_call'
          ? [{ type: 'function_call_output' as const, call_id: item.call_id, output: 'clear' }]
          : [],
      );
      await client.responses.create({
        ...ask,
        input: [{ role: 'user', content: ask.input }, ...(output as OpenAI.Responses.ResponseInput), ...results],
      });
      expect(callsHandedBack()).toEqual([paris, rome]);
      expect(thoughtsHandedBack()).toMatchObject([thought]);
    }
  });

  it('reads a summary of thoughts while it streams', async () => {
    script = [[thought, hello]];
    let summary = '';
    await client.responses
      .stream({ model, input: 'Hi', reasoning: { summary: 'auto' } })
      .on('response.reasoning_summary_text.delta', ({ delta }) => {
        summary += delta;
      })
      .finalResponse();
    expect(summary).toBe('Two cities.');
    expect(asked[0]?.reasoning).toEqual({ visible: true });
  });

  it('reads a refusal', async () => {
    script = [[{ kind: 'refusal', text: 'I will not.' }]];
    let refusal = '';
    const final = await client.responses
      .stream({ model, input: 'Hi' })
      .on('response.refusal.delta', ({ delta }) => {
        refusal += delta;
      })
      .finalResponse();
    expect(refusal).toBe('I will not.');
    expect(final.output).toMatchObject([{ content: [{ type: 'refusal', refusal: 'I will not.' }] }]);
  });

  it('parses an answer by a schema, plain and streamed', async () => {
    const json: AnswerPart = { kind: 'text', text: '{"city":"Paris"}' };
    script = [[json], [json]];
    const ask = { model, input: 'A city?', text: { format: zodTextFormat(city, 'city') } };
    expect((await client.responses.parse(ask)).output_parsed).toEqual({ city: 'Paris' });
    expect((await client.responses.stream(ask).finalResponse()).output_parsed).toEqual({ city: 'Paris' });
    expect(asked[0]?.output).toMatchObject({ kind: 'json-schema', name: 'city', strict: true });
  });

  it('recognises an answer that was cut', async () => {
    const cut = { parts: [hello], finish: 'length' as const };
    script = [cut, cut];
    const expected = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    expect(await client.responses.create({ model, input: 'Hi' })).toMatchObject(expected);
    expect(await client.responses.stream({ model, input: 'Hi' }).finalResponse()).toMatchObject(expected);
  });

  it('raises an error where the stream breaks', async () => {
    script = ['broken', 'broken'];
    const failed = client.responses.stream({ model, input: 'Hi' }).finalResponse();
    await expect(failed).rejects.toBeInstanceOf(OpenAI.APIError);
    const stream = await client.responses.create({ model, input: 'Hi', stream: true });
    const drain = async (): Promise<void> => {
      for await (const event of stream) expect(event.type).not.toBe('response.completed');
    };
    await expect(drain()).rejects.toMatchObject({ code: 'provider_error', type: 'server_error' });
  });
});

describe('LangChain, by responses', () => {
  const chat = (streaming: boolean): ChatOpenAI =>
    new ChatOpenAI({
      model,
      apiKey: 'k',
      useResponsesApi: true,
      streaming,
      maxRetries: 0,
      configuration: { baseURL: 'http://gateway.test/v1', fetch },
    });
  const weather = langchainTool(() => 'clear', { name: 'get_weather', description: 'Weather', schema: city });

  it.each([false, true])('runs tools and returns the turn with its signatures (streaming: %s)', async (streaming) => {
    script = [[thought, hello, paris, rome], [hello]];
    const bound = chat(streaming).bindTools([weather]);
    const turn: BaseMessage[] = [new HumanMessage('Weather in Paris and Rome?')];
    const answer = await bound.invoke(turn);
    expect(answer.text).toBe(hello.text);
    expect(answer.tool_calls).toMatchObject([{ args: { city: 'Paris' } }, { args: { city: 'Rome' } }]);
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 11, output_tokens: 9 });
    const results = (answer.tool_calls ?? []).map(
      ({ id = '' }) => new ToolMessage({ tool_call_id: id, content: 'clear' }),
    );
    expect((await bound.invoke([...turn, answer, ...results])).text).toBe(hello.text);
    expect(callsHandedBack()).toEqual([paris, rome]);
    expect(thoughtsHandedBack()).toMatchObject([thought]);
  });

  it('calls a tool that takes no arguments', async () => {
    script = [[{ kind: 'tool-call', id: 'call_a', name: 'now', arguments: '' }]];
    const now = langchainTool(() => 'noon', { name: 'now', description: 'Time', schema: z.object({}) });
    const { tool_calls, invalid_tool_calls } = await chat(true).bindTools([now]).invoke('Time?');
    expect(tool_calls).toMatchObject([{ name: 'now', args: {} }]);
    expect(invalid_tool_calls).toEqual([]);
  });

  it('gets an object by a schema', async () => {
    script = [[{ kind: 'text', text: '{"city":"Paris"}' }]];
    const structured = chat(false).withStructuredOutput(city, { method: 'jsonSchema', name: 'city' });
    expect(await structured.invoke('A city?')).toEqual({ city: 'Paris' });
  });

  it('raises an error where the stream breaks', async () => {
    script = ['broken'];
    await expect(chat(true).invoke('Hi')).rejects.toMatchObject({ code: 'provider_error' });
  });
});

describe('the Vercel AI SDK, by responses', () => {
  const language = createOpenAI({ apiKey: 'k', baseURL: 'http://gateway.test/v1', fetch })(model);
  const tools = { get_weather: tool({ inputSchema: city, execute: ({ city: name }) => `clear in ${name}` }) };
  const whole = { openai: { store: false } };

  it('reads words, thoughts and usage, plain and streamed', async () => {
    script = [
      [thought, hello],
      [thought, hello],
    ];
    const plain = await generateText({ model: language, prompt: 'Hi', maxRetries: 0 });
    expect([plain.text, plain.reasoningText, plain.finishReason]).toEqual([hello.text, 'Two cities.', 'stop']);
    expect(plain.usage).toMatchObject({ inputTokens: 11, outputTokens: 9 });
    const stream = streamText({ model: language, prompt: 'Hi', maxRetries: 0 });
    expect([await stream.text, await stream.reasoningText]).toEqual([hello.text, 'Two cities.']);
    expect(await stream.usage).toMatchObject({ inputTokens: 11, outputTokens: 9 });
  });

  it.each(['plain', 'streamed'])('runs tools and hands the turn back with its proofs (%s)', async (way) => {
    script = [[thought, hello, paris, rome], [hello]];
    const ask = {
      model: language,
      prompt: 'Weather in Paris and Rome?',
      tools,
      stopWhen: stepCountIs(3),
      maxRetries: 0,
      providerOptions: whole,
    };
    const text = way === 'plain' ? (await generateText(ask)).text : await streamText(ask).text;
    expect(text).toBe(hello.text);
    expect(callsHandedBack()).toEqual([paris, rome]);
    expect(thoughtsHandedBack()).toMatchObject([thought]);
  });

  it('runs tools by its defaults, which refer to thoughts by their ids', async () => {
    script = [[thought, paris], [hello]];
    const { text } = await generateText({
      model: language,
      prompt: 'Weather in Paris?',
      tools,
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    });
    expect(text).toBe(hello.text);
    const { signature: _, ...unsigned } = paris;
    expect(callsHandedBack()).toEqual([unsigned]);
  });

  it('generates an object', async () => {
    script = [[{ kind: 'text', text: '{"city":"Paris"}' }]];
    const { object } = await generateObject({ model: language, schema: city, prompt: 'A city?', maxRetries: 0 });
    expect(object).toEqual({ city: 'Paris' });
  });

  it('recognises an answer that was cut, and one that was filtered', async () => {
    script = [
      { parts: [hello], finish: 'length' },
      { parts: [hello], finish: 'content-filter' },
    ];
    const ask = { model: language, prompt: 'Hi', maxRetries: 0 };
    expect((await generateText(ask)).finishReason).toBe('length');
    expect(await streamText(ask).finishReason).toBe('content-filter');
  });

  it('reports an error where the stream breaks', async () => {
    script = ['broken'];
    const errors: unknown[] = [];
    const stream = streamText({
      model: language,
      prompt: 'Hi',
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    });
    await stream.consumeStream();
    expect(errors).toHaveLength(1);
    expect(JSON.stringify(errors)).toContain('provider_error');
  });
});
