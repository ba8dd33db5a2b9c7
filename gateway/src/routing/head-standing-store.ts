import type { Pool } from 'pg';
import { type Db, withTransaction } from '../db/transaction.ts';
import type { Comparison } from './compare-heads.ts';
import { findChosen, lockHeads } from './head-choice-store.ts';
import type { HeadReason } from './head-words.ts';
import type { ModelPair, SampleScope } from './learned-heads-store.ts';

/** Which versions count now: a process that learns for a minute must find them as they were. */
export interface CurrentVersions {
  /** 0 for none. */
  newest: number;
  active: number;
  candidate: number;
  /** No person chose a version: the gateway may activate one. */
  follows: boolean;
}

export interface StandingHeads extends ModelPair {
  version: number;
  isActive: boolean;
  weights: Buffer;
  /** The version that a candidate is compared with. */
  against: number | null;
}

export async function readCurrentVersions(db: Db, { workspaceId, livemode }: SampleScope): Promise<CurrentVersions> {
  const { rows } = await db.query(
    `select coalesce(max(version), 0) as newest, coalesce(max(version) filter (where active), 0) as active,
       coalesce(max(version) filter (where outcome = 'candidate' and not active), 0) as candidate,
       not exists (select 1 from chosen_heads where workspace_id = $1 and livemode = $2) as follows
     from learned_heads where workspace_id = $1 and livemode = $2`,
    [workspaceId, livemode],
  );
  return (rows as CurrentVersions[])[0] ?? { newest: 0, active: 0, candidate: 0, follows: true };
}

/** Until the transaction ends they are as they were found; false where another process or a person was faster. */
export async function lockVersions(tx: Db, scope: SampleScope, found: CurrentVersions): Promise<boolean> {
  await lockHeads(tx, scope.workspaceId);
  const now = await readCurrentVersions(tx, scope);
  return (['newest', 'active', 'candidate', 'follows'] as const).every((one) => now[one] === found[one]);
}

/** The active version and the candidate. */
export async function listStandingHeads(db: Db, { workspaceId, livemode }: SampleScope): Promise<StandingHeads[]> {
  const { rows } = await db.query(
    `select version, active as "isActive", weights, weak, strong, against
     from learned_heads where workspace_id = $1 and livemode = $2 and (active or outcome = 'candidate')`,
    [workspaceId, livemode],
  );
  return rows as StandingHeads[];
}

export interface NewHeads {
  /** Undefined for heads that are no better than the rates of the tasks. */
  weights: Buffer | undefined;
  report: object;
  reason: HeadReason;
  /** They wait beside this version until they are shown to be better. Undefined: they need not. */
  against?: number | undefined;
}

/**
 * Adds the next version, and takes down that it has seen all samples: those that came meanwhile are a few calls less to compare by. A version
 * with weights becomes active at once unless it is to be compared, or a person chose another; all others leave the active one in its place. The last few
 * versions with weights are kept, the last few without, the active one and the candidate. Returns its number.
 */
export async function saveHeads(
  tx: Db,
  { workspaceId, livemode, weak, strong }: SampleScope & ModelPair,
  { weights, report, reason, against }: NewHeads,
): Promise<number> {
  const scope = [workspaceId, livemode];
  await lockHeads(tx, workspaceId);
  const outcome = weights === undefined ? 'no_better' : against === undefined ? 'promoted' : 'candidate';
  const activates = outcome === 'promoted' && (await findChosen(tx, { workspaceId, livemode })) === undefined;
  if (activates) await deactivate(tx, { workspaceId, livemode });
  const { rows } = await tx.query(
    `insert into learned_heads (workspace_id, livemode, version, weights, report, active, active_since, weak, strong, outcome, reason, against, decided_at)
     select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, case when $5::boolean then now() end, $6, $7, $8, $9, $10, case when $8 <> 'candidate' then now() end
     from learned_heads where workspace_id = $1 and livemode = $2 returning version`,
    [
      ...[...scope, weights ?? Buffer.alloc(0), JSON.stringify(report), activates, weak, strong],
      ...[outcome, reason, against ?? null],
    ],
  );
  const { version } = rows[0] as { version: number };
  await tx.query(
    `update learned_samples set seen_by = $5 where workspace_id = $1 and livemode = $2 and weak = $3 and strong = $4 and seen_by is null`,
    [...scope, weak, strong, version],
  );
  await tx.query(
    `delete from learned_heads h using (
       select version, row_number() over (partition by octet_length(weights) > 0 order by version desc) as nth
       from learned_heads where workspace_id = $1 and livemode = $2) as ranked
     where h.workspace_id = $1 and h.livemode = $2 and h.version = ranked.version and not h.active
       and h.outcome is distinct from 'candidate' and ranked.nth > 5`,
    scope,
  );
  if (activates) await tx.query(`select pg_notify('evidence', $1)`, [workspaceId]);
  return version;
}

