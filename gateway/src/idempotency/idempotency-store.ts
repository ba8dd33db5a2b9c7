import { isWhole, pieceRows } from '../db/in-pieces.ts';
import type { Db } from '../db/transaction.ts';

export interface IdempotentRequest {
  workspaceId: string;
  /** Scoped to the API key: two clients of one agency may well choose the same words. */
  keyId: string;
  idempotencyKey: string;
  requestHash: Buffer;
}

export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  sealedBody: Buffer;
}

export type Claim =
  | { kind: 'first' }
  | { kind: 'stored'; answer: StoredAnswer }
  /** The same request is under way at this moment. */
  | { kind: 'running' }
  /** The key was used for another request. */
  | { kind: 'other-request' };

/** Takes the key for this request in one statement, or says who has it. A key older than 24 hours is free again. */
export async function claim(db: Db, request: IdempotentRequest, processId: string): Promise<Claim> {
  const taken = await db.query(
    `insert into idempotent_answers (workspace_id, key_id, idempotency_key, request_hash, process_id, state)
     values ($1, $2, $3, $4, $5, 'running')
     on conflict (workspace_id, key_id, idempotency_key) do update set
       request_hash = excluded.request_hash, process_id = excluded.process_id, state = 'running', created_at = now(),
       status = null, headers = null, sealed_body = null
     where idempotent_answers.created_at < now() - interval '24 hours'`,
    [request.workspaceId, request.keyId, request.idempotencyKey, request.requestHash, processId],
  );
  if (taken.rowCount === 1) return { kind: 'first' };
  const { rows } = await db.query(
    `select request_hash, state, status, headers, sealed_body from idempotent_answers
     where workspace_id = $1 and key_id = $2 and idempotency_key = $3`,
    [request.workspaceId, request.keyId, request.idempotencyKey],
  );
  const row = rows[0] as
    | { request_hash: Buffer; state: string; status: number; headers: Record<string, string>; sealed_body: Buffer }
    | undefined;
  // Let go between the two statements: the request that held it failed, and this request is free to run on its retry.
  if (row === undefined) return { kind: 'running' };
  if (!row.request_hash.equals(request.requestHash)) return { kind: 'other-request' };
  if (row.state === 'running') return { kind: 'running' };
  return { kind: 'stored', answer: { status: row.status, headers: row.headers, sealedBody: row.sealed_body } };
}

export async function storeAnswer(db: Db, request: IdempotentRequest, answer: StoredAnswer): Promise<void> {
  await db.query(
    `update idempotent_answers set state = 'done', status = $4, headers = $5, sealed_body = $6
     where workspace_id = $1 and key_id = $2 and idempotency_key = $3 and state = 'running'`,
    [
      request.workspaceId,
      request.keyId,
      request.idempotencyKey,
      answer.status,
      JSON.stringify(answer.headers),
      answer.sealedBody,
    ],
  );
}

/** The request failed and cost nothing: its key may be used for the retry. */
export async function releaseClaim(db: Db, request: IdempotentRequest): Promise<void> {
  await db.query(
    `delete from idempotent_answers
     where workspace_id = $1 and key_id = $2 and idempotency_key = $3 and state = 'running'`,
    [request.workspaceId, request.keyId, request.idempotencyKey],
  );
}

/** Deletes a piece of the keys that are older than a day; returns whether there may be more. */
export async function deleteOldKeys(db: Db): Promise<boolean> {
  const deleted = await db.query(
    `delete from idempotent_answers where ctid = any(array(
       select ctid from idempotent_answers where created_at < now() - interval '24 hours' order by created_at limit $1 for update skip locked))`,
    [pieceRows],
  );
  return isWhole(deleted);
}

/** Frees the keys whose process died before it could answer: it is registered no more. Looks at every key there is. */
export async function freeKeysOfDead(db: Db): Promise<void> {
  await db.query(
    `delete from idempotent_answers where state = 'running' and not exists (select 1 from processes p where p.id = process_id)`,
  );
}
