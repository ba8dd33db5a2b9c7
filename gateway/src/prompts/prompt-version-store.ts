import type { Actor } from '../accounts/actor.ts';
import type { Db } from '../db/transaction.ts';
import type { Variable } from './prompt.ts';

export interface Author {
  by_type: Actor['type'];
  by_id: string;
  by_name: string | null;
}

export interface VersionSummaryRow extends Author {
  version: number;
  note: string;
  created_at: Date;
}

export interface VersionRow extends VersionSummaryRow {
  sealed_content: Buffer;
  content_hash: Buffer;
}

export interface PromptKey {
  workspaceId: string;
  promptId: string;
}

export async function countVersions(db: Db, { workspaceId, promptId }: PromptKey): Promise<number> {
  const { rows } = await db.query(
    'select count(*)::integer as count from prompt_versions where workspace_id = $1 and prompt_id = $2',
    [workspaceId, promptId],
  );
  return (rows[0] as { count: number }).count;
}

export async function insertVersion(
  tx: Db,
  { workspaceId, promptId }: PromptKey,
  version: {
    version: number;
    sealedContent: Buffer;
    contentHash: Buffer;
    variables: readonly Variable[];
    note: string;
    by: Actor;
  },
): Promise<Date> {
  const { by } = version;
  const { rows } = await tx.query(
    `insert into prompt_versions (workspace_id, prompt_id, version, sealed_content, content_hash, variables, note, by_type, by_id, by_name)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning created_at`,
    [
      workspaceId,
      promptId,
      version.version,
      version.sealedContent,
      version.contentHash,
      JSON.stringify(version.variables),
      version.note,
      by.type,
      by.id,
      by.type === 'person' ? null : (by.name ?? null),
    ],
  );
  return (rows[0] as { created_at: Date }).created_at;
}

export async function selectVersion(
  db: Db,
  { workspaceId, promptId }: PromptKey,
  version: number,
): Promise<VersionRow | undefined> {
  const { rows } = await db.query(
    `select v.version, v.note, v.created_at, v.sealed_content, v.content_hash, v.by_type, v.by_id, coalesce(v.by_name, p.name) as by_name
     from prompt_versions v left join people p on v.by_type = 'person' and p.id = v.by_id
     where v.workspace_id = $1 and v.prompt_id = $2 and v.version = $3`,
    [workspaceId, promptId, version],
  );
  return rows[0] as VersionRow | undefined;
}

/** Of each version its number and the hash of its content. */
export async function listHashes(
  db: Db,
  { workspaceId, promptId }: PromptKey,
): Promise<{ version: number; content_hash: Buffer }[]> {
  const { rows } = await db.query(
    'select version, content_hash from prompt_versions where workspace_id = $1 and prompt_id = $2 order by version',
    [workspaceId, promptId],
  );
  return rows as { version: number; content_hash: Buffer }[];
}

/** Newest first. */
export async function listVersions(db: Db, { workspaceId, promptId }: PromptKey): Promise<VersionSummaryRow[]> {
  const { rows } = await db.query(
    `select v.version, v.note, v.created_at, v.by_type, v.by_id, coalesce(v.by_name, p.name) as by_name
     from prompt_versions v left join people p on v.by_type = 'person' and p.id = v.by_id
     where v.workspace_id = $1 and v.prompt_id = $2 order by v.version desc`,
    [workspaceId, promptId],
  );
  return rows as VersionSummaryRow[];
}

/** Undefined where there is no such version. */
export async function readSealedContent(
  db: Db,
  { workspaceId, promptId }: PromptKey,
  version: number,
): Promise<Buffer | undefined> {
  const { rows } = await db.query(
    'select sealed_content from prompt_versions where workspace_id = $1 and prompt_id = $2 and version = $3',
    [workspaceId, promptId, version],
  );
  return (rows[0] as { sealed_content: Buffer } | undefined)?.sealed_content;
}
