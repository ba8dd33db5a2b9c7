import type { CallTags } from '../accounts/call-tags.ts';
import { isWhole, pieceRows } from '../db/in-pieces.ts';
import type { Db } from '../db/transaction.ts';

/** A stored answer with its owner. */
export interface StoredAnswer {
  id: string;
  workspace_id: string;
  client_id: string | null;
  project: string | null;
  scenario_id: string | null;
  scenario_platform: string | null;
}

/** Repeatable: an answer belongs to the workspace that came first with its id, and stays its own. */
export async function rememberAnswers(
  db: Db,
  { account, ids, workspaceId, tags }: { account: string; ids: readonly string[]; workspaceId: string; tags: CallTags },
): Promise<void> {
  await db.query(
    `insert into stored_answers (account, id, workspace_id, client_id, project, scenario_id, scenario_platform)
     select $1, id, $3, $4, $5, $6, $7 from (select distinct unnest($2::text[]) as id order by 1) as ids
     on conflict (account, id) do update set used_at = now() where stored_answers.workspace_id = excluded.workspace_id`,
    [account, ids, workspaceId, tags.client, tags.project, tags.scenario, tags.platform],
  );
}

export async function findAnswers(db: Db, account: string, ids: readonly string[]): Promise<StoredAnswer[]> {
  const { rows } = await db.query(
    `select id, workspace_id, client_id, project, scenario_id, scenario_platform from stored_answers
     where account = $1 and id = any($2::text[])`,
    [account, ids],
  );
  return rows as StoredAnswer[];
}

/** OpenAI keeps a response for 30 days; a conversation that is used is remembered for longer. */
export async function forgetOldAnswers(db: Db): Promise<boolean> {
  const deleted = await db.query(
    `delete from stored_answers where ctid = any(array(
       select ctid from stored_answers where used_at < now() - interval '90 days' order by used_at limit $1 for update skip locked))`,
    [pieceRows],
  );
  return isWhole(deleted);
}
