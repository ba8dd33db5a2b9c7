import type { Db } from '../db/transaction.ts';
import { noClaim, type TaskClaim, withPair } from './task-claim.ts';

/** Two answers to one call, by a small and by a strong model, that were compared. */
export interface ComparedPair {
  workspaceId: string;
  livemode: boolean;
  /** In hex. */
  task: string;
  /** The type of the task, as it was guessed. */
  topic: string;
  weak: string;
  strong: string;
  agrees: boolean;
  /** By a model and a rubric, and not by a program. */
  isJudged?: boolean;
}

export interface StoredClaim extends TaskClaim {
  task: string;
  topic: string;
  weak: string;
  strong: string;
  /** Of the pairs, those that a model compared. */
  judged: number;
  /** It has reached the dial of the workspace, and no later pair took that back. */
  isCleared: boolean;
  /** It did, and the latest pairs took that back. */
  isWithdrawn: boolean;
  /** When the latest pair was compared. */
  updatedAt: Date;
}

/** A judge has an opinion: pairs that it compared are told apart from those that agree. */
export function isMostlyJudged({ judged, pairs }: Pick<StoredClaim, 'judged' | 'pairs'>): boolean {
  return judged * 2 > pairs;
}

/**
 * Adds a pair to the claim about its task, and to the rates. `level`: the share that the dial of the workspace asks for. `turned`: the
 * claim reaches it now, or no longer.
 */
export async function addPair(
  tx: Db,
  { workspaceId, livemode, task, topic, weak, strong, agrees, isJudged = false }: ComparedPair,
  level: number,
): Promise<{ claim: TaskClaim; before: TaskClaim; turned: 'cleared' | 'withdrawn' | undefined }> {
  const scope = [workspaceId, livemode, Buffer.from(task, 'hex'), weak, strong];
  await tx.query(
    `insert into task_claims (workspace_id, livemode, task, weak, strong, topic, pairs, agreed, lower, upper, recent)
     values ($1, $2, $3, $4, $5, $6, 0, 0, 0, 1, '') on conflict do nothing`,
    [...scope, topic],
  );
  const { rows } = await tx.query(
    `select pairs, agreed, lower, upper, recent, cleared_at from task_claims
     where workspace_id = $1 and livemode = $2 and task = $3 and weak = $4 and strong = $5 for update`,
    scope,
  );
  const [{ cleared_at: clearedAt, ...before } = { cleared_at: null, ...noClaim }] = rows as (TaskClaim & {
    cleared_at: Date | null;
  })[];
  const claim = withPair(before, agrees);
  const isCleared = claim.lower >= level;
  await tx.query(
    `update task_claims set pairs = $6, agreed = $7, lower = $8, upper = $9, recent = $10, updated_at = now(),
       judged = case when $6 = 0 then 0 else judged + $12 end,
       cleared_at = case when $11 then coalesce(cleared_at, now()) when $8 >= lower then cleared_at end,
       withdrawn_at = case when $11 then null when cleared_at is not null and $8 < lower then now() else withdrawn_at end
     where workspace_id = $1 and livemode = $2 and task = $3 and weak = $4 and strong = $5`,
    [...scope, claim.pairs, claim.agreed, claim.lower, claim.upper, claim.recent, isCleared, isJudged ? 1 : 0],
  );
  await tx.query(
    `insert into task_rates as r (workspace_id, livemode, task, model, signal, n, ok_sum) values ($1, $2, $3, $4, 'agreement', 1, $5)
     on conflict (workspace_id, livemode, task, model, signal)
       do update set n = r.n + 1, ok_sum = r.ok_sum + excluded.ok_sum, updated_at = now()`,
    [...scope.slice(0, 4), agrees ? 1 : 0],
  );
  await tx.query(`select pg_notify('evidence', $1)`, [workspaceId]);
  // A dial that was turned up withdraws nothing: the claim is what it was.
  const isWithdrawn = clearedAt !== null && !isCleared && claim.lower < before.lower;
  const turned = isCleared && clearedAt === null ? 'cleared' : isWithdrawn ? 'withdrawn' : undefined;
  return { claim, before, turned };
}

/** Of the prompts of a workspace, archived ones included: a task may be one of them. */
export async function listPromptIds(db: Db, workspaceId: string): Promise<string[]> {
  const { rows } = await db.query('select id from prompts where workspace_id = $1', [workspaceId]);
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** The claims of a workspace, those of the latest pairs first. */
export async function listClaims(
  db: Db,
  { workspaceId, livemode, most }: { workspaceId: string; livemode: boolean; most: number },
): Promise<StoredClaim[]> {
  const { rows } = await db.query(
    `select encode(task, 'hex') as task, topic, weak, strong, pairs, agreed, lower, upper, recent, judged,
       cleared_at is not null as "isCleared", withdrawn_at is not null as "isWithdrawn", updated_at as "updatedAt" from task_claims
     where workspace_id = $1 and livemode = $2 order by updated_at desc limit $3`,
    [workspaceId, livemode, most],
  );
  return rows as StoredClaim[];
}
