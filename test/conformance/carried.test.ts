import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chat } from '../../gateway/src/dialects/chat.ts';
import { exactly, parseExact, writeExact } from '../../gateway/src/dialects/exact-json.ts';
import { messages } from '../../gateway/src/dialects/messages.ts';
import type { StreamEvent } from '../../gateway/src/dialects/neutral.ts';
import { replaceHalves } from '../../gateway/src/dialects/replace-halves.ts';
import { jsonAnswer, jsonWriter } from '../../gateway/src/providers/json-text.ts';
import { chatStreamReader } from '../../gateway/src/providers/openai-compatible/openai-answer.ts';
import { anthropicNames, geminiNames, openAiNames, renamed } from '../../gateway/src/providers/tool-names.ts';
import { WholeCharacters } from '../../gateway/src/providers/whole-characters.ts';

/** The laws of content that the gateway only carries, over any such content. */
const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/);
const value: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    digits,
    fc.string().map((text) => JSON.stringify(text)),
    fc.constantFrom('null', 'true', 'false'),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    // Keys like "1" would come in another order, "__proto__" is one like any other.
    fc
      .uniqueArray(fc.tuple(fc.oneof(fc.stringMatching(/^[a-z_]{1,8}$/), fc.constant('__proto__')), tie('value')), {
        selector: ([key]) => key,
        maxLength: 4,
      })
      .map((entries) => `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${inner}`).join(',')}}`),
  ),
})).value;

describe('numbers', () => {
  it('are written as they were read, in every position', () => {
    fc.assert(
      fc.property(value, (text) => {
        const wrapped = `{"a":${text}}`;
        expect(writeExact(parseExact(wrapped))).toBe(wrapped);
        expect(JSON.stringify(exactly(parseExact(wrapped)))).toBe(wrapped);
      }),
      { numRuns: 500 },
    );
  });

  it('stay numbers for the code that reads them', () => {
    fc.assert(
      fc.property(value, (text) => {
        const read = parseExact(`[${text}]`);
        expect(JSON.stringify(read)).toBe(JSON.stringify(JSON.parse(`[${text}]`)));
      }),
    );
  });

  it('lose their digits in a body with a hundred thousand of them, so that the gateway stays responsive', () => {
    const text = `[${'1.0,'.repeat(100_000)}1]`;
    expect(writeExact(parseExact(text))).toBe(JSON.stringify(JSON.parse(text)));
  });
});

describe('halves of characters', () => {
  const units = fc.array(
    fc.oneof(fc.constantFrom(0xd83c, 0xdf89, 0x5c, 0x22, 0x61, 0x75, 0xd7ff, 0xe000), fc.nat(0xffff)),
  );

  it('are replaced in a body, and its length stays the same', () => {
    fc.assert(
      fc.property(units, fc.boolean(), (codes, upper) => {
        const text = String.fromCharCode(...codes);
        // As Python writes it: everything but ASCII escaped.
        const escaped = JSON.stringify(text).replaceAll(/[^\x20-\x7e]/g, (unit) => {
          const hex = unit.charCodeAt(0).toString(16).padStart(4, '0');
          return `\\u${upper ? hex.toUpperCase() : hex}`;
        });
        const body = Buffer.from(`{"${escaped.slice(1)}:${escaped}}`);
        const { length } = body;
        replaceHalves(body);
        expect(body.length).toBe(length);
        expect(JSON.parse(body.toString('utf8'))).toEqual({ [text.toWellFormed()]: text.toWellFormed() });
      }),
      { numRuns: 500 },
    );
  });

  it('are joined wherever a stream is cut', () => {
    fc.assert(
      fc.property(units, fc.array(fc.nat(12)), (codes, cuts) => {
        const text = String.fromCharCode(...codes);
        const characters = new WholeCharacters();
        const events = pieces(text, cuts).flatMap((piece) => characters.take({ kind: 'text', text: piece }));
        const said = [...events, ...characters.end()].map((event) => (event.kind === 'text' ? event.text : ''));
        expect(said.every((piece) => piece.isWellFormed())).toBe(true);
        expect(said.join('')).toBe(text.toWellFormed());
      }),
      { numRuns: 500 },
    );
  });
});

function pieces(text: string, lengths: readonly number[]): string[] {
  const cut: string[] = [];
  let at = 0;
  for (const length of lengths) {
    cut.push(text.slice(at, at + length));
    at += length;
  }
  return [...cut, text.slice(at)];
}

