import { z } from 'zod';
import type { Operation } from './operation.ts';

/** One form field, in words every no-code platform shares. Each platform maps it in one small file. */
export interface Field {
  readonly key: string;
  readonly kind: 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'list' | 'group' | 'json';
  readonly label: string;
  readonly help: string;
  readonly required: boolean;
  readonly multiline: boolean;
  readonly initial: unknown;
  readonly choices: readonly string[];
  /** Id of the list operation that fills this field's drop-down. */
  readonly options: string | undefined;
  /** Of a group its fields; of a list the one field every item is. */
  readonly children: readonly Field[];
}

interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  'x-field'?: { options?: string; multiline?: boolean };
}

/** The form of an operation, read off its JSON Schema: zod's insides are nobody's business. */
export function fieldsOf(operation: Pick<Operation, 'input'>): Field[] {
  const schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return fieldsOfObject(schema);
}

function fieldsOfObject(schema: JsonSchema): Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([key, property]) => readField(key, property, required.has(key)));
}

function readField(key: string, property: JsonSchema, required: boolean): Field {
  const schema = withoutNull(property);
  const kind = kindOf(schema);
  return {
    key,
    kind,
    label: property.title ?? schema.title ?? key,
    help: property.description ?? schema.description ?? '',
    required,
    multiline: property['x-field']?.multiline ?? schema['x-field']?.multiline ?? false,
    initial: property.default ?? schema.default,
    choices: (schema.enum ?? []).map(String),
    options: property['x-field']?.options ?? schema['x-field']?.options,
    children:
      kind === 'group'
        ? fieldsOfObject(schema)
        : kind === 'list' && schema.items !== undefined
          ? [readField('item', schema.items, true)]
          : [],
  };
}

/** `null` is "not given" in a form; what is left of a union is the one thing it may be, or JSON. */
function withoutNull(schema: JsonSchema): JsonSchema {
  const choices = (schema.anyOf ?? []).filter(({ type }) => type !== 'null');
  const [only] = choices;
  return choices.length === 1 && only !== undefined ? { ...schema, ...only } : schema;
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
