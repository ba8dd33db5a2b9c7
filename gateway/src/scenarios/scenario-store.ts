import { noLock, readLock, type ScenarioKey, type ScenarioLock } from '../accounts/scenario-lock.ts';
import type { Db } from '../db/transaction.ts';
import { type ScenarioClients, selectClientsOf } from './scenario-clients-store.ts';
import type { ScenarioClock } from './scenario-clock.ts';
import { selectSpending } from './scenario-spending-store.ts';

export interface SourceStop {
  ok: boolean;
  answer: string;
  at: string;
}

export interface ScenarioRow {
  id: string;
  name: string | null;
  platform: string | null;
  state: 'running' | 'paused';
  /** The lock of the paused calls. */
  lock: ScenarioLock;
  reason: string | null;
  by: string | null;
  since: Date | null;
  lastCallAt: Date | null;
  sourceStop: SourceStop | null;
  spentTodayNanos: bigint;
  spentPeriodNanos: bigint;
  callsPerMinute: number;
  clients: ScenarioClients;
}

/** A scenario of which nothing is known, or nothing is to be told, but its id. */
export function bareScenario(id: string): ScenarioRow {
  return {
    id,
    name: null,
    platform: null,
    state: 'running',
    lock: noLock,
    reason: null,
    by: null,
    since: null,
    lastCallAt: null,
    sourceStop: null,
    spentTodayNanos: 0n,
    spentPeriodNanos: 0n,
    callsPerMinute: 0,
    clients: noClients,
  };
}

const noClients: ScenarioClients = { shown: [], count: 0 };

