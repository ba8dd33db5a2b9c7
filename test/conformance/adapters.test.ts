import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chat } from '../../gateway/src/dialects/chat.ts';
import { messages } from '../../gateway/src/dialects/messages.ts';
import type { AnswerPart, NeutralCall, StreamEvent, Usage } from '../../gateway/src/dialects/neutral.ts';
import { responses } from '../../gateway/src/dialects/responses.ts';
import { createFrameSplitter } from '../../gateway/src/dialects/sse-frames.ts';
import type { Adapter, Target } from '../../gateway/src/providers/adapter.ts';
import { anthropic } from '../../gateway/src/providers/anthropic/anthropic.ts';
import { gemini } from '../../gateway/src/providers/gemini/gemini.ts';
import { mistral } from '../../gateway/src/providers/mistral/mistral.ts';
import { openai } from '../../gateway/src/providers/openai/openai.ts';
import { openAiResponses } from '../../gateway/src/providers/openai/openai-responses.ts';
import { fakeAnthropic } from '../support/fakes/fake-anthropic.ts';
import { fakeGemini } from '../support/fakes/fake-gemini.ts';
import { fakeMistral } from '../support/fakes/fake-mistral.ts';
import { fakeOpenAi } from '../support/fakes/fake-openai.ts';
import type { Vendor } from '../support/fakes/fake-server.ts';
import type { RecordedRequest, Script } from '../support/fakes/script.ts';

/** The laws every adapter and every dialect keeps, over what the vendors send. */
const key = 'sk-law-abiding';
const adapters: { name: string; adapter: Adapter; vendor: Vendor; path: string; keyHeader: string }[] = [
  {
    name: 'openai',
    adapter: openai.adapter,
    vendor: fakeOpenAi(key),
    path: '/v1/chat/completions',
    keyHeader: `Bearer ${key}`,
  },
  {
    name: 'openai, by /v1/responses',
    adapter: openAiResponses,
    vendor: fakeOpenAi(key),
    path: '/v1/responses',
    keyHeader: `Bearer ${key}`,
  },
  { name: 'anthropic', adapter: anthropic.adapter, vendor: fakeAnthropic(key), path: '/v1/messages', keyHeader: key },
  {
    name: 'gemini',
    adapter: gemini.adapter,
    vendor: fakeGemini(key),
    path: '/v1beta/models/m:generateContent',
    keyHeader: key,
  },
  {
    name: 'mistral',
    adapter: mistral.adapter,
    vendor: fakeMistral(key),
    path: '/v1/chat/completions',
    keyHeader: `Bearer ${key}`,
  },
];

/** Those that are served there only, and those that think with tools there only. */
const responsesModels =
  'o3-pro gpt-5-pro gpt-5.1-codex gpt-5.3-codex gpt-5.4 gpt-5.5 gpt-5.6-terra gpt-6-astra gpt-6-sol'.split(' ');

const exchanges: { title: string; script: Script }[] = [
  {
    title: 'text',
    script: { text: 'Grüße, 世界 🌍! "quoted" \\ and\nlines', chunks: 6, usage: { input: 11, cached: 4, output: 7 } },
  },
  {
    title: 'two calls',
    script: {
      toolCalls: [
        { id: 'call_a', name: 'one', arguments: { city: 'Zürich', n: [1, 2] } },
        { id: 'call_b', name: 'two', arguments: {} },
      ],
      usage: { input: 5, output: 9 },
    },
  },
  {
    title: 'words, then a call',
    script: {
      text: 'Let me look.',
      toolCalls: [{ id: 'call_a', name: 'one', arguments: { q: 'x' } }],
      usage: { input: 5, output: 9 },
    },
  },
  { title: 'a cut answer', script: { text: 'And so on and', finish: 'length', usage: { input: 5, output: 9 } } },
  {
    title: 'thoughts',
    script: {
      reasoning: 'Hm, 世界.',
      reasoningSignature: 'proof',
      text: 'Done.',
      usage: { input: 5, output: 90, reasoning: 40 },
    },
  },
];

const request = (path: string, stream: boolean): RecordedRequest => ({
  method: 'POST',
  path: stream ? path.replace(':generateContent', ':streamGenerateContent?alt=sse') : path,
  headers: {},
  json: { model: 'm', stream, stream_options: { include_usage: true } },
  aborted: false,
});

interface Said {
  text: string;
  reasoning: string;
  signatures: string[];
  calls: { id: string; name: string; arguments: unknown }[];
  finish: string | undefined;
  usage: Usage | undefined;
}

