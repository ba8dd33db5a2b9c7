import { readFileSync } from 'node:fs';
import { createParser } from 'eventsource-parser';
import { array, assert, boolean, constantFrom, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, AnswerPart, StreamEvent } from '../../gateway/src/dialects/neutral.ts';
import { UnreadableAnswer } from '../../gateway/src/providers/adapter.ts';
import { gemini } from '../../gateway/src/providers/gemini/gemini.ts';

describe('an answer of Gemini, plain and streamed', () => {
  it.each([
    ['plain', 'stream'],
    ['tools', 'tools'],
    ['reasoning', 'reasoning'],
    ['structured', 'structured'],
    ['logprobs', 'logprobs'],
    ['safety-block', 'safety-block'],
    ['safety-cut', 'safety-cut'],
    ['max-tokens', 'max-tokens'],
  ])('%s says the same either way', (plain, streamed) => {
    const { events, complete } = readStream(streamed);
    expect(complete).toBe(true);
    expect(gather(events)).toEqual(readPlain(plain));
  });

  it('a plain answer has its text, its model and its cost', () => {
    expect(readPlain('plain')).toEqual({
      id: 'kJ8maZ3bGdKpvdIP1unQqQ8',
      model: 'gemini-2.5-flash',
      parts: [{ kind: 'text', text: 'The capital of France is Paris. It lies on the Seine.' }],
      finish: 'stop',
      usage: { inputTokens: 1212, cachedTokens: 1024, cacheWriteTokens: 0, outputTokens: 13, reasoningTokens: 0 },
    });
  });

  it('calls of tools keep the ids and signatures of Gemini, and get an id where they have none', () => {
    const { parts, finish, usage } = readPlain('tools');
    const calls = parts.filter((part) => part.kind === 'tool-call');
    expect(finish).toBe('tool-calls');
    expect(usage).toMatchObject({ outputTokens: 258, reasoningTokens: 210 });
    expect(calls).toEqual([
      {
        kind: 'tool-call',
        id: expect.stringMatching(/^call_[0-9a-f]{24}$/),
        name: 'get_weather',
        arguments: '{"city":"Paris","unit":"celsius"}',
        signature: 'EsMCCsACAb4+9vtAQUJD',
      },
      {
        kind: 'tool-call',
        id: expect.stringMatching(/^call_[0-9a-f]{24}$/),
        name: 'get_weather',
        arguments: '{"city":"Rome"}',
      },
      { kind: 'tool-call', id: 'call_4162775', name: 'list_alerts', arguments: '{}' },
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
  });

  it('thoughts are reasoning, and the signature of the text follows it', () => {
    expect(readPlain('reasoning').parts).toEqual([
      {
        kind: 'reasoning',
        text: '**Counting letters**\n\nI spell the word out: s-t-r-a-w-b-e-r-r-y.',
        signedBy: 'gemini',
      },
      { kind: 'text', text: 'There are three.' },
      { kind: 'reasoning', text: '', signedBy: 'gemini', signature: 'EpAICo0IAb4+9vuku3oDHR5EQSMfPm5I' },
    ]);
  });

  it('log probabilities have the shape of OpenAI', () => {
    expect(readPlain('logprobs').logprobs).toEqual({
      content: [
        {
          token: 'Yes',
          logprob: -0.25,
          bytes: [89, 101, 115],
          top_logprobs: [
            { token: 'Yes', logprob: -0.25, bytes: [89, 101, 115] },
            { token: 'No', logprob: -1.5, bytes: [78, 111] },
          ],
        },
        {
          token: ' – é',
          logprob: 0,
          bytes: [32, 226, 128, 147, 32, 195, 169],
          top_logprobs: [{ token: ' – é', logprob: 0, bytes: [32, 226, 128, 147, 32, 195, 169] }],
        },
      ],
      refusal: null,
    });
  });

  it('a blocked prompt is a refusal, and its input is paid', () => {
    expect(readPlain('safety-block')).toMatchObject({
      parts: [{ kind: 'refusal', text: 'The prompt was blocked by the provider (PROHIBITED_CONTENT).' }],
      finish: 'content-filter',
      usage: { inputTokens: 9, outputTokens: 0 },
    });
  });

  it('an answer that the filter cuts keeps its text so far', () => {
    expect(readPlain('safety-cut')).toMatchObject({
      parts: [{ kind: 'text', text: 'First you take' }],
      finish: 'content-filter',
    });
  });

  it('thoughts that use up the ceiling leave an empty answer, which is paid', () => {
    expect(readPlain('max-tokens')).toMatchObject({
      parts: [],
      finish: 'length',
      usage: { inputTokens: 17, outputTokens: 60, reasoningTokens: 60 },
    });
  });

  it('a malformed call of a tool is a failure that may be retried, and its message quotes no text of the model', () => {
    const failure = { kind: 'broken', message: 'the model broke its answer off (MALFORMED_FUNCTION_CALL)' };
    expect(failureOf(() => readPlain('malformed-call'))).toEqual(failure);
    const { events, complete } = readStream('malformed-call');
    expect(events.at(-1)).toEqual({ kind: 'error', message: failure.message });
    expect(events).toContainEqual({ kind: 'usage', usage: expect.objectContaining({ inputTokens: 88 }) });
    expect(complete).toBe(false);
  });

  it.each(['OTHER', 'NO_IMAGE'])(
    'an answer without a word that ends with %s is a failure, and one with words is none',
    (finishReason) => {
      const silent = { candidates: [{ content: { parts: [{ text: 'Hm', thought: true }] }, finishReason }] };
      const spoken = { candidates: [{ content: { parts: [{ text: 'Paris' }] }, finishReason }] };
      const message = `the model broke its answer off (${finishReason})`;
      expect(failureOf(() => gemini.adapter.response(silent))).toEqual({ kind: 'broken', message });
      expect(gemini.adapter.response(spoken)).toMatchObject({ parts: [{ text: 'Paris' }], finish: 'stop' });
      const streamed = (body: object) => {
        const reader = gemini.adapter.stream();
        return [...reader.push({ data: JSON.stringify(body) }), ...reader.end().events].at(-1);
      };
      expect(streamed(silent)).toEqual({ kind: 'error', message });
      expect(streamed(spoken)).toEqual({ kind: 'finish', reason: 'stop' });
    },
  );

  it('a stream that is cut off before a finish reason is not complete', () => {
    const { events, complete } = readStream('cut');
    expect(complete).toBe(false);
    expect(events.filter(({ kind }) => kind === 'text')).toHaveLength(2);
    expect(events.some(({ kind }) => kind === 'finish')).toBe(false);
  });

  it('an error inside a stream has the words of the provider', () => {
    const { events, complete } = readStream('error-inside');
    expect(events.at(-1)).toEqual({ kind: 'error', message: 'The model is overloaded. Please try again later.' });
    expect(complete).toBe(false);
  });

  it.each([
    ['failure', { kind: 'busy', retryAfterSeconds: 35 }],
    ['failure-bad-key', { kind: 'account' }],
    ['failure-too-long', { kind: 'caller', code: 'context_length_exceeded' }],
    ['failure-list', { kind: 'broken', message: 'The model is overloaded. Please try again later.' }],
  ])('%s is told apart by what should happen next', (name, expected) => {
    const { status, body } = JSON.parse(fixture(`${name}.json`)) as { status: number; body: unknown };
    expect(gemini.adapter.error(status, JSON.stringify(body))).toMatchObject(expected);
  });
});

describe('an answer that is cut into events anywhere', () => {
  const part = record(
    {
      text: constantFrom('', 'a', 'bc'),
      thought: boolean(),
      thoughtSignature: constantFrom('', 'S1', 'S2'),
      functionCall: record({ name: string(), args: record({ city: string() }) }),
    },
    { requiredKeys: [] },
  );

  it('has the same content as the answer in one piece', () => {
    assert(
      property(array(array(part)), constantFrom('STOP', 'MAX_TOKENS', 'SAFETY', 'NEW_WORD'), (cuts, finishReason) => {
        const head = { responseId: 'r1', modelVersion: 'gemini-x' };
        const bodyOf = (parts: unknown[], more = {}) => ({ candidates: [{ content: { parts }, ...more }], ...head });
        const reader = gemini.adapter.stream();
        const bodies = [...cuts.map((parts) => bodyOf(parts)), bodyOf([], { finishReason })];
        const events = bodies.flatMap((body) => reader.push({ data: JSON.stringify(body) }));
        const end = reader.end();
        expect(end.complete).toBe(true);
        expect(gather([...events, ...end.events])).toEqual(
          gemini.adapter.response(bodyOf(cuts.flat(), { finishReason })),
        );
      }),
    );
  });
});

describe('a body that is not an answer', () => {
  it.each([undefined, null, 7, '<html>', [], {}, { candidates: [] }, { candidates: [{}] }, { usageMetadata: {} }])(
    '%o is a failure, not an empty answer',
    (body) => {
      expect(failureOf(() => gemini.adapter.response(body))).toMatchObject({ kind: 'broken' });
    },
  );

  it('ends a stream that cannot be read with an error', () => {
    const reader = gemini.adapter.stream();
    expect(reader.push({ data: '{"candidates":[{"con' })).toMatchObject([{ kind: 'error' }]);
    expect(reader.end().complete).toBe(false);
  });

  it('gives no counts where the counts are nonsense', () => {
    const answer = { candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }] };
    for (const promptTokenCount of [-1, 'seven', 1e12, null])
      expect(gemini.adapter.response({ ...answer, usageMetadata: { promptTokenCount } })).not.toHaveProperty('usage');
    expect(gemini.adapter.response({ ...answer, usageMetadata: { promptTokenCount: 0 } })).toMatchObject({
      usage: { inputTokens: 0, outputTokens: 0 },
    });
  });
});

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/gemini/${name}`, import.meta.url), 'utf8');
}

function readPlain(name: string): Answer {
  return gemini.adapter.response(JSON.parse(fixture(`${name}.json`)));
}

function readStream(name: string): { events: StreamEvent[]; complete: boolean } {
  const reader = gemini.adapter.stream();
  const events: StreamEvent[] = [];
  const parser = createParser({ onEvent: (event) => events.push(...reader.push(event)) });
  parser.feed(fixture(`${name}.sse`));
  const end = reader.end();
  return { events: [...events, ...end.events], complete: end.complete };
}

function failureOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof UnreadableAnswer) return error.failure;
    throw error;
  }
  return undefined;
}

/** The answer a client puts together from a stream. */
function gather(events: readonly StreamEvent[]): Answer {
  const parts: AnswerPart[] = [];
  const answer: Partial<Answer> = {};
  let thought: Extract<AnswerPart, { kind: 'reasoning' }> | undefined;
  for (const event of events) {
    const last = parts.at(-1);
    switch (event.kind) {
      case 'start':
        answer.id = event.id;
        answer.model = event.model;
        break;
      case 'text':
        if (last?.kind === 'text') last.text += event.text;
        else parts.push({ kind: 'text', text: event.text });
        if (event.logprobs !== undefined) answer.logprobs = event.logprobs;
        break;
      case 'reasoning':
        if (thought !== undefined) thought.text += event.text;
        else {
          thought = { kind: 'reasoning', text: event.text, signedBy: 'gemini' };
          parts.push(thought);
        }
        break;
      case 'reasoning-end': {
        const signed = event.signature === undefined ? {} : { signature: event.signature };
        if (thought !== undefined) Object.assign(thought, signed);
        else parts.push({ kind: 'reasoning', text: '', signedBy: 'gemini', ...signed });
        thought = undefined;
        break;
      }
      case 'refusal':
        parts.push({ kind: 'refusal', text: event.text });
        break;
      case 'tool-call': {
        const { id, name, signature } = event;
        parts.push({
          kind: 'tool-call',
          id,
          name,
          arguments: '',
          ...(signature === undefined ? {} : { signature }),
        });
        break;
      }
      case 'tool-arguments':
        if (last?.kind === 'tool-call') last.arguments += event.text;
        break;
      case 'usage':
        answer.usage = event.usage;
        break;
      case 'finish':
        answer.finish = event.reason;
        break;
      case 'error':
        throw new Error(event.message);
    }
  }
  return { id: '', model: '', finish: 'stop', ...answer, parts };
}
