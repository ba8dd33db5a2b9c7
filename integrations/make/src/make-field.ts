import type { Field } from '@ai-gateway/shared/fields';
import { componentId, type Parameter } from './component.ts';
import { labelOfValue, makeLabel, singular } from './wording.ts';

/** One field of the contract as a field of Make's form. */
export function makeField(field: Field, moments: ReadonlySet<string> = new Set()): Parameter {
  const label = makeLabel(field.label);
  return {
    name: field.key,
    ...(moments.has(field.key) ? { type: 'date' } : shapeOf(field, label)),
    label,
    help: field.help || undefined,
    required: field.required || undefined,
    default: field.kind === 'group' ? undefined : (field.initial as Parameter['default']),
  };
}

function shapeOf(field: Field, label: string): Parameter {
  // Editable, since a client or a scenario that never called yet is in no list.
  if (field.options !== undefined && field.kind === 'text')
    return { type: 'select', options: `rpc://${componentId(field.options)}`, editable: true };
  switch (field.kind) {
    case 'text':
      return { type: 'text', multiline: field.multiline || undefined };
    case 'number':
    case 'integer':
    case 'boolean':
      return { type: field.kind };
    case 'choice':
      return { type: 'select', options: choicesOf(field) };
    case 'list':
      return listOf(field, label);
    case 'group':
      return { type: 'collection', spec: field.children.map((child) => makeField(child)) };
    case 'json':
      return { type: 'any' };
  }
}

/** Of choices a tick list; of anything else rows, whose one field has no name so that the list holds bare values. */
function listOf({ children: [item] }: Field, label: string): Parameter {
  if (item?.kind === 'choice') return { type: 'select', multiple: true, options: choicesOf(item) };
  if (item?.options !== undefined) return { ...shapeOf(item, label), multiple: true };
  const one = singular(label);
  const { name: _, ...spec } = item === undefined ? { type: 'any', name: '' } : makeField({ ...item, label: one });
  return { type: 'array', spec, labels: { add: `Add ${one.toLowerCase()}` } };
}

function choicesOf(field: Field): Parameter['options'] {
  return field.choices.map((value) => ({ label: labelOfValue(value), value }));
}