function ofAnswer(adapter: Adapter, body: unknown): Said {
  const answer = adapter.response(body);
  const words = (kind: 'text' | 'reasoning'): string =>
    answer.parts.flatMap((part) => (part.kind === kind ? [part.text] : [])).join('');
  return {
    text: words('text'),
    reasoning: words('reasoning'),
    signatures: answer.parts.flatMap((part: AnswerPart) =>
      part.kind === 'reasoning' && part.signature !== undefined ? [part.signature] : [],
    ),
    calls: answer.parts.flatMap((part) =>
      part.kind === 'tool-call' ? [{ id: part.id, name: part.name, arguments: JSON.parse(part.arguments) }] : [],
    ),
    finish: answer.finish,
    usage: answer.usage,
  };
}

/** The events of a stream that arrives in these pieces. */
function read(adapter: Adapter, pieces: readonly Buffer[]): { events: StreamEvent[]; complete: boolean } {
  const reader = adapter.stream();
  const events: StreamEvent[] = [];
  const decoder = new TextDecoder();
  const parser = createParser({ onEvent: (event) => void events.push(...reader.push(event)) });
  for (const piece of pieces) parser.feed(decoder.decode(piece, { stream: true }));
  const end = reader.end();
  return { events: [...events, ...end.events], complete: end.complete };
}

function ofEvents(events: readonly StreamEvent[]): Said {
  const words = (kind: 'text' | 'reasoning'): string =>
    events.flatMap((event) => (event.kind === kind ? [event.text] : [])).join('');
  return {
    text: words('text'),
    reasoning: words('reasoning'),
    signatures: events.flatMap((event) =>
      event.kind === 'reasoning-end' && event.signature !== undefined ? [event.signature] : [],
    ),
    calls: events.flatMap((event) =>
      event.kind === 'tool-call'
        ? [
            {
              id: event.id,
              name: event.name,
              arguments: JSON.parse(
                events
                  .flatMap((piece) =>
                    piece.kind === 'tool-arguments' && piece.index === event.index ? [piece.text] : [],
                  )
                  .join(''),
              ),
            },
          ]
        : [],
    ),
    finish: events.flatMap((event) => (event.kind === 'finish' ? [event.reason] : [])).at(-1),
    usage: events.flatMap((event) => (event.kind === 'usage' ? [event.usage] : [])).at(-1),
  };
}

const pairs = adapters.flatMap((one) => exchanges.map((exchange) => ({ ...one, ...exchange })));
const recorded = ({ vendor, path, script }: (typeof pairs)[number]): Buffer =>
  Buffer.from((vendor.stream(request(path, true), script) ?? []).join(''));

