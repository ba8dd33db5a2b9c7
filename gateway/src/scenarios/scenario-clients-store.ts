import type { Db } from '../db/transaction.ts';
import { partsFor } from '../usage/summed-range-store.ts';

interface ScenarioClient {
  id: string;
  name: string;
}

/** The clients of a scenario's calls: the busiest of them, and how many there are. */
export interface ScenarioClients {
  shown: readonly ScenarioClient[];
  count: number;
}

const days = 31;
const shownMost = 5;

/**
 * The clients whose calls a few scenarios made in the 31 days before the last call of each. The rows of clients that are erased belong to
 * nobody.
 */
export async function selectClientsOf(
  db: Db,
  place: { workspaceId: string; livemode: boolean },
  scenarios: readonly { id: string; lastCallAt: Date | null }[],
): Promise<ReadonlyMap<string, ScenarioClients>> {
  const called = scenarios.flatMap(({ id, lastCallAt }) => (lastCallAt === null ? [] : [{ id, at: lastCallAt }]));
  const found = new Map<string, ScenarioClients>();
  if (called.length === 0) return found;
  const erased = await selectErased(db, place);
  // Those that last called about the same time are read together: one that called a year ago has the others read no year.
  const byTime = new Map<number, typeof called>();
  for (const one of called) {
    const stretch = Math.floor(one.at.getTime() / (days * 86_400_000));
    byTime.set(stretch, [...(byTime.get(stretch) ?? []), one]);
  }
  for (const together of byTime.values())
    for (const [id, clients] of await selectTogether(db, { ...place, erased }, together)) found.set(id, clients);
  return found;
}

/** A statement of its own: on a database spread by Citus they are elsewhere than calls. */
async function selectErased(
  db: Db,
  { workspaceId, livemode }: { workspaceId: string; livemode: boolean },
): Promise<string[]> {
  const { rows } = await db.query('select id from erased_clients where workspace_id = $1 and livemode = $2', [
    workspaceId,
    livemode,
  ]);
  return (rows as { id: string }[]).map(({ id }) => id);
}

async function selectTogether(
  db: Db,
  { workspaceId, livemode, erased }: { workspaceId: string; livemode: boolean; erased: readonly string[] },
  called: readonly { id: string; at: Date }[],
): Promise<ReadonlyMap<string, ScenarioClients>> {
  const times = called.map(({ at }) => at.getTime());
  const filter = {
    workspaceId,
    livemode,
    from: new Date(Math.min(...times) - days * 86_400_000),
    // The call that is being written is among them.
    to: new Date(Math.max(...times) + 60_000),
  };
  const { parts, values } = await partsFor(db, filter, { columns: ['scenario_id', 'client_id'] });
  const n = values.push(
    called.map(({ id }) => id),
    called.map(({ at }) => at),
    erased,
    shownMost,
  );
  const { rows } = await db.query(
    `${parts},
     page as (select * from unnest($${n - 3}::text[], $${n - 2}::timestamptz[]) as p (scenario, last_at)),
     seen as (
       select scenario_id as scenario, client_id as client, sum(requests) as calls
       from parts join page on page.scenario = parts.scenario_id
       where scenario_id = any($${n - 3}::text[]) and client_id is not null and at > last_at - interval '${days} days'
         and client_id <> all($${n - 1}::text[])
       group by 1, 2),
     ranked as (
       select *, row_number() over (partition by scenario order by calls desc, client) as place,
         count(*) over (partition by scenario)::integer as count from seen)
     select scenario, count, client, coalesce(c.name, client) as name
     from ranked left join clients c on c.workspace_id = $1 and c.livemode = $2 and c.id = client
     where place <= $${n} order by scenario, place`,
    values,
  );
  const found = new Map<string, { shown: ScenarioClient[]; count: number }>();
  for (const { scenario, count, client, name } of rows as RawClient[]) {
    const clients = found.get(scenario) ?? { shown: [], count };
    clients.shown.push({ id: client, name });
    found.set(scenario, clients);
  }
  return found;
}

interface RawClient {
  scenario: string;
  count: number;
  client: string;
  name: string;
}
