import type { InputOf, OperationId } from '@ai-gateway/shared/contract';
import { isRecord } from '@ai-gateway/shared/json';
import {
  type VariableRow,
  type VariableType,
  variableField,
  variableValue,
} from '@ai-gateway/shared/steps/variable-field';
import type { FieldType, ILoadOptionsFunctions, ResourceMapperField, ResourceMapperFields } from 'n8n-workflow';
import type { FieldsPlan } from './AiGateway/operation-plan.ts';
import { apiError } from './api-error.ts';
import { gatewayOf } from './gateway.ts';
import { textOf } from './plain-value.ts';

/*
 * Fields that another field decides: the variables of a prompt, in n8n's resource mapper. n8n keeps the fields with the node
 * (`schema`), so that a run knows the type of each without asking again.
 */

type FieldsMethod = (this: ILoadOptionsFunctions) => Promise<ResourceMapperFields>;

/** A method for every list of fields. */
export function mappedFields(lists: Readonly<Record<string, FieldsPlan>>): Record<string, FieldsMethod> {
  return Object.fromEntries(Object.entries(lists).map(([method, plan]) => [method, fieldsMethod(plan)]));
}

function fieldsMethod({ id, takes }: FieldsPlan): FieldsMethod {
  return async function () {
    const given = takes
      .map(({ key, name }) => [key, textOf(this.getCurrentNodeParameter(name))] as const)
      .filter(([, value]) => value !== '');
    if (given.length === 0) return { fields: [] };
    try {
      const client = await gatewayOf(this);
      const input = Object.fromEntries(given) as InputOf<OperationId> & { stream?: never };
      const { data } = (await client.call(id, input)) as unknown as { data: VariableRow[] };
      return { fields: data.map(mapperField) };
    } catch (error) {
      throw apiError(this.getNode(), error);
    }
  };
}

/**
 * A JSON variable takes any value, and n8n has no such type: its `object` refuses a list. Without a type the field takes a text,
 * and an expression of any type.
 */
const types: Readonly<Record<VariableType, FieldType | undefined>> = {
  text: 'string',
  number: 'number',
  boolean: 'boolean',
  choice: 'options',
  json: undefined,
  image: 'string',
  messages: 'array',
};

function mapperField(row: VariableRow): ResourceMapperField {
  const { key, label, required, initial, choices } = variableField(row);
  const type = types[row.type];
  return {
    id: key,
    displayName: label,
    required,
    display: true,
    defaultMatch: false,
    canBeUsedToMatch: false,
    ...(type === undefined ? {} : { type }),
    ...(type === 'options' ? { options: choices.map((value) => ({ name: value, value })) } : {}),
    ...(isPlain(initial) ? { defaultValue: initial } : {}),
  };
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** The filled-in fields of a resource mapper, each in the type that its variable has. A field that n8n does not know goes as it is. */
export function mappedValues(given: unknown): Record<string, unknown> | undefined {
  if (!isRecord(given) || !isRecord(given.value)) return undefined;
  const known = new Map(schemaOf(given.schema).map((field) => [field.id, variableType(field.type)]));
  const values = Object.entries(given.value)
    .map(([name, value]) => {
      const type = known.get(name);
      return [name, type === undefined ? value : variableValue(type, value)] as const;
    })
    .filter(([, value]) => value !== undefined);
  return values.length === 0 ? undefined : Object.fromEntries(values);
}

function schemaOf(schema: unknown): ResourceMapperField[] {
  return Array.isArray(schema) ? (schema as ResourceMapperField[]) : [];
}

function variableType(type: FieldType | undefined): VariableType {
  switch (type) {
    case 'number':
    case 'boolean':
      return type;
    case 'array':
      return 'messages';
    case undefined:
      return 'json';
    default:
      return 'text';
  }
}
