import type { Field } from '@ai-gateway/shared/fields';
import { valueLabel } from '@ai-gateway/shared/steps/wording';
import type { InputFieldGroup, PlainInputField } from 'zapier-platform-core';
import { helpBeside, keyOf, titleCase } from './wording.ts';

/** A group's fields are listed beside the others, their keys joined by this, as Zapier itself writes nested fields. */
export const joint = '__';

/** The fields of the contract as fields of Zapier's form, which is flat: a group becomes a section. */
export function zapierFields(
  fields: readonly Field[],
  example: Readonly<Record<string, unknown>> = {},
): PlainInputField[] {
  return fields.flatMap((field) =>
    field.kind === 'group'
      ? field.children
          .filter(({ kind }) => kind !== 'group')
          .map((child) => ({
            ...zapierField({ ...child, required: field.required && child.required }),
            key: `${field.key}${joint}${child.key}`,
            group: field.key,
          }))
      : [{ ...zapierField(field), ...placeholder(field, example[field.key]) }],
  );
}

/** The sections of a form, one for each group. */
export function fieldGroups(fields: readonly Field[]): InputFieldGroup[] {
  return fields
    .filter(({ kind }) => kind === 'group')
    .map(({ key, label }) => ({ key, label: titleCase(label), emphasize: false }));
}

export function zapierField(field: Field): PlainInputField {
  const helpText = helpBeside(field.label, field.helpOfMoment ?? field.help);
  return {
    key: field.key,
    label: titleCase(field.label),
    ...shapeOf(field),
    ...(field.kind === 'list' && field.children[0]?.kind === 'group' ? {} : { required: field.required }),
    // A field with lines has no help of its own; its lines have.
    ...(helpText === undefined || isLines(field) ? {} : { helpText }),
  };
}

function shapeOf(field: Field): Partial<PlainInputField> {
  const [item] = field.children;
  switch (field.kind) {
    case 'text':
      return {
        type: field.moment ? 'datetime' : field.multiline ? 'text' : 'string',
        ...initial(field),
        ...dropDown(field),
      };
    case 'number':
    case 'integer':
      return { type: field.kind, ...initial(field) };
    case 'boolean':
      return { type: 'boolean', ...initial(field) };
    case 'choice':
      return { type: 'string', choices: choicesOf(field), ...initial(field) };
    case 'list':
      if (item?.kind === 'group') return { children: item.children.map(zapierField) };
      return { list: true, ...(item === undefined ? { type: 'string' } : withoutDefault(shapeOf(item))) };
    case 'json':
    case 'group':
      return { type: 'text' };
  }
}

function isLines({ kind, children: [item] }: Field): boolean {
  return kind === 'list' && item?.kind === 'group';
}

function withoutDefault({ default: _, ...shape }: Partial<PlainInputField>): Partial<PlainInputField> {
  return shape;
}

function initial({ initial }: Field): Pick<PlainInputField, 'default'> {
  return ['string', 'number', 'boolean'].includes(typeof initial) ? { default: String(initial) } : {};
}

/** The value of the operation's sample, where a text is typed: a drop-down shows its own values. */
function placeholder({ kind, options, initial }: Field, example: unknown): Pick<PlainInputField, 'placeholder'> {
  const typed = kind === 'text' && options === undefined && initial === undefined;
  return typed && typeof example === 'string' && example !== '' ? { placeholder: example } : {};
}

function dropDown({ options }: Field): Pick<PlainInputField, 'dynamic'> {
  return options === undefined ? {} : { dynamic: dynamicOf(options) };
}

/** A hidden trigger of the list's name fills the drop-down: see drop-downs.ts. */
function dynamicOf(listOperation: string): string {
  return `${keyOf(listOperation)}.id.name`;
}

function choicesOf({ choices, choiceLabels = {} }: Field): { value: string; sample: string; label: string }[] {
  return choices.map((value) => ({ value, sample: value, label: titleCase(choiceLabels[value] ?? valueLabel(value)) }));
}