/** The candidate is better: it becomes active, unless a person chose another version. False where it is no candidate any more. */
export async function promoteCandidate(
  tx: Db,
  { workspaceId, livemode }: SampleScope,
  { version, compared, activates }: { version: number; compared: Comparison; activates: boolean },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update learned_heads set outcome = 'promoted', reason = 'better', compared = $4, decided_at = now()
     where workspace_id = $1 and livemode = $2 and version = $3 and outcome = 'candidate' and not active`,
    [workspaceId, livemode, version, JSON.stringify(compared)],
  );
  if (rowCount === 0) return false;
  if (!activates) return true;
  await deactivate(tx, { workspaceId, livemode });
  await tx.query(
    `update learned_heads set active = true, active_since = now(), active_until = null
     where workspace_id = $1 and livemode = $2 and version = $3`,
    [workspaceId, livemode, version],
  );
  await tx.query(`select pg_notify('evidence', $1)`, [workspaceId]);
  return true;
}

/** How the candidate does so far. */
export async function noteComparison(
  tx: Db,
  { workspaceId, livemode }: SampleScope,
  { version, compared }: { version: number; compared: Comparison },
): Promise<void> {
  await tx.query('update learned_heads set compared = $4 where workspace_id = $1 and livemode = $2 and version = $3', [
    workspaceId,
    livemode,
    version,
    JSON.stringify(compared),
  ]);
}

/** The candidate is none any more. Its reason is kept, and its weights are not. */
export async function dropCandidate(
  tx: Db,
  { workspaceId, livemode }: SampleScope,
  { version, reason, compared }: { version: number; reason: HeadReason; compared?: Comparison | undefined },
): Promise<void> {
  await tx.query(
    `update learned_heads set outcome = 'dropped', reason = $4, compared = coalesce($5, compared), weights = '', decided_at = now()
     where workspace_id = $1 and livemode = $2 and version = $3 and outcome = 'candidate' and not active`,
    [workspaceId, livemode, version, reason, compared === undefined ? null : JSON.stringify(compared)],
  );
}

/**
 * Drops the candidates of all workspaces that calls are not kept long enough for, which is 30 days. One from ahead of the clock is of before it was
 * set back, and would wait for as long.
 */
export async function dropOldCandidates(db: Pool): Promise<void> {
  const { rows } = await db.query(`select distinct workspace_id as "workspaceId" from learned_heads where ${isOld}`);
  for (const { workspaceId } of rows as { workspaceId: string }[])
    await withTransaction(db, async (tx) => {
      await lockHeads(tx, workspaceId);
      await tx.query(
        `update learned_heads set outcome = 'dropped', reason = 'too_few_calls', weights = '', decided_at = now()
         where workspace_id = $1 and ${isOld}`,
        [workspaceId],
      );
    });
}

const isOld = `outcome = 'candidate' and not active
  and not created_at between now() - interval '28 days' and now() + interval '1 day'`;

/** The active version decides no more: the rates of the tasks go on alone. People can go back to it. */
export async function withdrawHeads(
  tx: Db,
  { workspaceId, livemode }: SampleScope,
  { version, reason }: { version: number; reason: HeadReason },
): Promise<void> {
  await tx.query(
    `update learned_heads set active = false, outcome = 'withdrawn', reason = $4, decided_at = now(),
       active_since = coalesce(active_since, created_at), active_until = now()
     where workspace_id = $1 and livemode = $2 and version = $3`,
    [workspaceId, livemode, version, reason],
  );
  await tx.query(`select pg_notify('evidence', $1)`, [workspaceId]);
}

/** An active candidate is one that somebody chose in a gateway of before, which knew none. */
async function deactivate(tx: Db, { workspaceId, livemode }: SampleScope): Promise<void> {
  await tx.query(
    `update learned_heads set active = false, active_since = coalesce(active_since, created_at), active_until = now(),
       reason = case when outcome = 'candidate' then 'chosen' else reason end,
       outcome = case when outcome = 'candidate' then 'promoted' else outcome end
     where workspace_id = $1 and livemode = $2 and active`,
    [workspaceId, livemode],
  );
}
