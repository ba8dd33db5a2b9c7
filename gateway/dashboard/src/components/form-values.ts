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
      return Object.keys(group).length === 0 && !field.required ? undefined : group;
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
function textValue({ kind, moment }: Field, typed: string): unknown {
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
  if (moment && /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(typed)) return new Date(typed).toISOString();
  return typed;
}

/** Fields that had a value and are emptied: left out they would stay as they were, so they are sent as null. */
export function clearedOf(
  fields: readonly Field[],
  typed: TypedGroup,
  initial: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const given = inputOf(fields, typed);
  return Object.fromEntries(
    fields.flatMap(({ key, kind }) => {
      const before = initial[key];
      const had = before !== undefined && before !== null && before !== '' && kind !== 'group';
      return had && !(key in given) ? [[key, null]] : [];
    }),
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
