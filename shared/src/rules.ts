import { isRecord } from './json.ts';

/*
 * The conditions of a rule: a bounded grammar in JSON, which a form can show, and no program.
 *
 * ```ts
 * import { conditionFault, leavesOf } from '@ai-gateway/shared/rules';
 *
 * const when = { all: [{ field: 'client_id', in: ['acme'] }, { not: { field: 'has_images', eq: true } }] };
 * console.log(conditionFault(when), leavesOf(when).map(({ field }) => field)); // undefined [ 'client_id', 'has_images' ]
 * ```
 */

export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | Leaf
  /** Every call. */
  | Readonly<Record<string, never>>;

export interface Leaf {
  readonly field: string;
  readonly eq?: string | number | boolean;
  readonly in?: readonly (string | number)[];
  readonly gte?: number;
  readonly lte?: number;
  readonly contains_any?: readonly string[];
  readonly starts_with?: string;
  /** A pattern of RE2. */
  readonly matches?: string;
  /** Does the case of letters count? It does not unless this is true. */
  readonly case?: boolean;
  /** Of `hour` and `weekday`. UTC unless given. */
  readonly timezone?: string;
}

type Kind = 'text' | 'number' | 'boolean' | 'weekday';

/** The fields that a condition may look at. `metadata.<name>` is a text too. */
const ruleFields = {
  text: 'text',
  system: 'text',
  model: 'text',
  dialect: 'text',
  client_id: 'text',
  project: 'text',
  scenario_id: 'text',
  platform: 'text',
  key_id: 'text',
  prompt_id: 'text',
  input_tokens: 'number',
  max_tokens: 'number',
  messages: 'number',
  tools: 'number',
  tool: 'text',
  has_images: 'boolean',
  has_files: 'boolean',
  json_schema: 'boolean',
  stream: 'boolean',
  effort: 'text',
  topic: 'text',
  hour: 'number',
  weekday: 'weekday',
  budget_percent_used: 'number',
} as const satisfies Readonly<Record<string, Kind>>;

/** The operators of each kind of field. */
const ruleOperators: Readonly<Record<Kind, readonly (keyof Leaf)[]>> = {
  text: ['eq', 'in', 'contains_any', 'starts_with', 'matches'],
  number: ['eq', 'in', 'gte', 'lte'],
  boolean: ['eq'],
  weekday: ['eq', 'in', 'gte', 'lte'],
};

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

export const ruleBounds = { rules: 100, leaves: 20, depth: 3, patterns: 50, patternChars: 500, values: 500, words: 50 };

export function kindOfField(field: string): Kind | undefined {
  if (/^metadata\.[^\s]{1,100}$/u.test(field)) return 'text';
  return Object.hasOwn(ruleFields, field) ? ruleFields[field as keyof typeof ruleFields] : undefined;
}

/** Monday is 1, Sunday 7; a name may be shortened to three letters. */
export function weekdayNumber(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 1 && value <= 7 ? value : undefined;
  const name = value.trim().toLowerCase();
  const at = weekdays.findIndex((day) => day === name || (name.length === 3 && day.startsWith(name)));
  return at < 0 ? undefined : at + 1;
}

export function leavesOf(condition: Condition): Leaf[] {
  if ('all' in condition && Array.isArray(condition.all)) return condition.all.flatMap(leavesOf);
  if ('any' in condition && Array.isArray(condition.any)) return condition.any.flatMap(leavesOf);
  if ('not' in condition && condition.not !== undefined) return leavesOf(condition.not as Condition);
  return 'field' in condition ? [condition as Leaf] : [];
}

export interface ConditionFault {
  path: (string | number)[];
  message: string;
}

/** The first fault of what is given as a condition. Patterns are compiled elsewhere. */
export function conditionFault(given: unknown): ConditionFault | undefined {
  if (isRecord(given) && Object.keys(given).length === 0) return undefined;
  const count = { leaves: 0 };
  return faultIn(given, { path: [], depth: 0, count });
}

interface At {
  path: (string | number)[];
  depth: number;
  count: { leaves: number };
}

