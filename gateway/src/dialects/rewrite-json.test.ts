import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edit } from './edit-json.ts';
import { outlineJson } from './json-outline.ts';
import { rewrite } from './rewrite-json.ts';

const key: fc.Arbitrary<string> = fc.constantFrom(
  'model',
  'prompt',
  'messages',
  'temperature',
  'größe',
  '鍵',
  'a b',
  '',
  '__proto__',
);
const blank = fc.constantFrom('', ' ', '\n  ', '\t');
/** Values as callers write them: JavaScript would write some of them otherwise. */
const value = fc.oneof(
  fc.constantFrom('1.0', '12345678901234567890', '-0', '"\\u00e4"', '{ "a" : [ 1.50 ] }', '"{{x}} \\" }"', 'null'),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => JSON.stringify(text)),
);
const members = fc.uniqueArray(fc.record({ key, value, before: blank, behind: blank }), {
  selector: (member) => member.key,
  maxLength: 6,
});
const changes = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 3 });

type Change = readonly [key: string, value: string];

/** The simple way: the members in their order, those that change with their new text, the new ones behind them. */
function written(own: readonly { key: string; head: string; value: string }[], set: readonly Change[]): string {
  const textOf = new Map(set);
  const kept = own.map((member) => member.head + (textOf.get(member.key) ?? member.value));
  const added = set.filter(([name]) => own.every((member) => member.key !== name));
  return `{${[...kept, ...added.map(([name, text]) => `${JSON.stringify(name)}:${text}`)].join(',')}}`;
}

describe('A body that a prompt goes into', () => {
  it('has the bytes of the caller in all members that stay, and the outline of what is written', () => {
    let [staying, changing] = [0, 0];
    fc.assert(
      fc.property(members, changes, changes, (made, first, second) => {
        const own = made.map((one) => ({ ...one, head: `${JSON.stringify(one.key)}${one.before}:${one.behind}` }));
        const body = Buffer.from(
          `{${own.map((one) => `${one.before}${one.head}${one.value}${one.behind}`).join(',')}}`,
        );
        // A member whose name is that of the prototype is one like any other.
        const set: Record<string, { text: string }> = Object.fromEntries(first.map(([name, text]) => [name, { text }]));
        const rewritten = rewrite(body, outlineJson(body), { set, remove: 'prompt' });
        const kept = own.filter((one) => one.key !== 'prompt');
        // The prompt goes, unless it is among what is set and was not there.
        const put = first.filter(([name]) => name !== 'prompt' || own.length === kept.length);
        const expected = written(kept, put);
        expect(rewritten.body.toString()).toBe(expected);
        const { members: found, end } = outlineJson(rewritten.body);
        expect([[...rewritten.outline.members], rewritten.outline.end]).toEqual([[...found], end]);
        // As it goes on to a provider, with other members changed in it.
        const changed = edit(rewritten.body, rewritten.outline, { set: Object.fromEntries(second), remove: [] });
        const after = [...kept, ...put.filter(([name]) => kept.every((one) => one.key !== name)).map(asMember)].map(
          (one) => ({ ...one, value: new Map<string, string>(put).get(one.key) ?? one.value }),
        );
        expect(changed.toString()).toBe(written(after, second));
        staying += after.filter((one) => second.every(([name]) => name !== one.key)).length;
        changing += first.length + second.length;
      }),
      { numRuns: 2_000, seed: 18 },
    );
    expect(Math.min(staying, changing)).toBeGreaterThan(500);
  });
});

function asMember([name, text]: Change): { key: string; head: string; value: string } {
  return { key: name, head: `${JSON.stringify(name)}:`, value: text };
}
