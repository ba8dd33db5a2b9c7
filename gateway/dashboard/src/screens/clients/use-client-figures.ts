import type { OutputOf } from '@ai-gateway/shared/contract';
import { useQueries } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { useMode } from '../../api/mode.ts';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';

export type ClientUsage = OutputOf<'usage.clients'>['data'][number];

/**
 * This month's figures of clients, by their id. A page of usage has 100 clients in an order of its own: where there are more, those of `ids` that it leaves out
 * are asked for one by one, once a minute at most, since every call of the workspace would ask for all of them again.
 */
export function useClientFigures(ids: readonly string[]): ReadonlyMap<string | null, ClientUsage> {
  const may = useMay();
  const mode = useMode();
  const first = useRead('usage.clients', { limit: 100 }, { enabled: may('usage.clients') });
  const rows = first.data?.data ?? [];
  const known = new Set(rows.map(({ client_id: id }) => id));
  const isWhole = (first.data?.next_cursor ?? null) === null;
  const others = useQueries({
    queries: (isWhole ? [] : ids.filter((id) => !known.has(id))).map((id) => ({
      queryKey: ['client figures', mode, id],
      queryFn: ({ signal }: { signal: AbortSignal }) => call('usage.clients', { client_id: id, limit: 1 }, signal),
      staleTime: 60_000,
    })),
  });
  return new Map([...rows, ...others.flatMap(({ data }) => data?.data ?? [])].map((row) => [row.client_id, row]));
}
