import type { z } from 'zod';

/*
 * Says in plain words what is wrong with one field of an input.
 *
 * ```ts
 * import { firstFault, plainWords } from '@ai-gateway/shared/field-fault';
 * import { createBudget } from '@ai-gateway/shared/operations/budgets';
 *
 * const parsed = createBudget.input.safeParse({ name: '' }, { error: plainWords });
 * if (!parsed.success) console.log(firstFault(parsed.error).message); // must not be empty
 * ```
 */

type Raw = Parameters<z.core.$ZodErrorMap>[0];

/** Given to zod with each input: its own words are for programmers. A message of the schema's own wins over this. */
export function plainWords(issue: Raw): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'never' || issue.expected === 'undefined') return 'is not allowed';
      return issue.input === undefined ? 'is missing' : `must be ${kindOf(issue.expected)}`;
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `must be ${choicesOf(issue.values)}`;
    case 'too_big':
      return boundWords(issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'too_small':
      return boundWords(issue.origin, issue.minimum, issue.inclusive === false ? 'greater than' : 'at least');
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return `must be ${formats[issue.format] ?? 'in the format that /docs shows'}`;
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : unionWords(issue.errors);
    case 'invalid_key':
      return 'has a name that is not allowed';
    case 'invalid_element':
      return 'has an entry that is not valid';
    default:
      return 'is not valid';
  }
}

export interface FieldFault {
  path: readonly PropertyKey[];
  /** Beginning with a verb: `must be text`. */
  message: string;
  /** Names that are not known at the path. */
  unknown: readonly string[];
}

/**
 * The first fault; of a value that may have several shapes, what is wrong inside the one it has. An unknown field goes before one that
 * is missing beside it, because it is mostly the missing one, misspelt.
 */
export function firstFault(error: z.ZodError): FieldFault {
  const { issues } = error;
  const [first] = issues;
  const isMissing = first?.message === 'is missing';
  const misspelt = isMissing
    ? issues.find((one) => one.code === 'unrecognized_keys' && isBeside(one, first))
    : undefined;
  const issue = misspelt ?? first;
  return issue === undefined ? { path: [], message: 'is not valid', unknown: [] } : faultOf(issue, []);
}

function isBeside({ path }: z.core.$ZodIssue, missing: z.core.$ZodIssue | undefined): boolean {
  return JSON.stringify(path.map(String)) === JSON.stringify(missing?.path.slice(0, -1).map(String));
}

function faultOf(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): FieldFault {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') return { path, message: '', unknown: issue.keys };
  const inside =
    issue.code === 'invalid_union'
      ? issue.errors.filter(
          ([first]) =>
            first !== undefined &&
            // Of a value that has none of the shapes, all shapes are named.
            ((first.code !== 'invalid_type' && first.code !== 'invalid_value') || first.path.length > 0),
        )
      : [];
  const [only] = inside;
  const [first] = only ?? [];
  if (inside.length === 1 && first !== undefined && issue.message.startsWith('must be one of these: '))
    return faultOf(first, path);
  return { path, message: issue.message, unknown: [] };
}

function unionWords(errors: readonly (readonly z.core.$ZodIssue[])[]): string {
  // One value or a list of such: the value's own words say what it may be, and a list of them needs no mention.
  const others = errors.filter(([first]) => !(first?.code === 'invalid_type' && first.expected === 'array'));
  const [only] = others;
  if (others.length === 1 && errors.length === 2 && only?.length === 1 && only[0]?.code === 'invalid_value')
    return only[0].message;
  const kinds = errors.flatMap(([first]) => {
    if (first === undefined || first.path.length > 0) return [];
    return [first.code === 'invalid_type' ? kindOf(first.expected) : first.message.replace(/^must be /, '')];
  });
  return `must be one of these: ${[...new Set(kinds)].join('; ')}`;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  nan: 'a number',
  bigint: 'a whole number',
  date: 'a date',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  map: 'an object',
  set: 'a list',
  null: 'null',
};

function kindOf(expected: string): string {
  return kinds[expected] ?? `of the type ${expected}`;
}

/** `"month" or "week"`, all of them: after a wrong choice people need the list. */
function choicesOf(values: readonly unknown[]): string {
  const names = values.map((value) => JSON.stringify(value));
  return names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`;
}

function boundWords(origin: string, bound: number | bigint, how: string): string {
  const one = bound === 1 || bound === 1n;
  if (origin === 'string')
    return how === 'at least' && one
      ? 'must not be empty'
      : `must have ${how} ${bound} ${one ? 'character' : 'characters'}`;
  if (origin === 'array' || origin === 'set')
    return how === 'at least' && one ? 'must not be empty' : `must have ${how} ${bound} ${one ? 'entry' : 'entries'}`;
  if (origin === 'date')
    return `must be ${how === 'at most' ? 'at the latest' : 'at the earliest'} ${new Date(Number(bound)).toISOString()}`;
  return `must be ${how} ${digitsOf(bound)}`;
}

/** `1e-9` is a notation for programmers. */
function digitsOf(bound: number | bigint): string {
  return typeof bound === 'number' && bound !== 0 && Math.abs(bound) < 1e-6
    ? bound.toFixed(12).replace(/0+$/, '')
    : String(bound);
}

const formats: Readonly<Record<string, string>> = {
  url: 'a URL that begins with https:// or http://',
  email: 'an e-mail address',
  date: 'a day such as 2026-11-01',
  datetime: 'a time such as 2026-11-01T08:00:00Z',
};
