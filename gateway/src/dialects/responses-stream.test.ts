import { GatewayError } from '@ai-gateway/shared/errors';
import { array, assert, constantFrom, oneof, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../../test/support/events-of.ts';
import type { AnswerContext } from './dialect.ts';
import type { Answer, AnswerPart, FinishReason, JsonObject, StreamEvent, Usage } from './neutral.ts';
import { responses } from './responses.ts';

const usage: Usage = { inputTokens: 11, cachedTokens: 4, cacheWriteTokens: 0, outputTokens: 9, reasoningTokens: 2 };
const context = (body: JsonObject = {}): AnswerContext => ({
  requestId: 'req_01kb1c2d3e4f5g6h7j8k9m0n1p',
  createdAtMs: 1_700_000_000_123,
  call: responses.read({ model: 'auto', input: 'Hi', ...body }),
});
const answerOf = (parts: readonly AnswerPart[], finish: FinishReason = 'stop'): Answer => ({
  id: 'x',
  model: 'claude-sonnet-4-5',
  parts,
  finish,
  usage,
});

interface Written extends JsonObject {
  type: string;
  sequence_number: number;
}

function stream(events: readonly StreamEvent[], body: JsonObject = {}): Written[] {
  const writer = responses.stream(context({ ...body, stream: true }));
  const text = events.map((event) => writer.push(event)).join('');
  const { frames, last } = writer.end();
  return (text + frames + last)
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const match = /^event: (\S+)\ndata: (.*)$/s.exec(frame);
      const data = JSON.parse(match?.[2] ?? 'null') as Written;
      expect(data.type).toBe(match?.[1]);
      return data;
    });
}

/** The response as the last event tells it. */
function whole(written: readonly Written[]): { output: JsonObject[]; usage: unknown } {
  const response = written.at(-1)?.response;
  if (response === undefined) throw new Error('the stream has no end');
  return response as ReturnType<typeof whole>;
}

const everything: AnswerPart[] = [
  { kind: 'reasoning', text: 'Hm, 世界.', signature: 'c2ln', signedBy: 'anthropic' },
  { kind: 'reasoning', text: '', redacted: 'c2VjcmV0', signedBy: 'anthropic' },
  { kind: 'text', text: 'Let me look. 🌍' },
  { kind: 'reasoning', text: '', signature: 'b2Y=', signedBy: 'gemini' },
  { kind: 'tool-call', id: 'call_a', name: 'look', arguments: '{"city":"Zürich"}', signature: 'Z2Vt+/=' },
  { kind: 'tool-call', id: 'call.b', name: 'look', arguments: '{}' },
];

describe('an answer', () => {
  it('is a whole response, with what was asked', () => {
    const body = responses.answer(
      answerOf([{ kind: 'text', text: 'Hello' }]),
      context({ temperature: 0.2, max_output_tokens: 50, reasoning: { effort: 'low' }, tool_choice: 'none' }),
    );
    expect(body).toMatchObject({
      id: 'resp_01kb1c2d3e4f5g6h7j8k9m0n1p',
      object: 'response',
      created_at: 1_700_000_000,
      status: 'completed',
      error: null,
      incomplete_details: null,
      model: 'claude-sonnet-4-5',
      output: [
        {
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Hello', annotations: [], logprobs: [] }],
        },
      ],
      temperature: 0.2,
      max_output_tokens: 50,
      reasoning: { effort: 'low', summary: null },
      tool_choice: 'none',
      usage: {
        input_tokens: 11,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
        output_tokens: 9,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 20,
      },
    });
  });

  it.each([
    ['stop', [{ kind: 'text', text: 'Hi' }], 'completed', null],
    ['length', [{ kind: 'text', text: 'Hi' }], 'incomplete', 'max_output_tokens'],
    ['content-filter', [], 'incomplete', 'content_filter'],
    ['refusal', [{ kind: 'refusal', text: 'No.' }], 'completed', null],
    ['refusal', [{ kind: 'text', text: 'Well,' }], 'incomplete', 'content_filter'],
  ] as const)('that ended with %s and said %j is %s', (finish, parts, status, reason) => {
    const answer = answerOf(parts, finish);
    const plain = responses.answer(answer, context());
    const last = stream(eventsOf(answer)).at(-1);
    expect(plain).toMatchObject({ status, incomplete_details: reason === null ? null : { reason } });
    expect(last?.type).toBe(`response.${status}`);
    expect(last?.response).toEqual(plain);
  });

  it('that was cut is marked where it was cut, so that no half call is taken for a whole one', () => {
    const cut = answerOf(
      [
        { kind: 'tool-call', id: 'a', name: 'look', arguments: '{"x":1}' },
        { kind: 'tool-call', id: 'b', name: 'look', arguments: '{"x' },
      ],
      'length',
    );
    const plain = responses.answer(cut, context()) as { output: unknown };
    expect(plain.output).toMatchObject([{ status: 'completed' }, { status: 'incomplete', arguments: '{"x' }]);
    expect(whole(stream(eventsOf(cut))).output).toEqual(plain.output);
  });

  it('keeps log probabilities and citations, in the form of this dialect', () => {
    const token = { token: 'Hi', logprob: -0.1, bytes: [72, 105] };
    const cited = {
      type: 'url_citation',
      url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 },
    };
    const body = responses.answer(
      {
        ...answerOf([{ kind: 'text', text: 'Hi', annotations: [cited, { type: 'odd' }] }]),
        logprobs: { content: [token] },
      },
      context(),
    ) as { output: { content: unknown }[] };
    expect(body.output[0]?.content).toEqual([
      {
        type: 'output_text',
        text: 'Hi',
        annotations: [{ type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 }],
        logprobs: [{ ...token, top_logprobs: [] }],
      },
    ]);
    const written = stream([{ kind: 'text', text: 'Hi', logprobs: { content: [token] } }]);
    expect(written.find(({ type }) => type === 'response.output_text.delta')?.logprobs).toEqual([
      { ...token, top_logprobs: [] },
    ]);
    expect(written.find(({ type }) => type === 'response.output_text.done')?.logprobs).toHaveLength(1);
  });
});