describe.each([
  ['openai', openAiNames],
  ['anthropic', anthropicNames],
  ['gemini', geminiNames],
] as const)('names of tools for %s', (_vendor, rule) => {
  it('are valid, distinct and stable when shortened, and are restored', () => {
    const name = fc.oneof(fc.string({ minLength: 1, maxLength: 200 }), fc.stringMatching(/^[a-z_]{60,140}$/));
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 8 }), (names) => {
        const call = chat.read({
          model: 'm',
          messages: [{ role: 'user', content: 'x' }],
          tools: names.map((one) => ({ type: 'function', function: { name: one } })),
        });
        const fitted = renamed(call, rule);
        const sent = (fitted?.call ?? call).tools.map((tool) => tool.name);
        for (const one of sent) expect(one).toMatch(rule.pattern);
        expect(new Set(sent).size).toBe(names.length);
        expect(sent.map((one) => fitted?.restore(one) ?? one)).toEqual(names);
        expect((renamed(call, rule)?.call ?? call).tools.map((tool) => tool.name)).toEqual(sent);
      }),
    );
  });
});

interface Growing {
  name: string;
  pieces: string[];
}

const growing: fc.Arbitrary<Growing> = fc
  .tuple(
    fc.stringMatching(/^[a-z]{1,6}$/),
    fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }),
    fc.array(fc.nat(5)),
  )
  .map(([name, args, cuts]) => ({ name, pieces: pieces(JSON.stringify(args), cuts) }));
/** Which call speaks next, and with words between or not. */
const turns = fc.array(fc.tuple(fc.nat(3), fc.boolean()), { maxLength: 40 });

/** Calls in any order of their pieces, each call begun before it speaks. */
function interleaved(calls: readonly Growing[], order: readonly (readonly [number, boolean])[]) {
  const left = calls.map((call) => [...call.pieces]);
  const begun = new Set<number>();
  const steps: ({ begin: number } | { call: number; text: string } | { words: string })[] = [];
  const speak = (index: number): void => {
    const text = left[index]?.shift();
    if (text === undefined) return;
    if (!begun.has(index)) steps.push({ begin: index });
    begun.add(index);
    steps.push({ call: index, text });
  };
  for (const [index, words] of order) {
    if (words) steps.push({ words: 'w' });
    speak(index % calls.length);
  }
  for (const [index, call] of calls.entries()) for (const _ of call.pieces) speak(index);
  return { steps, order: [...begun] };
}

