import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, AnswerPart, NeutralCall, StreamEvent, Tool } from '../../dialects/neutral.ts';
import { answerSandbox, sandboxTokens, sandboxVector, streamSandbox } from './sandbox.ts';

function aCall(asked: string, more: Partial<NeutralCall> = {}): NeutralCall {
  return {
    dialect: 'chat',
    model: 'gpt-4o',
    stream: false,
    streamUsage: false,
    messages: [{ role: 'user', parts: [{ kind: 'text', text: asked }] }],
    tools: [],
    output: { kind: 'text' },
    stop: [],
    extra: {},
    onlyNative: [],
    ...more,
  };
}

function answerTo(call: NeutralCall): Answer {
  const outcome = answerSandbox(call, 'gpt-4o');
  if (outcome.kind !== 'answer') throw new Error(`the sandbox failed: ${outcome.failure.message}`);
  return outcome.answer;
}

function textOf({ parts }: Answer): string {
  return parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('');
}

/** The text of a client that puts the steps together. */
function gathered(events: Iterable<StreamEvent>): Pick<Answer, 'parts' | 'finish' | 'usage' | 'stopSequence'> {
  const parts: AnswerPart[] = [];
  const end: Partial<Answer> = {};
  for (const event of events) {
    const last = parts.at(-1);
    if (event.kind === 'tool-call') parts.push({ kind: 'tool-call', id: event.id, name: event.name, arguments: '' });
    else if (event.kind === 'tool-arguments' && last?.kind === 'tool-call') last.arguments += event.text;
    else if (event.kind === 'text' || event.kind === 'reasoning') {
      if (last?.kind === event.kind) last.text += event.text;
      else parts.push({ kind: event.kind, text: event.text });
    } else if (event.kind === 'finish') {
      end.finish = event.reason;
      if (event.stopSequence !== undefined) end.stopSequence = event.stopSequence;
    } else if (event.kind === 'usage') end.usage = event.usage;
  }
  return { parts, ...end } as Answer;
}

const weather: Tool = {
  name: 'get_weather',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 2 } },
    required: ['city', 'days'],
  },
};
const search: Tool = { name: 'search', parameters: { type: 'object', properties: {} } };

