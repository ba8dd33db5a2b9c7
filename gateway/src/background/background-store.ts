import type { KeyTags } from '../accounts/api-key.ts';
import { isWhole, pieceRows } from '../db/in-pieces.ts';
import type { Db } from '../db/transaction.ts';

type BackgroundState = 'queued' | 'running' | 'completed' | 'failed';

export interface BackgroundRow {
  workspaceId: string;
  id: string;
  livemode: boolean;
  createdAt: Date;
  keyId: string;
  state: BackgroundState;
  /** In clear in rows of older versions; new ones seal it. */
  callbackUrl: string | undefined;
  sealedUrl: Buffer | undefined;
  /** The tags that the answer belongs to; rows of older versions have them in the request only. */
  tags: KeyTags | undefined;
  /** Dropped once the call has run: it is somebody's text. */
  sealedRequest: Buffer | undefined;
  sealedSecret: Buffer;
  sealedOutcome: Buffer | undefined;
  tries: number;
}

const columns =
  'workspace_id, id, livemode, created_at, key_id, state, callback_url, sealed_url, tags, sealed_request, sealed_secret, sealed_outcome, tries';

export async function insertBackground(
  db: Db,
  row: Omit<BackgroundRow, 'createdAt' | 'state' | 'sealedOutcome' | 'tries' | 'callbackUrl'>,
): Promise<void> {
  await db.query(
    `insert into background_calls (workspace_id, id, livemode, key_id, state, sealed_url, sealed_request, sealed_secret, tags)
     values ($1, $2, $3, $4, 'queued', $5, $6, $7, $8)`,
    [
      row.workspaceId,
      row.id,
      row.livemode,
      row.keyId,
      row.sealedUrl,
      row.sealedRequest,
      row.sealedSecret,
      JSON.stringify(row.tags),
    ],
  );
}

export async function findBackground(
  db: Db,
  key: { workspaceId: string; id: string; livemode: boolean },
): Promise<BackgroundRow | undefined> {
  const { rows } = await db.query(
    `select ${columns} from background_calls where workspace_id = $1 and id = $2 and livemode = $3`,
    [key.workspaceId, key.id, key.livemode],
  );
  return rows.map(readRow)[0];
}

/** Takes waiting calls for this process; calls that another process takes at the same moment are passed over. */
export async function takeQueued(db: Db, processId: string, limit: number): Promise<BackgroundRow[]> {
  const { rows } = await db.query(
    `update background_calls set state = 'running', process_id = $1
     where (workspace_id, id) in (
       select workspace_id, id from background_calls
       where state = 'queued' and (not_before is null or not_before <= now())
       order by created_at limit $2 for update skip locked)
     returning ${columns}`,
    [processId, limit],
  );
  return rows.map(readRow);
}

/** Calls that this process has taken and does not know of wait again. */
export async function queueAgain(db: Db, processId: string, known: readonly string[]): Promise<void> {
  await db.query(
    `update background_calls set state = 'queued', process_id = null
     where state = 'running' and process_id = $1 and not id = any($2)`,
    [processId, known],
  );
}

