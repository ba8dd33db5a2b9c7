import type { Actor } from '../accounts/actor.ts';
import { newId } from '../accounts/new-id.ts';
import type { Db } from '../db/transaction.ts';
import type { Author, PromptKey } from './prompt-version-store.ts';

export interface LabelChangeRow extends Author {
  label: string;
  from_version: number | null;
  to_version: number | null;
  note: string;
  changed_at: Date;
}

/** Its prompt is locked: between reading and writing a label nobody else moves it. */
export async function readLabel(
  db: Db,
  { workspaceId, promptId }: PromptKey,
  label: string,
): Promise<number | undefined> {
  const { rows } = await db.query(
    'select version from prompt_labels where workspace_id = $1 and prompt_id = $2 and label = $3',
    [workspaceId, promptId, label],
  );
  return (rows[0] as { version: number } | undefined)?.version;
}

export async function countLabels(db: Db, { workspaceId, promptId }: PromptKey): Promise<number> {
  const { rows } = await db.query(
    'select count(*)::integer as count from prompt_labels where workspace_id = $1 and prompt_id = $2',
    [workspaceId, promptId],
  );
  return (rows[0] as { count: number }).count;
}

export async function writeLabel(
  tx: Db,
  { workspaceId, promptId }: PromptKey,
  { label, version }: { label: string; version: number },
): Promise<void> {
  await tx.query(
    `insert into prompt_labels (workspace_id, prompt_id, label, version) values ($1, $2, $3, $4)
     on conflict (workspace_id, prompt_id, label) do update set version = excluded.version, changed_at = now()`,
    [workspaceId, promptId, label, version],
  );
}

export async function deleteLabel(tx: Db, { workspaceId, promptId }: PromptKey, label: string): Promise<void> {
  await tx.query('delete from prompt_labels where workspace_id = $1 and prompt_id = $2 and label = $3', [
    workspaceId,
    promptId,
    label,
  ]);
}

export async function logLabel(
  tx: Db,
  { workspaceId, promptId }: PromptKey,
  change: { label: string; from: number | undefined; to: number | undefined; note: string; by: Actor; atMs: number },
): Promise<Date> {
  const { by } = change;
  const { rows } = await tx.query(
    `insert into prompt_label_log (workspace_id, id, prompt_id, label, from_version, to_version, note, by_type, by_id, by_name)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning changed_at`,
    [
      workspaceId,
      newId('plog', change.atMs),
      promptId,
      change.label,
      change.from ?? null,
      change.to ?? null,
      change.note,
      by.type,
      by.id,
      by.type === 'person' ? null : (by.name ?? null),
    ],
  );
  return (rows[0] as { changed_at: Date }).changed_at;
}

/** The newest, the last one first; of one label where it is named. */
export async function listLabelChanges(
  db: Db,
  { workspaceId, promptId }: PromptKey,
  { label, limit }: { label: string | undefined; limit: number },
): Promise<LabelChangeRow[]> {
  const { rows } = await db.query(
    `select c.label, c.from_version, c.to_version, c.note, c.changed_at, c.by_type, c.by_id, coalesce(c.by_name, p.name) as by_name
     from prompt_label_log c left join people p on c.by_type = 'person' and p.id = c.by_id
     where c.workspace_id = $1 and c.prompt_id = $2 and ($3::text is null or c.label = $3)
     order by c.changed_at desc, c.id desc limit $4`,
    [workspaceId, promptId, label ?? null, limit],
  );
  return rows as LabelChangeRow[];
}
