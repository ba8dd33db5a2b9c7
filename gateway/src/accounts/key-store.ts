import { normalizeTag } from '@ai-gateway/shared/normalize-tag';
import type { Db } from '../db/transaction.ts';
import type { Caller, KeyCache, KeyRole, KeyTags, TagName } from './api-key.ts';
import { type RateLimitFields, readRateLimit } from './rate-limit.ts';

/** As it was given, without nulls. */
type StoredLimit = { [Name in keyof RateLimitFields]: number | undefined };

export interface NewKey {
  workspaceId: string;
  id: string;
  hash: Buffer;
  hint: string;
  name: string;
  role: KeyRole;
  livemode: boolean;
  tags: KeyTags;
  lockedTags: readonly TagName[];
  rateLimit?: StoredLimit | undefined;
  responseCache?: KeyCache | undefined;
  expiresAt?: Date | undefined;
}

export interface StoredKey extends Omit<NewKey, 'hash'> {
  createdAt: Date;
  /** To the minute. */
  lastUsedAt: Date | undefined;
}

export async function insertKey(db: Db, key: NewKey): Promise<Date> {
  const { rows } = await db.query(
    `insert into api_keys (workspace_id, id, hash, hint, name, role, livemode, tags, locked_tags, rate_limit, expires_at, response_cache)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning created_at`,
    [
      key.workspaceId,
      key.id,
      key.hash,
      key.hint,
      key.name,
      key.role,
      key.livemode,
      JSON.stringify(key.tags),
      key.lockedTags,
      key.rateLimit === undefined ? null : JSON.stringify(key.rateLimit),
      key.expiresAt ?? null,
      key.responseCache === undefined ? null : JSON.stringify(key.responseCache),
    ],
  );
  return (rows[0] as { created_at: Date }).created_at;
}

/** Unknown and revoked keys look alike: both are undefined. Expiry is left to the caller, who remembers the answer. */
export async function findCaller(db: Db, hash: Buffer): Promise<Caller | undefined> {
  const { rows } = await db.query(
    `with found as (
       select workspace_id, id, null::timestamptz as lives_until from api_keys where hash = $1
       union all select workspace_id, key_id, lives_until from rolled_keys where hash = $1 and lives_until > now())
     select k.workspace_id, coalesce(s.name, w.name) as workspace_name, k.id, k.name, k.role, k.livemode, k.tags, k.locked_tags, k.rate_limit, k.response_cache,
       least(k.expires_at, found.lives_until) as expires_at
     from found join api_keys k on k.workspace_id = found.workspace_id and k.id = found.id join workspaces w on w.id = k.workspace_id
     left join workspace_settings s on s.workspace_id = k.workspace_id and s.livemode = k.livemode
     where k.revoked_at is null`,
    [hash],
  );
  return (rows as KeyRow[]).map(readCaller)[0];
}

/** The same by the key's id: its present rights, for work it left behind. */
export async function findKey(db: Db, key: { workspaceId: string; id: string }): Promise<Caller | undefined> {
  const { rows } = await db.query(
    `select k.workspace_id, coalesce(s.name, w.name) as workspace_name, k.id, k.name, k.role, k.livemode, k.tags, k.locked_tags, k.rate_limit, k.response_cache, k.expires_at
     from api_keys k join workspaces w on w.id = k.workspace_id
     left join workspace_settings s on s.workspace_id = k.workspace_id and s.livemode = k.livemode
     where k.workspace_id = $1 and k.id = $2 and k.revoked_at is null`,
    [key.workspaceId, key.id],
  );
  return (rows as KeyRow[]).map(readCaller)[0];
}

function normalized(tags: KeyTags): KeyTags {
  return Object.fromEntries(
    Object.entries(tags).map(([name, value]) => [name, typeof value === 'string' ? normalizeTag(value) : value]),
  );
}

function readCaller(row: KeyRow): Caller {
  return {
    workspaceId: row.workspace_id,
    workspaceName: row.workspace_name,
    keyId: row.id,
    keyName: row.name,
    role: row.role,
    livemode: row.livemode,
    // Keys of older versions keep a tag as it was typed.
    tags: normalized(row.tags),
    lockedTags: row.locked_tags,
    rateLimit: readRateLimit(row.rate_limit),
    responseCache: row.response_cache ?? undefined,
    expiresAt: row.expires_at ?? undefined,
  };
}

interface KeyRow {
  workspace_id: string;
  workspace_name: string;
  id: string;
  hint: string;
  name: string;
  role: KeyRole;
  livemode: boolean;
  tags: KeyTags;
  locked_tags: TagName[];
  rate_limit: StoredLimit | null;
  response_cache: KeyCache | null;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}

export async function listKeys(db: Db, workspaceId: string, livemode: boolean): Promise<StoredKey[]> {
  const { rows } = await db.query(
    `select workspace_id, id, hint, name, role, livemode, tags, locked_tags, rate_limit, response_cache, created_at, expires_at, last_used_at
     from api_keys where workspace_id = $1 and revoked_at is null and ($2 or not livemode) order by created_at, id`,
    [workspaceId, livemode],
  );
  return (rows as KeyRow[]).map(readStored);
}