describe('calls of tools whose pieces interleave', () => {
  it('are read completely from a stream of chunks with empty fields', () => {
    fc.assert(
      fc.property(fc.array(growing, { minLength: 1, maxLength: 4 }), turns, fc.boolean(), (calls, order, empties) => {
        const reader = chatStreamReader();
        const { steps, order: begun } = interleaved(calls, order);
        const chunk = (delta: object): StreamEvent[] =>
          reader.push({ data: JSON.stringify({ id: 'c', model: 'm', choices: [{ delta }] }) });
        const events = steps.flatMap((step) => {
          if ('words' in step) return chunk({ content: step.words });
          const index = 'begin' in step ? step.begin : step.call;
          const fn = 'begin' in step ? { name: calls[index]?.name, arguments: '' } : { arguments: step.text };
          const more = 'begin' in step ? { id: `call_${index}` } : empties ? { id: '' } : {};
          const named = !('begin' in step) && empties ? { name: '', ...fn } : fn;
          return chunk({ tool_calls: [{ index, ...more, function: named }] });
        });
        reader.push({ data: JSON.stringify({ choices: [{ delta: {}, finish_reason: 'tool_calls' }] }) });
        events.push(...reader.end().events);
        const read = events.flatMap((event) =>
          event.kind === 'tool-call'
            ? [{ id: event.id, name: event.name, arguments: argumentsOf(events, event.index) }]
            : [],
        );
        const said = begun.map((index) => ({
          id: `call_${index}`,
          name: calls[index]?.name,
          arguments: calls[index]?.pieces.join(''),
        }));
        expect(read.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual(
          said.toSorted((a, b) => a.id.localeCompare(b.id)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('become consecutive blocks of a message, each with its complete input, and no text is lost', () => {
    fc.assert(
      fc.property(fc.array(growing, { minLength: 1, maxLength: 4 }), turns, (calls, order) => {
        const call = messages.read({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] });
        const writer = messages.stream({ requestId: 'req_1', createdAtMs: 0, call });
        const { steps, order: begun } = interleaved(calls, order);
        const number = (index: number): number => begun.indexOf(index);
        const frames = steps.map((step) => {
          if ('words' in step) return writer.push({ kind: 'text', text: step.words });
          if ('begin' in step)
            return writer.push({
              kind: 'tool-call',
              index: number(step.begin),
              id: `call_${step.begin}`,
              name: calls[step.begin]?.name ?? '',
            });
          return writer.push({ kind: 'tool-arguments', index: number(step.call), text: step.text });
        });
        const read = blocksOf(frames.join('') + writer.end().frames);
        expect(read.filter(({ type }) => type === 'tool_use').map(({ id, said }) => [id, said])).toEqual(
          begun.map((index) => [`call_${index}`, calls[index]?.pieces.join('')]),
        );
        const words = read.flatMap(({ type, said }) => (type === 'text' ? [said] : [])).join('');
        expect(words).toHaveLength(steps.filter((step) => 'words' in step).length);
      }),
      { numRuns: 300 },
    );
  });
});

function argumentsOf(events: readonly StreamEvent[], index: number): string {
  return events.map((event) => (event.kind === 'tool-arguments' && event.index === index ? event.text : '')).join('');
}

/** The blocks of a stream of the messages dialect, which must not overlap. */
function blocksOf(text: string): { type: string; id: string; said: string }[] {
  const blocks: { type: string; id: string; said: string }[] = [];
  let open: number | undefined;
  for (const line of text.split('\n').filter((one) => one.startsWith('data: '))) {
    const event = JSON.parse(line.slice(6)) as {
      type: string;
      index: number;
      content_block: { type: string; id: string };
      delta: { text?: string; partial_json?: string };
    };
    if (event.type === 'content_block_start') {
      expect([open, event.index]).toEqual([undefined, blocks.length]);
      open = event.index;
      blocks.push({ type: event.content_block.type, id: event.content_block.id, said: '' });
    } else if (event.type === 'content_block_delta') {
      expect(event.index).toBe(open);
      const block = blocks[event.index];
      if (block !== undefined) block.said += event.delta.text ?? event.delta.partial_json ?? '';
    } else if (event.type === 'content_block_stop') {
      expect(event.index).toBe(open);
      open = undefined;
    }
  }
  expect(open).toBeUndefined();
  return blocks;
}

describe('JSON that was asked for', () => {
  const output = { kind: 'json' } as const;
  const around = fc.oneof(
    fc.constantFrom('', 'Sure:\n', '```json\n', '\n```', '\n```\nAnything else?', '[1] ', ' "'),
    fc.stringMatching(/^[a-z .:\n`"]{0,12}$/),
  );
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
  const answer = (text: string) => ({
    id: '',
    model: '',
    parts: [{ kind: 'text' as const, text }],
    finish: 'stop' as const,
  });

  it('is parsed where one object is among words, plain and streamed in any pieces', () => {
    fc.assert(
      fc.property(around, object, around, fc.array(fc.nat(7)), (before, inner, after, cuts) => {
        const text = before + JSON.stringify(inner) + after;
        const [part] = jsonAnswer(answer(text), output).parts;
        const plain = part?.kind === 'text' ? part.text : '';
        expect(JSON.parse(plain)).toEqual(JSON.parse(JSON.stringify(inner)));
        expect(JSON.parse(streamed(text, cuts))).toEqual(JSON.parse(JSON.stringify(inner)));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the text where it holds no JSON', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z .:\n[\]`"}]{0,30}$/), fc.array(fc.nat(7)), (text, cuts) => {
        expect(streamed(text, cuts)).toBe(text);
        expect(jsonAnswer(answer(text), output).parts).toEqual([{ kind: 'text', text }]);
      }),
      { numRuns: 300 },
    );
  });

  function streamed(text: string, cuts: readonly number[]): string {
    let said = '';
    const writer = jsonWriter(
      {
        push: (event) => {
          if (event.kind === 'text') said += event.text;
          return '';
        },
        end: () => ({ frames: '', last: '' }),
      },
      output,
    );
    for (const piece of pieces(text, cuts)) writer.push({ kind: 'text', text: piece });
    writer.push({ kind: 'finish', reason: 'stop' });
    writer.end();
    return said;
  }
});
