import type { Db } from '../db/transaction.ts';

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
 * In place of what was said under that name before. Where the call is part of an experiment, the sums of its hour are marked to be made
 * again, in the same statement.
 */
export async function saveFeedback(db: Db, feedback: Feedback): Promise<void> {
  await db.query(
    `with marked as (
       insert into experiment_marks (workspace_id, experiment_id, hour)
       select workspace_id, experiment_id, date_trunc('hour', created_at, 'UTC') from calls
       where workspace_id = $1 and created_at = $5 and id = $2 and experiment_id is not null)
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

/** Feedback on calls that came in before. */
export async function deleteOldFeedback(db: Db, before: Date): Promise<void> {
  await db.query('delete from feedback where call_at < $1', [before]);
}
