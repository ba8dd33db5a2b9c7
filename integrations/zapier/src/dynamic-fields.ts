import type { Client } from '@ai-gateway/shared/client';
import { contract, type InputOf, type OperationId } from '@ai-gateway/shared/contract';
import { type DynamicFields, type Field, fieldsOf } from '@ai-gateway/shared/fields';
import { isRecord } from '@ai-gateway/shared/json';
import { type VariableRow, variableField, variableValue } from '@ai-gateway/shared/steps/variable-field';
import type { Bundle, PlainInputField, ZObject } from 'zapier-platform-core';
import { isEmpty, linesOf, textOf } from './form-value.ts';
import { gatewayOf, type Settings } from './gateway.ts';
import type { InputData } from './operation-input.ts';
import { asZapierErrors } from './zapier-errors.ts';
import { joint, zapierField } from './zapier-field.ts';

/*
 * Fields that another field decides: the variables of a prompt. Zapier asks for them again whenever the field with
 * `altersDynamicFields` changes, and hands over the form as it is by then.
 * https://docs.zapier.com/platform/build/dynamic-field-guides
 */

/** A function among the fields of a form: Zapier calls it, and shows the fields that it gives. */
export type FieldFunction = (z: ZObject, bundle: Bundle) => Promise<PlainInputField[]>;

export function dynamicFields(field: Field, settings: Settings): FieldFunction {
  const { fields } = field;
  return async (z, bundle) => {
    // On first sight of a form nothing is filled in yet.
    if (fields === undefined || isEmpty(bundle.inputData?.[fields.by])) return [];
    return asZapierErrors(z, async () => {
      const rows = await variablesOf(gatewayOf(z, bundle, settings), fields, bundle.inputData);
      return rows.map((row) => shown(field, row));
    });
  };
}

/** The list of fields, for the form as it is filled in: beside the field that decides, the list may take others of it. */
export async function variablesOf(
  client: Client,
  { operation }: DynamicFields,
  data: InputData,
): Promise<readonly VariableRow[]> {
  const listing = contract.find(({ id }) => id === operation);
  const keys = listing === undefined ? [] : fieldsOf(listing).map(({ key }) => key);
  const given = keys.map((key) => [key, textOf(data[key])] as const).filter(([, value]) => value !== '');
  const input = Object.fromEntries(given) as InputOf<OperationId> & { stream?: never };
  const { data: rows } = (await client.call(operation as OperationId, input)) as unknown as { data: VariableRow[] };
  return rows;
}

/** Keys are joined as those of a group; so are those of the fields in a line, since a form has each key once. */
function shown({ key }: Field, row: VariableRow): PlainInputField {
  const own = keyOf(key, row);
  const { children, ...plain } = zapierField(variableField(row));
  // A label as it is: a variable has the name that its author gave it.
  return {
    ...plain,
    key: own,
    label: row.label ?? row.name,
    ...(children === undefined
      ? {}
      : {
          children: (children as PlainInputField[]).map((child) => ({ ...child, key: `${own}${joint}${child.key}` })),
        }),
  };
}

/** The values that were filled in, each in the type its variable has. */
export function dynamicValues(
  { key }: Field,
  rows: readonly VariableRow[],
  data: InputData,
): Record<string, unknown> | undefined {
  const values = rows
    .map((row) => [row.name, variableValue(row.type, mapped(keyOf(key, row), row, data))] as const)
    .filter(([, value]) => value !== undefined);
  return values.length === 0 ? undefined : Object.fromEntries(values);
}

function mapped(own: string, { type }: VariableRow, data: InputData): unknown {
  if (type !== 'messages') return data[own];
  const lines = linesOf(data, { key: own, inside: ['role', 'content'].map((key) => `${own}${joint}${key}`) });
  return Array.isArray(lines) ? lines.map((line) => withoutPrefix(line, `${own}${joint}`)) : lines;
}

function withoutPrefix(line: unknown, prefix: string): unknown {
  if (!isRecord(line)) return line;
  return Object.fromEntries(
    Object.entries(line).map(([key, value]) => [key.startsWith(prefix) ? key.slice(prefix.length) : key, value]),
  );
}

function keyOf(group: string, { name }: VariableRow): string {
  return `${group}${joint}${name}`;
}
