import type { Create, PlainInputField, PlainOutputField, Search, Trigger } from 'zapier-platform-core';
import { app, type Json } from './zapier-host.ts';

export interface Step {
  kind: 'triggers' | 'searches' | 'creates';
  step: Trigger | Search | Create;
  inputs: PlainInputField[];
  outputs: PlainOutputField[];
  sample: Json;
  hidden: boolean;
}

/** Every step of the app, with the fields a person may meet in it. */
export const steps: Step[] = (['triggers', 'searches', 'creates'] as const).flatMap((kind) =>
  Object.values<Trigger | Search | Create>(app[kind]).map((step) => ({
    kind,
    step,
    inputs: (step.operation.inputFields ?? []).flatMap(fieldsIn),
    outputs: ((step.operation.outputFields ?? []) as unknown[]).filter(
      (field): field is PlainOutputField => typeof field !== 'function',
    ),
    sample: step.operation.sample ?? {},
    hidden: step.display.hidden === true,
  })),
);

export const visible = steps.filter(({ hidden }) => !hidden);

/** Fields that come by a function come with the last of what they wait for. Those a gateway lists are in test/platforms/prompts.test.ts. */
function fieldsIn(field: unknown): PlainInputField[] {
  if (typeof field !== 'function') return [field as PlainInputField];
  return ['fields', 'json_schema'].flatMap((output_format) => {
    const shown: unknown = field({}, { inputData: { output_format } });
    return Array.isArray(shown) ? (shown as PlainInputField[]) : [];
  });
}

/** A field and those inside it. */
export function withChildren<Field extends { children?: Field[] }>(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => [field, ...(field.children ?? [])]);
}

/** As Zapier shows an answer: what is nested lies flat, with two underscores between. */
export function flat(value: Json, before = ''): Json {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.entries(flat(inner as Json, `${before}${key}__`))
        : [[`${before}${key}`, inner]],
    ),
  );
}

/** The values of an answer that differ from the type of their output field. Null is of every type: it means no value. */
export function misfits(outputs: readonly PlainOutputField[], answer: Json): string[] {
  const values = flat(answer);
  return outputs.flatMap(({ key, type, list, children }) => {
    const value = values[key];
    if (value === undefined || value === null) return [];
    if (children !== undefined)
      return Array.isArray(value)
        ? value.flatMap((line) => misfits(children, line as Json).map((inner) => `${key}[].${inner}`))
        : [`${key} is no list`];
    const items = list === true ? (Array.isArray(value) ? value : [undefined]) : [value];
    return items.every((item) => isOf(type, item)) ? [] : [`${key} is no ${list === true ? 'list of ' : ''}${type}`];
  });
}

function isOf(type: PlainOutputField['type'], value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'datetime')
    return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}(T\S+(Z|[+-]\d{2}:\d{2}))?$/.test(value);
  return typeof value === (type ?? 'string');
}