/** Lets a call wait; false when it has waited for an hour, or is not this process's any more. */
export async function putOff(
  db: Db,
  key: { workspaceId: string; id: string },
  { processId, delayMs }: { processId: string; delayMs: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update background_calls set state = 'queued', process_id = null, not_before = now() + $4 * interval '1 millisecond'
     where workspace_id = $1 and id = $2 and state = 'running' and process_id = $3 and created_at > now() - interval '1 hour'`,
    [key.workspaceId, key.id, processId, delayMs],
  );
  return rowCount === 1;
}

export type WaitingCall = Pick<BackgroundRow, 'workspaceId' | 'id' | 'livemode' | 'createdAt' | 'tags'>;

const waitingAtOnce = 1_000;

/** Those of clients that have not run, a page at a time and without their bodies: these may be many megabytes each. */
export async function* listWaiting(db: Db): AsyncGenerator<WaitingCall> {
  type Row = WaitingCall & { at: string };
  for (let after: Row | undefined; ; ) {
    // Microseconds, which a Date has not, tell the pages apart.
    const { rows } = await db.query(
      `select workspace_id as "workspaceId", id, livemode, created_at as "createdAt", tags, created_at::text as at from background_calls
       where state in ('queued', 'running') and tags ? 'client_id' and ($1::timestamptz is null or (created_at, id) > ($1, $2))
       order by created_at, id limit ${waitingAtOnce}`,
      [after?.at ?? null, after?.id ?? null],
    );
    yield* rows as Row[];
    if (rows.length < waitingAtOnce) return;
    after = (rows as Row[]).at(-1);
  }
}

/** Takes a call away that is nobody's any more. */
export async function dropBackground(db: Db, key: { workspaceId: string; id: string }): Promise<void> {
  await db.query('delete from background_calls where workspace_id = $1 and id = $2', [key.workspaceId, key.id]);
}

/** Notes the outcome and makes its delivery due, in one statement. */
export async function finishBackground(
  db: Db,
  key: { workspaceId: string; id: string },
  outcome: { state: 'completed' | 'failed'; sealed: Buffer },
): Promise<void> {
  await db.query(
    `update background_calls set state = $3, sealed_outcome = $4, next_try_at = now(), sealed_request = null
     where workspace_id = $1 and id = $2 and state = 'running'`,
    [key.workspaceId, key.id, outcome.state, outcome.sealed],
  );
}

/**
 * Takes deliveries that are due, and puts them a minute off meanwhile: should this process die with them, another tries again,
 * with the same id.
 */
export async function takeDue(db: Db, limit: number): Promise<BackgroundRow[]> {
  const { rows } = await db.query(
    `update background_calls set tries = tries + 1, next_try_at = now() + interval '1 minute'
     where (workspace_id, id) in (
       select workspace_id, id from background_calls where next_try_at <= now() order by next_try_at limit $1 for update skip locked)
     returning ${columns}`,
    [limit],
  );
  return rows.map(readRow);
}

export async function endDelivery(
  db: Db,
  key: { workspaceId: string; id: string },
  outcome: { delivered: boolean },
): Promise<void> {
  await db.query(
    `update background_calls set next_try_at = null, delivered_at = case when $3 then now() end where workspace_id = $1 and id = $2`,
    [key.workspaceId, key.id, outcome.delivered],
  );
}

export async function postponeDelivery(
  db: Db,
  key: { workspaceId: string; id: string },
  delayMs: number,
): Promise<void> {
  await db.query(
    `update background_calls set next_try_at = now() + $3 * interval '1 millisecond' where workspace_id = $1 and id = $2`,
    [key.workspaceId, key.id, delayMs],
  );
}

/** Calls whose process is not registered any more: the provider may have been paid, so they are reported as failed and not run again. */
export async function takeAbandoned(db: Db, processId: string): Promise<BackgroundRow[]> {
  const { rows } = await db.query(
    `update background_calls set process_id = $1
     where state = 'running' and not exists (select 1 from processes p where p.id = process_id) returning ${columns}`,
    [processId],
  );
  return rows.map(readRow);
}

/**
 * Deletes a piece of the calls that are over and delivered: an answer is somebody's text and is not kept for ever. A delivered one can be read for a
 * week more. Returns whether there may be more.
 */
export async function deleteOldBackground(db: Db): Promise<boolean> {
  const deleted = await db.query(
    `delete from background_calls where ctid = any(array(
       select ctid from background_calls
       where state in ('completed', 'failed') and next_try_at is null
         and (created_at < now() - interval '30 days' or delivered_at < now() - interval '7 days')
       limit $1 for update skip locked))`,
    [pieceRows],
  );
  return isWhole(deleted);
}

function readRow(row: unknown): BackgroundRow {
  const value = row as {
    workspace_id: string;
    id: string;
    livemode: boolean;
    created_at: Date;
    key_id: string;
    state: BackgroundState;
    callback_url: string | null;
    sealed_url: Buffer | null;
    tags: KeyTags | null;
    sealed_request: Buffer | null;
    sealed_secret: Buffer;
    sealed_outcome: Buffer | null;
    tries: number;
  };
  return {
    workspaceId: value.workspace_id,
    id: value.id,
    livemode: value.livemode,
    createdAt: value.created_at,
    keyId: value.key_id,
    state: value.state,
    callbackUrl: value.callback_url ?? undefined,
    sealedUrl: value.sealed_url ?? undefined,
    tags: value.tags ?? undefined,
    sealedRequest: value.sealed_request ?? undefined,
    sealedSecret: value.sealed_secret,
    sealedOutcome: value.sealed_outcome ?? undefined,
    tries: value.tries,
  };
}
