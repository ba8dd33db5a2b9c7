import type { Bound } from '../accounts/own-tags.ts';
import type { Db } from '../db/transaction.ts';

export type TagKind = 'client' | 'project' | 'scenario';

export interface SeenTag {
  workspaceId: string;
  livemode: boolean;
  kind: TagKind;
  id: string;
  firstAtMs: number;
  lastAtMs: number;
  platform: string | undefined;
}

export async function upsertTags(db: Db, tags: readonly SeenTag[]): Promise<void> {
  const sorted = tags.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  await db.query(
    `insert into tag_values as t (workspace_id, livemode, kind, id, first_call_at, last_call_at, platform, folded)
     select * from unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[])
     on conflict (workspace_id, livemode, kind, id) do update set
       last_call_at = greatest(t.last_call_at, excluded.last_call_at), platform = coalesce(excluded.platform, t.platform)`,
    [
      sorted.map(({ workspaceId }) => workspaceId),
      sorted.map(({ livemode }) => livemode),
      sorted.map(({ kind }) => kind),
      sorted.map(({ id }) => id),
      sorted.map(({ firstAtMs }) => new Date(firstAtMs)),
      sorted.map(({ lastAtMs }) => new Date(lastAtMs)),
      sorted.map(({ platform }) => platform ?? null),
      sorted.map(({ id }) => foldTag(id)),
    ],
  );
}

/** Alike for two spellings that differ by case only. */
export function foldTag(id: string): string {
  return id.toLowerCase();
}

/** Known values that differ from this one by case at the most, the oldest first. */
export async function selectAlike(
  db: Db,
  tag: { workspaceId: string; livemode: boolean; kind: TagKind; id: string },
): Promise<string[]> {
  const { rows } = await db.query(
    `select id from tag_values where workspace_id = $1 and livemode = $2 and kind = $3 and folded = $4
     order by first_call_at, id limit 20`,
    [tag.workspaceId, tag.livemode, tag.kind, foldTag(tag.id)],
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** Rows are locked in one order everywhere. */
function orderOf({ workspaceId, livemode, kind, id }: SeenTag): string {
  return JSON.stringify([workspaceId, livemode, kind, id]);
}

export interface TagRow {
  id: string;
  firstCallAt: Date;
}

/** Values of one kind by their id; `ids` are those a key with locked tags may see. */
export async function selectTags(
  db: Db,
  filter: {
    workspaceId: string;
    livemode: boolean;
    kind: TagKind;
    search: string | undefined;
    ids: readonly string[] | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<TagRow[]> {
  const { rows } = await db.query(
    `select id, first_call_at from tag_values
     where workspace_id = $1 and livemode = $2 and kind = $3 and ($4::text is null or strpos(lower(id), lower($4)) > 0)
       and ($5::text[] is null or id = any($5)) and ($6::text is null or id > $6)
     order by id limit $7`,
    [
      filter.workspaceId,
      filter.livemode,
      filter.kind,
      filter.search ?? null,
      filter.ids ?? null,
      filter.after ?? null,
      filter.limit,
    ],
  );
  return (rows as { id: string; first_call_at: Date }[]).map(({ id, first_call_at: firstCallAt }) => ({
    id,
    firstCallAt,
  }));
}

/** The values of one kind that calls named which were bound to all of this. Read off the sums, the latest off the calls. */
export async function selectNamed(
  db: Db,
  filter: { workspaceId: string; livemode: boolean; kind: TagKind; bound: Bound },
): Promise<string[]> {
  const column = columnOf[filter.kind];
  const { client_id, project, scenario_id, key_id } = filter.bound;
  const conditions = `workspace_id = $1 and livemode = $2 and ${column} is not null and ($3::text is null or client_id = $3)
    and ($4::text is null or project = $4) and ($5::text is null or scenario_id = $5) and ($6::text is null or key_id = $6)`;
  const { rows } = await db.query(
    `with summed as (select coalesce((select until from usage_rollup), '-infinity') as until)
     select ${column} as id from usage_days where ${conditions}
     union select ${column} from usage_hours
       where ${conditions} and hour >= (select date_trunc('day', until, 'UTC') from summed)
     union select ${column} from calls where ${conditions} and created_at >= (select until from summed)`,
    [filter.workspaceId, filter.livemode, client_id ?? null, project ?? null, scenario_id ?? null, key_id ?? null],
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** As for the clients that a scenario is shown with. */
const namedDays = 31;

/**
 * The pairs of a client and a project whose calls named a scenario in the last 31 days, of some clients and projects: one statement, however
 * many are asked for.
 */
export async function selectCallersOf(
  db: Db,
  scenario: { workspaceId: string; livemode: boolean; id: string },
  asked: { clients: readonly string[]; projects: readonly string[] },
): Promise<{ clientId: string | undefined; project: string | undefined }[]> {
  const conditions = `workspace_id = $1 and livemode = $2 and scenario_id = $3 and (client_id = any($4) or project = any($5))`;
  const since = `now() - interval '${namedDays} days'`;
  const { rows } = await db.query(
    `with summed as (select coalesce((select until from usage_rollup), '-infinity') as until)
     select client_id, project from usage_days where ${conditions} and day >= date_trunc('day', ${since}, 'UTC')
     union select client_id, project from usage_hours
       where ${conditions} and hour >= greatest(${since}, (select date_trunc('day', until, 'UTC') from summed))
     union select client_id, project from calls
       where ${conditions} and created_at >= greatest(${since}, (select until from summed))`,
    [scenario.workspaceId, scenario.livemode, scenario.id, asked.clients, asked.projects],
  );
  return (rows as { client_id: string | null; project: string | null }[]).map((row) => ({
    clientId: row.client_id ?? undefined,
    project: row.project ?? undefined,
  }));
}

const columnOf: Record<TagKind, string> = { client: 'client_id', project: 'project', scenario: 'scenario_id' };
