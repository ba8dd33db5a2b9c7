import { firstFault, plainWords } from '@ai-gateway/shared/field-fault';
import type { Field } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';

/** A form as it is typed, and the input of the operation that it makes. Pure: the form draws, this decides. */

/** A text as typed, a tick, an entry of a list, a group of them. */
export type Typed = string | boolean | readonly Typed[] | { readonly [key: string]: Typed } | undefined;
export type TypedGroup = { readonly [key: string]: Typed };

/** The input of the operation; what is left empty is left out. */
export function inputOf(fields: readonly Field[], typed: TypedGroup): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = valueFrom(field, typed[field.key]);
      return value === undefined ? [] : [[field.key, value]];
    }),
  );
}

function valueFrom(field: Field, typed: Typed): unknown {
  switch (field.kind) {
    case 'group': {
      const group = inputOf(field.children, isGroup(typed) ? typed : {});
      return isFilled(group) || field.required ? group : undefined;
    }
    case 'list': {
      const [item] = field.children;
      const entries = Array.isArray(typed) && item !== undefined ? typed.map((one) => valueFrom(item, one)) : [];
      const there = entries.filter((one) => one !== undefined);
      return there.length === 0 && !field.required ? undefined : there;
    }
    case 'boolean':
      return typeof typed === 'boolean' ? typed : undefined;
    default:
      return typeof typed === 'string' && typed.trim() !== '' ? textValue(field, typed) : undefined;
  }
}

/** A number that is none stays as it is typed: the operation says what is wrong with it. */
function textValue({ kind }: Field, typed: string): unknown {
  if (kind === 'number' || kind === 'integer') {
    const number = Number(typed.replace(',', '.'));
    return Number.isNaN(number) ? typed : number;
  }
  if (kind === 'json') {
    try {
      return JSON.parse(typed);
    } catch {
      return typed;
    }
  }
  return typed;
}

/**
 * The input with the fields that had a value and are emptied: left out they would stay as they were. Such a field is sent as null; one of a
 * group is left out of it where it cannot be null, since the group is sent whole. Emptied groups and lists that cannot be null are sent empty.
 */
export function inputWithCleared(
  operation: Pick<Operation, 'input'>,
  given: { fields: readonly Field[]; typed: TypedGroup; initial: Readonly<Record<string, unknown>> },
): Record<string, unknown> {
  const { fields, typed, initial } = given;
  return clearedIn(fields, inputOf(fields, typed), initial).reduce<Record<string, unknown>>(
    (input, { path, empty }) => {
      const isTop = path.length === 1;
      const candidates = [null, ...(empty === undefined ? [] : [empty])].map((value) => withValue(input, path, value));
      const taken = candidates.find((one) => !isRefused(operation, one, path));
      return taken ?? (isTop ? (candidates.at(-1) ?? input) : input);
    },
    inputOf(fields, typed),
  );
}

interface Cleared {
  path: readonly string[];
  /** Sent in the place of null where that is refused. */
  empty: object | undefined;
}

function clearedIn(fields: readonly Field[], input: Record<string, unknown>, before: unknown): Cleared[] {
  if (typeof before !== 'object' || before === null) return [];
  return fields.flatMap(({ key, kind, children }): Cleared[] => {
    const had = (before as Record<string, unknown>)[key];
    const now = input[key];
    if (kind === 'group' && isRecord(now))
      return clearedIn(children, now, had).map(({ path, empty }) => ({ path: [key, ...path], empty }));
    if (now !== undefined || !isFilled(had)) return [];
    return [{ path: [key], empty: kind === 'group' ? {} : kind === 'list' ? [] : undefined }];
  });
}

function isFilled(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.values(value).some(isFilled);
  return value !== undefined && value !== null && value !== '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withValue(input: Record<string, unknown>, path: readonly string[], value: unknown): Record<string, unknown> {
  const [key = '', ...rest] = path;
  const below = input[key];
  return { ...input, [key]: rest.length === 0 ? value : withValue(isRecord(below) ? below : {}, rest, value) };
}

/** Does the operation refuse the value at this place? Faults elsewhere are shown where they are. */
function isRefused({ input }: Pick<Operation, 'input'>, value: unknown, path: readonly string[]): boolean {
  const issues = input.safeParse(value).error?.issues ?? [];
  return issues.some((issue) => path.every((key, at) => issue.path[at] === key));
}

/**
 * Of a change of something that is there, only what the person changed: two people who have the same form open and change different fields
 * both keep their changes. Fields that the operation always wants stay.
 */
export function changedOf(
  fields: readonly Field[],
  given: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const unchanged = inputOf(fields, typedOf(fields, before));
  const isKept = ({ key, required }: Field): boolean =>
    required || JSON.stringify(given[key]) !== JSON.stringify(unchanged[key]);
  return Object.fromEntries(
    fields.flatMap((field) => (field.key in given && isKept(field) ? [[field.key, given[field.key]]] : [])),
  );
}

/** A value of the API as a form shows it at first. */
export function typedOf(fields: readonly Field[], value: Readonly<Record<string, unknown>>): TypedGroup {
  return Object.fromEntries(fields.map((field) => [field.key, typedValue(field, value[field.key] ?? field.initial)]));
}

function typedValue(field: Field, value: unknown): Typed {
  if (value === undefined || value === null) return undefined;
  const [item] = field.children;
  if (field.kind === 'group') return typedOf(field.children, value as Record<string, unknown>);
  if (field.kind === 'list')
    return Array.isArray(value) && item !== undefined ? value.map((one) => typedValue(item, one)) : [];
  if (field.kind === 'boolean') return value === true;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export interface Fault {
  /** Dotted, as the API names fields; empty for the form as a whole. */
  path: string;
  message: string;
}

/** The first thing that the operation refuses about an input, in the API's words. Undefined: nothing. */
export function faultOf(operation: Pick<Operation, 'input'>, input: unknown): Fault | undefined {
  const parsed = operation.input.safeParse(input, { error: plainWords });
  if (parsed.success) return undefined;
  const { path, message, unknown } = firstFault(parsed.error);
  const text = unknown.length > 0 ? `has an unknown field ${unknown.join(', ')}` : message;
  return { path: path.join('.'), message: text };
}

/** The message of the fault, where it is at one of these places or below it. */
export function faultUnder(fault: Fault | undefined, ...places: readonly string[]): string | undefined {
  const isThere = places.some((place) => fault?.path === place || fault?.path.startsWith(`${place}.`));
  return isThere ? fault?.message : undefined;
}

/** `scope.client_id[0]` as the API names a field, to the form's `scope.client_id.0`. */
export function pathOfParam(param: string): string {
  return param.replace(/\[(\d+)\]/g, '.$1');
}

export function isGroup(typed: Typed): typed is TypedGroup {
  return typeof typed === 'object' && !Array.isArray(typed);
}

/** Asked at once; the rest is one step away. Where nothing is asked at once, nothing is hidden. */
export function splitFields(fields: readonly Field[]): { first: readonly Field[]; more: readonly Field[] } {
  const first = fields.filter(({ required, inSight }) => required || inSight);
  const more = fields.filter((field) => !first.includes(field));
  return first.length === 0 || more.length < 2 ? { first: fields, more: [] } : { first, more };
}
