import { type Condition, kindOfField, type Leaf, weekdayNumber, weekdays } from '@ai-gateway/shared/rules';
import type { RuleFacts, TextFact } from './rule-facts.ts';
import type { PatternSet } from './rule-patterns.ts';
import { folded, Phrases, phraseForm } from './rule-words.ts';

/** A condition that is ready to be asked. */
export type Compiled =
  | { kind: 'all' | 'any'; parts: readonly Compiled[] }
  | { kind: 'not'; part: Compiled }
  | { kind: 'leaf'; leaf: Leaf; holds: (facts: RuleFacts) => boolean };

export function compileCondition(condition: Condition, patterns: PatternSet): Compiled {
  if ('field' in condition && typeof condition.field === 'string') {
    const leaf = condition as Leaf;
    return { kind: 'leaf', leaf, holds: holdsOf(leaf, patterns) };
  }
  if ('any' in condition) return { kind: 'any', parts: partsOf(condition.any, patterns) };
  if ('not' in condition) return { kind: 'not', part: compileCondition(condition.not as Condition, patterns) };
  // An empty object means every call: all of nothing.
  return { kind: 'all', parts: partsOf('all' in condition ? condition.all : undefined, patterns) };
}

function partsOf(conditions: unknown, patterns: PatternSet): Compiled[] {
  return ((conditions ?? []) as readonly Condition[]).map((one) => compileCondition(one, patterns));
}

export function holds(condition: Compiled, facts: RuleFacts): boolean {
  switch (condition.kind) {
    case 'leaf':
      return condition.holds(facts);
    case 'not':
      return !holds(condition.part, facts);
    default:
      return holdsTogether(condition, facts);
  }
}

/** By hand, since a call asks some dozens of conditions: a function for each would be thrown away. */
function holdsTogether({ kind, parts }: Extract<Compiled, { parts: unknown }>, facts: RuleFacts): boolean {
  const settles = kind === 'any';
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part !== undefined && holds(part, facts) === settles) return settles;
  }
  return !settles;
}

function holdsOf(leaf: Leaf, patterns: PatternSet): (facts: RuleFacts) => boolean {
  const { field } = leaf;
  switch (kindOfField(field)) {
    case 'boolean':
      return (facts) => facts.boolean(field) === leaf.eq;
    case 'number':
      return field === 'hour'
        ? inZone(leaf, (at) => at.hour)
        : numeric(
            leaf,
            (facts) => facts.number(field),
            (value) => (typeof value === 'number' ? value : undefined),
          );
    case 'weekday':
      return inZone(leaf, (at) => at.weekday);
    default: {
      const test = textTest(leaf, patterns);
      return (facts) => facts.texts(field).some(test);
    }
  }
}

function textTest(leaf: Leaf, patterns: PatternSet): (text: TextFact) => boolean {
  const isCased = leaf.case === true;
  const form = (text: string): string => (isCased ? text : folded(text));
  const formOf = isCased ? (text: TextFact) => text.raw : (text: TextFact) => text.folded;
  if (leaf.matches !== undefined) {
    const number = patterns.add(leaf.matches, isCased);
    return (text) => text.matches(number);
  }
  if (leaf.contains_any !== undefined) {
    const phrases = new Phrases(leaf.contains_any, isCased);
    for (const phrase of leaf.contains_any) patterns.firstWords.add(phraseForm(phrase, false));
    return (text) => text.mayHavePhrases && phrases.isIn(isCased ? text.casedWords : text.words);
  }
  if (leaf.starts_with !== undefined) {
    const start = form(leaf.starts_with);
    return (text) => formOf(text).startsWith(start);
  }
  const values = new Set((leaf.in ?? [leaf.eq]).map((value) => form(String(value))));
  return (text) => values.has(formOf(text));
}

