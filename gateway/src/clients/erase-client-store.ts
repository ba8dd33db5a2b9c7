import type { Db } from '../db/transaction.ts';

/** One client to be erased, and the name that replaces its own. */
export interface Erasure {
  /** `erased-…` */
  id: string;
  workspaceId: string;
  livemode: boolean;
  /** The tag, as calls name it. */
  name: string;
}

export interface RememberedErasure {
  id: string;
  workspaceId: string;
  livemode: boolean;
  nameHash: Buffer;
  erasedAt: Date;
}

/**
 * Remembers an erasure that begins; `sealedName` until it is done, and what was under way is over. For 30 s after each of its steps it is
 * left to the process that works on it.
 */
export async function beginErasure(db: Db, erasure: RememberedErasure, sealedName: Buffer): Promise<void> {
  await db.query(
    `insert into erased_clients (id, workspace_id, livemode, name_hash, erased_at, sealed_name, resume_at, unfinished_before)
     values ($1, $2, $3, $4, $5, $6, now() + interval '30 seconds', 'infinity')`,
    [erasure.id, erasure.workspaceId, erasure.livemode, erasure.nameHash, erasure.erasedAt, sealedName],
  );
}

/** Calls from `before` on have lost the name. */
export async function noteProgress(db: Db, id: string, before: Date): Promise<void> {
  await db.query(
    `update erased_clients set unfinished_before = least(unfinished_before, $2), resume_at = now() + interval '30 seconds'
     where id = $1 and unfinished_before is not null`,
    [id, before],
  );
}

/** The rest is anybody's. */
export async function leaveErasure(db: Db, id: string): Promise<void> {
  await db.query('update erased_clients set resume_at = now() where id = $1 and unfinished_before is not null', [id]);
}

export async function finishErasure(db: Db, id: string): Promise<void> {
  await db.query(
    `update erased_clients set unfinished_before = null, resume_at = null, next_sweep_at = now()
     where id = $1 and unfinished_before is not null`,
    [id],
  );
}

/** Remembers one that is done, of another database. */
export async function insertErasure(db: Db, erasure: RememberedErasure): Promise<void> {
  await db.query(
    `insert into erased_clients (id, workspace_id, livemode, name_hash, erased_at) values ($1, $2, $3, $4, $5)
     on conflict (id) do nothing`,
    [erasure.id, erasure.workspaceId, erasure.livemode, erasure.nameHash, erasure.erasedAt],
  );
}

/** Was a client with this hash erased at this time or later? */
export async function isErasedSince(
  db: Db,
  { workspaceId, livemode, nameHash }: Omit<RememberedErasure, 'id' | 'erasedAt'>,
  since: Date,
): Promise<boolean> {
  const { rows } = await db.query(
    'select 1 from erased_clients where workspace_id = $1 and livemode = $2 and name_hash = $3 and erased_at >= $4 limit 1',
    [workspaceId, livemode, nameHash, since],
  );
  return rows.length > 0;
}

export async function listErasures(db: Db): Promise<RememberedErasure[]> {
  const { rows } = await db.query(
    'select id, workspace_id, livemode, name_hash, erased_at from erased_clients order by erased_at, id',
  );
  return (rows as { id: string; workspace_id: string; livemode: boolean; name_hash: Buffer; erased_at: Date }[]).map(
    (row) => ({
      id: row.id,
      workspaceId: row.workspace_id,
      livemode: row.livemode,
      nameHash: row.name_hash,
      erasedAt: row.erased_at,
    }),
  );
}

export interface Sweep {
  id: string;
  workspaceId: string;
  livemode: boolean;
  sealedName: Buffer;
  erasedAt: Date;
  /** Calls that came in before this still have the name; undefined where the erasure is done. */
  unfinishedBefore: Date | undefined;
}

/**
 * Takes the erasures that are due to be looked after once more; the next time comes after twice the time that has passed. One that is not
 * done has a time of its own, `resume_at`: processes of older versions take all that have `next_sweep_at`, as if they were done.
 */
export async function takeSweeps(db: Db): Promise<Sweep[]> {
  const { rows } = await db.query(
    `update erased_clients set
       resume_at = case when unfinished_before is not null then now() + interval '30 seconds' end,
       next_sweep_at = case when unfinished_before is null
         then now() + least(interval '60 s', greatest(interval '1 s', (now() - erased_at) / 2)) end
     where sealed_name is not null and (next_sweep_at <= now() or resume_at <= now())
     returning id, workspace_id, livemode, sealed_name, erased_at, unfinished_before is not null as is_unfinished,
       nullif(unfinished_before, 'infinity') as unfinished_before`,
  );
  type Row = {
    id: string;
    workspace_id: string;
    livemode: boolean;
    sealed_name: Buffer;
    erased_at: Date;
    is_unfinished: boolean;
    unfinished_before: Date | null;
  };
  return (rows as Row[]).map((row) => ({
    id: row.id,
    workspaceId: row.workspace_id,
    livemode: row.livemode,
    sealedName: row.sealed_name,
    erasedAt: row.erased_at,
    // To the millisecond, by which calls are written.
    unfinishedBefore: row.is_unfinished ? (row.unfinished_before ?? new Date(row.erased_at.getTime() + 1)) : undefined,
  }));
}

/** A call that came in before the erasure may still write for as long as it is open; one is open within a moment of coming in. */
export async function isUnderWay(db: Db, { workspaceId, erasedAt }: Sweep): Promise<boolean> {
  const { rows } = await db.query(
    `select now() < $2::timestamptz + interval '30 seconds' or exists (
       select 1 from calls where status = 'open' and workspace_id = $1 and created_at <= $2) as under_way`,
    [workspaceId, erasedAt],
  );
  return (rows[0] as { under_way: boolean }).under_way;
}

export async function endSweep(db: Db, id: string): Promise<void> {
  await db.query('update erased_clients set sealed_name = null, next_sweep_at = null where id = $1', [id]);
}

/** Was this client made again since: does a call that came in later name it, or was it set up? */
export async function isMadeAgain(db: Db, { workspaceId, livemode, name }: Erasure, erasedAt: Date): Promise<boolean> {
  const { rows } = await db.query(
    `select exists (select 1 from clients where workspace_id = $1 and livemode = $2 and id = $3) or exists (
       select 1 from calls where workspace_id = $1 and livemode = $2 and created_at > $4 and client_id = $3) as again`,
    [workspaceId, livemode, name, erasedAt],
  );
  return (rows[0] as { again: boolean }).again;
}

/** The names that replace erased clients: these are not billed any more. */
export async function listErasedIds(db: Db, workspaceId: string): Promise<string[]> {
  const { rows } = await db.query('select id from erased_clients where workspace_id = $1', [workspaceId]);
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** Every client that anything names, for finding one of which only the hash is known. */
export async function listNames(db: Db, place: { workspaceId: string; livemode: boolean }): Promise<string[]> {
  const { rows } = await db.query(
    `select id from clients where workspace_id = $1 and livemode = $2
     union select id from tag_values where workspace_id = $1 and livemode = $2 and kind = 'client'
     union select client_id from call_groups where workspace_id = $1 and livemode = $2 and client_id is not null
     union select client_id from usage_days where workspace_id = $1 and livemode = $2 and client_id is not null
     union select client_id from portal_links where workspace_id = $1 and livemode = $2
     union select client_id from budgets where workspace_id = $1 and livemode = $2 and client_id is not null
     union select tags->>'client_id' from api_keys where workspace_id = $1 and livemode = $2 and tags ? 'client_id'`,
    [place.workspaceId, place.livemode],
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}
