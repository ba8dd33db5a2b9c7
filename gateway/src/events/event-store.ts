import { idTimeMs } from '../accounts/new-id.ts';
import type { Bound } from '../accounts/own-tags.ts';
import { isWhole, pieceRows } from '../db/in-pieces.ts';
import type { Db } from '../db/transaction.ts';
import type { NewEvent } from './event.ts';

/** As it is delivered: the body of a webhook, a row of the list. */
export interface GatewayEvent {
  id: string;
  type: NewEvent['type'];
  created_at: string;
  livemode: boolean;
  data: Record<string, unknown>;
}

export interface StoredEvent extends NewEvent {
  id: string;
  createdAtMs: number;
}

export function viewEvent({ id, type, createdAtMs, livemode, data }: StoredEvent): GatewayEvent {
  return { id, type, created_at: new Date(createdAtMs).toISOString(), livemode, data };
}

export async function insertEvents(db: Db, events: readonly StoredEvent[]): Promise<void> {
  await db.query(
    `insert into events (workspace_id, id, livemode, type, created_at, client_id, project, scenario_id, budget_id, percent, data)
     select * from unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::smallint[], $11::jsonb[])`,
    [
      events.map(({ workspaceId }) => workspaceId),
      events.map(({ id }) => id),
      events.map(({ livemode }) => livemode),
      events.map(({ type }) => type),
      events.map(({ createdAtMs }) => new Date(createdAtMs)),
      events.map(({ clientId }) => clientId ?? null),
      events.map(({ project }) => project ?? null),
      events.map(({ scenarioId }) => scenarioId ?? null),
      events.map(({ budgetId }) => budgetId ?? null),
      events.map(({ percent }) => percent ?? null),
      events.map(({ data }) => JSON.stringify(data)),
    ],
  );
}

export interface EventFilter {
  workspaceId: string;
  livemode: boolean;
  types?: readonly string[] | undefined;
  /** Newer than this event, or this moment. */
  afterId?: string | undefined;
  afterTime?: Date | undefined;
  clientId?: string | undefined;
  project?: string | undefined;
  scenarioId?: string | undefined;
  /** Scenarios of the client and the project: what was done to all their calls is an event of these too. */
  concernedScenarios?: readonly string[] | undefined;
  budgetId?: string | undefined;
  percent?: number | undefined;
  scenarioPlatform?: string | undefined;
  /** An event knows a key by the budget that is bound to it. */
  keyId?: string | undefined;
  /** The tags that the event's budget, if any, must be bound to: a client's call may pass a limit of all clients. */
  bound: Bound;
  /** The last row of the page before. */
  before?: { createdAt: string; id: string } | undefined;
  limit: number;
}

const columns = [
  ['clientId', 'client_id'],
  ['project', 'project'],
  ['scenarioId', 'scenario_id'],
  ['budgetId', 'budget_id'],
  ['percent', 'percent'],
] as const;

/** Newest first. */
export async function selectEvents(db: Db, filter: EventFilter): Promise<StoredEvent[]> {
  const values: unknown[] = [filter.workspaceId, filter.livemode, filter.limit];
  const conditions: string[] = [];
  const add = (condition: (n: number) => string, value: unknown): void => {
    values.push(value);
    conditions.push(`and ${condition(values.length)}`);
  };
  const { concernedScenarios: concerned } = filter;
  const concernedAt = concerned === undefined ? 0 : values.push(concerned);
  const forAll = (column: string): string =>
    concernedAt > 0 && (column === 'client_id' || column === 'project')
      ? ` or (${column} is null and type in ('scenario.paused', 'scenario.resumed') and scenario_id = any($${concernedAt}))`
      : '';
  for (const [field, column] of columns) {
    const value = filter[field];
    if (value !== undefined) add((n) => `(${column} = $${n}${forAll(column)})`, value);
  }
  if (filter.scenarioPlatform !== undefined)
    add((n) => `coalesce(data->>'scenario_platform', data->'scenario'->>'platform') = $${n}`, filter.scenarioPlatform);
  if (filter.keyId !== undefined) add((n) => `data->'budget'->'scope'->>'key_id' = $${n}`, filter.keyId);
  if (Object.keys(filter.bound).length > 0)
    add((n) => `(not data ? 'budget' or data->'budget'->'scope' @> $${n})`, JSON.stringify(filter.bound));
  if (filter.types !== undefined) add((n) => `type = any($${n})`, filter.types);
  if (filter.afterTime !== undefined) add((n) => `created_at > $${n}`, filter.afterTime);
  if (filter.afterId !== undefined) {
    const drawnMs = idTimeMs(filter.afterId);
    const n = values.push(filter.afterId, drawnMs === undefined ? null : new Date(drawnMs));
    // An event that is deleted was made when its id was drawn: a poller that has seen it last goes on from there.
    conditions.push(
      `and (created_at, id) > (coalesce((select created_at from events where workspace_id = $1 and id = $${n - 1}), $${n}::timestamptz), $${n - 1})`,
    );
  }
  if (filter.before !== undefined) {
    values.push(filter.before.createdAt, filter.before.id);
    conditions.push(`and (created_at, id) < ($${values.length - 1}::timestamptz, $${values.length})`);
  }
  const { rows } = await db.query(
    `select * from events where workspace_id = $1 and livemode = $2 ${conditions.join(' ')}
     order by created_at desc, id desc limit $3`,
    values,
  );
  return (rows as RawEvent[]).map((row) => ({
    workspaceId: row.workspace_id,
    id: row.id,
    livemode: row.livemode,
    type: row.type,
    createdAtMs: row.created_at.getTime(),
    clientId: row.client_id ?? undefined,
    project: row.project ?? undefined,
    scenarioId: row.scenario_id ?? undefined,
    budgetId: row.budget_id ?? undefined,
    percent: row.percent ?? undefined,
    data: row.data,
  }));
}

/**
 * Deletes a piece of the events that are older, by this clock and the database's; returns whether there may be more. Workspace by workspace, since the
 * index of events is.
 */
export async function deleteOldEvents(db: Db, { nowMs, days }: { nowMs: number; days: number }): Promise<boolean> {
  const deleted = await db.query(
    `delete from events where ctid = any(array(
       select old.ctid from workspaces w cross join (values (true), (false)) as mode (livemode) cross join lateral (
         select ctid from events e
         where e.workspace_id = w.id and e.livemode = mode.livemode
           and e.created_at < least(now(), $1::timestamptz) - make_interval(hours => 24 * $2::integer)
         order by e.created_at limit $3) as old limit $3))`,
    [new Date(nowMs), days, pieceRows],
  );
  return isWhole(deleted);
}

interface RawEvent {
  workspace_id: string;
  id: string;
  livemode: boolean;
  type: NewEvent['type'];
  created_at: Date;
  client_id: string | null;
  project: string | null;
  scenario_id: string | null;
  budget_id: string | null;
  percent: number | null;
  data: Record<string, unknown>;
}