describe.each(pairs)('$name, $title', (pair) => {
  const { adapter, vendor, path, script } = pair;
  const whole = recorded(pair);

  it('says the same streamed as plain, with the same usage', () => {
    const { events, complete } = read(adapter, [whole]);
    expect(complete).toBe(true);
    expect(ofEvents(events)).toEqual(ofAnswer(adapter, vendor.plain(request(path, false), script)));
    expect(ofEvents(events).text).toBe(script.text ?? '');
  });

  it('begins once, finishes once, and last', () => {
    const { events } = read(adapter, [whole]);
    expect(events.filter(({ kind }) => kind === 'start')).toHaveLength(1);
    expect(events.map(({ kind }) => kind).indexOf('finish')).toBe(events.length - 1);
  });

  it('gives the same events wherever the network cuts it', () => {
    const { events } = read(adapter, [whole]);
    for (let at = 1; at < whole.length; at++)
      expect(read(adapter, [whole.subarray(0, at), whole.subarray(at)]).events).toEqual(events);
  });

  it('is not taken for complete when it is cut', () => {
    const frames = createFrameSplitter().push(whole);
    const lastWord = adapter === openai.adapter ? 3 : 1;
    for (let kept = 0; kept <= frames.length - lastWord - 1; kept++)
      expect([kept, read(adapter, frames.slice(0, kept)).complete]).toEqual([kept, false]);
  });

  it('ignores events of an unknown kind', () => {
    const odd = Buffer.from('event: surprise\ndata: {"type":"surprise","object":"surprise"}\n\n');
    const frames = createFrameSplitter().push(whole);
    const [first = Buffer.alloc(0), ...rest] = frames;
    expect(ofEvents(read(adapter, [first, odd, ...rest]).events)).toEqual(ofEvents(read(adapter, [whole]).events));
  });

  it.each([chat, responses, messages])('keeps its usage through the $id dialect', (dialect) => {
    const call = dialect.read({
      model: 'm',
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 9,
      input: 'Hi',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    const writer = dialect.stream({ requestId: 'req_1', createdAtMs: 0, call });
    const { events } = read(adapter, [whole]);
    const { frames, last } = ((written) => {
      const end = writer.end();
      return { frames: written + end.frames, last: end.last };
    })(events.map((event) => writer.push(event)).join(''));
    const scanner = dialect.scanner(call);
    const verdicts = createFrameSplitter()
      .push(Buffer.from(frames + last))
      .map((frame) => scanner.frame(frame));
    expect(verdicts.at(-1)).toBe('last');
    expect(verdicts.slice(0, -1).every((verdict) => verdict === 'relay')).toBe(true);
    const said = ofEvents(events);
    expect(scanner.usage).toMatchObject({
      inputTokens: said.usage?.inputTokens,
      outputTokens: said.usage?.outputTokens,
    });
    expect(scanner.text).toContain(said.text);
  });
});

describe.each(adapters)('$name', ({ adapter, vendor, path, keyHeader }) => {
  const target: Target = {
    kind: adapter.kind,
    provider: adapter.kind,
    baseUrl: 'https://vendor.example/v1',
    apiKey: key,
    model: 'm',
  };
  const text = fc.string({ minLength: 1, unit: 'binary' }).filter((value) => value.trim() !== '');
  const turn = fc.oneof(
    fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: text }).map((message) => [message]),
    fc
      .tuple(fc.uniqueArray(fc.stringMatching(/^call_[a-z0-9.:]{1,8}$/), { minLength: 1, maxLength: 3 }), text)
      .map(([ids, result]) => [
        {
          role: 'assistant',
          content: null,
          tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'tool', arguments: '{"a":1}' } })),
        },
        ...ids.map((id) => ({ role: 'tool', tool_call_id: id, content: result })),
      ]),
  );
  const conversation = fc.array(turn, { minLength: 1, maxLength: 8 }).map((turns) => turns.flat());
  const settings = fc.record(
    {
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      max_tokens: fc.integer({ min: 1, max: 200_000 }),
      stop: fc.array(fc.string({ minLength: 1 }), { maxLength: 7 }),
      reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
      parallel_tool_calls: fc.boolean(),
      user: fc.string({ minLength: 1, maxLength: 200 }),
      seed: fc.integer(),
      response_format: fc.constantFrom(
        { type: 'text' },
        { type: 'json_object' },
        {
          type: 'json_schema',
          json_schema: { name: 'x', schema: { type: 'object', properties: { a: { type: 'number', minimum: 1 } } } },
        },
      ),
      unheard_of: fc.string(),
    },
    { requiredKeys: [] },
  );
  // Ids of calls repeat between turns here, which no vendor minds as long as each is answered in its turn.
  const models = {
    openai: ['gpt-4o', 'o3', 'gpt-5', 'gpt-5.1', 'gpt-5.2'],
    anthropic: ['claude-3-haiku-20240307', 'claude-sonnet-4-5', 'claude-opus-5'],
    gemini: ['gemini-1.5-pro', 'gemini-2.5-flash', 'gemini-3-pro-preview'],
    mistral: ['mistral-medium-3-5', 'mistral-large-2512', 'mistral-small-latest', 'codestral-2508'],
  }[adapter.kind as 'openai'];
  const here = adapter === openAiResponses ? responsesModels : models;

  it('turns any conversation into a request that its vendor takes, with the key in a header only', () => {
    fc.assert(
      fc.property(conversation, settings, fc.constantFrom(...here), (list, more, model) => {
        const call: NeutralCall = chat.read({
          model,
          messages: list,
          tools: [{ type: 'function', function: { name: 'tool', parameters: { type: 'object' } } }],
          ...more,
        });
        const outgoing = adapter.request(call, { ...target, model });
        expect(outgoing.url + outgoing.body).not.toContain(key);
        expect(Object.values(outgoing.headers)).toContain(keyHeader);
        const json = JSON.parse(outgoing.body) as Record<string, unknown>;
        expect(
          vendor.refuse({
            method: 'POST',
            path: path.replace('/m:', `/${model}:`),
            headers: outgoing.headers,
            json,
            aborted: false,
          }),
        ).toBeUndefined();
        if (adapter !== openai.adapter && 'unheard_of' in more) expect(outgoing.dropped).toContain('unheard_of');
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    [400, 'caller'],
    [401, 'account'],
    [403, 'account'],
    [404, 'caller'],
    [408, 'broken'],
    [409, 'broken'],
    [413, 'caller'],
    [422, 'caller'],
    [425, 'broken'],
    [429, 'busy'],
    [500, 'broken'],
    [502, 'broken'],
    [503, 'broken'],
    [498, 'busy'],
    [529, 'busy'],
  ] as const)('tells whose fault a %i is', (status, kind) => {
    expect(adapter.error(status, JSON.stringify(vendor.errorBody(status))).kind).toBe(kind);
    expect(adapter.error(status, '<html>no JSON</html>').kind).toBe(kind);
  });

  it('never shows a key in a message', () => {
    const { message } = adapter.error(
      401,
      JSON.stringify({ error: { message: 'Incorrect API key provided: sk-proj-abc***xyz. AIzaSyA1234567890abcdef' } }),
    );
    expect(message).not.toMatch(/sk-proj|AIzaSy/);
  });
});
