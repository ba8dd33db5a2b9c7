import type { Db } from '../db/transaction.ts';

/** Who needs a prompt to stay, in words for people: `rule "Invoices"`. Rules of the active version that are enabled. */
export async function findPromptUses(tx: Db, workspaceId: string, promptId: string): Promise<string[]> {
  const { rows } = await tx.query(
    `select rule->>'name' as name
     from workspaces w
     join routing_versions v on v.workspace_id = w.id and v.version = w.routing_version
     cross join jsonb_array_elements(v.rules) as rule
     where w.id = $1 and (rule->>'enabled')::boolean is not false and (rule->'then'->'prompt'->>'id' = $2 or jsonb_path_exists(
       rule->'when', '$.** ? (@.field == "prompt_id" && (@.eq == $id || @.in[*] == $id))'::jsonpath, jsonb_build_object('id', $2::text)))
     order by 1`,
    [workspaceId, promptId],
  );
  return (rows as { name: string }[]).map(({ name }) => `rule "${name}"`);
}