function numeric(
  { eq, in: list, gte, lte }: Leaf,
  read: (facts: RuleFacts) => number | undefined,
  numberOf: (value: string | number) => number | undefined,
): (facts: RuleFacts) => boolean {
  const bound = (value: unknown): number | undefined =>
    typeof value === 'string' || typeof value === 'number' ? numberOf(value) : undefined;
  const values = list === undefined ? (eq === undefined ? undefined : [bound(eq)]) : list.map(bound);
  const [least, most] = [bound(gte), bound(lte)];
  return (facts) => {
    const value = read(facts);
    if (value === undefined) return false;
    if (values !== undefined) return values.includes(value);
    return (least === undefined || value >= least) && (most === undefined || value <= most);
  };
}

interface ZonedTime {
  hour: number;
  /** Monday is 1. */
  weekday: number;
}

function inZone(leaf: Leaf, part: (at: ZonedTime) => number): (facts: RuleFacts) => boolean {
  const clock = clockOf(leaf.timezone);
  return numeric(leaf, ({ facts }) => part(clock(facts.nowMs)), weekdayOrHour(leaf.field));
}

function weekdayOrHour(field: string): (value: string | number) => number | undefined {
  return field === 'weekday' ? weekdayNumber : (value) => (typeof value === 'number' ? value : undefined);
}

/** One format for each condition: making one takes longer than many calls take to be decided. */
function clockOf(timezone: string | undefined): (ms: number) => ZonedTime {
  if (timezone === undefined || timezone === 'UTC')
    return (ms) => {
      const date = new Date(ms);
      return { hour: date.getUTCHours(), weekday: ((date.getUTCDay() + 6) % 7) + 1 };
    };
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hour: 'numeric',
    hourCycle: 'h23',
    weekday: 'long',
  });
  return (ms) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    return { hour: Number(parts.hour), weekday: weekdays.indexOf(parts.weekday?.toLowerCase() ?? '') + 1 };
  };
}

/** Why a condition holds or does not: the parts that settle it. Names no text of the call, only conditions. */
export function because(condition: Compiled, facts: RuleFacts): string {
  return reasonOf(condition, facts).slice(0, 500);
}

function reasonOf(condition: Compiled, facts: RuleFacts): string {
  const isHeld = holds(condition, facts);
  switch (condition.kind) {
    case 'leaf':
      return inWords(condition.leaf, isHeld);
    case 'not':
      return reasonOf(condition.part, facts);
    default: {
      if (condition.parts.length === 0) return 'it holds for every call';
      // All parts of an `all` that holds, the first that does not of one that fails; of `any` the other way round.
      const settled = condition.kind === 'all' ? !isHeld : isHeld;
      const telling = settled
        ? condition.parts.filter((part) => holds(part, facts) === isHeld).slice(0, 1)
        : condition.parts;
      return telling.map((part) => reasonOf(part, facts)).join(', ');
    }
  }
}

function inWords({ field, ...leaf }: Leaf, isHeld: boolean): string {
  const listed = (values: readonly unknown[]): string =>
    `${values
      .slice(0, 3)
      .map((value) => (typeof value === 'string' ? `"${value.slice(0, 60)}"` : String(value)))
      .join(', ')}${values.length > 3 ? ', …' : ''}`;
  if (leaf.matches !== undefined) return `${field} ${isHeld ? 'matches' : 'does not match'} ${listed([leaf.matches])}`;
  if (leaf.starts_with !== undefined)
    return `${field} ${isHeld ? 'starts' : 'does not start'} with ${listed([leaf.starts_with])}`;
  if (leaf.contains_any !== undefined)
    return `${field} ${isHeld ? 'contains' : 'does not contain'} ${leaf.contains_any.length > 1 ? 'any of ' : ''}${listed(leaf.contains_any)}`;
  const is = isHeld ? 'is' : 'is not';
  if (leaf.in !== undefined) return `${field} ${is} one of ${listed(leaf.in)}`;
  if (leaf.eq !== undefined) return `${field} ${is} ${listed([leaf.eq])}`;
  const range = [
    ...(leaf.gte === undefined ? [] : [`at least ${leaf.gte}`]),
    ...(leaf.lte === undefined ? [] : [`at most ${leaf.lte}`]),
  ];
  return `${field} ${is} ${range.join(' and ')}`;
}
