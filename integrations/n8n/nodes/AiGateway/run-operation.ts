import type { Client } from '@ai-gateway/shared/client';
import type { InputOf, OperationId } from '@ai-gateway/shared/contract';
import type { IDataObject } from 'n8n-workflow';
import { switchOf } from '../plain-value.ts';
import { operationInput, type ReadParameter } from './operation-input.ts';
import type { OperationPlan } from './operation-plan.ts';

/** Does one operation of the contract for one item: what it answers becomes an item, or an item for every row. */
export async function runOperation(client: Client, plan: OperationPlan, read: ReadParameter): Promise<IDataObject[]> {
  const input = operationInput(plan, read);
  if (plan.answer === 'one') return [(await call(client, plan.id, input)) as IDataObject];
  const most = switchOf(read('returnAll', false), false) ? Number.POSITIVE_INFINITY : limitOf(read('limit', usualRows));
  return plan.answer === 'pages'
    ? pagesOf(client, { plan, input, most })
    : (await page(client, plan, input)).data.slice(0, most);
}

/** As many rows as the form begins with. */
const usualRows = 50;

/** An expression that gives nothing leaves the form's own. */
function limitOf(value: unknown): number {
  const wanted = Math.floor(Number(value));
  return wanted >= 1 ? wanted : usualRows;
}

interface Page {
  data: IDataObject[];
  next_cursor?: string | null;
}

const pageSize = 100;

async function pagesOf(
  client: Client,
  { plan, input, most }: { plan: OperationPlan; input: Record<string, unknown>; most: number },
): Promise<IDataObject[]> {
  const rows: IDataObject[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(pageSize, most - rows.length);
    const { data, next_cursor } = await page(client, plan, { ...input, limit, ...(cursor && { cursor }) });
    rows.push(...data);
    cursor = next_cursor ?? undefined;
  } while (cursor !== undefined && rows.length < most);
  return rows;
}

async function page(client: Client, { id }: OperationPlan, input: Record<string, unknown>): Promise<Page> {
  return (await call(client, id, input)) as Page;
}

/** The form's input is checked by the gateway, against the same contract, and refused in words for people. */
function call(client: Client, id: OperationId, input: Record<string, unknown>): Promise<unknown> {
  return client.call(id, input as InputOf<typeof id> & { stream?: never });
}