describe('what was answered, handed back in the next turn', () => {
  it('has its words, calls and proofs, each with its maker', () => {
    const { output } = responses.answer(answerOf(everything, 'tool-calls'), context()) as { output: JsonObject[] };
    const { messages } = responses.read({
      model: 'm',
      input: [...output, { type: 'function_call_output', call_id: 'call_a', output: 'clear' }],
    });
    expect(messages).toHaveLength(2);
    expect(messages[0]?.role).toBe('assistant');
    expect(messages[0]?.parts).toMatchObject(everything);
  });

  it('keeps the signature of a call whatever stands between them', () => {
    const { output } = responses.answer(answerOf(everything), context()) as { output: JsonObject[] };
    const { messages } = responses.read({ model: 'm', input: output.toReversed() });
    const calls = messages[0]?.parts.filter(({ kind }) => kind === 'tool-call');
    expect(calls).toEqual([everything[5], everything[4]]);
  });

  it('has no reasoning OpenAI would look for among its own', () => {
    const parts: AnswerPart[] = [{ kind: 'reasoning', text: 'Hm.' }, ...everything];
    const { output } = responses.answer(answerOf(parts), context()) as { output: JsonObject[] };
    const thoughts = output.filter(({ type }) => type === 'reasoning');
    expect(thoughts).toHaveLength(5);
    for (const thought of thoughts) expect(thought.encrypted_content).toMatch(/^gw\./);
    expect(responses.read({ model: 'm', input: [thoughts[0]] }).messages[0]?.parts).toMatchObject([
      { kind: 'reasoning', text: 'Hm.' },
    ]);
  });

  it('may be named instead of sent as far as thoughts go', () => {
    const { output } = responses.answer(answerOf(everything), context()) as { output: JsonObject[] };
    const { messages, onlyNative } = responses.read({
      model: 'm',
      input: output.map((item) => (item.type === 'reasoning' ? { type: 'item_reference', id: item.id } : item)),
    });
    expect(onlyNative).toEqual([]);
    expect(messages[0]?.parts.map(({ kind }) => kind)).toEqual(['text', 'tool-call', 'tool-call']);
  });
});

