import { expect, it } from 'vitest';
import { questionOf } from './question-text.ts';

it.each([
  [
    'the last of several sentences',
    'Ann has 3 pens. She buys 2.5 more! How many has she now?',
    ' How many has she now?',
  ],
  ['the only one', 'Translate this letter', 'Translate this letter'],
  ['the one before choices', 'It is cold. Which one melts?\nA. Ice\nB. Iron\nAnswer:', ' Which one melts?'],
  ['the one before a list', 'Sort these:\n- pears\n- plums. And figs', 'Sort these:'],
  ['the last line of a text without stops', 'order 7\nwhere is it', 'where is it'],
  ['one of Chinese', '今天很冷。哪个会融化？', '哪个会融化？'],
  ['one that ends with blanks', 'One. Two.  \n\n', ' Two.'],
  ['the first of the choices where there is nothing before them', '\nA. Ice\nB. Iron', ' Ice'],
])('the question of a text is %s', (_, text, question) => {
  expect(questionOf(text)).toBe(question);
});

it('is found in any text, however odd, and is not long', () => {
  for (const text of ['', ' ', '\n\n', '.', '?', 'A.', '\nA. ', '\ud800', 'a'.repeat(300_000), '\n'.repeat(300_000)]) {
    const question = questionOf(text);
    expect(question.length).toBeLessThanOrEqual(1_000);
    expect(text).toContain(question);
  }
});
