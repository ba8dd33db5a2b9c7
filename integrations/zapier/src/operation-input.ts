import { GatewayError } from '@ai-gateway/shared/errors';
import type { Field } from '@ai-gateway/shared/fields';
import { formNumber, formText } from '@ai-gateway/shared/form-text';
import { isRecord, readJson } from '@ai-gateway/shared/json';
import { booleanOf, isEmpty, linesOf, listOf, momentText } from './form-value.ts';
import { joint } from './zapier-field.ts';

export type InputData = Readonly<Record<string, unknown>>;

/** The filled-in form as the contract wants it. An empty field counts as not given. */
export function operationInput(fields: readonly Field[], data: InputData): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field) => [field.key, given(field, data)] as const).filter(([, value]) => value !== undefined),
  );
}

function given(field: Field, data: InputData): unknown {
  const [item] = field.children;
  if (field.kind === 'list' && item?.kind === 'group')
    return readValue(field, linesOf(data, { key: field.key, inside: item.children.map(({ key }) => key) }));
  if (field.kind !== 'group') return readValue(field, data[field.key]);
  const flat = Object.fromEntries(field.children.map(({ key }) => [key, data[`${field.key}${joint}${key}`]]));
  return nonEmpty(operationInput(field.children, flat));
}

function readValue(field: Field, value: unknown): unknown {
  if (isEmpty(value)) return undefined;
  const [item] = field.children;
  switch (field.kind) {
    case 'text':
      return (field.moment ? momentText(value) : formText(value)) || undefined;
    case 'choice':
      return formText(value) || undefined;
    case 'number':
    case 'integer':
      return formNumber(value);
    case 'boolean':
      return booleanOf(value);
    case 'list':
      return listValue(item, value);
    case 'json':
    case 'group':
      return typeof value === 'string' ? parsed(field, value) : value;
  }
}

function listValue(item: Field | undefined, value: unknown): unknown[] | undefined {
  const items = listOf(value).map((one) =>
    item?.kind === 'group'
      ? nonEmpty(operationInput(item.children, isRecord(one) ? one : {}))
      : item === undefined
        ? one
        : readValue(item, one),
  );
  const filled = items.filter((one) => one !== undefined);
  return filled.length === 0 ? undefined : filled;
}

function nonEmpty(input: Record<string, unknown>): Record<string, unknown> | undefined {
  return Object.keys(input).length === 0 ? undefined : input;
}

function parsed({ key, label }: Field, text: string): unknown {
  const value = readJson(text);
  if (value === undefined)
    throw new GatewayError('invalid_request', `"${label}" is not valid JSON. Check its quotes and commas.`, {
      param: key,
    });
  return value;
}
