import type { Field } from '@ai-gateway/shared/fields';
import { valueLabel } from '@ai-gateway/shared/steps/wording';
import { componentId, type Parameter } from './component.ts';
import { makeLabel, singular } from './wording.ts';

/** One field of the contract as a field of Make's form. */
export function makeField(field: Field, moments: ReadonlySet<string> = new Set()): Parameter {
  const label = makeLabel(field.label);
  const isMoment = moments.has(field.key);
  return {
    name: field.key,
    ...(isMoment ? { type: 'date' } : shapeOf(field, label)),
    label,
    help: (isMoment ? field.helpOfMoment : undefined) || field.help || undefined,
    required: field.required || undefined,
    default: field.kind === 'group' ? undefined : (field.initial as Parameter['default']),
  };
}

/**
 * A field of a webhook or of a polling trigger. Nothing is mapped there, so a person must be able to type: a client or a scenario
 * without a call yet is in no list. Make's pages do not name `editable`, its editor's schema does; elsewhere mapping is on anyway.
 */
export function makeStaticField(field: Field): Parameter {
  const parameter = makeField(field);
  return isChosenFromList(field) ? { ...parameter, editable: true } : parameter;
}

/** The ID of what the module changes. It mostly comes from a module before it, so its field begins as one to map. */
export function makeIdField(field: Field): Parameter {
  const parameter = makeField(field);
  if (!isChosenFromList(field)) return parameter;
  return { ...parameter, label: `${parameter.label} ID`, help: 'Map its ID, or turn Map off to choose.', mode: 'edit' };
}

function isChosenFromList({ options, kind }: Field): boolean {
  return options !== undefined && kind === 'text';
}

function shapeOf(field: Field, label: string): Parameter {
  if (field.options !== undefined && field.kind === 'text')
    return { type: 'select', options: `rpc://${componentId(field.options)}` };
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
  if (item?.kind === 'group')
    return {
      type: 'array',
      spec: item.children.map((child) => makeField(child)),
      labels: { add: `Add ${singular(label).toLowerCase()}` },
    };
  const one = singular(label);
  const { name: _, ...spec } = item === undefined ? { type: 'any', name: '' } : makeField({ ...item, label: one });
  return { type: 'array', spec, labels: { add: `Add ${one.toLowerCase()}` } };
}

export function choicesOf(field: Field): { label: string; value: string }[] {
  return field.choices.map((value) => ({ label: field.choiceLabels?.[value] ?? valueLabel(value), value }));
}

/** Make has no placeholders and wants an example in the help, introduced by "For example". */
export function helpOf({ help, placeholder, multiline, options, children: [item] }: Field): string | undefined {
  const isTyped = !multiline && options === undefined && item?.options === undefined;
  const example = isTyped && placeholder !== undefined ? `For example, \`${placeholder}\`.` : '';
  return `${help} ${example}`.trim() || undefined;
}
