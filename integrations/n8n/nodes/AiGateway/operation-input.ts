import { GatewayError } from '@ai-gateway/shared/errors';
import { formNumber, formText } from '@ai-gateway/shared/form-text';
import { readJson } from '@ai-gateway/shared/json';
import type { IDataObject } from 'n8n-workflow';
import { mappedValues } from '../mapped-fields.ts';
import { listOf, plainValue, switchOf } from '../plain-value.ts';
import type { FieldPlan, OperationPlan } from './operation-plan.ts';

/** Reads one parameter of the form for the item at hand. */
export type ReadParameter = (name: string, fallback: unknown) => unknown;

/** The filled-in form as the contract wants it. An empty field counts as not given. */
export function operationInput({ fields }: OperationPlan, read: ReadParameter): Record<string, unknown> {
  const additional = fields.some(({ additional }) => additional) ? read('additionalFields', {}) : {};
  const values = (additional ?? {}) as IDataObject;
  return inputOf(fields, (field) => (field.additional ? values[field.name] : read(field.name, undefined)));
}

function inputOf(fields: readonly FieldPlan[], take: (field: FieldPlan) => unknown): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .map((field) => [field.key, given(field, plainValue(take(field)))] as const)
      .filter(([, value]) => value !== undefined),
  );
}

function given(field: FieldPlan, value: unknown): unknown {
  if (value === undefined || value === null || value === '') return undefined;
  switch (field.kind) {
    case 'text':
      return formText(value) || undefined;
    case 'number':
      return formNumber(value);
    case 'boolean':
      return typeof value === 'boolean' ? value : switchOf(value, true);
    case 'list':
      return nonEmpty(listOf(value).map((one) => (typeof one === 'object' ? formText(one) : one)));
    case 'numbers':
      return nonEmpty(listOf(value).map(formNumber));
    case 'json':
      return typeof value === 'string' ? parse(field, value) : value;
    case 'mapped':
      return mappedValues(value);
    case 'group':
      return group(field, value);
    case 'groups':
      return nonEmpty(rowsOf(value).map((row) => group(field, row) ?? {}));
  }
}

function group({ fields = [] }: FieldPlan, value: unknown): Record<string, unknown> | undefined {
  const values = typeof value === 'object' && value !== null ? (value as IDataObject) : {};
  const input = inputOf(fields, ({ name }) => values[name]);
  return Object.keys(input).length === 0 ? undefined : input;
}

/** A repeated form keeps its rows under `values`. */
function rowsOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const { values } = value as IDataObject;
  return Array.isArray(values) ? values : [];
}

function nonEmpty<Item>(items: Item[]): Item[] | undefined {
  return items.length === 0 ? undefined : items;
}

function parse({ key }: FieldPlan, text: string): unknown {
  const value = readJson(text);
  if (value === undefined)
    throw new GatewayError('invalid_request', `"${key}" is not valid JSON. Check its quotes and commas.`, {
      param: key,
    });
  return value;
}
