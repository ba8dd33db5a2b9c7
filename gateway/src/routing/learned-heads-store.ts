import type { Db } from '../db/transaction.ts';

export interface SampleScope {
  workspaceId: string;
  livemode: boolean;
}

/** The models whose answers were compared: what the words say holds for these two alone. */
export interface ModelPair {
  weak: string;
  strong: string;
}

export interface LearnedSample extends SampleScope, ModelPair {
  /** Of the call. */
  id: string;
  /** In hex. */
  task: string;
  clientId: string | undefined;
  sealedFeatures: Buffer;
  agreed: boolean;
}

export async function addSample(
  tx: Db,
  { workspaceId, livemode, id, task, clientId, sealedFeatures, agreed, weak, strong }: LearnedSample,
): Promise<void> {
  await tx.query(
    `insert into learned_samples (workspace_id, livemode, id, task, client_id, sealed_features, agreed, weak, strong)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict do nothing`,
    [workspaceId, livemode, id, Buffer.from(task, 'hex'), clientId, sealedFeatures, agreed, weak, strong],
  );
}

const samplesMax = 5_000;

interface StoredSample extends Pick<LearnedSample, 'id' | 'task' | 'sealedFeatures' | 'agreed'> {
  /** The first version of heads that was fit on it. */
  seenBy: number | null;
}

/** The latest few thousand of two models, the oldest first: all, or those that a version of heads was not fit on. */
export async function listSamples(
  db: Db,
  { workspaceId, livemode, weak, strong }: SampleScope & ModelPair,
  unseenBy?: number,
): Promise<StoredSample[]> {
  const { rows } = await db.query(
    `select id, encode(task, 'hex') as task, sealed_features as "sealedFeatures", agreed, seen_by as "seenBy" from (
       select * from learned_samples where workspace_id = $1 and livemode = $2 and weak = $4 and strong = $5
         and ($6::integer is null or seen_by is null or seen_by > $6)
       order by created_at desc, id desc limit $3) as latest
     order by created_at, id`,
    [workspaceId, livemode, samplesMax, weak, strong, unseenBy ?? null],
  );
  return rows as StoredSample[];
}

/** Those of the last day, of all models. */
export async function listRecentSamples(
  db: Db,
  { workspaceId, livemode }: SampleScope,
): Promise<Pick<StoredSample, 'id' | 'sealedFeatures'>[]> {
  const { rows } = await db.query(
    `select id, sealed_features as "sealedFeatures" from learned_samples
     where workspace_id = $1 and livemode = $2 and created_at > now() - interval '1 day' order by created_at desc limit $3`,
    [workspaceId, livemode, samplesMax],
  );
  return rows as Pick<StoredSample, 'id' | 'sealedFeatures'>[];
}

/** These calls say nothing to the version of the gateway that learns now. */
export async function forgetSamples(
  db: Db,
  { workspaceId, livemode }: SampleScope,
  ids: readonly string[],
): Promise<void> {
  await db.query('delete from learned_samples where workspace_id = $1 and livemode = $2 and id = any($3)', [
    ...[workspaceId, livemode, ids],
  ]);
}

export interface Learner extends SampleScope, ModelPair {
  /** How many samples there are: few where heads are only checked. */
  calls: number;
}

/**
 * The pairs of models with samples that no heads were fit on, the one that was compared last first: those with enough samples to fit heads, and those
 * whose heads are active or wait. A pair is left out once another one has had enough samples since its last.
 */
export async function listLearners(db: Db, enough: number): Promise<Learner[]> {
  const { rows } = await db.query(
    `with pairs as (
       select workspace_id, livemode, weak, strong, count(*)::integer as calls, bool_or(seen_by is null) as has_new, max(created_at) as latest
       from learned_samples where weak <> '' group by workspace_id, livemode, weak, strong)
     select workspace_id as "workspaceId", livemode, weak, strong, calls from pairs p
     where has_new and (calls >= $1 or exists (
         select 1 from learned_heads h where h.workspace_id = p.workspace_id and h.livemode = p.livemode and h.weak = p.weak and h.strong = p.strong
           and (h.active or h.outcome = 'candidate')))
       and not exists (
         select 1 from pairs o where o.workspace_id = p.workspace_id and o.livemode = p.livemode and o.calls >= $1 and (
           select count(*) from learned_samples s where s.workspace_id = o.workspace_id and s.livemode = o.livemode and s.weak = o.weak
             and s.strong = o.strong and s.created_at > p.latest) >= $1)
     order by workspace_id, livemode, latest desc`,
    [enough],
  );
  return rows as Learner[];
}

/** How many samples of a pair are newer than all of another. */
export async function countNewerThan(
  db: Db,
  { workspaceId, livemode, weak, strong }: SampleScope & ModelPair,
  other: ModelPair,
): Promise<number> {
  const { rows } = await db.query(
    `select count(*)::integer as calls from learned_samples where workspace_id = $1 and livemode = $2 and weak = $3 and strong = $4
       and created_at > coalesce((select max(created_at) from learned_samples
         where workspace_id = $1 and livemode = $2 and weak = $5 and strong = $6), '-infinity')`,
    [workspaceId, livemode, weak, strong, other.weak, other.strong],
  );
  return (rows as { calls: number }[])[0]?.calls ?? 0;
}

/** Which look at the samples of a workspace comes next, and whether heads of these two models have passed one of those before and are active. */
export async function nextLook(
  db: Db,
  { workspaceId, livemode, weak, strong }: SampleScope & ModelPair,
): Promise<{ look: number; isProven: boolean }> {
  const { rows } = await db.query(
    `select coalesce(max(version), 0) + 1 as look, coalesce(bool_or(active and weak = $3 and strong = $4), false) as "isProven"
     from learned_heads where workspace_id = $1 and livemode = $2`,
    [workspaceId, livemode, weak, strong],
  );
  return (rows as { look: number; isProven: boolean }[])[0] ?? { look: 1, isProven: false };
}

/** The heads that are active, and the small model that they speak of. Without their weights where their version is `known`. */
export async function findHeads(
  db: Db,
  { workspaceId, livemode }: SampleScope,
  known: number | undefined,
): Promise<{ version: number; weights: Buffer | null; weak: string } | undefined> {
  const { rows } = await db.query(
    `select version, case when version is distinct from $3 then weights end as weights, weak from learned_heads
     where workspace_id = $1 and livemode = $2 and active`,
    [workspaceId, livemode, known],
  );
  return rows[0] as { version: number; weights: Buffer | null; weak: string } | undefined;
}

/** The two models that were compared last. Undefined before the first. */
export async function findLatestPair(db: Db, { workspaceId, livemode }: SampleScope): Promise<ModelPair | undefined> {
  const { rows } = await db.query(
    `select weak, strong from learned_samples where workspace_id = $1 and livemode = $2 and weak <> ''
     order by created_at desc, id desc limit 1`,
    [workspaceId, livemode],
  );
  return rows[0] as ModelPair | undefined;
}

/** Samples from ahead of the clock are of before it was set back: they would be the latest for as long. */
export async function forgetOldSamples(db: Db): Promise<void> {
  await db.query(
    `delete from learned_samples where created_at < now() - interval '30 days' or created_at > now() + interval '1 day'`,
  );
}
