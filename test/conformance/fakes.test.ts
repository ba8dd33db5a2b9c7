import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Fakes, fakeKeys, startFakes } from '../support/fakes/start-fakes.ts';

/** The fakes stand in for the vendors, so the vendors' own packages must not notice. */
let fakes: Fakes;

beforeAll(async () => {
  fakes = await startFakes();
});
afterEach(() => fakes.reset());
afterAll(() => fakes.stop());

const openai = () => new OpenAI({ apiKey: fakeKeys.openai, baseURL: fakes.openai.baseUrl, maxRetries: 0 });
const anthropic = () => new Anthropic({ apiKey: fakeKeys.anthropic, baseURL: fakes.anthropic.baseUrl, maxRetries: 0 });
const google = (apiKey = fakeKeys.gemini) =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: fakes.gemini.baseUrl } });

const script = {
  text: 'Grüße 🌍',
  toolCalls: [{ id: 'call_a', name: 'get_weather', arguments: { city: 'Paris' } }],
  usage: { input: 11, output: 7 },
};

describe('the OpenAI package against the fake OpenAI', () => {
  const call = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hi' }] };

  it('reads plain and streamed completions, tools and usage', async () => {
    fakes.openai.reply(script, script);
    const plain = await openai().chat.completions.create(call);
    const streamed = await openai()
      .chat.completions.stream({ ...call, stream_options: { include_usage: true } })
      .finalChatCompletion();
    for (const answer of [plain, streamed]) {
      expect(answer.choices[0]?.message).toMatchObject({
        content: 'Grüße 🌍',
        tool_calls: [{ id: 'call_a', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } }],
      });
      expect(answer.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 7 });
    }
  });

  it('reads responses, plain and streamed, and embeddings', async () => {
    fakes.openai.reply({ text: 'Hello' }, { text: 'Hello' });
    expect((await openai().responses.create({ model: 'gpt-4o', input: 'Hi' })).output_text).toBe('Hello');
    expect((await openai().responses.stream({ model: 'gpt-4o', input: 'Hi' }).finalResponse()).output_text).toBe(
      'Hello',
    );
    expect(
      (await openai().embeddings.create({ model: 'text-embedding-3-small', input: 'Hi' })).data[0]?.embedding,
    ).toEqual([0.25, -0.5, 0]);
  });

  it('raises its own errors', async () => {
    fakes.openai.fault({ kind: 'status', status: 429 }, { kind: 'status', status: 500 });
    await expect(openai().chat.completions.create(call)).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await expect(openai().chat.completions.create(call)).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    await expect(
      new OpenAI({ apiKey: 'sk-wrong', baseURL: fakes.openai.baseUrl, maxRetries: 0 }).chat.completions.create(call),
    ).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(
      openai().chat.completions.create({ ...call, messages: [{ role: 'tool', tool_call_id: 'nobody', content: 'x' }] }),
    ).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });
});

describe('Anthropic’s package against the fake Anthropic', () => {
  const call = { model: 'claude-x', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hi' }] };

  it('reads plain and streamed messages, thoughts, tools and usage', async () => {
    fakes.anthropic.reply(
      { ...script, reasoning: 'Hm.', reasoningSignature: 'sig' },
      { ...script, reasoning: 'Hm.', reasoningSignature: 'sig' },
    );
    const plain = await anthropic().messages.create(call);
    const streamed = await anthropic().messages.stream(call).finalMessage();
    for (const answer of [plain, streamed]) {
      expect(answer.content).toMatchObject([
        { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
        { type: 'text', text: 'Grüße 🌍' },
        { type: 'tool_use', input: { city: 'Paris' } },
      ]);
      expect(answer.usage).toMatchObject({ input_tokens: 11, output_tokens: 7 });
    }
  });

  it('raises its own errors', async () => {
    fakes.anthropic.fault({ kind: 'status', status: 529 });
    await expect(anthropic().messages.create(call)).rejects.toBeInstanceOf(Anthropic.InternalServerError);
    await expect(anthropic().messages.create({ ...call, messages: [] })).rejects.toBeInstanceOf(
      Anthropic.BadRequestError,
    );
    await expect(
      new Anthropic({ apiKey: 'wrong', baseURL: fakes.anthropic.baseUrl, maxRetries: 0 }).messages.create(call),
    ).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
  });
});

describe('Google’s package against the fake Gemini', () => {
  it('reads plain and streamed answers, calls and usage', async () => {
    fakes.gemini.reply(script, script);
    const plain = await google().models.generateContent({ model: 'gemini-x', contents: 'Hi' });
    expect(plain.text).toBe('Grüße 🌍');
    expect(plain.functionCalls).toMatchObject([{ name: 'get_weather', args: { city: 'Paris' } }]);
    expect(plain.usageMetadata).toMatchObject({ promptTokenCount: 11, candidatesTokenCount: 7 });
    let text = '';
    for await (const chunk of await google().models.generateContentStream({ model: 'gemini-x', contents: 'Hi' }))
      text += (chunk.candidates?.[0]?.content?.parts ?? []).map((part) => part.text ?? '').join('');
    expect(text).toBe('Grüße 🌍');
  });

  it('embeds, and fails as Google does', async () => {
    expect(
      (await google().models.embedContent({ model: 'gemini-embedding-x', contents: ['a', 'b'] })).embeddings,
    ).toHaveLength(2);
    await expect(google('wrong').models.generateContent({ model: 'gemini-x', contents: 'Hi' })).rejects.toMatchObject({
      status: 400,
    });
  });
});
