import type { InputOf, OperationId } from '@ai-gateway/shared/contract';
import { type ListedRow, rowLabel } from '@ai-gateway/shared/steps/row-label';
import type { ILoadOptionsFunctions, INodeListSearchItems, INodeListSearchResult } from 'n8n-workflow';
import type { ListPlan } from './AiGateway/operation-plan.ts';
import { apiError } from './api-error.ts';
import { gatewayOf } from './gateway.ts';

type ListSearch = (
  this: ILoadOptionsFunctions,
  filter?: string,
  paginationToken?: string,
) => Promise<INodeListSearchResult>;

/** A method for every drop-down of the form. */
export function listSearches(lists: Readonly<Record<string, ListPlan>>): Record<string, ListSearch> {
  return Object.fromEntries(Object.entries(lists).map(([method, plan]) => [method, listSearch(plan)]));
}

function listSearch(plan: ListPlan): ListSearch {
  return async function (filter, paginationToken) {
    const input = {
      ...(plan.searches && filter && { search: filter }),
      ...(plan.pages && { limit: 100 }),
      ...(plan.pages && paginationToken && { cursor: paginationToken }),
    };
    try {
      const client = await gatewayOf(this);
      const { data, next_cursor } = (await client.call(
        plan.id,
        input as InputOf<OperationId> & { stream?: never },
      )) as {
        data: ListedRow[];
        next_cursor?: string | null;
      };
      return {
        results: data
          .map((row) => ({ name: rowLabel(row), value: row.id }))
          .filter((item) => plan.searches || matches(item, filter)),
        ...(next_cursor ? { paginationToken: next_cursor } : {}),
      };
    } catch (error) {
      throw apiError(this.getNode(), error);
    }
  };
}

function matches({ name, value }: INodeListSearchItems, filter = ''): boolean {
  return `${name} ${String(value)}`.toLowerCase().includes(filter.toLowerCase());
}
