import type { Field } from '@ai-gateway/shared/fields';
import type { PlainOutputField } from 'zapier-platform-core';
import { titleCase } from './wording.ts';
import { joint } from './zapier-field.ts';

/** The thing an answer is about: `Budget` for its id, name and limit. Empty for a check or a sum. */
interface LabelContext {
  thing: string;
  inLines: boolean;
}

/**
 * The fields of an answer, with labels and types. Groups are written flat, lists of groups are line items. A label names the thing and
 * the field ("Budget ID", "Budget Limit (USD)"), since a later step shows it beside those of every other step.
 */
export function outputFields(fields: readonly Field[], noun = ''): PlainOutputField[] {
  return fields.flatMap((field) => outputField(field, { thing: thingOf(fields, noun), inLines: false }));
}

/** An answer with an id is a thing; the fields of any other answer need no name before theirs. */
function thingOf(fields: readonly Field[], noun: string): string {
  return fields.some(({ key }) => key === 'id') ? noun : '';
}

function outputField(field: Field, context: LabelContext): PlainOutputField[] {
  const own = { key: field.key, label: outputLabel(field, context.thing) };
  switch (field.kind) {
    case 'text':
    case 'choice':
      return [{ ...own, type: field.moment ? 'datetime' : 'string' }];
    case 'number':
    case 'integer':
    case 'boolean':
      return [{ ...own, type: field.kind }];
    case 'group':
      return groupFields(field, context);
    case 'list':
      return listField(field, own, context);
    case 'json':
      // It may hold anything; a test of the step shows its content.
      return [];
  }
}

/** A group with a name of its own (an invoice's client) is a thing; any other belongs to the thing around it. */
function groupFields(field: Field, { thing, inLines }: LabelContext): PlainOutputField[] {
  const name = titleCase(field.label).replace(/^Totals$/, 'Total');
  const isThing = field.children.some(({ key }) => key === 'id' || key === 'name');
  return field.children
    .flatMap((child) => outputField(child, { thing: isThing ? name : joined(thing, name), inLines }))
    .map((child) => ({ ...child, key: `${field.key}${joint}${child.key}` }));
}

function listField(
  { label, children: [item] }: Field,
  own: Pick<PlainOutputField, 'key' | 'label'>,
  { inLines }: LabelContext,
): PlainOutputField[] {
  if (item === undefined || item.kind === 'json') return [];
  if (item.kind !== 'group') return [{ ...own, list: true, type: scalarType(item) }];
  // Zapier knows line items, but no line items of line items.
  if (inLines) return [];
  const name = titleCase(label);
  const thing = name.replace(/s$/, '');
  const children = item.children.flatMap((child) => outputField(child, { thing, inLines: true }));
  return [{ ...own, label: name, children }];
}

/** `Budget` and `Limit`, in dollars → `Budget Limit (USD)`; `Client`, an id → `Client ID`; `Budget`, its own id → `Budget ID`. */
function outputLabel({ key, label }: Field, thing: string): string {
  const name = titleCase(label);
  if (key === 'id') return `${thing} ID`.trim();
  const named = key.endsWith('_id') ? `${name.replace(/ ID$/i, '')} ID` : withUnit(key, name);
  return joined(thing, named);
}

const units: readonly (readonly [ending: RegExp, unit: string])[] = [
  [/_usd_per_mtok$/, 'USD per Million Tokens'],
  [/_usd$/, 'USD'],
  [/(^|_)percent$/, '%'],
  [/_ms$/, 'Milliseconds'],
];

function withUnit(key: string, name: string): string {
  const unit = units.find(([ending]) => ending.test(key))?.[1];
  return unit === undefined || name.endsWith(')') ? name : `${name} (${unit})`;
}

/** Nothing is named twice: a scenario's `Scenario Platform` is not its `Scenario Scenario Platform`. */
function joined(thing: string, name: string): string {
  return thing === '' || name === thing || name.startsWith(`${thing} `) ? name : `${thing} ${name}`;
}

function scalarType({ kind }: Field): 'string' | 'number' | 'integer' | 'boolean' {
  return kind === 'number' || kind === 'integer' || kind === 'boolean' ? kind : 'string';
}
