import type { Db } from '../db/transaction.ts';

/** Notes that an account, or a part of it (one model, one refusal), is down or answers again; false when that was known. */
export async function markProvider(
  tx: Db,
  { account, down, since }: { account: string; down: boolean; since: Date },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into provider_states as s (account, down, since) select $1, $2, $3
     where $2 or exists (select 1 from provider_states where account = $1)
     on conflict (account) do update set down = excluded.down, since = excluded.since where s.down <> excluded.down`,
    [account, down, since],
  );
  return rowCount === 1;
}

export async function listActiveWorkspaces(tx: Db): Promise<string[]> {
  const { rows } = await tx.query(
    `select distinct workspace_id from calls where livemode and created_at > clock_timestamp() - interval '1 day'`,
  );
  return (rows as { workspace_id: string }[]).map(({ workspace_id: id }) => id);
}

/** What was told down and is not told up, by whichever process. */
export async function listDown(db: Db): Promise<string[]> {
  const { rows } = await db.query('select account from provider_states where down');
  return (rows as { account: string }[]).map(({ account }) => account);
}

/** The gateway's first workspace is its operator's own: the bootstrap makes it. */
export async function findOperatorsWorkspace(tx: Db): Promise<string | undefined> {
  const { rows } = await tx.query('select id from workspaces order by created_at, id limit 1');
  return (rows as { id: string }[])[0]?.id;
}

export interface SlowModel {
  workspaceId: string;
  provider: string;
  model: string;
  p95Ms: number;
  usualP95Ms: number;
}

/** Models with twice their usual 95th percentile over the last five minutes, and a second more; from enough calls to say so. */
export async function findSlowModels(db: Db): Promise<SlowModel[]> {
  const { rows } = await db.query(
    `with recent as (
       select workspace_id, provider, model, percentile_cont(0.95) within group (order by ttft_ms) as p95
       from calls where livemode and created_at > clock_timestamp() - interval '5 minutes' and ttft_ms is not null
         and provider is not null and model is not null
       group by 1, 2, 3 having count(*) >= 20)
     select r.workspace_id, r.provider, r.model, round(r.p95)::integer as p95, round(usual.p95)::integer as usual
     from recent r cross join lateral (
       select percentile_cont(0.95) within group (order by ttft_ms) as p95, count(*) as calls
       from (select ttft_ms from calls c
         where c.workspace_id = r.workspace_id and c.livemode and c.provider = r.provider and c.model = r.model and c.ttft_ms is not null
           and c.created_at > clock_timestamp() - interval '1 day' and c.created_at < clock_timestamp() - interval '10 minutes'
         order by c.created_at desc limit 5000) lately) usual
     where usual.calls >= 100 and r.p95 > 2 * usual.p95 and r.p95 > usual.p95 + 1000`,
  );
  return (rows as { workspace_id: string; provider: string; model: string; p95: number; usual: number }[]).map(
    (row) => ({
      workspaceId: row.workspace_id,
      provider: row.provider,
      model: row.model,
      p95Ms: row.p95,
      usualP95Ms: row.usual,
    }),
  );
}

/** True once an hour for each model of a workspace. */
export async function markSlow(tx: Db, { workspaceId, provider, model }: SlowModel): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into slow_models as s (workspace_id, provider, model, told_at) values ($1, $2, $3, clock_timestamp())
     on conflict (workspace_id, provider, model) do update set told_at = excluded.told_at
     where s.told_at < clock_timestamp() - interval '1 hour'`,
    [workspaceId, provider, model],
  );
  return rowCount === 1;
}
