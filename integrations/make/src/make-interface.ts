import type { Field } from '@ai-gateway/shared/fields';
import type { Parameter } from './component.ts';
import { makeLabel } from './wording.ts';

/** The fields an answer has, as Make offers them to the modules after it. */
export function makeInterface(
  fields: readonly Field[],
  moments: ReadonlySet<string> = new Set(),
  groups: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): Parameter[] {
  return fields.map((field) => ({
    name: field.key,
    ...(moments.has(field.key) ? { type: 'date' } : shapeOf(field, groups.get(field.key))),
    label: makeLabel(field.label),
  }));
}

function shapeOf(field: Field, moments?: ReadonlySet<string>): Parameter {
  switch (field.kind) {
    case 'text':
    case 'choice':
      return { type: 'text' };
    case 'number':
    case 'integer':
    case 'boolean':
      return { type: field.kind };
    case 'list':
      return { type: 'array', spec: specOf(field.children[0]) };
    case 'group':
      return { type: 'collection', spec: makeInterface(field.children, moments) };
    case 'json':
      return { type: 'any' };
  }
}

/** Rows by their fields; bare values by their type alone. */
function specOf(item: Field | undefined): Parameter | Parameter[] {
  if (item === undefined) return { type: 'any' };
  return item.kind === 'group' ? makeInterface(item.children) : shapeOf(item);
}
