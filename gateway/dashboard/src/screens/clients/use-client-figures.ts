import type { OutputOf } from '@ai-gateway/shared/contract';
import { useQuery } from '@tanstack/react-query';
import { batchesOf } from '../../api/batched.ts';
import { call } from '../../api/client.ts';
import { isSameKind } from '../../api/kept-answers.ts';
import { useMode } from '../../api/mode.ts';
import { keyOf } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';

export type ClientUsage = OutputOf<'usage.clients'>['data'][number];

interface ClientFigures {
  usedBy: ReadonlyMap<string | null, ClientUsage>;
  /** Null: none. */
  error: Error | null;
}

/** This month's figures of the clients of a page, 100 at most, by their id: read in one go, or in a few where the ids are long. */
export function useClientFigures(clients: readonly string[]): ClientFigures {
  const may = useMay();
  const mode = useMode();
  // In an order that does not change with the names.
  const ids = [...clients].sort();
  const queryKey = keyOf('usage.clients', { of: ids }, mode);
  const { data = [], error } = useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<ClientUsage[]> => {
      const read = (batch: readonly string[]): Promise<OutputOf<'usage.clients'>> =>
        call('usage.clients', { client_id: [...batch], limit: 100 }, signal);
      return (await Promise.all(batchesOf(ids).map(read))).flatMap((answer) => answer.data);
    },
    enabled: may('usage.clients') && ids.length > 0,
    placeholderData: (before, query) => (isSameKind(query?.queryKey, queryKey) ? before : undefined),
  });
  return { usedBy: new Map(data.map((row) => [row.client_id, row])), error };
}