describe('the sandbox', () => {
  it('says what it is and what it was told', () => {
    expect(textOf(answerTo(aCall('Hello there')))).toBe(
      'This is the sandbox, answering as gpt-4o. You said: Hello there',
    );
    expect(textOf(answerTo(aCall('🦜'.repeat(500))))).toMatch(/You said: (🦜){200}…$/u);
  });

  it('answers the same call with the same answer, another with another', () => {
    expect(answerTo(aCall('Hello'))).toEqual(answerTo(aCall('Hello')));
    expect(answerTo(aCall('Hello')).id).not.toBe(answerTo(aCall('Hullo')).id);
  });

  it('streams exactly what it answers plainly, and never writes over the ceiling', () => {
    const anyCall = fc
      .record({
        asked: fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.lorem(),
          fc.constantFrom('use get_weather', 'a  \n b \t', '👩‍👩‍👧 '.repeat(40)),
        ),
        maxTokens: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
        stop: fc.array(fc.constantFrom('sandbox', 'said: ', ' ', 'zzz', '🦜', ''), { maxLength: 2 }),
        tools: fc.constantFrom([], [weather], [search, weather]),
        visible: fc.boolean(),
        thinks: fc.boolean(),
        output: fc.constantFrom({ kind: 'text' as const }, { kind: 'json' as const }),
      })
      .map(({ asked, maxTokens, visible, thinks, ...more }) =>
        aCall(asked, {
          ...more,
          ...(maxTokens === undefined ? {} : { maxTokens }),
          ...(thinks ? { reasoning: { effort: 'low' as const, visible } } : {}),
        }),
      );
    fc.assert(
      fc.property(anyCall, (call) => {
        const { parts, finish, usage, stopSequence } = answerTo(call);
        const whole = parts.filter((part) => part.kind === 'tool-call' || part.text !== '');
        const ending = { finish, usage, ...(stopSequence === undefined ? {} : { stopSequence }) };
        expect(gathered(streamSandbox(answerTo(call)))).toEqual({ parts: whole, ...ending });
        expect(usage?.outputTokens).toBeLessThanOrEqual(call.maxTokens ?? Number.POSITIVE_INFINITY);
        for (const event of streamSandbox(answerTo(call)))
          if ('text' in event) expect(event.text.isWellFormed()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('cuts no character in two between two steps', () => {
    const steps = [...streamSandbox(answerTo(aCall(`x${'🦜'.repeat(60)}`)))].flatMap((event) =>
      event.kind === 'text' ? [event.text] : [],
    );
    expect(steps.length).toBeGreaterThan(3);
    expect(steps.every((step) => step.isWellFormed())).toBe(true);
  });

  it('stops at the ceiling and at a stop sequence, and says which', () => {
    const short = answerTo(aCall('Hello', { maxTokens: 5 }));
    expect([textOf(short), short.finish, short.usage?.outputTokens]).toEqual(['This is the sandbox,', 'length', 5]);
    const stopped = answerTo(aCall('one END two', { stop: ['two', 'END'] }));
    expect([textOf(stopped).endsWith('one '), stopped.finish, stopped.stopSequence]).toEqual([
      true,
      'stop-sequence',
      'END',
    ]);
    const both = answerTo(aCall('one END two', { stop: ['END'], maxTokens: 2 }));
    expect([both.finish, both.stopSequence]).toEqual(['length', undefined]);
  });

  it('counts the whole request and the whole answer', () => {
    const bare = answerTo(aCall('Hello')).usage;
    const more = answerTo(aCall('Hello', { tools: [search], toolChoice: { kind: 'none' } })).usage;
    expect(bare).toEqual({
      inputTokens: 2,
      cachedTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 15,
      reasoningTokens: 0,
    });
    expect(more?.inputTokens).toBeGreaterThan(bare?.inputTokens ?? 0);
    expect(more?.outputTokens).toBe(bare?.outputTokens);
  });
});

describe('tools in the sandbox', () => {
  const called = (call: NeutralCall) =>
    answerTo(call).parts.flatMap((part) =>
      part.kind === 'tool-call' ? [[part.name, JSON.parse(part.arguments)]] : [],
    );
  const afterResult = (more: Partial<NeutralCall>): NeutralCall => {
    const { messages } = aCall('Use get_weather');
    return aCall('', {
      messages: [
        ...messages,
        { role: 'assistant', parts: [{ kind: 'tool-call', id: 'a', name: 'get_weather', arguments: '{}' }] },
        { role: 'tool', parts: [{ kind: 'tool-result', toolCallId: 'a', content: [{ kind: 'text', text: 'Rain' }] }] },
      ],
      tools: [weather],
      ...more,
    });
  };

  it('are called with arguments of their schema when the words name them', () => {
    const call = aCall('Please use get_weather.', { tools: [search, weather] });
    expect(called(call)).toEqual([['get_weather', { city: 'sandbox', days: 2 }]]);
    expect(answerTo(call).finish).toBe('tool-calls');
  });

  it('are left alone otherwise', () => {
    expect(called(aCall('I like researchers', { tools: [search, weather] }))).toEqual([]);
    expect(called(aCall('search', { tools: [search], toolChoice: { kind: 'none' } }))).toEqual([]);
  });

  it('are called when forced or required', () => {
    const tools = [search, weather];
    expect(called(aCall('Hi', { tools, toolChoice: { kind: 'required' } }))).toEqual([['search', {}]]);
    expect(called(aCall('get_weather!', { tools, toolChoice: { kind: 'required' } }))).toMatchObject([
      ['get_weather', {}],
    ]);
    expect(called(aCall('Hi', { tools, toolChoice: { kind: 'tool', name: 'get_weather' } }))).toMatchObject([
      ['get_weather', {}],
    ]);
  });

  it('are not called again once their result is there, unless that is required', () => {
    expect(called(afterResult({}))).toEqual([]);
    expect(called(afterResult({ toolChoice: { kind: 'required' } }))).toHaveLength(1);
  });

  it('have their arguments cut off by the ceiling, as a model’s are', () => {
    const { parts, finish } = answerTo(aCall('get_weather', { tools: [weather], maxTokens: 4 }));
    expect([parts, finish]).toMatchObject([[{ kind: 'tool-call', arguments: '{"cit' }], 'length']);
    expect(answerTo(aCall('get_weather', { tools: [weather], maxTokens: 1 }))).toMatchObject({
      parts: [],
      finish: 'length',
    });
  });

  it('get an empty object where no arguments can be made', () => {
    const endless: Tool = {
      name: 'loop',
      parameters: { type: 'object', properties: { me: { $ref: '#' } }, required: ['me'] },
    };
    expect(called(aCall('loop', { tools: [endless] }))).toEqual([['loop', {}]]);
  });
});

describe('shaped answers of the sandbox', () => {
  it('fit the schema, or are JSON at least', () => {
    const output = { kind: 'json-schema' as const, name: 'x', schema: weather.parameters };
    expect(JSON.parse(textOf(answerTo(aCall('Hi', { output }))))).toEqual({ city: 'sandbox', days: 2 });
    expect(JSON.parse(textOf(answerTo(aCall('He said "hi"', { output: { kind: 'json' } }))))).toEqual({
      answer: 'This is the sandbox, answering as gpt-4o. You said: He said "hi"',
    });
  });
});

describe('reasoning in the sandbox', () => {
  it('is shown when asked for, counted when only done, and absent otherwise', () => {
    const shown = answerTo(aCall('Hi', { reasoning: { effort: 'high', visible: true } }));
    expect(shown.parts.map(({ kind }) => kind)).toEqual(['reasoning', 'text']);
    expect(shown.usage?.reasoningTokens).toBeGreaterThan(0);
    const hidden = answerTo(aCall('Hi', { reasoning: { effort: 'high' } }));
    expect(hidden.parts.map(({ kind }) => kind)).toEqual(['text']);
    expect(hidden.usage).toEqual(shown.usage);
    const none = answerTo(aCall('Hi', { reasoning: { effort: 'none' } }));
    expect(none.usage?.reasoningTokens).toBe(0);
    expect(shown.usage?.outputTokens).toBeGreaterThan(none.usage?.outputTokens ?? 0);
  });
});

describe('a failure rehearsed in the sandbox', () => {
  it.each([
    [400, 'caller'],
    [401, 'account'],
    [404, 'caller'],
    [429, 'busy'],
    [500, 'broken'],
    [503, 'broken'],
    [529, 'busy'],
  ])('of status %i is of kind %s', (status, kind) => {
    expect(answerSandbox(aCall(` sandbox:error ${status}\n`), 'gpt-4o')).toMatchObject({
      kind: 'failure',
      failure: { status, kind },
    });
  });

  it.each(['what does sandbox:error 429 do?', 'sandbox:errors', 'sandbox'])('does not come of %j', (asked) => {
    expect(answerSandbox(aCall(asked), 'gpt-4o').kind).toBe('answer');
  });
});

describe('vectors of the sandbox', () => {
  it('have the asked dimensions and length one, the same for the same text', () => {
    for (const dimensions of [1, 3, 1_536, 3_072]) {
      const vector = sandboxVector('hello', dimensions);
      expect(vector).toHaveLength(dimensions);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 9);
      expect(sandboxVector('hello', dimensions)).toEqual(vector);
    }
    expect(sandboxVector('hello', 8)).not.toEqual(sandboxVector('world', 8));
  });

  it('cost tokens by their text', () => {
    expect(sandboxTokens(['', 'abcd', 'abcde'])).toBe(4);
  });
});
