import type { Field } from '@ai-gateway/shared/fields';
import type { PlainOutputField } from 'zapier-platform-core';
import { titleCase } from './wording.ts';
import { joint } from './zapier-field.ts';

/** What an answer holds, with labels and types. Groups are written flat, lists of groups are line items. */
export function outputFields(fields: readonly Field[]): PlainOutputField[] {
  return fields.flatMap((field) => outputField(field, { inLines: false }));
}

function outputField(field: Field, place: { inLines: boolean }): PlainOutputField[] {
  const own = { key: field.key, label: titleCase(field.label) };
  switch (field.kind) {
    case 'text':
    case 'choice':
      return [{ ...own, type: 'string' }];
    case 'number':
    case 'integer':
    case 'boolean':
      return [{ ...own, type: field.kind }];
    case 'group':
      return field.children
        .flatMap((child) => outputField(child, place))
        .map((child) => ({
          ...child,
          key: `${field.key}${joint}${child.key}`,
          label: `${own.label} ${child.label ?? child.key}`,
        }));
    case 'list':
      return listField(field, own, place);
    case 'json':
      // It may hold anything; what it did hold is seen in a test of the step.
      return [];
  }
}

function listField(
  { children: [item] }: Field,
  own: Pick<PlainOutputField, 'key' | 'label'>,
  { inLines }: { inLines: boolean },
): PlainOutputField[] {
  if (item === undefined || item.kind === 'json') return [];
  if (item.kind !== 'group') return [{ ...own, list: true, type: scalarType(item) }];
  // Zapier knows line items, but no line items of line items.
  return inLines ? [] : [{ ...own, children: item.children.flatMap((child) => outputField(child, { inLines: true })) }];
}

function scalarType({ kind }: Field): 'string' | 'number' | 'integer' | 'boolean' {
  return kind === 'number' || kind === 'integer' || kind === 'boolean' ? kind : 'string';
}
