import { useQueries, useQuery } from '@tanstack/react-query';
import { call } from './client.ts';
import { useMode } from './mode.ts';
import { useMay } from './session.ts';

/** Calls change no name, so a hint of calls reads none of them again: a hint of clients does. */
const staleTime = 300_000;

/** A page may name more clients than this; the rest of them show their ids, which is better than a hundred requests. */
const most = 20;

/**
 * The names of clients, for places where the API has their ids: `nameOf('acme')` is `Acme Ltd`. The first hundred are known by one request; of `ids`, those
 * that it leaves out are asked for one by one. A client without a name, and one that is not known yet, is its id.
 */
export function useClientNames(ids: readonly (string | null)[] = []): (id: string) => string {
  const may = useMay();
  const mode = useMode();
  const isAsked = ids.some((id) => id !== null);
  const first = useQuery({
    queryKey: ['client name', mode],
    queryFn: ({ signal }) => call('clients.list', { limit: 100 }, signal),
    enabled: isAsked && may('clients.list'),
    staleTime,
  });
  const names = new Map((first.data?.data ?? []).map(({ id, name }) => [id, name]));
  const isWhole = first.data === undefined || first.data.next_cursor === null;
  const missing = isWhole ? [] : [...new Set(ids)].filter((id): id is string => id !== null && !names.has(id));
  const others = useQueries({
    queries: missing.slice(0, most).map((id) => ({
      queryKey: ['client name', mode, id],
      queryFn: ({ signal }: { signal: AbortSignal }) => call('clients.list', { search: id, limit: 20 }, signal),
      staleTime,
    })),
  });
  // By a search, since an id that a call named may be no client of the list: to ask for it would fail.
  for (const { id, name } of others.flatMap(({ data }) => data?.data ?? [])) names.set(id, name);
  return (id) => names.get(id) ?? id;
}
