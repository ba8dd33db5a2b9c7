import { assert, boolean, constantFrom, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { FirstWords } from './first-words.ts';
import { compileCondition } from './rule-condition.ts';
import { PatternSet } from './rule-patterns.ts';
import { folded, Phrases, Words } from './rule-words.ts';

/** The first words of a condition that looks for the phrase. */
function firstWordsOf(phrase: string, isCased: boolean): FirstWords {
  const patterns = new PatternSet();
  compileCondition({ field: 'text', contains_any: [phrase], case: isCased }, patterns);
  return patterns.firstWords;
}

it('No phrase is missed in a text that has it', () => {
  const text = string({
    unit: constantFrom(...'abA_1 .\n\u00e9\u212a\u0301\u8acb\u00a0\u2009\u2028\u3000\ufeff'),
    maxLength: 12,
  });
  assert(
    property(text, text, boolean(), (phrase, around, isCased) => {
      const firstWords = firstWordsOf(phrase, isCased);
      const spaced = phrase.replace(/\s+/g, ' ').trim();
      for (const whole of [around, `${around}${phrase}`, `${around} ${phrase.toUpperCase()} ${around}`, spaced]) {
        const words = new Words(isCased ? whole.normalize('NFC') : folded(whole));
        if (new Phrases([phrase], isCased).isIn(words)) expect(firstWords.mayBeIn(whole)).toBe(true);
      }
    }),
    { seed: 7, numRuns: 5_000 },
  );
});

it.each(['refund\u00a0request', 'refund\u00a0', '\ufeffrefund', 'refund\u3000request'])(
  'A phrase with another blank than a space is found in a text with spaces: %j',
  (phrase) => {
    for (const isCased of [false, true])
      expect(firstWordsOf(phrase, isCased).mayBeIn('I have a refund request please')).toBe(true);
  },
);

it('A text with none of the words is not looked at again', () => {
  const firstWords = new FirstWords();
  for (const phrase of ['net 30', 'urgent', 'caf\u00e9']) firstWords.add(phrase);
  expect(firstWords.mayBeIn('An urgently needed network of 30 people')).toBe(false);
  expect(firstWords.mayBeIn('URGENT: an offer')).toBe(true);
});
