import type { Field } from '@ai-gateway/shared/fields';
import { capitalize, valueLabel } from '@ai-gateway/shared/steps/wording';
import type { INodeProperties, INodePropertyOptions, INodePropertyTypeOptions } from 'n8n-workflow';
import { locator } from '../nodes/locator.ts';
import { camelCase, describe, titleCase } from './wording.ts';

export interface PropertyContext {
  /** A value of the operation's sample: the placeholder of the field. */
  example?: unknown;
  displayOptions?: INodeProperties['displayOptions'];
}

/** One field of the contract as a field of n8n's form. */
export function n8nProperty(field: Field, { example, displayOptions }: PropertyContext = {}): INodeProperties {
  const displayName = titleCase(field.label);
  const description = field.kind === 'boolean' ? whether(field) : describe(field.help);
  return {
    displayName,
    name: camelCase(field.key),
    ...shapeOf(field, example),
    ...(field.required ? { required: true } : {}),
    ...(displayOptions === undefined ? {} : { displayOptions }),
    ...(description === '' ? {} : { description }),
  };
}

/** n8n's resource mapper: fields that the node loads, with `fields` telling which list they come from. */
function mapper({ fields, label }: Field): Shape {
  const plural = label.toLowerCase();
  return {
    type: 'resourceMapper',
    noDataExpression: true,
    default: { mappingMode: 'defineBelow', value: null },
    typeOptions: {
      resourceMapper: {
        resourceMapperMethod: fieldsMethod(fields?.operation ?? ''),
        mode: 'add',
        fieldWords: { singular: plural.replace(/s$/, ''), plural },
        addAllFields: true,
        multiKeyMatch: false,
        supportAutoMap: false,
        noFieldsError: `There are no ${plural}.`,
      },
    },
  };
}

/** The method of a node that loads such fields: `prompts.fields` → `getPromptsFields`. */
export function fieldsMethod(operationId: string): string {
  return `get${capitalize(camelCase(operationId))}`;
}

type Shape = Pick<INodeProperties, 'type' | 'default'> & Partial<INodeProperties>;

function shapeOf(field: Field, example: unknown): Shape {
  if (field.fields !== undefined) return mapper(field);
  if (field.options !== undefined && field.kind === 'text')
    return locator({
      method: listMethod(field.options),
      example: typeof example === 'string' ? example : 'acme',
      initial: textOf(field.initial),
    });
  switch (field.kind) {
    case 'text':
      return {
        type: 'string',
        ...(field.multiline ? { typeOptions: { rows: 4 } } : {}),
        ...placeholder(example),
        default: textOf(field.initial),
      };
    case 'number':
      return { type: 'number', ...bounds(field), default: numberOf(field.initial) };
    case 'integer':
      return { type: 'number', ...bounds(field, { numberPrecision: 0 }), default: numberOf(field.initial) };
    case 'boolean':
      return { type: 'boolean', default: field.initial === true };
    case 'choice':
      return { type: 'options', ...choice(field) };
    case 'list':
      return list(field, example);
    case 'group':
      return { type: 'collection', placeholder: `Add ${titleCase(field.label)}`, options: inside(field), default: {} };
    case 'json':
      return { type: 'json', default: jsonText(field.initial) };
  }
}

function bounds({ least, most }: Field, more: INodePropertyTypeOptions = {}): Pick<Shape, 'typeOptions'> {
  const typeOptions: INodePropertyTypeOptions = {
    ...(least === undefined ? {} : { minValue: least }),
    ...(most === undefined ? {} : { maxValue: most, numberPrecision: 2 }),
    ...more,
  };
  return Object.keys(typeOptions).length === 0 ? {} : { typeOptions };
}

/** A text is JSON as a person would write it; any other value is written out. */
function jsonText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}

/** The method of a node that fills a drop-down: `budgets.list` → `searchBudgets`. */
export function listMethod(operationId: string): string {
  return `search${capitalize(operationId.split('.')[0] ?? operationId)}`;
}

/** Of groups a repeated form, of choices a tick list, of anything else a repeated line. */
function list(field: Field, example: unknown): Shape {
  const [item] = field.children;
  const one = titleCase(item?.label ?? field.label);
  if (item?.kind === 'group')
    return {
      type: 'fixedCollection',
      typeOptions: { multipleValues: true, sortable: true },
      placeholder: `Add ${one}`,
      options: [{ displayName: one, name: 'values', values: inside(item) }],
      default: {},
    };
  if (item?.kind === 'choice')
    return {
      type: 'multiOptions',
      options: choicesOf(item),
      default: Array.isArray(field.initial) ? field.initial.map(String) : [],
    };
  // One line for all, since n8n has no repeated number that may begin empty.
  if (isNumeric(item))
    return {
      type: 'string',
      placeholder: 'e.g. 80, 100',
      default: Array.isArray(field.initial) ? field.initial.join(', ') : '',
    };
  return {
    type: 'string',
    typeOptions: { multipleValues: true, multipleValueButtonText: `Add ${one}` },
    ...placeholder(example),
    default: Array.isArray(field.initial) ? (field.initial as string[]) : [],
  };
}

export function isNumeric(item: Field | undefined): boolean {
  return item?.kind === 'number' || item?.kind === 'integer';
}

/** n8n wants five or more sorted by name; a shorter list keeps the contract's order, which often means something. */
export function sorted<Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[] {
  return items.length < 5 ? [...items] : items.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

function inside(group: Field): INodeProperties[] {
  const properties = group.children.map((child) => n8nProperty(child));
  return sorted(properties, ({ displayName }) => displayName);
}

/** A choice always has a value in n8n: where none is needed and none is the default, one of them says so. */
function choice(field: Field): Pick<Shape, 'default' | 'options'> {
  const options = choicesOf(field);
  if (field.required || field.initial !== undefined)
    return { options, default: textOf(field.initial ?? field.choices[0]) };
  return { options: sorted([{ name: 'Any', value: '' }, ...options], ({ name }) => String(name)), default: '' };
}

function choicesOf(field: Field): INodePropertyOptions[] {
  return sorted(
    field.choices.map((value) => ({ name: titleCase(field.choiceLabels?.[value] ?? valueLabel(value)), value })),
    ({ name }) => name,
  );
}

function whether(field: Field): string {
  return describe(/^whether\b/i.test(field.help) ? field.help : `Whether “${field.label}” applies. ${field.help}`);
}

function placeholder(example: unknown): Partial<INodeProperties> {
  return typeof example === 'string' ? { placeholder: `e.g. ${example}` } : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
