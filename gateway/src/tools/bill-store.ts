import type { Db } from '../db/transaction.ts';

export interface ModelUse {
  model: string;
  requests: number;
  inputTokens: number;
  outputTokens: number;
  costNanos: bigint;
}

/** What the operator's account at a provider should be billed for: live calls on its keys, by the model that answered. */
export async function usesAt(
  db: Db,
  { provider, from, to }: { provider: string; from: Date; to: Date },
): Promise<ModelUse[]> {
  const { rows } = await db.query(
    `select coalesce(model, '') as model, count(*)::bigint as requests, sum(input_tokens)::bigint as input,
       sum(output_tokens)::bigint as output, sum(cost_nanos)::bigint as cost
     from calls where livemode and metered and provider = $1 and created_at >= $2 and created_at < $3 and status <> 'open'
     group by 1 order by 1`,
    [provider, from, to],
  );
  return (rows as { model: string; requests: bigint; input: bigint; output: bigint; cost: bigint }[]).map((row) => ({
    model: row.model,
    requests: Number(row.requests),
    inputTokens: Number(row.input),
    outputTokens: Number(row.output),
    costNanos: row.cost,
  }));
}
