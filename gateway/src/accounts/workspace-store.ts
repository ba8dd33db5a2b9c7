import type { Db } from '../db/transaction.ts';

export type Fallbacks = Readonly<Record<string, readonly string[]>>;

/** The models of the classes a workspace has chosen, in the order they are tried; none leaves the choice to the gateway. */
export type ModelPool = readonly { model: string; class: 'strong' | 'small' }[];

export async function insertWorkspace(db: Db, workspace: { id: string; name: string }): Promise<void> {
  await db.query('insert into workspaces (id, name) values ($1, $2)', [workspace.id, workspace.name]);
}

/** The oldest workspace: the one a first start makes, whose owner's key GATEWAY_BOOTSTRAP_KEY is. */
export async function firstWorkspaceId(db: Db): Promise<string | undefined> {
  const { rows } = await db.query('select id from workspaces order by created_at, id limit 1');
  return (rows[0] as { id: string } | undefined)?.id;
}

/** Locked until the transaction ends when `forUpdate`. */
export async function readFallbacks(db: Db, workspaceId: string, { forUpdate = false } = {}): Promise<Fallbacks> {
  const conditionsLock = forUpdate ? 'for update' : '';
  const { rows } = await db.query(`select fallbacks from workspaces where id = $1 ${conditionsLock}`, [workspaceId]);
  return (rows[0] as { fallbacks: Fallbacks } | undefined)?.fallbacks ?? {};
}

/** Saves, and tells every process in the same transaction. */
export async function writeFallbacks(db: Db, workspaceId: string, fallbacks: Fallbacks): Promise<void> {
  await db.query(
    `with changed as (update workspaces set fallbacks = $2 where id = $1 returning id)
     select pg_notify('workspaces', id) from changed`,
    [workspaceId, JSON.stringify(fallbacks)],
  );
}

/** Of the active version of routing; of a workspace that has none, the classes that it chose before there were versions. */
export async function readModelPool(db: Db, workspaceId: string): Promise<ModelPool> {
  const { rows } = await db.query(
    `select coalesce(v.auto -> 'pool', w.model_pool) as model_pool from workspaces w
     left join routing_versions v on v.workspace_id = w.id and v.version = w.routing_version where w.id = $1`,
    [workspaceId],
  );
  return (rows[0] as { model_pool: ModelPool } | undefined)?.model_pool ?? [];
}

/** Made by a sign-up, and without a paid plan: the operator's provider accounts are not for it. */
export async function readNeedsPlan(db: Db, workspaceId: string): Promise<boolean> {
  const { rows } = await db.query(
    `select needs_plan and not exists (select 1 from bought_plans p where p.workspace_id = w.id and p.status = 'active') as needs_plan
     from workspaces w where id = $1`,
    [workspaceId],
  );
  return (rows[0] as { needs_plan: boolean } | undefined)?.needs_plan ?? false;
}

/** Of live and of test mode: raised when all kept answers are deleted. */
export async function readCacheEpochs(db: Db, workspaceId: string): Promise<CacheEpochs> {
  const { rows } = await db.query(
    'select cache_epoch as live, test_cache_epoch as test from workspaces where id = $1',
    [workspaceId],
  );
  return (rows as CacheEpochs[])[0] ?? { live: 0, test: 0 };
}

export interface CacheEpochs {
  live: number;
  test: number;
}
