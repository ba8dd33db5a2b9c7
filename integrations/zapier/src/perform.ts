import type { Client } from '@ai-gateway/shared/client';
import type { InputOf, OperationId } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import { answeredByPlatforms, type Field, fieldsOf } from '@ai-gateway/shared/fields';
import { isRecord } from '@ai-gateway/shared/json';
import type { Operation } from '@ai-gateway/shared/operation';
import type { Bundle, ZObject } from 'zapier-platform-core';
import { dynamicValues, variablesOf } from './dynamic-fields.ts';
import { isEmpty } from './form-value.ts';
import { gatewayOf, type Settings } from './gateway.ts';
import { type InputData, operationInput } from './operation-input.ts';
import { zapId } from './tags.ts';
import { asZapierErrors } from './zapier-errors.ts';

export function shownFields(operation: Pick<Operation, 'input'>) {
  return fieldsOf(operation).filter(({ key }) => !answeredByPlatforms.has(key));
}

/** `pages` of rows are followed by their cursor, `rows` are all there is. */
export type AnswerKind = 'one' | 'rows' | 'pages';

/** A list is known by its sample: rows under `data`. It goes on where the input takes a cursor. */
export function answerKind(operation: Operation): AnswerKind {
  const sample = operation.sample.output;
  if (!isRecord(sample) || !Array.isArray(sample.data)) return 'one';
  return fieldsOf(operation).some(({ key }) => key === 'cursor') ? 'pages' : 'rows';
}

export const usualRows = 100;
const mostRows = 1000;
const pageSize = 100;

type Perform<Answer> = (z: ZObject, bundle: Bundle) => Promise<Answer>;

/** A create answers with one object. If the gateway answers with nothing, the object is the input, with `done`. */
export function performCreate(operation: Operation, settings: Settings): Perform<Record<string, unknown>> {
  const fields = shownFields(operation);
  return (z, bundle) =>
    asZapierErrors(z, async () => {
      const client = gatewayOf(z, bundle, settings);
      const given = await filledIn(client, fields, bundle.inputData);
      const input = operation.id === 'feedback.create' ? { ...ofThisZap(bundle, given), ...given } : given;
      const answer = await call(client, operation, input);
      return isRecord(answer) ? answer : { ...input, done: true };
    });
}

/** A run is one of a scenario; where none is filled in, that is the Zap itself. */
function ofThisZap({ meta }: Bundle, given: Readonly<Record<string, unknown>>): { scenario_id?: string } {
  const zap = zapId(meta);
  return given.execution_id === undefined || zap === '' ? {} : { scenario_id: zap };
}

/**
 * A search answers with one object too, since a Zap goes on with the first result only: rows are its line items. What is not
 * there is an empty result, which Zapier has words for, not an error.
 */
export function performSearch(operation: Operation, settings: Settings): Perform<Record<string, unknown>[]> {
  const fields = shownFields(operation);
  const kind = answerKind(operation);
  return (z, bundle) =>
    asZapierErrors(z, async () => {
      const client = gatewayOf(z, bundle, settings);
      const input = await filledIn(client, fields, bundle.inputData);
      try {
        if (kind === 'one') return [(await call(client, operation, input)) as Record<string, unknown>];
        const list = await findRows(client, operation, { kind, input, most: rowLimit(bundle.inputData.limit) });
        return isNothing(list) ? [] : [list];
      } catch (error) {
        if (isNotThere(error)) return [];
        throw error;
      }
    });
}

/** The form's values; those of fields that another one decides in the types that the gateway lists for them. */
export async function filledIn(
  client: Client,
  fields: readonly Field[],
  data: InputData,
): Promise<Record<string, unknown>> {
  const plain = operationInput(
    fields.filter((field) => field.fields === undefined),
    data,
  );
  const decided = await Promise.all(
    fields.map(async (field): Promise<[string, unknown][]> => {
      if (field.fields === undefined || isEmpty(data[field.fields.by])) return [];
      const values = dynamicValues(field, await variablesOf(client, field.fields, data), data);
      return values === undefined ? [] : [[field.key, values]];
    }),
  );
  return { ...plain, ...Object.fromEntries(decided.flat()) };
}

function rowLimit(value: unknown): number {
  const wanted = Math.floor(Number(value));
  return wanted >= 1 ? Math.min(wanted, mostRows) : usualRows;
}

interface Page extends Record<string, unknown> {
  data: Record<string, unknown>[];
  next_cursor?: string | null;
}

/** Rows of as many pages as are wanted, with whatever else the first page says (totals, for instance). */
export async function findRows(
  client: Client,
  operation: Operation,
  { kind, input, most }: { kind: AnswerKind; input: Record<string, unknown>; most: number },
): Promise<Record<string, unknown> & { data: Record<string, unknown>[]; has_more: boolean }> {
  if (kind === 'rows') {
    const { data, object: _, first_id: __, last_id: ___, ...rest } = (await call(client, operation, input)) as Page;
    return { ...rest, data: data.slice(0, most).map(withoutProtocol), has_more: data.length > most };
  }
  const { first, rows, cursor } = await readPages(client, operation, { input, most });
  const { next_cursor: _, ...rest } = first;
  return { ...rest, data: rows.map(withoutProtocol), has_more: cursor !== undefined };
}

/**
 * Fields of a row that only OpenAI's own clients read. "Avoid UNIX/Epoch timestamps", and `created_at` says the same.
 * https://docs.zapier.com/platform/publish/integration-publishing-requirements
 */
export const ofProtocol: ReadonlySet<string> = new Set(['object', 'created']);

export function withoutProtocol(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([key]) => !ofProtocol.has(key)));
}

/** Rows from a cursor on, or from the beginning, and the cursor of what is left. */
export async function readPages(
  client: Client,
  operation: Operation,
  { input, most, from }: { input: Record<string, unknown>; most: number; from?: string | undefined },
): Promise<{ first: Page; rows: Record<string, unknown>[]; cursor: string | undefined }> {
  let first: Page | undefined;
  let cursor = from;
  const rows: Record<string, unknown>[] = [];
  do {
    const limit = Math.min(pageSize, most - rows.length);
    const page = (await call(client, operation, { ...input, limit, ...(cursor && { cursor }) })) as Page;
    first ??= page;
    rows.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && rows.length < most);
  return { first, rows, cursor };
}

/** No rows, and nothing said beside them. */
function isNothing({ data, has_more: _, ...rest }: Record<string, unknown> & { data: unknown[] }): boolean {
  return data.length === 0 && Object.keys(rest).length === 0;
}

/** The gateway says so itself: a 404 without a request id is some other server's. */
function isNotThere(error: unknown): boolean {
  return isGatewayError(error) && error.code === 'not_found' && error.requestId !== undefined;
}

/** The form's input is checked by the gateway, against the same contract, and refused in words for people. */
function call(client: Client, { id }: Operation, input: Record<string, unknown>): Promise<unknown> {
  return client.call(id as OperationId, input as InputOf<OperationId> & { stream?: never });
}
