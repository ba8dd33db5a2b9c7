import { array, assert, constantFrom, oneof, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, Message, Part } from '../../dialects/neutral.ts';
import { geminiContents } from './gemini-contents.ts';
import { geminiModel } from './gemini-model.ts';

const older = geminiModel('gemini-2.5-flash');
const newer = geminiModel('gemini-3.1-pro-preview');
const call = { kind: 'tool-call', id: 'call_a', name: 'get_weather', arguments: '{"city":"Paris"}' } as const;
const result = {
  kind: 'tool-result',
  toolCallId: 'call_a',
  content: [{ kind: 'text', text: '{"sky":"clear"}' }],
} as const;

describe('turns', () => {
  it('neighbours of one role become one turn, and empty words none', () => {
    const contents = geminiContents(
      [user('One.'), user('Two.'), { role: 'assistant', parts: [{ kind: 'text', text: '' }] }, user('Three.')],
      older,
    );
    expect(contents).toEqual([{ role: 'user', parts: [{ text: 'One.' }, { text: 'Two.' }, { text: 'Three.' }] }]);
  });

  it('a conversation the model begins is begun by the user', () => {
    const contents = geminiContents([{ role: 'assistant', parts: [{ kind: 'text', text: 'Hello!' }] }], older);
    expect(contents.map(({ role }) => role)).toEqual(['user', 'model']);
  });

  it('a call without any words but the system’s still has a turn', () => {
    expect(geminiContents([{ role: 'system', parts: [{ kind: 'text', text: 'x' }] }], older)).toHaveLength(1);
  });
});

