import type { Db } from '../db/transaction.ts';
import { partsFor } from './summed-range-store.ts';

/** Tokens of live calls, on the operator's provider keys and on the workspace's own. Test calls are free. */
export async function meteredTokens(
  db: Db,
  { workspaceId, from, to }: { workspaceId: string; from: Date; to: Date },
): Promise<{ metered: number; unmetered: number }> {
  const { parts, values } = await partsFor(db, { workspaceId, livemode: true, from, to }, { columns: ['metered'] });
  const { rows } = await db.query(
    `${parts} select coalesce(sum(input_tokens + output_tokens) filter (where metered), 0)::bigint as metered,
       coalesce(sum(input_tokens + output_tokens) filter (where not metered), 0)::bigint as unmetered
     from parts`,
    values,
  );
  const [row] = rows as { metered: bigint; unmetered: bigint }[];
  return { metered: Number(row?.metered ?? 0n), unmetered: Number(row?.unmetered ?? 0n) };
}