/** Pauses it unless it is paused; says whether it was running. */
export async function markPaused(db: Db, place: ScenarioKey, why: { reason: string; by: string }): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into scenario_states as s (workspace_id, livemode, id, lock, state, reason, paused_by, since)
     values ($1, $2, $3, $4, 'paused', $5, $6, clock_timestamp())
     on conflict (workspace_id, livemode, id, lock) do update set state = 'paused', reason = excluded.reason,
       paused_by = excluded.paused_by, since = excluded.since, source_stop = null
     where s.state <> 'paused'`,
    [place.workspaceId, place.livemode, place.id, place.lock, why.reason, why.by],
  );
  return rowCount === 1;
}

/** Ends its pause, that of every lock where none is named; says which locks had paused it. */
export async function markRunning(
  db: Db,
  place: Omit<ScenarioKey, 'lock'> & { lock: ScenarioLock | undefined },
): Promise<ScenarioLock[]> {
  const { rows } = await db.query(
    `update scenario_states set state = 'running', reason = null, paused_by = null, since = null, source_stop = null,
       counted_from = clock_timestamp()
     where workspace_id = $1 and livemode = $2 and id = $3 and state = 'paused' and ($4::text is null or lock = $4)
     returning lock`,
    [place.workspaceId, place.livemode, place.id, place.lock ?? null],
  );
  return (rows as { lock: ScenarioLock }[]).map(({ lock }) => lock);
}

/**
 * May this lock's loop reach the platform where the scenario runs? Only where nobody else's calls name the scenario, and where
 * it was known to be this client's before the loop: by a call ten minutes older, or by a key that may name every client.
 */
export async function isKnownAs(db: Db, place: ScenarioKey): Promise<boolean> {
  const tags = readLock(place.lock);
  const { rows } = await db.query(
    `with summed as (select coalesce((select until from usage_rollup), '-infinity') as until),
     seen as (
       select client_id, project, null as platform, key_id, false as fresh from usage_days
         where workspace_id = $1 and livemode = $2 and scenario_id = $3
       union select client_id, project, null, key_id, hour > now() - interval '70 minutes' from usage_hours
         where workspace_id = $1 and livemode = $2 and scenario_id = $3 and hour >= (select date_trunc('day', until, 'UTC') from summed)
       union select client_id, project, scenario_platform, key_id, created_at > now() - interval '10 minutes' from calls
         where workspace_id = $1 and livemode = $2 and scenario_id = $3 and created_at >= (select until from summed))
     select coalesce(bool_and(carries), false) and coalesce(bool_or(carries and (not fresh or not locked)), false) as known
     from (
       select ($4::text is null or client_id = $4) is true and ($5::text is null or project = $5) is true
           and ($6::text is null or platform is null or platform = $6) as carries,
         fresh, coalesce(cardinality(k.locked_tags) > 0, false) as locked
       from seen left join api_keys k on k.workspace_id = $1 and k.id = seen.key_id) judged`,
    [
      place.workspaceId,
      place.livemode,
      place.id,
      tags.client_id ?? null,
      tags.project ?? null,
      tags.scenario_platform ?? null,
    ],
  );
  return (rows as { known: boolean }[])[0]?.known ?? false;
}

/** A pause for all, which a key with locked tags cannot end. */
export async function isPausedForAll(db: Db, place: ScenarioKey): Promise<boolean> {
  const { rowCount } = await db.query(
    `select 1 from scenario_states where workspace_id = $1 and livemode = $2 and id = $3 and lock = '' and state = 'paused'`,
    [place.workspaceId, place.livemode, place.id],
  );
  return rowCount === 1;
}

export async function noteSourceStop(db: Db, place: ScenarioKey, stop: SourceStop): Promise<void> {
  await db.query(
    `update scenario_states set source_stop = $5
     where workspace_id = $1 and livemode = $2 and id = $3 and lock = $4 and state = 'paused'`,
    [place.workspaceId, place.livemode, place.id, place.lock, JSON.stringify(stop)],
  );
}

/** Scenarios that called, were ever set up or have a name, the latest first. */
export async function selectScenarios(
  db: Db,
  filter: {
    workspaceId: string;
    livemode: boolean;
    id?: string | undefined;
    /** The scenarios that a key with locked tags may see. */
    ids?: readonly string[] | undefined;
    /** Its pauses beside those for all; undefined: everybody's. */
    lock?: ScenarioLock | undefined;
    state?: 'running' | 'paused' | undefined;
    search?: string | undefined;
    /** False: names are not searched and clients not read, for a key that sees neither. */
    isNamed: boolean;
    after?: { lastCallAt: string; id: string } | undefined;
    limit: number;
    clock: ScenarioClock;
  },
): Promise<ScenarioRow[]> {
  const { after } = filter;
  const { rows } = await db.query(
    `with known as (
       select coalesce(t.id, s.id, n.id) as id, n.name, t.platform, coalesce(s.state, 'running') as state, coalesce(s.lock, '') as lock, s.reason, s.paused_by as by, s.since,
         t.last_call_at, s.source_stop
       from (select * from tag_values where workspace_id = $1 and livemode = $2 and kind = 'scenario') t
       full join (
         select distinct on (id) * from scenario_states
         where workspace_id = $1 and livemode = $2 and ($10::text is null or lock in ('', $10))
         order by id, state = 'paused' desc, lock = '' desc, since desc) s on s.id = t.id
       full join (select id, name from scenario_names where workspace_id = $1 and livemode = $2) n on n.id = coalesce(t.id, s.id)),
     page as materialized (
       select * from known
       where ($3::text is null or id = $3) and ($4::text is null or state = $4)
         and ($5::text is null or strpos(lower(id), lower($5)) > 0 or ($11 and strpos(lower(name), lower($5)) > 0))
         and ($6::timestamptz is null or (coalesce(last_call_at, '-infinity'), id) < ($6, $7))
         and ($9::text[] is null or id = any($9))
       order by coalesce(last_call_at, '-infinity') desc, id desc limit $8),
     recent as (
       select scenario_id, count(*) as calls from calls
       where workspace_id = $1 and livemode = $2 and scenario_id = any(array(select id from page)) and created_at > now() - interval '1 minute'
       group by 1)
     select page.*, coalesce(recent.calls, 0)::integer as calls
     from page
     left join recent on recent.scenario_id = page.id
     order by coalesce(last_call_at, '-infinity') desc, page.id desc`,
    [
      filter.workspaceId,
      filter.livemode,
      filter.id ?? null,
      filter.state ?? null,
      filter.search ?? null,
      after?.lastCallAt ?? null,
      after?.id ?? null,
      filter.limit,
      filter.ids ?? null,
      filter.lock ?? null,
      filter.isNamed,
    ],
  );
  const page = rows as RawScenario[];
  const spendingOf = await selectSpending(db, filter, {
    scenarioIds: page.map(({ id }) => id),
    clock: filter.clock,
  });
  const clients = await selectClientsOf(
    db,
    filter,
    filter.isNamed ? page.map((row) => ({ id: row.id, lastCallAt: row.last_call_at })) : [],
  );
  return page.map((row) => {
    const { todayNanos, monthNanos } = spendingOf(row.id);
    return {
      id: row.id,
      name: row.name,
      platform: row.platform,
      state: row.state,
      lock: row.lock,
      reason: row.reason,
      by: row.by,
      since: row.since,
      lastCallAt: row.last_call_at,
      sourceStop: row.source_stop,
      spentTodayNanos: todayNanos,
      spentPeriodNanos: monthNanos,
      callsPerMinute: row.calls,
      clients: clients.get(row.id) ?? noClients,
    };
  });
}

interface RawScenario {
  id: string;
  name: string | null;
  platform: string | null;
  state: 'running' | 'paused';
  lock: ScenarioLock;
  reason: string | null;
  by: string | null;
  since: Date | null;
  last_call_at: Date | null;
  source_stop: SourceStop | null;
  calls: number;
}
