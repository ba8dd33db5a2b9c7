import type { OutputOf } from '@ai-gateway/shared/contract';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';

export type ClientUsage = OutputOf<'usage.clients'>['data'][number];

/** This month's figures of the clients of a page, 100 at most, by their id: read in one go, whatever the number of clients. */
export function useClientFigures(ids: readonly string[]): ReadonlyMap<string | null, ClientUsage> {
  const may = useMay();
  const usage = useRead(
    'usage.clients',
    // In an order that does not change with the names.
    { client_id: [...ids].sort(), limit: 100 },
    { enabled: may('usage.clients') && ids.length > 0, keep: true },
  );
  return new Map((usage.data?.data ?? []).map((row) => [row.client_id, row]));
}
