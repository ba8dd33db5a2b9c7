import type { Json } from './component.ts';

/*
 * The JSON of an answer, in IML. Make has no way to try: `parseJSON` of a text that is not JSON ends the module, after the answer was paid
 * for. So the text is checked first, by replacing every valid part until one letter is left: strings and keys become `Q`, numbers and
 * words `M`, then the innermost lists and objects `M`, level by level. Only a text that passes is parsed, and `null` otherwise.
 *
 *   {"a": [1, "x"]}   →   {Q:[M,Q]}   →   {Q:M}   →   M
 */

/** Patterns are in `temp` and not in expressions, where Make does not say what a backslash or a backtick means. */
export const patterns: { readonly [name: string]: Json } = {
  letters: '/[QM]/g',
  strings: '/"[^"\\\\\\x00-\\x1f]*(?:\\\\(?:["\\\\\\x2fbfnrt]|u[0-9a-fA-F]{4})[^"\\\\\\x00-\\x1f]*)*"/g',
  values: '/true|false|null|-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?/g',
  spaces: '/[ \\t\\n\\r]+/g',
  nested: '/\\[(?:[QM](?:,[QM])*)?\\]|\\{(?:Q:[QM](?:,Q:[QM])*)?\\}/g',
  beforeFence: '/^[\\s\\S]*?```[a-zA-Z]*/',
  afterFence: '/```[\\s\\S]*$/',
  beforeAny: '/^[^{\\[]*/',
  afterAny: '/[^}\\]]*$/',
  beforeObject: '/^[^{]*/',
  afterObject: '/[^}]*$/',
  beforeList: '/^[^\\[]*/',
  afterList: '/[^\\]]*$/',
};

/** Levels of lists and objects: what is nested deeper stays text. */
const deepest = 24;

/** An expression without its braces: the JSON in `text`, alone, in a fence or among other words; null where there is none. */
export function jsonIn(text: string): string {
  const candidates = [
    text,
    between(text, 'Fence'),
    between(text, 'Any'),
    between(text, 'Object'),
    between(text, 'List'),
  ];
  // Chosen before and parsed once, so that nothing else is parsed whether or not Make evaluates what `if` does not return.
  const chosen = candidates.reduceRight((otherwise, found) => `if(${isJson(found)}, ${found}, ${otherwise})`, "'null'");
  return `parseJSON(${chosen})`;
}

function between(text: string, what: 'Fence' | 'Any' | 'Object' | 'List'): string {
  return replaced(replaced(text, `before${what}`, ''), `after${what}`, '');
}

function isJson(text: string): string {
  const flat = replaced(
    replaced(replaced(replaced(text, 'letters', '?'), 'strings', 'Q'), 'values', 'M'),
    'spaces',
    '',
  );
  const left = Array.from({ length: deepest }).reduce<string>((inner) => replaced(inner, 'nested', 'M'), flat);
  return `contains(temp.whole, '<' + ${left} + '>')`;
}

/** The only rests that JSON leaves, in brackets so that nothing else matches; a space between, since no text has one by then. */
export const whole = '<Q> <M>';

function replaced(text: string, pattern: string, by: string): string {
  return `replace(${text}, temp.patterns.${pattern}, '${by}')`;
}