describe('pictures and files', () => {
  it('go as data, or as an address with the type its ending tells', () => {
    const parts: Part[] = [
      { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AAAA' } },
      { kind: 'image', source: { kind: 'url', url: 'https://example.com/a.WEBP?size=2' } },
      { kind: 'image', source: { kind: 'url', url: 'https://example.com/picture' } },
      { kind: 'file', mediaType: 'application/pdf', data: 'JVBE', filename: 'a.pdf' },
    ];
    expect(geminiContents([{ role: 'user', parts }], older)[0]?.parts).toEqual([
      { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
      { fileData: { fileUri: 'https://example.com/a.WEBP?size=2', mimeType: 'image/webp' } },
      { fileData: { fileUri: 'https://example.com/picture', mimeType: 'image/jpeg' } },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBE' } },
    ]);
  });
});

describe('calls of tools and their results', () => {
  it('a result names the function and carries what the tool said as text', () => {
    expect(afterCall([result])).toEqual([
      { functionResponse: { id: 'call_a', name: 'get_weather', response: { result: '{"sky":"clear"}' } } },
    ]);
  });

  it.each([
    ['18 degrees', undefined, { result: '18 degrees' }],
    ['[1,2]', undefined, { result: '[1,2]' }],
    ['{"schema":{"$ref":"#/a"}}', undefined, { result: '{"schema":{"$ref":"#/a"}}' }],
    ['', undefined, { result: '' }],
    ['{"code":404}', true, { error: '{"code":404}' }],
  ])('the result %o', (text, isError, response) => {
    const part: Part = { ...result, content: [{ kind: 'text', text }], ...(isError ? { isError } : {}) };
    expect(afterCall([part])).toMatchObject([{ functionResponse: { response } }]);
  });

  it('results stand before words and in the order of their calls', () => {
    const second = { ...call, id: 'call_b', name: 'get_time' };
    const contents = geminiContents(
      [
        user('Weather and time?'),
        { role: 'assistant', parts: [call, second] },
        { role: 'user', parts: [{ kind: 'text', text: 'Here:' }, { ...result, toolCallId: 'call_b' }, result] },
      ],
      older,
    );
    const parts = (contents[2]?.parts ?? []) as JsonObject[];
    expect(parts.map((part) => (part.functionResponse as JsonObject | undefined)?.name ?? part.text)).toEqual([
      'get_weather',
      'get_time',
      'Here:',
    ]);
  });

  it('a picture a tool found goes inside the result, or beside it for models that look there', () => {
    const picture = { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AAAA' } } as const;
    const parts: Part[] = [{ ...result, content: [...result.content, picture] }];
    const inlineData = { mimeType: 'image/png', data: 'AAAA' };
    expect(afterCall(parts, newer)).toEqual([
      {
        functionResponse: {
          id: 'call_a',
          name: 'get_weather',
          response: { result: '{"sky":"clear"}' },
          parts: [{ inlineData }],
        },
      },
    ]);
    expect(afterCall(parts, older).at(-1)).toEqual({ inlineData });
  });

  it('arguments that are no JSON object are handed back as what they are', () => {
    expect(modelParts([{ ...call, arguments: '{"city":"Pa' }], older)).toEqual([
      { functionCall: { id: 'call_a', name: 'get_weather', args: { arguments: '{"city":"Pa' } } },
    ]);
  });

  it('signatures go back where they came from, and Gemini 3 gets its stand-in for the first that is missing', () => {
    const dummy = 'skip_thought_signature_validator';
    const signatures = (parts: Part[], model = newer) => modelParts(parts, model).map((part) => part.thoughtSignature);
    expect(signatures([{ ...call, signature: 'S1' }, call])).toEqual(['S1', undefined]);
    expect(signatures([call, call])).toEqual([dummy, undefined]);
    expect(signatures([{ kind: 'text', text: 'Wait.' }, call])).toEqual([undefined, dummy]);
    expect(signatures([call, call], older)).toEqual([undefined, undefined]);
  });
});

describe('reasoning', () => {
  const signed = { kind: 'reasoning', text: '', signature: 'S', signedBy: 'gemini' } as const;

  it.each([
    ['after the text, as Gemini gave it', [{ kind: 'text', text: 'Three.' }, signed]],
    ['before it, as chat clients hand it back', [signed, { kind: 'text', text: 'Three.' }]],
  ] as [string, Part[]][])('the signature of a text returns to it when it stands %s', (_where, parts) => {
    expect(modelParts(parts, newer)).toEqual([{ text: 'Three.', thoughtSignature: 'S' }]);
  });

  it('a signature whose text is gone goes alone', () => {
    expect(modelParts([signed], newer)).toEqual([{ text: '', thoughtSignature: 'S' }]);
  });

  it('only thoughts that Gemini itself has signed go back', () => {
    const parts: Part[] = [
      { ...signed, text: 'Mine.' },
      { kind: 'reasoning', text: 'Unsigned.', signedBy: 'gemini' },
      { ...signed, text: 'Another’s.', signedBy: 'anthropic' },
      { kind: 'text', text: 'Three.' },
    ];
    expect(modelParts(parts, newer)).toEqual([
      { text: 'Mine.', thought: true, thoughtSignature: 'S' },
      { text: 'Three.' },
    ]);
  });
});

describe('whatever the conversation', () => {
  const text = record({ kind: constantFrom('text' as const), text: string() });
  const thought = record({
    kind: constantFrom('reasoning' as const),
    text: string(),
    signature: string({ minLength: 1 }),
    signedBy: constantFrom('gemini' as const, 'anthropic' as const),
  });
  const ids = constantFrom('a', 'b', 'c');
  const calls = record({ kind: constantFrom('tool-call' as const), id: ids, name: string(), arguments: string() });
  const results = record({ kind: constantFrom('tool-result' as const), toolCallId: ids, content: array(text) });
  const messages = array(
    oneof(
      record({ role: constantFrom('assistant' as const), parts: array(oneof(text, thought, calls)) }),
      record({ role: constantFrom('user' as const, 'tool' as const), parts: array(oneof(text, results)) }),
    ),
  );

  it('turns alternate, begin with the user, hold something, and lose no call and no result', () => {
    assert(
      property(messages, constantFrom(older, newer), (conversation: Message[], model) => {
        const contents = geminiContents(conversation, model) as { role: string; parts: JsonObject[] }[];
        contents.forEach(({ role, parts }, i) => {
          expect(role).toBe(i % 2 === 0 ? 'user' : 'model');
          expect(parts.length).toBeGreaterThan(0);
          const first = parts.find((part) => part.functionCall !== undefined);
          expect(first === undefined || !model.signsCalls || first.thoughtSignature !== undefined).toBe(true);
        });
        const count = (kind: Part['kind']) =>
          conversation.flatMap(({ parts }) => parts).filter((p) => p.kind === kind).length;
        const written = contents.flatMap(({ parts }) => parts);
        expect(written.filter((part) => part.functionCall !== undefined)).toHaveLength(count('tool-call'));
        expect(written.filter((part) => part.functionResponse !== undefined)).toHaveLength(count('tool-result'));
      }),
    );
  });
});

function user(text: string): Message {
  return { role: 'user', parts: [{ kind: 'text', text }] };
}

function afterCall(parts: readonly Part[], model = older): JsonObject[] {
  const contents = geminiContents(
    [user('Weather?'), { role: 'assistant', parts: [call] }, { role: 'tool', parts }],
    model,
  );
  return contents[2]?.parts as JsonObject[];
}

function modelParts(parts: readonly Part[], model: typeof older): JsonObject[] {
  return geminiContents([user('Hi'), { role: 'assistant', parts }], model)[1]?.parts as JsonObject[];
}
