import { isWhole, pieceRows } from '../db/in-pieces.ts';
import type { Db } from '../db/transaction.ts';

/** Refusals of one hour that have code, tags, key and budget in common. */
export interface RefusalRow {
  workspaceId: string;
  livemode: boolean;
  code: string;
  clientId: string | undefined;
  project: string | undefined;
  scenarioId: string | undefined;
  scenarioPlatform: string | undefined;
  keyId: string;
  budgetId: string | undefined;
  count: number;
  firstAtMs: number;
  lastAtMs: number;
  message: string;
  model: string | undefined;
  /** The message names billed amounts. */
  billed: boolean;
  /** The newest last. */
  requestIds: readonly string[];
}

/** Every row keeps the ids of its last calls. */
export const requestIdsKept = 20;

/** Adds to what is known of each hour. */
export async function addRefusals(db: Db, rows: readonly RefusalRow[]): Promise<void> {
  const given = rows.map((row) => ({
    ...row,
    hour: new Date(Math.floor(row.firstAtMs / 3_600_000) * 3_600_000),
    firstAt: new Date(row.firstAtMs),
    lastAt: new Date(row.lastAtMs),
  }));
  await db.query(
    `insert into refusals (workspace_id, livemode, hour, code, client_id, project, scenario_id, scenario_platform, key_id, budget_id, count,
       first_at, last_at, message, model, billed, request_ids)
     select "workspaceId", livemode, hour, code, "clientId", project, "scenarioId", "scenarioPlatform", "keyId", "budgetId", count,
       "firstAt", "lastAt", message, model, billed, "requestIds"
     from json_to_recordset($1::json) as r ("workspaceId" text, livemode boolean, hour timestamptz, code text, "clientId" text, project text,
       "scenarioId" text, "scenarioPlatform" text, "keyId" text, "budgetId" text, count bigint, "firstAt" timestamptz, "lastAt" timestamptz,
       message text, model text, billed boolean, "requestIds" text[])
     where exists (select 1 from workspaces w where w.id = "workspaceId")
     order by "workspaceId", hour, code, "keyId", "clientId", project, "scenarioId", "scenarioPlatform", "budgetId"
     on conflict (workspace_id, livemode, hour, code, key_id, coalesce(client_id, ''), coalesce(project, ''), coalesce(scenario_id, ''),
       coalesce(scenario_platform, ''), coalesce(budget_id, ''))
     do update set count = refusals.count + excluded.count, first_at = least(refusals.first_at, excluded.first_at),
       last_at = greatest(refusals.last_at, excluded.last_at), message = excluded.message, model = excluded.model, billed = excluded.billed,
       request_ids = (refusals.request_ids || excluded.request_ids)[
         greatest(1, cardinality(refusals.request_ids) + cardinality(excluded.request_ids) - $2::integer):]`,
    [JSON.stringify(given), requestIdsKept - 1],
  );
}

export interface RefusalFilter {
  workspaceId: string;
  livemode: boolean;
  from: Date;
  to: Date;
  code?: string | undefined;
  clientId?: string | undefined;
  project?: string | undefined;
  scenarioId?: string | undefined;
  scenarioPlatform?: string | undefined;
  keyId?: string | undefined;
  budgetId?: string | undefined;
}

export interface StoredRefusal {
  hour: Date;
  code: string;
  client_id: string | null;
  project: string | null;
  scenario_id: string | null;
  scenario_platform: string | null;
  key_id: string;
  budget_id: string | null;
  count: bigint;
  first_at: Date;
  last_at: Date;
  message: string;
  model: string | null;
  billed: boolean;
  request_ids: string[];
}

const columns = `hour, code, client_id, project, scenario_id, scenario_platform, key_id, budget_id, count, first_at, last_at, message, model,
  billed, request_ids`;

/** The hours that lie in the range at least in part. */
export function refusalConditions(filter: RefusalFilter): { conditions: string; values: unknown[] } {
  const values: unknown[] = [filter.workspaceId, filter.livemode, filter.from, filter.to];
  const parts = (
    [
      ['code', filter.code],
      ['client_id', filter.clientId],
      ['project', filter.project],
      ['scenario_id', filter.scenarioId],
      ['scenario_platform', filter.scenarioPlatform],
      ['key_id', filter.keyId],
      ['budget_id', filter.budgetId],
    ] as const
  ).flatMap(([column, value]) => {
    if (value === undefined) return [];
    values.push(value);
    return [`and ${column} = $${values.length}`];
  });
  return {
    conditions: `workspace_id = $1 and livemode = $2 and hour >= date_trunc('hour', $3::timestamptz, 'UTC') and hour < $4
      and last_at >= $3 and first_at < $4 ${parts.join(' ')}`,
    values,
  };
}

/** The newest first; `skip` many are left out. */
export async function selectRefusals(
  db: Db,
  filter: RefusalFilter,
  { skip, limit }: { skip: number; limit: number },
): Promise<StoredRefusal[]> {
  const { conditions, values } = refusalConditions(filter);
  values.push(limit, skip);
  const page = `limit $${values.length - 1} offset $${values.length}`;
  const { rows } = await db.query(
    `select ${columns} from refusals where ${conditions}
     order by last_at desc, code, key_id, client_id nulls last, project nulls last, scenario_id nulls last, scenario_platform nulls last, budget_id nulls last
     ${page}`,
    values,
  );
  return rows as StoredRefusal[];
}

export interface RefusalSum {
  code: string;
  count: bigint;
  last_at: Date;
}

/** How many of each code, the most frequent first. */
export async function sumRefusals(db: Db, filter: RefusalFilter): Promise<RefusalSum[]> {
  const { conditions, values } = refusalConditions(filter);
  const { rows } = await db.query(
    `select code, sum(count)::bigint as count, max(last_at) as last_at from refusals where ${conditions} group by code order by 2 desc, 1`,
    values,
  );
  return rows as RefusalSum[];
}

/** The refusal of one call, as long as it is among the last of its hour. */
export async function findRefusal(
  db: Db,
  { requestId, ...filter }: RefusalFilter & { requestId: string },
): Promise<StoredRefusal | undefined> {
  const { conditions, values } = refusalConditions(filter);
  values.push(requestId);
  const { rows } = await db.query(
    `select ${columns} from refusals where ${conditions} and $${values.length} = any(request_ids) limit 1`,
    values,
  );
  return (rows as StoredRefusal[])[0];
}

/** Deletes a piece of those that are older, by this clock and the database's; returns whether there may be more. */
export async function deleteOldRefusals(db: Db, { nowMs, days }: { nowMs: number; days: number }): Promise<boolean> {
  const deleted = await db.query(
    `delete from refusals where ctid = any(array(
       select ctid from refusals where hour < least(now(), $1::timestamptz) - make_interval(hours => 24 * $2::integer)
       order by hour limit $3 for update skip locked))`,
    [new Date(nowMs), days, pieceRows],
  );
  return isWhole(deleted);
}
