import { RE2JS, RE2JSException, RE2JSSyntaxException, RE2Set } from 're2js';
import { FirstWords } from './first-words.ts';

/*
 * The patterns of the rules of one version, in one automaton: each text is read once, whatever the number of patterns, and in time that grows
 * with its length only. RE2 has no look-around and no back-references, which are what makes other engines run for minutes.
 */

export interface PatternFault {
  /** The place in the pattern, from 1; undefined where the whole of it is at fault. */
  at: number | undefined;
  reason: string;
}

/** Steps of a compiled pattern: an ordinary one has some dozens, `.{1000}` a thousand. A text may be read in steps × characters. */
const stepsMax = 1_500;
/** The same of all patterns of a version. */
const stepsOfAllMax = 4_000;

/** Why a pattern is refused. Compiling is bounded, too: counts of 1,000 at most, and 500 characters. */
export function patternFault(pattern: string): PatternFault | undefined {
  try {
    const size = RE2JS.compile(pattern).programSize();
    if (size > stepsMax)
      return { at: undefined, reason: `is too large when it is compiled (${size} steps of at most ${stepsMax})` };
    return undefined;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    if (!(error instanceof RE2JSSyntaxException)) return { at: undefined, reason: error.message };
    return syntaxFault(pattern, error);
  }
}

/** Are the patterns of a version too large together, though each is small enough? */
export function areTooLarge(patterns: readonly string[]): boolean {
  let steps = 0;
  for (const pattern of patterns) steps += RE2JS.compile(pattern).programSize();
  return steps > stepsOfAllMax;
}

function syntaxFault(pattern: string, error: RE2JSSyntaxException): PatternFault {
  // As the library calls it: the part of the pattern that is at fault.
  const part = error.getPattern() ?? '';
  const description = error.getDescription();
  const found = part === '' || part === pattern ? -1 : pattern.indexOf(part);
  const around = /\(\?(?:<?[=!])/.exec(pattern);
  if (around !== null && (found < 0 || found === around.index || part.startsWith('(?')))
    return { at: around.index + 1, reason: 'has a look-ahead or look-behind, which patterns of rules do not have' };
  const back = /\\[1-9k]/.exec(part);
  if (back !== null && found >= 0)
    return { at: found + 1, reason: 'has a back-reference, which patterns of rules do not have' };
  const at = found >= 0 ? found + 1 : /missing|unexpected|trailing/.test(description) ? pattern.length : 1;
  const shown = part === '' || part === pattern ? '' : ` \`${part.slice(0, 40)}\``;
  return { at, reason: `is not a pattern of RE2: ${description}${shown}` };
}

/** States of the automaton are made as texts need them, and thrown away when they take more room. */
const stateBytesMax = 8 * 1024 * 1024;

const none: readonly number[] = [];

export class PatternSet {
  /** Of the phrases that are looked for in the same texts. */
  readonly firstWords = new FirstWords();
  readonly #patterns = new Map<string, number>();
  #set: RE2Set | undefined;

  /** The number of a pattern, by which a match names it. Only before the set is compiled. */
  add(pattern: string, isCased: boolean): number {
    const text = isCased ? pattern : `(?i)${pattern}`;
    const known = this.#patterns.get(text);
    if (known !== undefined) return known;
    const number = this.#patterns.size;
    this.#patterns.set(text, number);
    return number;
  }

  get size(): number {
    return this.#patterns.size;
  }

  /** Compiles, and reads one text, since the first one takes as long as compiling. */
  compile(): void {
    if (this.#patterns.size === 0) return;
    const set = new RE2Set(RE2Set.UNANCHORED, 0, stateBytesMax);
    for (const pattern of this.#patterns.keys()) set.add(pattern);
    set.compile();
    set.match('The first text warms the automaton up.');
    this.#set = set;
  }

  matches(text: string): readonly number[] {
    return this.#set?.match(text) ?? none;
  }
}
