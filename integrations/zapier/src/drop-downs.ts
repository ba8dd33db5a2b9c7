import { type Field, fieldsOf, listsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import { type ListedRow, rowLabel } from '@ai-gateway/shared/steps/row-label';
import type { Bundle, Trigger, ZObject } from 'zapier-platform-core';
import { gatewayOf, type Settings } from './gateway.ts';
import { answerKind, findRows, readPages } from './perform.ts';
import { actionLabel, keyOf, nounOf } from './wording.ts';
import { asZapierErrors } from './zapier-errors.ts';

/** Rows that a drop-down has at once, for its search to look through. */
const mostRows = 500;

/** A hidden trigger for every list some field is filled from: Zapier fills drop-downs by triggers. */
export function dropDowns(contract: readonly Operation[], fields: readonly Field[], settings: Settings): Trigger[] {
  const named = new Set(fields.flatMap(listsOf));
  return contract.filter(({ id }) => named.has(id)).map((operation) => dropDown(operation, settings));
}

/** Every field of the operations that are offered. */
export function fieldsOfAll(operations: readonly Operation[]): Field[] {
  return operations.flatMap((operation) => fieldsOf(operation));
}

function dropDown(operation: Operation, settings: Settings): Trigger {
  const goesOn = answerKind(operation) === 'pages';
  const read = goesOn ? nextRows : allRows;
  return {
    key: keyOf(operation.id),
    noun: nounOf(operation.id),
    display: {
      hidden: true,
      label: actionLabel(operation.label),
      description: 'Triggers when a drop-down is to be filled.',
    },
    operation: {
      type: 'polling',
      ...(goesOn ? { canPaginate: true } : {}),
      perform: (z, bundle) =>
        asZapierErrors(z, async () => {
          const rows = await read(z, bundle, { operation, settings });
          return (rows as unknown as ListedRow[]).map((row) => ({ id: row.id, name: rowLabel(row) }));
        }),
    },
  };
}

interface FilledFrom {
  operation: Operation;
  settings: Settings;
}

async function allRows(z: ZObject, bundle: Bundle, { operation, settings }: FilledFrom): Promise<unknown[]> {
  const client = gatewayOf(z, bundle, settings);
  return (await findRows(client, operation, { kind: 'rows', input: {}, most: mostRows })).data;
}

/**
 * "Load more" asks for the next page, and Zapier keeps the place for an hour
 * (https://docs.zapier.com/integrations/build/pagination-trigger).
 */
async function nextRows(z: ZObject, bundle: Bundle, { operation, settings }: FilledFrom): Promise<unknown[]> {
  const isFirst = (bundle.meta?.page ?? 0) === 0;
  const from = isFirst ? undefined : await z.cursor.get();
  if (!isFirst && !from) return [];
  const client = gatewayOf(z, bundle, settings);
  const { rows, cursor } = await readPages(client, operation, { input: {}, most: mostRows, from: from || undefined });
  // After the last page an empty place is kept, so that no page comes twice and no older list goes on.
  const kept = z.cursor.set(cursor ?? '');
  // Where no place can be kept, people still choose from the first rows.
  await (isFirst ? kept.catch(() => {}) : kept);
  return rows;
}
