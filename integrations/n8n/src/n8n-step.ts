import type { Field } from '@ai-gateway/shared/fields';
import type { INodeProperties } from 'n8n-workflow';
import { n8nProperty, sorted } from './n8n-property.ts';

/** Fields that are seldom needed: a person adds each of them by its name. */
export function optionsOf(advanced: readonly Field[]): INodeProperties {
  return {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    options: sorted(
      advanced.map((field) => stepProperty(field)),
      ({ displayName }) => displayName,
    ),
  };
}

/** A repeated form begins with one line. */
const firstLine: Readonly<Record<string, Record<string, string>>> = {
  messages: { role: 'user', content: '' },
  answer_fields: { fieldName: '', fieldType: 'string', fieldDescription: '', fieldValues: '' },
};

/** A field of a shared step. */
export function stepProperty(field: Field, displayOptions?: INodeProperties['displayOptions']): INodeProperties {
  const [item] = field.children;
  const line = firstLine[field.key];
  return {
    ...n8nProperty(field, { example: field.placeholder, displayOptions }),
    ...(item?.options === undefined ? {} : manyOf(field)),
    ...(line === undefined ? {} : { default: { values: [line] } }),
  };
}

/** Several of a list: n8n has no resource locator for more than one. */
function manyOf({ initial }: Field): Pick<INodeProperties, 'type' | 'typeOptions' | 'default'> {
  return {
    type: 'multiOptions',
    typeOptions: { loadOptionsMethod: 'getModels' },
    default: Array.isArray(initial) ? (initial as string[]) : [],
  };
}
