import type { Db } from '../db/transaction.ts';

export interface ModelUse {
  model: string;
  requests: number;
  inputTokens: number;
  outputTokens: number;
  costNanos: bigint;
}

/** The use that a provider should bill the operator for: live calls on its keys, by the model that answered; their sums where the calls are gone. */
export async function usesAt(
  db: Db,
  { provider, from, to }: { provider: string; from: Date; to: Date },
): Promise<ModelUse[]> {
  const { rows } = await db.query(
    `with uses as (
       select model, 1 as requests, input_tokens, output_tokens, cost_nanos from calls
       where livemode and provider = $1 and created_at >= $2 and created_at < $3 and status <> 'open'
         -- Second answers are billed to the operator, and not counted in a plan.
         and (metered or shadow_of is not null and workspace_id not in (select workspace_id from provider_accounts where name = $1))
       union all
       select model, requests, input_tokens, output_tokens, cost_nanos from usage_quarters
       where livemode and metered and provider = $1 and quarter >= $2 and quarter < $3
       union all
       select model, second_answers, second_input_tokens, second_output_tokens, second_cost_nanos from usage_quarters
       where livemode and second_answers > 0 and provider = $1 and quarter >= $2 and quarter < $3
         and workspace_id not in (select workspace_id from provider_accounts where name = $1))
     select coalesce(model, '') as model, sum(requests)::bigint as requests, sum(input_tokens)::bigint as input,
       sum(output_tokens)::bigint as output, sum(cost_nanos)::bigint as cost
     from uses group by 1 order by 1`,
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
