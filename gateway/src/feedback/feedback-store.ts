import { isWhole, pieceRows } from '../db/in-pieces.ts';
import type { Db } from '../db/transaction.ts';
import type { StoredOpinion } from '../usage/opinion.ts';

export interface Feedback {
  workspaceId: string;
  livemode: boolean;
  callId: string;
  /** Of the call. */
  callAt: Date;
  clientId: string | null;
  name: string;
  score: number;
  sealedComment: Buffer | null;
  keyId: string;
  at: Date;
}

/**
 * In place of what was said under that name before. Where the call is part of an experiment or of a prompt, the sums of its hour are marked to be
 * made again, in the same statement; those of a prompt by a trigger.
 */
export async function saveFeedback(db: Db, feedback: Feedback): Promise<void> {
  await db.query(
    `with call as (
       select workspace_id, experiment_id, date_trunc('hour', created_at, 'UTC') as hour from calls
       where workspace_id = $1 and created_at = $5 and id = $2),
     of_experiment as (
       insert into experiment_marks (workspace_id, experiment_id, hour)
       select workspace_id, experiment_id, hour from call where experiment_id is not null)
     insert into feedback (workspace_id, call_id, name, livemode, call_at, client_id, score, sealed_comment, key_id, at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (workspace_id, call_id, name) do update set score = excluded.score, sealed_comment = excluded.sealed_comment,
       key_id = excluded.key_id, at = excluded.at`,
    [
      feedback.workspaceId,
      feedback.callId,
      feedback.name,
      feedback.livemode,
      feedback.callAt,
      feedback.clientId,
      feedback.score,
      feedback.sealedComment,
      feedback.keyId,
      feedback.at,
    ],
  );
}

/** Feedback on calls of months that are dropped: until then the sums of their hours may be made again from it. */
export async function deleteOldFeedback(db: Db): Promise<boolean> {
  const deleted = await db.query(
    `delete from feedback where ctid = any(array(
       select f.ctid from dropped_months d join feedback f on f.call_at >= d.from_at and f.call_at < d.to_at limit $1 for update of f skip locked))`,
    [pieceRows],
  );
  return isWhole(deleted);
}

/** The calls whose feedback is listed, each field that is left out being any. */
interface FeedbackFilter {
  workspaceId: string;
  livemode: boolean;
  clientId?: string | undefined;
  project?: string | undefined;
  scenarioId?: string | undefined;
  scenarioPlatform?: string | undefined;
  keyId?: string | undefined;
  name?: string | undefined;
  rating?: 'up' | 'down' | undefined;
  /** Of the calls: from the first moment on, and before the second. */
  from?: Date | undefined;
  to?: Date | undefined;
  /** The last of the page before. */
  after?: { callId: string; name: string } | undefined;
  limit: number;
}

interface ScoredCall extends StoredOpinion {
  client_id: string | null;
  scenario_id: string | null;
  model: string | null;
  prompt_id: string | null;
  prompt_version: number | null;
}

/** The opinions of the newest calls first: ids are in the order in which their calls came in. */
export async function listFeedback(db: Db, filter: FeedbackFilter): Promise<ScoredCall[]> {
  const { rows } = await db.query(
    `select f.call_id, f.name, f.score, f.sealed_comment, f.key_id, coalesce(k.name, p.name) as by_name, f.at, c.client_id, c.scenario_id, c.model, c.prompt_id, c.prompt_version
     from feedback f join calls c on c.workspace_id = f.workspace_id and c.created_at = f.call_at and c.id = f.call_id
     left join api_keys k on k.workspace_id = f.workspace_id and k.id = f.key_id
     left join people p on p.id = f.key_id
     where f.workspace_id = $1 and f.livemode = $2
       and ($3::text is null or f.client_id = $3) and ($4::text is null or c.project = $4)
       and ($5::text is null or c.scenario_id = $5) and ($6::text is null or c.scenario_platform = $6)
       and ($7::text is null or c.key_id = $7) and ($8::text is null or f.name = $8)
       and ($9::text is null or (f.call_id, f.name) < ($9, $10))
       and ($12::text is null or (f.score >= 0.5) = ($12 = 'up'))
       and ($13::timestamptz is null or f.call_at >= $13) and ($14::timestamptz is null or f.call_at < $14)
     order by f.call_id desc, f.name desc limit $11`,
    [
      filter.workspaceId,
      filter.livemode,
      filter.clientId ?? null,
      filter.project ?? null,
      filter.scenarioId ?? null,
      filter.scenarioPlatform ?? null,
      filter.keyId ?? null,
      filter.name ?? null,
      filter.after?.callId ?? null,
      filter.after?.name ?? null,
      filter.limit,
      filter.rating ?? null,
      filter.from ?? null,
      filter.to ?? null,
    ],
  );
  return rows as ScoredCall[];
}
