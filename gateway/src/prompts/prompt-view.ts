import type { OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Actor } from '../accounts/actor.ts';
import type { Caller } from '../accounts/api-key.ts';
import type { Db } from '../db/transaction.ts';
import type { LabelChangeRow } from './prompt-label-store.ts';
import { type PromptRow, selectPrompt } from './prompt-store.ts';
import type { Author, VersionSummaryRow } from './prompt-version-store.ts';

type Prompt = OutputOf<'prompts.list'>['data'][number];
type WholePrompt = OutputOf<'prompts.get'>;

/** Throws `not_found`. */
export async function findRow(
  db: Db,
  { workspaceId }: Pick<Caller, 'workspaceId'>,
  id: string,
  options: { forUpdate?: boolean } = {},
): Promise<PromptRow> {
  const row = await selectPrompt(db, workspaceId, id, options);
  if (row !== undefined) return row;
  throw new GatewayError('not_found', `There is no prompt "${id}" in this workspace.`, { param: 'id' });
}

export function viewPrompt(row: PromptRow): Prompt {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    aliases: row.aliases,
    client_ids: row.client_ids,
    newest_version: row.newest_version,
    labels: row.labels,
    created_at: row.created_at.toISOString(),
    archived_at: row.archived_at?.toISOString() ?? null,
  };
}

/** For a key with a locked tag: enough to run it, without the words of the workspace and its other clients. */
export function viewLocked(row: PromptRow, client: string | undefined): Prompt {
  const own = row.client_ids.filter((id) => id === client);
  return { ...viewPrompt(row), description: '', aliases: [], client_ids: own };
}

export function viewSummary(row: VersionSummaryRow): WholePrompt['versions'][number] {
  return {
    version: row.version,
    note: row.note,
    created_at: row.created_at.toISOString(),
    created_by: viewAuthor(row),
  };
}

export function viewLabelChange(row: LabelChangeRow): WholePrompt['label_log'][number] {
  return {
    label: row.label,
    from_version: row.from_version,
    to_version: row.to_version,
    note: row.note,
    changed_at: row.changed_at.toISOString(),
    changed_by: viewAuthor(row),
  };
}

export function viewAuthor({ by_type, by_id, by_name }: Author): WholePrompt['versions'][number]['created_by'] {
  return { type: by_type, id: by_id, name: by_name };
}

export function viewActor({ type, id, name }: Actor): WholePrompt['versions'][number]['created_by'] {
  return { type, id, name: name ?? null };
}

export function targetOf({ id, name }: Pick<PromptRow, 'id' | 'name'>) {
  return { type: 'prompt', id, name };
}
