import type { Db } from '../db/transaction.ts';

/** The things that need a prompt to stay, in words for people: `rule "Invoices"`. Enabled rules of the active version, running experiments. */
export async function findPromptUses(tx: Db, workspaceId: string, promptId: string): Promise<string[]> {
  const { rows } = await tx.query(
    `select 'rule "' || (rule->>'name') || '"' as use
     from workspaces w
     join routing_versions v on v.workspace_id = w.id and v.version = w.routing_version
     cross join jsonb_array_elements(v.rules) as rule
     where w.id = $1 and (rule->>'enabled')::boolean is not false and (rule->'then'->'prompt'->>'id' = $2 or jsonb_path_exists(
       rule->'when', '$.** ? (@.field == "prompt_id" && (@.eq == $id || @.in[*] == $id))'::jsonpath, jsonb_build_object('id', $2::text)))
     union
     select 'experiment "' || (e.spec->>'name') || '"' from experiments e
     where e.workspace_id = $1 and e.state = 'running'
       and jsonb_path_exists(e.spec, '$.arms[*] ? (@.prompt.id == $id)'::jsonpath, jsonb_build_object('id', $2::text))
     order by 1`,
    [workspaceId, promptId],
  );
  return (rows as { use: string }[]).map(({ use }) => use);
}
