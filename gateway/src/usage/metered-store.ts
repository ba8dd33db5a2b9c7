import type { Db } from '../db/transaction.ts';

/** Tokens of live calls, on the operator's provider keys and on the workspace's own. Test calls are free. */
export async function meteredTokens(
  db: Db,
  { workspaceId, from, to }: { workspaceId: string; from: Date; to: Date },
): Promise<{ metered: number; unmetered: number }> {
  const { rows } = await db.query(
    `with bounds as (select coalesce((select until from usage_rollup), '-infinity'::timestamptz) as until),
     parts as (
       select metered, input_tokens + output_tokens as tokens from usage_hours, bounds
       where workspace_id = $1 and livemode and hour >= $2 and hour < $3 and hour < until
       union all
       select metered, input_tokens + output_tokens from calls, bounds
       where workspace_id = $1 and livemode and created_at >= greatest($2, until) and created_at < $3 and status <> 'open' and shadow_of is null)
     select coalesce(sum(tokens) filter (where metered), 0)::bigint as metered,
       coalesce(sum(tokens) filter (where not metered), 0)::bigint as unmetered
     from parts`,
    [workspaceId, from, to],
  );
  const [row] = rows as { metered: bigint; unmetered: bigint }[];
  return { metered: Number(row?.metered ?? 0n), unmetered: Number(row?.unmetered ?? 0n) };
}
