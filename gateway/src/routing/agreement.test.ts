import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agree, canonicalJson, checkableOf } from './agreement.ts';
import type { JsonValue } from './json-value.ts';

const text = (answer: string) => ({ text: answer, toolCalls: [] });
const calling = (...toolCalls: { name: string; arguments: string }[]) => ({ text: '', toolCalls });
const json = (one: string, other: string) => agree('json', text(one), text(other));

describe('the part of an answer that can be checked', () => {
  it('is its calls of tools, its JSON, or its few words', () => {
    expect(checkableOf(calling({ name: 'f', arguments: '{}' }), { mustBeJson: true })).toBe('tools');
    expect(checkableOf(text('{"a":1}'), { mustBeJson: true })).toBe('json');
    expect(checkableOf(text('Complaint'), { mustBeJson: false })).toBe('short');
  });

  it('is nothing where the answer is free text, or empty', () => {
    expect(checkableOf(text('word '.repeat(40)), { mustBeJson: false })).toBeUndefined();
    expect(checkableOf(text('見積書を送ってください。'.repeat(4)), { mustBeJson: false })).toBeUndefined();
    expect(checkableOf(text(''), { mustBeJson: false })).toBeUndefined();
  });
});

describe('two answers in JSON', () => {
  it('agree whatever the order of their members, their spaces, and a fence around them', () => {
    expect(json('{"kind":"refund","amount":12.5}', '```json\n{ "amount": 12.50, "kind": "Refund" }\n```')).toBe(true);
  });

  it('agree where one has a member that is null and the other has none', () => {
    expect(json('{"name":"Ada","phone":null}', '{"name":"Ada"}')).toBe(true);
  });

  it('differ by a number, a name, the length of a list, or a type', () => {
    for (const other of ['{"a":[1,3],"b":"x"}', '{"a":[1],"b":"x"}', '{"a":[1,2],"b":"y"}', '{"a":[1,2],"b":["x"]}'])
      expect(json('{"a":[1,2],"b":"x"}', other)).toBe(false);
  });

  it('are compared without their long texts, and not at all where they have nothing else', () => {
    const long = (word: string) => `${word} `.repeat(60);
    expect(json(`{"kind":"a","reply":"${long('yes')}"}`, `{"kind":"a","reply":"${long('no')}"}`)).toBe(true);
    expect(json(`{"kind":"a","reply":"${long('yes')}"}`, `{"kind":"b","reply":"${long('yes')}"}`)).toBe(false);
    expect(json(`{"reply":"${long('yes')}"}`, `{"reply":"${long('no')}"}`)).toBe('texts');
  });

  it('differ where one of them is broken, and say nothing where both are', () => {
    expect(json('{"a":1}', '{"a":')).toBe(false);
    expect(json('{"a"', '{"a":')).toBeUndefined();
  });

  it('do not trip over a member that every object inherits', () => {
    expect(json('{"__proto__":1}', '{}')).toBe(false);
    expect(json('{"toString":1}', '{"toString":1}')).toBe(true);
  });
});

describe('two answers that call tools', () => {
  const search = { name: 'search', arguments: '{"q":"Acme","limit":3}' };
  const save = { name: 'save', arguments: '' };

  it('agree by names and arguments, in any order', () => {
    const spelled = { name: 'search', arguments: '{ "limit": 3, "q": "acme" }' };
    expect(agree('tools', calling(search, save), calling({ ...save, arguments: '{}' }, spelled))).toBe(true);
  });

  it('differ by a call that is missing, another name, or another argument', () => {
    expect(agree('tools', calling(search), calling(search, save))).toBe(false);
    expect(agree('tools', calling(search), calling({ ...search, name: 'find' }))).toBe(false);
    expect(agree('tools', calling(search), calling({ ...search, arguments: '{"q":"Acme","limit":4}' }))).toBe(false);
    expect(agree('tools', calling(search), text('I cannot search.'))).toBe(false);
  });
});

describe('two short answers', () => {
  it('agree whatever their case, their spaces and their last full stop', () => {
    expect(agree('short', text('**Complaint**'), text(' complaint. '))).toBe(true);
    expect(agree('short', text('Ja'), text('Nein'))).toBe(false);
    expect(agree('short', text('100 USD'), text('250 USD'))).toBe(false);
  });

  it('differ where one of them calls a tool instead', () => {
    expect(agree('short', text(''), { text: '', toolCalls: [{ name: 'f', arguments: '{}' }] })).toBe(false);
  });
});

describe('the comparison', () => {
  it('says the same in both directions, and an answer agrees with itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [one, other] = [JSON.stringify(a), JSON.stringify(b)];
        expect(json(one, other)).toBe(json(other, one));
        expect(json(one, one)).not.toBe(false);
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  it('finds the same canonical JSON for members in another order', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (members) => {
        const turned = Object.fromEntries(Object.entries(members).reverse());
        expect(canonicalJson(turned as JsonValue)).toBe(canonicalJson(members as JsonValue));
      }),
      { seed: 12, numRuns: 300 },
    );
  });
});
