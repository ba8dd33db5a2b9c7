import { readLock, type ScenarioKey } from '../accounts/scenario-lock.ts';
import type { Db } from '../db/transaction.ts';

/** The spend of scenarios in the last hour before a moment, each from its resumption on, in the order they are asked for. */
export async function spentLastHour(
  db: Db,
  places: readonly { place: ScenarioKey; beforeMs: number }[],
): Promise<bigint[]> {
  const { rows } = await db.query(
    `select p.n, sum(c.cost_nanos)::bigint as nanos
     from json_to_recordset($1::json) as p (n integer, w text, l boolean, s text, b timestamptz, k text, client text, project text, platform text)
     left join scenario_states t on t.workspace_id = p.w and t.livemode = p.l and t.id = p.s and t.lock = p.k
     join calls c on c.workspace_id = p.w and c.livemode = p.l and c.scenario_id = p.s
       and c.created_at > coalesce(t.counted_from, '-infinity') and c.created_at < p.b
       and (p.client is null or c.client_id = p.client) and (p.project is null or c.project = p.project)
       and (p.platform is null or c.scenario_platform = p.platform)
     left join api_keys a on a.workspace_id = c.workspace_id and a.id = c.key_id
     where (p.k <> '') = coalesce(a.locked_tags && '{client_id,project,scenario_platform}', false) and c.created_at > clock_timestamp() - interval '1 hour' and c.workspace_id = any($2)
     group by p.n`,
    [
      JSON.stringify(
        places.map(({ place: { workspaceId, livemode, id, lock }, beforeMs }, n) => {
          const { client_id: client, project, scenario_platform: platform } = readLock(lock);
          return { n, w: workspaceId, l: livemode, s: id, b: new Date(beforeMs), k: lock, client, project, platform };
        }),
      ),
      [...new Set(places.map(({ place }) => place.workspaceId))],
    ],
  );
  const spent = new Map((rows as { n: number; nanos: bigint }[]).map(({ n, nanos }) => [n, nanos]));
  return places.map((_, n) => spent.get(n) ?? 0n);
}
