import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edit, withPlainKeys } from './edit-json.ts';
import { outlineJson } from './json-outline.ts';

const key = fc
  .oneof(fc.string(), fc.constantFrom('model', 'messages', '__proto__', 'a"b', 'ü', 'a\u0000'))
  // V8 may take a key of one character that cannot be written without a backslash for that backslash.
  .filter((text) => text.length !== 1 || JSON.stringify(text).length === 3);
const body = fc.dictionary(key, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 8 });
const spacing = fc.constantFrom(undefined, 1, '\t', ' \r\n');

/** As the gateway reads it. */
function parse(bytes: Buffer): object {
  return JSON.parse(withPlainKeys(bytes, outlineJson(bytes)).toString('utf8')) as object;
}

describe('an outline of JSON', () => {
  it('finds every top-level member, however it is written', () => {
    fc.assert(
      fc.property(body, spacing, (value, space) => {
        const bytes = Buffer.from(JSON.stringify(value, undefined, space));
        const { members } = outlineJson(bytes);
        expect([...members.keys()].sort()).toEqual(Object.keys(value).sort());
        for (const [name, { valueStart, valueEnd }] of members) {
          expect(JSON.parse(bytes.toString('utf8', valueStart, valueEnd))).toEqual(
            JSON.parse(JSON.stringify(Object.getOwnPropertyDescriptor(value, name)?.value)),
          );
        }
      }),
    );
  });

  it('edits what it is told to, and leaves every other value what it was', () => {
    fc.assert(
      fc.property(
        body,
        spacing,
        fc.dictionary(key, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
        fc.array(key, { maxLength: 3 }),
        (value, space, set, more) => {
          const bytes = Buffer.from(JSON.stringify(value, undefined, space));
          const remove = [...Object.keys(value).filter((_, i) => i % 3 === 0), ...more].filter(
            (name) => !Object.hasOwn(set, name),
          );
          const texts = Object.fromEntries(Object.entries(set).map(([name, one]) => [name, JSON.stringify(one)]));
          const edited = parse(edit(bytes, outlineJson(bytes), { set: texts, remove }));
          const expected = new Map([
            ...Object.entries(parse(bytes)).filter(([name]) => !remove.includes(name)),
            ...Object.entries(JSON.parse(JSON.stringify(set)) as object),
          ]);
          expect(new Map(Object.entries(edited))).toEqual(expected);
        },
      ),
    );
  });

  it('lets every key be read as it is meant, whatever was read before and however it is written', () => {
    const read = (text: string): unknown => {
      const bytes = Buffer.from(text);
      return JSON.parse(withPlainKeys(bytes, outlineJson(bytes)).toString('utf8'));
    };
    for (const before of ['\\\\', '\\\\u006d']) JSON.parse(`{"a":1,"${before}":2}`);
    expect(read('{"a":1,"\\u006e":50}')).toEqual({ a: 1, n: 50 });
    expect(read('{"x":[{"a":1,"\\u006dodel" : "\\u0041:"}]}')).toEqual({ x: [{ a: 1, model: 'A:' }] });
    const untouched = Buffer.from('{"a":"\\u0041\\":","b":"c"}');
    expect(withPlainKeys(untouched, outlineJson(untouched))).toBe(untouched);
    const invalid = Buffer.from('{"\\x":1}');
    expect(withPlainKeys(invalid, outlineJson(invalid))).toEqual(invalid);
  });

  it('keeps the very bytes of what it does not touch', () => {
    const odd = '"seed": 9007199254740993 , "x" :1e999,"esc":"\\u00e9\\/" ,"deep":[ 1.0 , {"a" : -0} ]';
    const bytes = Buffer.from(`{ "model" : "a" ,${odd}, "fallback_models":["b"] }`);
    const text = edit(bytes, outlineJson(bytes), { set: { model: '"gpt"' }, remove: ['fallback_models'] }).toString(
      'utf8',
    );
    expect(text).toBe(`{ "model" : "gpt" ,${odd} }`);
  });

  it('refuses depth before anybody recurses into it', () => {
    const nested = (levels: number): Buffer => Buffer.from(`{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`);
    expect(outlineJson(nested(64)).members.size).toBe(1);
    expect(() => outlineJson(nested(65))).toThrow(/64 levels/);
    expect(() => outlineJson(Buffer.from('{"a":"[[[[')).members).not.toThrow();
  });

  it('refuses a top-level key that stands twice, however it is spelled, and names it', () => {
    expect(() => outlineJson(Buffer.from('{"model":"a","x":{"model":1},"mod\\u0065l":"b"}'))).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: 'model' }),
    );
    expect(() => outlineJson(Buffer.from('{"__proto__":1,"__proto__":2}'))).toThrow(/twice/);
    expect(outlineJson(Buffer.from('{"a":{"b":1,"b":2},"b":"b"}')).members.size).toBe(2);
  });

  it('refuses a thousand keys and one', () => {
    const keys = (count: number): Buffer => Buffer.from(`{${Array.from({ length: count }, (_, i) => `"k${i}":0`)}}`);
    expect(outlineJson(keys(1_000)).members.size).toBe(1_000);
    expect(() => outlineJson(keys(1_001))).toThrow(/1000 top-level keys/);
  });

  it('is not led astray by what stands in strings, however long', () => {
    const piece = fc.constantFrom('\\', '"', '{', '}', '[', ',', ':', 'x'.repeat(70), 'é', '\n');
    const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, text, (one, two) => {
        const bytes = Buffer.from(JSON.stringify({ one, list: [one, { two }], two }));
        const { members } = outlineJson(bytes);
        expect([...members.keys()]).toEqual(['one', 'list', 'two']);
        const last = members.get('two');
        expect(bytes.toString('utf8', last?.valueStart, last?.valueEnd)).toBe(JSON.stringify(two));
      }),
    );
  });

  it('never throws anything but a refusal, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          outlineJson(Buffer.concat([Buffer.from('{'), bytes]));
        } catch (error) {
          expect(error).toHaveProperty('code', 'invalid_request');
        }
      }),
    );
  });
});

