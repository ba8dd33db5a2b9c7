import { z } from 'zod';
import type { Operation } from './operation.ts';

/*
 * The form of an operation, for platforms that have forms.
 *
 * ```ts
 * import { fieldsOf } from '@ai-gateway/shared/fields';
 * import { createBudget } from '@ai-gateway/shared/operations/budgets';
 *
 * const required = fieldsOf(createBudget).filter((field) => field.required);
 * console.log(required.map(({ key, kind, label }) => `${label} (${key}): ${kind}`)); // Name (name): text, …
 * ```
 */

/** One form field, in words every no-code platform shares. Each platform maps it in one small file. */
export interface Field {
  readonly key: string;
  readonly kind: 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'list' | 'group' | 'json';
  readonly label: string;
  readonly help: string;
  readonly required: boolean;
  readonly multiline: boolean;
  /** Shown at once although it may stay empty: one of several fields that an operation needs. */
  readonly inSight: boolean;
  /** A day or a moment, for which platforms have fields of their own. */
  readonly moment: boolean;
  /** The help where such a field makes a moment of every day that is picked. */
  readonly helpOfMoment?: string;
  readonly initial: unknown;
  readonly choices: readonly string[];
  /** Id of the list operation that fills this field's drop-down. */
  readonly options: string | undefined;
  /** The fields inside are known only once another field is filled in: a prompt's variables, by the prompt. */
  readonly fields?: DynamicFields;
  /** Of a group its fields; of a list the one field every item is. */
  readonly children: readonly Field[];
  /** Shown only while another field of the form has this value. */
  readonly visibleWhen?: { readonly field: string; readonly is: string } | undefined;
  /** Names of choices for people, by value, where the value itself says too little. */
  readonly choiceLabels?: Readonly<Record<string, string>>;
  /** An example of what is typed. */
  readonly placeholder?: string | undefined;
  /** Seldom needed: a platform that can keeps it out of the first view. */
  readonly advanced?: boolean;
  readonly least?: number;
  readonly most?: number;
}

/** Where the fields of a form come from that differ from prompt to prompt. */
export interface DynamicFields {
  /** Id of the operation that lists them, in rows that `variableField` reads (steps/variable-field.ts). */
  readonly operation: string;
  /** Key of the field of the same form that they depend on. */
  readonly by: string;
}

interface JsonSchema {
  type?: string | string[];
  format?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  'x-field'?: {
    options?: string;
    multiline?: boolean;
    inSight?: boolean;
    fields?: string;
    by?: string;
    helpOfMoment?: string;
  };
}

/** A no-code platform pages by itself and takes JSON: its forms do not ask for these. */
export const answeredByPlatforms: ReadonlySet<string> = new Set(['cursor', 'limit', 'format', 'for']);

/** The list operations that fill the drop-downs of a field and of the fields in it. */
export function listsOf({ options, children }: Field): string[] {
  return [...(options === undefined ? [] : [options]), ...children.flatMap(listsOf)];
}

/** The form of an operation, read off its JSON Schema: zod's insides are nobody's business. */
export function fieldsOf(operation: Pick<Operation, 'input'>): Field[] {
  const schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return fieldsOfObject(schema);
}

function fieldsOfObject(schema: JsonSchema): Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([key, property]) =>
    readField({ key, schema: property, required: required.has(key), fallbackLabel: key }),
  );
}

function readField(given: { key: string; schema: JsonSchema; required: boolean; fallbackLabel: string }): Field {
  const schema = formShape(given.schema);
  const kind = kindOf(schema);
  const label = schema.title ?? given.fallbackLabel;
  return {
    key: given.key,
    kind,
    label,
    help: schema.description ?? '',
    required: given.required,
    multiline: schema['x-field']?.multiline ?? false,
    inSight: schema['x-field']?.inSight ?? false,
    moment: isMoment(given.schema),
    initial: schema.default,
    choices: (schema.enum ?? []).map(String),
    options: schema['x-field']?.options,
    ...dynamicFieldsOf(schema['x-field']),
    ...momentHelpOf(schema['x-field']),
    children: childrenOf(kind, schema, label),
  };
}

function dynamicFieldsOf({ fields, by }: NonNullable<JsonSchema['x-field']> = {}): Pick<Field, 'fields'> {
  return fields === undefined || by === undefined ? {} : { fields: { operation: fields, by } };
}

function momentHelpOf({ helpOfMoment }: NonNullable<JsonSchema['x-field']> = {}): Pick<Field, 'helpOfMoment'> {
  return helpOfMoment === undefined ? {} : { helpOfMoment };
}

/** A field that takes other texts as well (an event's id, say) stays text. */
function isMoment({ format, anyOf }: JsonSchema): boolean {
  const shapes = anyOf?.filter(({ type }) => type !== 'null');
  return shapes === undefined ? format === 'date' || format === 'date-time' : shapes.every(isMoment);
}

function childrenOf(kind: Field['kind'], schema: JsonSchema, label: string): Field[] {
  if (kind === 'group') return fieldsOfObject(schema);
  if (kind === 'list' && schema.items !== undefined)
    return [readField({ key: 'item', schema: schema.items, required: true, fallbackLabel: label })];
  return [];
}

/**
 * The one shape a form shows. `null` is "not given" there, and of several shapes the first is what a person fills in (text
 * rather than a list of parts), so a schema's author puts that one first. The field's own texts win over those that its
 * shape has. Zod writes a plain nullable as `type: ['boolean', 'null']` and any other as `anyOf`.
 */
function formShape(schema: JsonSchema): JsonSchema {
  const { anyOf, ...own } = schema;
  if (Array.isArray(own.type)) {
    const type = own.type.find((name) => name !== 'null');
    return type === undefined ? own : { ...own, type };
  }
  const first = anyOf?.find(({ type }) => type !== 'null');
  return first === undefined ? own : { ...formShape(first), ...own };
}

function kindOf(schema: JsonSchema): Field['kind'] {
  if (schema.enum !== undefined) return 'choice';
  switch (schema.type) {
    case 'string':
      return 'text';
    case 'number':
    case 'integer':
    case 'boolean':
      return schema.type;
    case 'array':
      return 'list';
    case 'object':
      return schema.properties === undefined || Object.keys(schema.properties).length === 0 ? 'json' : 'group';
    default:
      return 'json';
  }
}