function faultIn(given: unknown, at: At): ConditionFault | undefined {
  const { path, depth, count } = at;
  if (!isRecord(given)) return { path, message: 'must be a condition, such as {"field": "client_id", "eq": "acme"}' };
  const joined = (['all', 'any', 'not'] as const).filter((name) => Object.hasOwn(given, name));
  const [kind] = joined;
  if (kind === undefined) {
    count.leaves += 1;
    if (count.leaves > ruleBounds.leaves) return { path: [], message: `has more than ${ruleBounds.leaves} conditions` };
    return leafFault(given, path);
  }
  if (Object.keys(given).length > 1)
    return { path, message: `must have \`${kind}\` alone. Put further conditions into \`all\`` };
  if (depth >= ruleBounds.depth)
    return {
      path,
      message: `is nested more than ${ruleBounds.depth} levels deep. Use \`all\`, \`any\` and \`not\` less`,
    };
  const inside = given[kind];
  const below = { path: [...path, kind], depth: depth + 1, count };
  if (kind === 'not') return faultIn(inside, below);
  if (!Array.isArray(inside) || inside.length === 0)
    return { path: below.path, message: 'must be a list of at least one condition' };
  for (const [i, one] of inside.entries()) {
    const fault = faultIn(one, { ...below, path: [...below.path, i] });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const flags = ['field', 'case', 'timezone'];
const operators: readonly string[] = [...new Set(Object.values(ruleOperators).flat())];

function leafFault(leaf: Record<string, unknown>, path: (string | number)[]): ConditionFault | undefined {
  const fault = (name: string, message: string): ConditionFault => ({ path: [...path, name], message });
  if (typeof leaf.field !== 'string') return { path, message: 'needs a `field`, or one of `all`, `any` and `not`' };
  const kind = kindOfField(leaf.field);
  if (kind === undefined)
    return fault('field', `must be one of ${Object.keys(ruleFields).join(', ')} or metadata.<name>`);
  const unknown = Object.keys(leaf).find((name) => !flags.includes(name) && !operators.includes(name));
  if (unknown !== undefined) return fault(unknown, `is unknown. A condition has ${operators.join(', ')}`);
  const given = operators.filter((name) => leaf[name] !== undefined);
  const able: readonly string[] = ruleOperators[kind];
  const unable = given.find((name) => !able.includes(name));
  if (unable !== undefined) return fault(unable, `must not be used with \`${leaf.field}\`. Use ${able.join(', ')}`);
  const isRange = given.length === 2 && given.every((name) => name === 'gte' || name === 'lte');
  if (given.length !== 1 && !isRange) return { path, message: `needs one operator: ${able.join(', ')}` };
  if (leaf.case !== undefined && typeof leaf.case !== 'boolean') return fault('case', 'must be true or false');
  if (leaf.case !== undefined && kind !== 'text') return fault('case', 'must be used with a text only');
  if (leaf.timezone !== undefined && !isTimeZone(leaf.timezone))
    return fault('timezone', 'must be a time zone such as Europe/Berlin or UTC');
  if (leaf.timezone !== undefined && leaf.field !== 'hour' && leaf.field !== 'weekday')
    return fault('timezone', 'must be used with `hour` or `weekday` only');
  for (const name of given) {
    const message = valueFault(name, leaf[name], kind);
    if (message !== undefined) return fault(name, message);
  }
  return undefined;
}

function isTimeZone(zone: unknown): boolean {
  if (typeof zone !== 'string' || zone.length > 100 || !/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function valueFault(operator: string, value: unknown, kind: Kind): string | undefined {
  const { patternChars, values, words } = ruleBounds;
  switch (operator) {
    case 'in':
      return Array.isArray(value) &&
        value.length > 0 &&
        value.length <= values &&
        value.every((one) => isOne(one, kind))
        ? undefined
        : `must be a list of 1 to ${values} ${pluralOf[kind]}`;
    case 'contains_any':
      return Array.isArray(value) && value.length > 0 && value.length <= words && value.every(isPhrase)
        ? undefined
        : `must be a list of 1 to ${words} words or phrases, each of at most ${patternChars} characters`;
    case 'matches':
      return isPhrase(value) ? undefined : `must be a pattern of 1 to ${patternChars} characters`;
    case 'starts_with':
      return isPhrase(value) ? undefined : `must be a text of 1 to ${patternChars} characters`;
    default:
      return isOne(value, kind) ? undefined : `must be ${oneOf[kind]}`;
  }
}

function isPhrase(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && value.length <= ruleBounds.patternChars;
}

function isOne(value: unknown, kind: Kind): boolean {
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value);
  if (kind === 'boolean') return typeof value === 'boolean';
  if (kind === 'weekday')
    return (typeof value === 'string' || typeof value === 'number') && weekdayNumber(value) !== undefined;
  return typeof value === 'string' && value.length <= ruleBounds.patternChars;
}

const pluralOf: Readonly<Record<Kind, string>> = {
  text: 'texts',
  number: 'numbers',
  boolean: 'booleans',
  weekday: 'days, monday to sunday or 1 to 7',
};
const oneOf: Readonly<Record<Kind, string>> = {
  text: `a text of at most ${ruleBounds.patternChars} characters`,
  number: 'a number',
  boolean: 'true or false',
  weekday: 'a day: monday to sunday, or 1 to 7',
};
