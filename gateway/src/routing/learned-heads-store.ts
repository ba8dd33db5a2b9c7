import type { Db } from '../db/transaction.ts';
import { findChosen, lockHeads } from './head-choice-store.ts';

interface SampleScope {
  workspaceId: string;
  livemode: boolean;
}

/** The models whose answers were compared: what the words say holds for these two alone. */
interface ModelPair {
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

/** The latest few thousand of two models, the oldest first. */
export async function listSamples(
  db: Db,
  { workspaceId, livemode, weak, strong }: SampleScope & ModelPair,
): Promise<Pick<LearnedSample, 'id' | 'task' | 'sealedFeatures' | 'agreed'>[]> {
  const { rows } = await db.query(
    `select id, encode(task, 'hex') as task, sealed_features as "sealedFeatures", agreed from (
       select * from learned_samples where workspace_id = $1 and livemode = $2 and weak = $4 and strong = $5
       order by created_at desc, id desc limit $3) as latest
     order by created_at, id`,
    [workspaceId, livemode, samplesMax, weak, strong],
  );
  return rows as Pick<LearnedSample, 'id' | 'task' | 'sealedFeatures' | 'agreed'>[];
}

/** Workspaces with so many samples of two models, some of them newer than their heads. Of several pairs the one that was compared last. */
export async function listLearners(db: Db, least: number): Promise<(SampleScope & ModelPair)[]> {
  const { rows } = await db.query(
    `select distinct on (workspace_id, livemode) workspace_id as "workspaceId", livemode, weak, strong
     from learned_samples s where weak <> '' group by workspace_id, livemode, weak, strong
     having count(*) >= $1 and max(created_at) > coalesce(
       (select max(created_at) from learned_heads h where h.workspace_id = s.workspace_id and h.livemode = s.livemode), '-infinity')
     order by workspace_id, livemode, max(created_at) desc`,
    [least],
  );
  return rows as (SampleScope & ModelPair)[];
}

/**
 * The next version is active, or, without weights, none is; where somebody chose a version, that one stays. The last few versions with weights
 * are kept, the last few without, and the active one.
 */
export async function saveHeads(
  tx: Db,
  { workspaceId, livemode, weak, strong }: SampleScope & ModelPair,
  { weights, report }: { weights: Buffer | undefined; report: object },
): Promise<void> {
  const scope = [workspaceId, livemode];
  await lockHeads(tx, workspaceId);
  const follows = (await findChosen(tx, { workspaceId, livemode })) === undefined;
  if (follows)
    await tx.query(
      `update learned_heads set active = false, active_since = coalesce(active_since, created_at), active_until = now()
       where workspace_id = $1 and livemode = $2 and active`,
      scope,
    );
  await tx.query(
    `insert into learned_heads (workspace_id, livemode, version, weights, report, active, active_since, weak, strong)
     select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, case when $5::boolean then now() end, $6, $7 from learned_heads where workspace_id = $1 and livemode = $2`,
    [...scope, weights ?? Buffer.alloc(0), JSON.stringify(report), follows && weights !== undefined, weak, strong],
  );
  await tx.query(
    `delete from learned_heads h using (
       select version, row_number() over (partition by octet_length(weights) > 0 order by version desc) as nth
       from learned_heads where workspace_id = $1 and livemode = $2) as ranked
     where h.workspace_id = $1 and h.livemode = $2 and h.version = ranked.version and not h.active and ranked.nth > 5`,
    scope,
  );
  await tx.query(`select pg_notify('evidence', $1)`, [workspaceId]);
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

/** As many of the calls that the next heads are learned of as there are: of the two models that were compared last. Undefined before the first. */
export async function findCollected(
  db: Db,
  { workspaceId, livemode }: SampleScope,
): Promise<(ModelPair & { calls: number; tasks: number }) | undefined> {
  const { rows } = await db.query(
    `select weak, strong, count(*)::integer as calls, count(distinct task)::integer as tasks
     from (select weak, strong, task, created_at from learned_samples where workspace_id = $1 and livemode = $2
       order by created_at desc limit $3) as latest
     where weak <> '' group by weak, strong order by max(created_at) desc limit 1`,
    [workspaceId, livemode, samplesMax],
  );
  return rows[0] as (ModelPair & { calls: number; tasks: number }) | undefined;
}

export async function forgetOldSamples(db: Db): Promise<void> {
  await db.query(`delete from learned_samples where created_at < now() - interval '30 days'`);
}