describe('more structure than any call has is refused, and the member that has it is named', () => {
  const many = (count: number, of: (i: number) => string) => Array.from({ length: count }, (_, i) => of(i)).join(',');
  const refusalOf = (value: string): unknown => {
    try {
      outlineJson(Buffer.from(`{"model":"gpt-4o","messages":${value}}`));
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it.each([
    ['a million elements', `[${many(1_000_000, () => '1')}]`],
    ['a million empty lists', `[${many(1_000_000, () => '[]')}]`],
    ['100,000 keys', `{${many(100_000, (i) => `"k${i}":1`)}}`],
    ['10,000 escaped keys', `{${many(10_000, (i) => `"\\u0061${i}":1`)}}`],
    ['a key of a million characters', `{"${'k'.repeat(1_000_000)}":1}`],
    ['a megabyte of keys', `{${many(3_000, (i) => `"${'k'.repeat(1_000)}${i}":1`)}}`],
    ['a million texts', `[${many(1_000_000, () => '"a"')}]`],
    ['nine megabytes of blanks', `[${' '.repeat(9 * 1024 * 1024)}]`],
  ])('%s', (_name, value) => {
    expect(refusalOf(value)).toMatchObject({ code: 'invalid_request', param: 'messages' });
  });

  it.each([
    ['300,000 tokens to embed', `[${many(300_000, (i) => String(i))}]`],
    ['10,000 messages', `[${many(10_000, () => '{"role":"user","content":[{"type":"text","text":"Hi"}]}')}]`],
    ['a picture of 19 MiB', `["${'A'.repeat(19 * 1024 * 1024)}"]`],
  ])('%s are not', (_name, value) => {
    expect(refusalOf(value)).toBeUndefined();
  });
});
