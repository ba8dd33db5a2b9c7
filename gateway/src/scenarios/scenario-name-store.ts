import type { Db } from '../db/transaction.ts';

interface NamedScenario {
  workspaceId: string;
  livemode: boolean;
  id: string;
}

export interface ScenarioName {
  id: string;
  name: string;
}

/** Names it, or takes its name away; answers the name before. Two changes at once come one after the other. */
export async function renameScenario(tx: Db, scenario: NamedScenario, name: string | null): Promise<string | null> {
  const values = [scenario.workspaceId, scenario.livemode, scenario.id];
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`scenario name ${values.join(' ')}`]);
  const { rows } = await tx.query(
    'select name from scenario_names where workspace_id = $1 and livemode = $2 and id = $3',
    values,
  );
  if (name === null)
    await tx.query('delete from scenario_names where workspace_id = $1 and livemode = $2 and id = $3', values);
  else
    await tx.query(
      `insert into scenario_names (workspace_id, livemode, id, name) values ($1, $2, $3, $4)
       on conflict (workspace_id, livemode, id) do update set name = excluded.name`,
      [...values, name],
    );
  return (rows as { name: string }[])[0]?.name ?? null;
}

/** The scenarios that have a name, by their ids. */
export async function selectScenarioNames(
  db: Db,
  filter: {
    workspaceId: string;
    livemode: boolean;
    ids?: readonly string[] | undefined;
    after?: string | undefined;
    limit: number;
  },
): Promise<ScenarioName[]> {
  const { rows } = await db.query(
    `select id, name from scenario_names
     where workspace_id = $1 and livemode = $2 and ($3::text[] is null or id = any($3)) and ($4::text is null or id > $4)
     order by id limit $5`,
    [filter.workspaceId, filter.livemode, filter.ids ?? null, filter.after ?? null, filter.limit],
  );
  return rows as ScenarioName[];
}