describe('a streamed answer', () => {
  it('tells each item from its beginning to its end', () => {
    const written = stream(
      eventsOf(answerOf([everything[0], everything[2], everything[5]].filter((part) => part !== undefined))),
    );
    const kinds = written.map(({ type }) => type.replace('response.', ''));
    expect(kinds.filter((kind, i) => kind !== kinds[i - 1])).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ]);
  });

  it('begins with its first word, so that until then another provider can take over', () => {
    const writer = responses.stream(context());
    expect(writer.push({ kind: 'start', id: 'x', model: 'm' })).toBe('');
    expect(writer.push({ kind: 'text', text: 'Hi' })).toMatch(/^event: response\.created\n/);
  });

  it('gives a call without arguments an empty object of them, in the pieces too', () => {
    const written = stream([{ kind: 'tool-call', index: 0, id: 'a', name: 'now' }]);
    expect(written.find(({ type }) => type === 'response.function_call_arguments.delta')?.delta).toBe('{}');
    expect(written.find(({ type }) => type === 'response.function_call_arguments.done')?.arguments).toBe('{}');
  });

  it('tells arguments apart that arrive in turns', () => {
    const written = stream([
      { kind: 'tool-call', index: 0, id: 'a', name: 'one' },
      { kind: 'tool-call', index: 1, id: 'b', name: 'two' },
      { kind: 'tool-arguments', index: 1, text: '{"b":' },
      { kind: 'tool-arguments', index: 0, text: '{"a":1}' },
      { kind: 'tool-arguments', index: 1, text: '2}' },
      { kind: 'finish', reason: 'tool-calls' },
    ]);
    expect(whole(written).output).toMatchObject([
      { name: 'one', arguments: '{"a":1}' },
      { name: 'two', arguments: '{"b":2}' },
    ]);
  });

  it('that breaks ends with an error event, which names the code', () => {
    const error = new GatewayError('provider_error', 'The provider broke off.');
    expect(responses.streamError(error, { requestId: 'req_1', number: 7 })).toBe(
      `event: error\ndata: ${JSON.stringify({
        type: 'error',
        code: 'provider_error',
        message: 'The provider broke off.',
        param: null,
        sequence_number: 7,
        error: { type: 'server_error', code: 'provider_error', message: 'The provider broke off.', param: null },
      })}\n\n`,
    );
  });

  const text = string({ minLength: 1, unit: 'grapheme' });
  const signature = string({ minLength: 1 }).map((value) => Buffer.from(value).toString('base64'));
  const part = oneof(
    record({ kind: constantFrom('text' as const), text }),
    record({ kind: constantFrom('refusal' as const), text }),
    record({
      kind: constantFrom('reasoning' as const),
      text,
      signature,
      signedBy: constantFrom('anthropic' as const, 'gemini' as const),
    }),
    record({
      kind: constantFrom('reasoning' as const),
      text: constantFrom(''),
      redacted: signature,
      signedBy: constantFrom('anthropic' as const),
    }),
    record(
      {
        kind: constantFrom('tool-call' as const),
        id: text,
        name: text,
        arguments: constantFrom('{}', '{"a":[1,"ü"]}'),
        signature,
      },
      { requiredKeys: ['kind', 'id', 'name', 'arguments'] },
    ),
  );
  // Neighbours of a kind are one part when streamed, and calls are finished after the rest.
  const parts = array(part, { maxLength: 8 })
    .map((list) =>
      list.filter(({ kind }, i) => kind !== list[i - 1]?.kind || kind === 'tool-call' || kind === 'reasoning'),
    )
    .map((list) => list as AnswerPart[]);

  it('is in the end the same response as a plain one, whatever was said', () => {
    assert(
      property(parts, constantFrom<FinishReason>('stop', 'tool-calls', 'content-filter', 'refusal'), (said, finish) => {
        const answer = answerOf(said, finish);
        const written = stream(eventsOf(answer));
        expect(written.map(({ sequence_number: n }) => n)).toEqual(written.map((_, i) => i));
        expect(whole(written).usage).toMatchObject({ input_tokens: 11 });
        const withoutStatus = (response: unknown): unknown =>
          JSON.parse(JSON.stringify(response, (key, value) => (key === 'status' ? undefined : value)));
        expect(withoutStatus(written.at(-1)?.response)).toEqual(withoutStatus(responses.answer(answer, context())));
      }),
    );
  });

  it('tells every item by its pieces as it does by the whole', () => {
    assert(
      property(parts, (said) => {
        const written = stream(eventsOf(answerOf(said)));
        const { output } = whole(written);
        const done = written.filter(({ type }) => type === 'response.output_item.done');
        expect(done).toHaveLength(output.length);
        for (const { output_index: index, item } of done) expect(item).toEqual(output[index as number]);
        const joined = (type: string): string =>
          written.flatMap((event) => (event.type === type ? [event.delta as string] : [])).join('');
        const words = (kind: AnswerPart['kind']): string =>
          said.flatMap((one) => (one.kind === kind && 'text' in one ? [one.text] : [])).join('');
        expect(joined('response.output_text.delta')).toBe(words('text'));
        expect(joined('response.refusal.delta')).toBe(words('refusal'));
        expect(joined('response.reasoning_summary_text.delta')).toBe(words('reasoning'));
      }),
    );
  });
});
