import { describe, expect, it } from 'vitest';
import { PatternSet, patternFault } from './rule-patterns.ts';

/** Patterns that other engines take minutes over, or that are too large to compile: each is refused, or reads a text in no time. */
const hostile = [
  ...[
    '(a+)+$',
    '(a|a)*$',
    '(a|aa)+$',
    '(.*a){20}$',
    '(a*)*b',
    '(x+x+)+y',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(.*)*(.*)*(.*)*z',
  ],
  ...[
    '((a{100}){100}){100}',
    'a{1001}',
    '(a{1000}){1000}',
    '((a{10}){10}){10}',
    '(?:a?){500}a{500}',
    'a{,5}',
    'a{5,2}',
    'x{0,1000}',
  ],
  ...[
    '(?=a)b',
    '(?!a)b',
    '(?<=a)b',
    '(?<!a)b',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '(?(1)a|b)',
    '(?>a+)b',
    'a++',
    'a*+',
    '(?R)',
    '\\C',
  ],
  ...[
    '[',
    '(',
    ')',
    '*',
    '+',
    '?',
    '\\',
    '[z-a]',
    '(?',
    '(?P<',
    '(?P<1>a)',
    '[[:nope:]]',
    '\\p{Nope}',
    '(?i',
    '\\Qabc',
    '|||',
    '^*',
    '()*',
  ],
  ...[
    '\\p{L}{500}',
    '(\\p{L}|\\p{N}){400}',
    '[^\\p{L}]{900}',
    '(?i)ſ{1000}',
    '.{1000}',
    '(.|\\n){1000}$',
    '(\\w+\\s?){300}$',
    '\\b'.repeat(100),
  ],
  ...[
    '('.repeat(250) + ')'.repeat(250),
    `${'(?:'.repeat(120)}a${')*'.repeat(120)}`,
    '(a|b|ab)*c|(d|e)*f'.repeat(20),
    '\u0000',
    '\ud800',
    '.*'.repeat(200),
  ],
];

describe('hostile patterns', () => {
  it('are sixty at least', () => {
    expect(new Set(hostile).size).toBeGreaterThanOrEqual(60);
  });

  const texts = [
    'a'.repeat(4_000),
    `${'a'.repeat(3_999)}!`,
    'x'.repeat(2_000) + 'y'.repeat(2_000),
    'ſſK '.repeat(1_000),
    'word '.repeat(800),
  ];

  it.each(hostile.map((pattern) => [pattern.slice(0, 40), pattern] as const))(
    '%j is refused, or reads 4,000 characters at once',
    (_name, pattern) => {
      const started = performance.now();
      const fault = patternFault(pattern);
      if (fault !== undefined) {
        expect(fault.reason).not.toBe('');
        if (fault.at !== undefined) expect(fault.at).toBeGreaterThan(0);
      } else {
        const set = new PatternSet();
        set.add(pattern, false);
        set.compile();
        for (const text of texts) set.matches(text);
      }
      // Minutes with other engines. On a busy machine even a tenth of a second may last some.
      expect(performance.now() - started).toBeLessThan(10_000);
    },
  );
});

describe('a pattern is refused', () => {
  it.each([
    ['ab(?=c)', 3, 'look-ahead'],
    ['x(?<!y)z', 2, 'look-behind'],
    ['(a)(b)\\2', 7, 'back-reference'],
    ['a{1001}', 2, 'repeat'],
    ['ab[z-a]', 3, 'range'],
    ['\\p{Nope}', 1, 'range'],
  ])('%s at character %d: %s', (pattern, at, reason) => {
    const fault = patternFault(pattern);
    expect(fault?.reason).toContain(reason);
    expect(fault?.at).toBeGreaterThan(0);
    expect(Math.abs((fault?.at ?? 0) - at)).toBeLessThanOrEqual(1);
  });
});

it('patterns of a set keep apart: each says for itself whether it matches', () => {
  const set = new PatternSet();
  const numbers = ['foo', 'ba[rz]', '^start', 'end$', 'CASE'].map((pattern, i) => set.add(pattern, i === 4));
  set.compile();
  const named = (text: string): number[] => numbers.filter((number) => set.matches(text).includes(number));
  expect(named('start with FOO')).toEqual([0, 2]);
  expect(named('baz at the end')).toEqual([1, 3]);
  expect(named('case')).toEqual([]);
  expect(named('CASE')).toEqual([4]);
});