function readStored(row: KeyRow): StoredKey {
  return {
    workspaceId: row.workspace_id,
    id: row.id,
    hint: row.hint,
    name: row.name,
    role: row.role,
    livemode: row.livemode,
    tags: row.tags,
    lockedTags: row.locked_tags,
    rateLimit: row.rate_limit ?? undefined,
    responseCache: row.response_cache ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}

/** A key that is not revoked, locked until the transaction ends. */
export async function lockKey(tx: Db, key: { workspaceId: string; id: string }): Promise<StoredKey | undefined> {
  const { rows } = await tx.query(
    'select * from api_keys where workspace_id = $1 and id = $2 and revoked_at is null for update',
    [key.workspaceId, key.id],
  );
  return (rows as KeyRow[]).map(readStored)[0];
}

/**
 * Changes a key, and notifies every process. `expiresAt` null: it never expires; `responseCache` null: its calls keep nothing by default.
 * Undefined where there is no such key.
 */
export async function updateKey(
  db: Db,
  key: {
    workspaceId: string;
    id: string;
    name: string | undefined;
    expiresAt: Date | null | undefined;
    responseCache: KeyCache | null | undefined;
  },
): Promise<StoredKey | undefined> {
  const { rows } = await db.query(
    `with changed as (
       update api_keys set name = coalesce($3, name), expires_at = case when $4 then $5 else expires_at end,
         response_cache = case when $6 then $7::jsonb else response_cache end
       where workspace_id = $1 and id = $2 and revoked_at is null returning *)
     select *, pg_notify('keys', id) from changed`,
    [
      key.workspaceId,
      key.id,
      key.name ?? null,
      key.expiresAt !== undefined,
      key.expiresAt ?? null,
      key.responseCache !== undefined,
      key.responseCache == null ? null : JSON.stringify(key.responseCache),
    ],
  );
  return (rows as KeyRow[]).map(readStored)[0];
}

/**
 * Gives a key a new text, and notifies every process. The old text works until `oldUntil`; an older one ends at once. Undefined where there
 * is no such key.
 */
export async function rollKey(
  tx: Db,
  key: { workspaceId: string; id: string; hash: Buffer; hint: string; oldUntil: Date },
): Promise<StoredKey | undefined> {
  const { workspaceId, id } = key;
  // Statements of their own: of two that roll a key at once, the second sees what the first has written.
  const { rows: found } = await tx.query(
    'select hash from api_keys where workspace_id = $1 and id = $2 and revoked_at is null for update',
    [workspaceId, id],
  );
  const [old] = found as { hash: Buffer }[];
  if (old === undefined) return undefined;
  await tx.query(
    'update rolled_keys set lives_until = least(lives_until, now()) where workspace_id = $1 and key_id = $2',
    [workspaceId, id],
  );
  await tx.query('insert into rolled_keys (hash, workspace_id, key_id, lives_until) values ($1, $2, $3, $4)', [
    old.hash,
    workspaceId,
    id,
    key.oldUntil,
  ]);
  const { rows } = await tx.query(
    `with changed as (update api_keys set hash = $3, hint = $4 where workspace_id = $1 and id = $2 returning *)
       select *, pg_notify('keys', id) from changed`,
    [workspaceId, id, key.hash, key.hint],
  );
  return (rows as KeyRow[]).map(readStored)[0];
}

/** When keys were last used, by their ids. */
export async function noteUse(
  db: Db,
  uses: readonly { workspaceId: string; id: string; atMs: number }[],
): Promise<void> {
  const rows = uses.map(({ workspaceId, id, atMs }) => ({ w: workspaceId, id, at: new Date(atMs) }));
  await db.query(
    `with given as (select * from json_to_recordset($1::json) as g (w text, id text, at timestamptz)),
     own as (select k.workspace_id, k.id, given.at from api_keys k join given on given.w = k.workspace_id and given.id = k.id
       where k.last_used_at is null or k.last_used_at < given.at order by k.workspace_id, k.id for no key update of k)
     update api_keys k set last_used_at = own.at from own where k.workspace_id = own.workspace_id and k.id = own.id`,
    [JSON.stringify(rows)],
  );
}

/** Revokes and tells every process in the same transaction. A test key reaches test keys only. */
export async function revokeKey(
  db: Db,
  key: { workspaceId: string; id: string; fromLivemode: boolean },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with revoked as (
       update api_keys set revoked_at = now()
       where workspace_id = $1 and id = $2 and revoked_at is null and ($3 or not livemode) returning id)
     select pg_notify('keys', id) from revoked`,
    [key.workspaceId, key.id, key.fromLivemode],
  );
  return (rowCount ?? 0) > 0;
}

/** Also true of a revoked one, and of a text that a key had before it was rolled. */
export async function hasKey(db: Db, hash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query(
    'select 1 from api_keys where hash = $1 union all select 1 from rolled_keys where hash = $1',
    [hash],
  );
  return (rowCount ?? 0) > 0;
}

/** Live keys in use from which an older version made a test key: a holder of that one can make these. */
export async function keysWithTwins(db: Db): Promise<{ id: string; workspaceId: string }[]> {
  const { rows } = await db.query(
    `select l.id, l.workspace_id from api_keys l join api_keys t
       on t.workspace_id = l.workspace_id and t.hint = l.hint and t.created_at = l.created_at
     where l.livemode and not t.livemode and l.name = 'Owner' and t.name = 'Owner (test)' and l.revoked_at is null`,
  );
  return (rows as { id: string; workspace_id: string }[]).map(({ id, workspace_id: workspaceId }) => ({
    id,
    workspaceId,
  }));
}
