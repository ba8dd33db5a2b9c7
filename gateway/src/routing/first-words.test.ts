import { assert, constantFrom, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { FirstWords } from './first-words.ts';
import { folded, Phrases, Words } from './rule-words.ts';

it('No phrase is missed in a text that has it', () => {
  const text = string({ unit: constantFrom(...'abA_1 .\n\u00e9\u212a\u0301\u8acb'), maxLength: 12 });
  assert(
    property(text, text, (phrase, around) => {
      const firstWords = new FirstWords();
      firstWords.add(folded(phrase));
      for (const whole of [around, `${around}${phrase}`, `${around} ${phrase.toUpperCase()} ${around}`])
        if (new Phrases([phrase], false).isIn(new Words(folded(whole)))) expect(firstWords.mayBeIn(whole)).toBe(true);
    }),
    { seed: 7, numRuns: 5_000 },
  );
});

it('A text with none of the words is not looked at again', () => {
  const firstWords = new FirstWords();
  for (const phrase of ['net 30', 'urgent', 'caf\u00e9']) firstWords.add(phrase);
  expect(firstWords.mayBeIn('An urgently needed network of 30 people')).toBe(false);
  expect(firstWords.mayBeIn('URGENT: an offer')).toBe(true);
});
