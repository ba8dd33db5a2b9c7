import type { Db } from '../db/transaction.ts';

export interface PromptRow {
  id: string;
  name: string;
  description: string;
  aliases: string[];
  client_ids: string[];
  newest_version: number | null;
  labels: { label: string; version: number }[];
  created_at: Date;
  archived_at: Date | null;
}

/** Counts of prompts and their aliases are looked at before they change: one change of them at a time in a workspace. */
export async function lockPrompts(tx: Db, workspaceId: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('prompts ' || $1, 0))`, [workspaceId]);
}

/** Tells every process, in the transaction of the change. */
export async function tellPrompts(tx: Db, workspaceId: string): Promise<void> {
  await tx.query(`select pg_notify('workspaces', $1)`, [workspaceId]);
}

export async function countPrompts(db: Db, workspaceId: string): Promise<number> {
  const { rows } = await db.query(
    'select count(*)::integer as count from prompts where workspace_id = $1 and archived_at is null',
    [workspaceId],
  );
  return (rows[0] as { count: number }).count;
}

/** Of these ids, those that are the id or an alias of another prompt of the workspace, with that prompt's id. */
export async function findTaken(
  db: Db,
  workspaceId: string,
  { ids, but }: { ids: readonly string[]; but: string },
): Promise<{ taken: string; by: string }[]> {
  const { rows } = await db.query(
    `select asked.id as taken, p.id as by from unnest($2::text[]) as asked (id)
     join prompts p on p.workspace_id = $1 and p.id <> $3 and (p.id = asked.id or asked.id = any(p.aliases))`,
    [workspaceId, ids, but],
  );
  return rows as { taken: string; by: string }[];
}

export async function insertPrompt(
  tx: Db,
  prompt: { workspaceId: string } & Pick<PromptRow, 'id' | 'name' | 'description' | 'aliases' | 'client_ids'>,
): Promise<void> {
  await tx.query(
    `insert into prompts (workspace_id, id, name, description, aliases, client_ids) values ($1, $2, $3, $4, $5, $6)`,
    [prompt.workspaceId, prompt.id, prompt.name, prompt.description, prompt.aliases, prompt.client_ids],
  );
}

export async function updatePrompt(
  tx: Db,
  workspaceId: string,
  { id, name, description, aliases, client_ids, archived_at }: PromptRow,
): Promise<void> {
  await tx.query(
    `update prompts set name = $3, description = $4, aliases = $5, client_ids = $6, archived_at = $7
     where workspace_id = $1 and id = $2`,
    [workspaceId, id, name, description, aliases, client_ids, archived_at],
  );
}

/** By its id or an alias; locked until the transaction ends when `forUpdate`. */
export async function selectPrompt(
  db: Db,
  workspaceId: string,
  id: string,
  { forUpdate = false } = {},
): Promise<PromptRow | undefined> {
  const conditionsLock = forUpdate ? 'for update of p' : '';
  const { rows } = await db.query(
    `select p.id, p.name, p.description, p.aliases, p.client_ids, p.created_at, p.archived_at,
       (select max(v.version) from prompt_versions v where v.workspace_id = p.workspace_id and v.prompt_id = p.id) as newest_version,
       coalesce((select jsonb_agg(jsonb_build_object('label', l.label, 'version', l.version) order by l.label)
         from prompt_labels l where l.workspace_id = p.workspace_id and l.prompt_id = p.id), '[]') as labels
     from prompts p where p.workspace_id = $1 and (p.id = $2 or $2 = any(p.aliases))
     order by p.id <> $2 limit 1 ${conditionsLock}`,
    [workspaceId, id],
  );
  return rows[0] as PromptRow | undefined;
}

/** A page by id. `client`: only those of everybody and of this client; null of everybody alone; undefined all. */
export async function listPromptRows(
  db: Db,
  workspaceId: string,
  page: {
    search: string | undefined;
    archived: boolean;
    client: string | null | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<PromptRow[]> {
  const { rows } = await db.query(
    `select p.id, p.name, p.description, p.aliases, p.client_ids, p.created_at, p.archived_at,
       (select max(v.version) from prompt_versions v where v.workspace_id = p.workspace_id and v.prompt_id = p.id) as newest_version,
       coalesce((select jsonb_agg(jsonb_build_object('label', l.label, 'version', l.version) order by l.label)
         from prompt_labels l where l.workspace_id = p.workspace_id and l.prompt_id = p.id), '[]') as labels
     from prompts p
     where p.workspace_id = $1 and (p.archived_at is not null) = $2
       and ($3::text is null or position(lower($3) in lower(p.id)) > 0 or position(lower($3) in lower(p.name)) > 0)
       and (not $4 or cardinality(p.client_ids) = 0 or $5 = any(p.client_ids))
       and ($6::text is null or p.id collate "C" > $6)
     order by p.id collate "C" limit $7`,
    [
      workspaceId,
      page.archived,
      page.search ?? null,
      page.client !== undefined,
      page.client ?? null,
      page.after ?? null,
      page.limit,
    ],
  );
  return rows as PromptRow[];
}

/** Those that can be called, with their labels. */
export async function readBook(
  db: Db,
  workspaceId: string,
): Promise<{ id: string; aliases: string[]; clientIds: string[]; labels: [string, number][] }[]> {
  const { rows } = await db.query(
    `select p.id, p.aliases, p.client_ids as "clientIds",
       coalesce((select jsonb_agg(jsonb_build_array(l.label, l.version) order by l.label)
         from prompt_labels l where l.workspace_id = p.workspace_id and l.prompt_id = p.id), '[]') as labels
     from prompts p where p.workspace_id = $1 and p.archived_at is null`,
    [workspaceId],
  );
  return rows as { id: string; aliases: string[]; clientIds: string[]; labels: [string, number][] }[];
}

/** One prompt of several in a transaction: what is done for it from here on is kept or undone by itself. */
export async function beginOne(tx: Db): Promise<void> {
  await tx.query('savepoint one_prompt');
}

export async function keepOne(tx: Db): Promise<void> {
  await tx.query('release savepoint one_prompt');
}

export async function undoOne(tx: Db): Promise<void> {
  await tx.query('rollback to savepoint one_prompt');
}
