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

/** Notes that these announced outages go on. */
export async function noteFailing(db: Db, keys: readonly string[]): Promise<void> {
  await db.query(
    `update provider_states s set failed_at = clock_timestamp()
     from (select account from provider_states where down and account = any($1) order by account for update) as failing
     where s.account = failing.account`,
    [keys],
  );
}

export async function listActiveWorkspaces(tx: Db): Promise<string[]> {
  const { rows } = await tx.query(
    `select distinct workspace_id from calls where livemode and created_at > clock_timestamp() - interval '1 day'`,
  );
  return (rows as { workspace_id: string }[]).map(({ workspace_id: id }) => id);
}

/** The outages that any process has announced, without an announced recovery. */
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

/** A model's 95th percentile of the last five minutes, in ms. */
export type RecentModel = Omit<SlowModel, 'usualP95Ms'>;

/** The time beyond its usual one after which a model counts as slow. */
const slowerByMs = 1_000;

/** Models that may be slow: over a second in the last five minutes, and from enough calls to say so. */
export async function listRecentModels(db: Db): Promise<RecentModel[]> {
  const { rows } = await db.query(
    `select workspace_id, provider, model, round(percentile_cont(0.95) within group (order by ttft_ms))::integer as p95
     from calls where livemode and created_at > now() - interval '5 minutes' and ttft_ms is not null
       and cache is distinct from 'hit' and provider is not null and model is not null
     group by 1, 2, 3
     having count(*) >= 20 and percentile_cont(0.95) within group (order by ttft_ms) > $1`,
    [slowerByMs],
  );
  return (rows as { workspace_id: string; provider: string; model: string; p95: number }[]).map((row) => ({
    workspaceId: row.workspace_id,
    provider: row.provider,
    model: row.model,
    p95Ms: row.p95,
  }));
}

/**
 * The model with its usual time where it takes twice that, and a second more; undefined where it does not. One workspace's calls of
 * a day, the latest 5,000: one shard of a database that is spread by workspace, and no pass over everybody's day.
 */
export async function findSlowModel(db: Db, recent: RecentModel): Promise<SlowModel | undefined> {
  const { rows } = await db.query(
    `select round(percentile_cont(0.95) within group (order by ttft_ms))::integer as usual, count(*)::integer as calls
     from (
       select ttft_ms from calls
       where workspace_id = $1 and livemode and provider = $2 and model = $3 and ttft_ms is not null and cache is distinct from 'hit'
         and created_at > now() - interval '1 day' and created_at < now() - interval '10 minutes'
       order by created_at desc limit 5000) lately`,
    [recent.workspaceId, recent.provider, recent.model],
  );
  const { usual, calls } = rows[0] as { usual: number | null; calls: number };
  if (usual === null || calls < 100) return undefined;
  const isSlow = recent.p95Ms > 2 * usual && recent.p95Ms > usual + slowerByMs;
  return isSlow ? { ...recent, usualP95Ms: usual } : undefined;
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

/** Those of these accounts that no workspace has stored. */
export async function listUnstored(db: Db, ids: readonly string[]): Promise<string[]> {
  const { rows } = await db.query(
    'select id from unnest($1::text[]) as given (id) where not exists (select 1 from provider_accounts p where p.id = given.id)',
    [ids],
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** Deletes what was announced of accounts that are gone, and outages and slow models of a month ago. An outage that is not over stays. */
export async function forgetOldStates(db: Db): Promise<void> {
  await db.query(
    `delete from provider_states s where split_part(s.account, E'\\n', 1) like 'prov\\_%'
       and not exists (select 1 from provider_accounts p where p.id = split_part(s.account, E'\\n', 1))`,
  );
  await db.query(`delete from provider_states where not down and since < now() - interval '30 days'`);
  await db.query(`delete from slow_models where told_at < now() - interval '30 days'`);
}
