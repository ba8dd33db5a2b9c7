import type { CallTags } from '../accounts/call-tags.ts';
import {
  type LimitKind,
  type RateLimit,
  type RateLimitFields,
  readRateLimit,
  stricter,
} from '../accounts/rate-limit.ts';
import type { ScenarioKey } from '../accounts/scenario-lock.ts';
import { isCarried, type LockTags, noLock, readLock, type ScenarioLock } from '../accounts/scenario-lock.ts';
import type { Db } from '../db/transaction.ts';
import { type Markups, markupOf } from '../usage/markup.ts';
import { publishGuardChange } from './guard-change-store.ts';
import { defaultLimits, type ScenarioLimits } from './scenario-limits.ts';
import { listStops, type Stop } from './stop-store.ts';

/** All settings of a workspace in one mode that may refuse a call, but for its budgets. */
export interface CallPolicy {
  rateLimits: Record<LimitKind, ReadonlyMap<string, RateLimit>>;
  /** Empty nearly always. */
  stops: readonly Stop[];
  /** By scenario; several where clients' keys paused it for their own calls. */
  paused: ReadonlyMap<string, readonly Pause[]>;
  lockedClients: ReadonlySet<string>;
  /** The limits of all calls of a scenario. */
  scenarioLimits: ReadonlyMap<string, ScenarioLimits>;
  /** The limits that keys with locked tags set for calls with these tags. */
  lockedLimits: ReadonlyMap<string, readonly LockedLimits[]>;
  /** The markup on a client's calls, for the client's own keys. */
  markups: Markups;
}

export interface Pause {
  reason: string;
  by: string;
  lock: LockTags;
}

interface LockedLimits {
  lock: ScenarioLock;
  tags: LockTags;
  limits: ScenarioLimits;
}

export async function readPolicy(db: Db, workspaceId: string, livemode: boolean): Promise<CallPolicy> {
  const place = [workspaceId, livemode];
  const [limits, clients, states, scenarios, markups, stops] = await Promise.all([
    db.query('select * from rate_limits where workspace_id = $1 and livemode = $2', place),
    db.query(
      'select id, rate_limit, locked from clients where workspace_id = $1 and livemode = $2 and (locked or rate_limit is not null)',
      place,
    ),
    db.query(
      `select id, lock, reason, paused_by from scenario_states where workspace_id = $1 and livemode = $2 and state = 'paused'`,
      place,
    ),
    db.query('select * from scenario_limits where workspace_id = $1 and livemode = $2', place),
    db.query(
      'select id, markup_percent from clients where workspace_id = $1 and livemode = $2 and markup_percent <> 0',
      place,
    ),
    listStops(db, workspaceId, livemode),
  ]);
  const rateLimits = {
    key: new Map<string, RateLimit>(),
    client: new Map<string, RateLimit>(),
    scenario: new Map<string, RateLimit>(),
  };
  for (const row of limits.rows as (RateLimitFields & {
    kind: LimitKind;
    id: string;
    tokens_per_minute: bigint | null;
  })[]) {
    const limit = readRateLimit({
      ...row,
      tokens_per_minute: row.tokens_per_minute === null ? null : Number(row.tokens_per_minute),
    });
    if (limit !== undefined) rateLimits[row.kind].set(row.id, limit);
  }
  const lockedClients = new Set<string>();
  for (const { id, rate_limit: fields, locked } of clients.rows as ClientGuard[]) {
    const limit = stricter(rateLimits.client.get(id), readRateLimit(fields));
    if (limit !== undefined) rateLimits.client.set(id, limit);
    if (locked) lockedClients.add(id);
  }
  const limitRows = scenarios.rows as ScenarioLimitRow[];
  return {
    rateLimits,
    lockedClients,
    stops,
    paused: byId(
      (states.rows as { id: string; lock: ScenarioLock; reason: string | null; paused_by: string | null }[]).map(
        ({ id, lock, reason, paused_by: by }) => ({ id, reason: reason ?? '', by: by ?? '', lock: readLock(lock) }),
      ),
    ),
    scenarioLimits: new Map(
      limitRows.filter(({ lock }) => lock === noLock).map((row) => [row.id, readScenarioLimits(row)]),
    ),
    markups: new Map(
      (markups.rows as { id: string; markup_percent: number }[]).flatMap(({ id, markup_percent: percent }) => {
        const markup = markupOf(percent);
        return markup === undefined ? [] : [[id, markup]];
      }),
    ),
    lockedLimits: byId(
      limitRows
        .filter(({ lock }) => lock !== noLock)
        .map((row) => ({ id: row.id, lock: row.lock, tags: readLock(row.lock), limits: readScenarioLimits(row) })),
    ),
  };
}

function byId<Row extends { id: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) found.set(row.id, [...(found.get(row.id) ?? []), row]);
  return found;
}

/** The pause that a call with these tags meets. */
export function pauseFor({ paused }: CallPolicy, tags: CallTags): Pause | undefined {
  const pauses = tags.scenario === undefined ? undefined : paused.get(tags.scenario);
  return pauses?.find(({ lock }) => isCarried(lock, tags));
}

interface ClientGuard {
  id: string;
  rate_limit: RateLimitFields | null;
  locked: boolean;
}

interface ScenarioLimitRow {
  id: string;
  lock: ScenarioLock;
  max_nanos_per_hour: bigint | null;
  max_calls_per_minute: number | null;
  max_repeats: number | null;
}

function readScenarioLimits(row: ScenarioLimitRow): ScenarioLimits {
  return {
    maxNanosPerHour: row.max_nanos_per_hour ?? undefined,
    maxCallsPerMinute: row.max_calls_per_minute ?? undefined,
    maxRepeats: row.max_repeats ?? undefined,
  };
}

/** A scenario's own limits, else those of all, else the gateway's; with what a key of this lock set, the lower of both. */
export function limitsOf(policy: CallPolicy, scenario: string, lock: ScenarioLock): ScenarioLimits {
  const forAll = policy.scenarioLimits.get(scenario) ?? policy.scenarioLimits.get('*');
  const own = policy.lockedLimits.get(scenario)?.find((one) => one.lock === lock)?.limits;
  if (own === undefined || forAll === undefined) return own ?? forAll ?? defaultLimits;
  const { maxNanosPerHour: nanos } = own;
  return {
    maxNanosPerHour:
      nanos !== undefined && forAll.maxNanosPerHour !== undefined && forAll.maxNanosPerHour < nanos
        ? forAll.maxNanosPerHour
        : (nanos ?? forAll.maxNanosPerHour),
    maxCallsPerMinute: lower(own.maxCallsPerMinute, forAll.maxCallsPerMinute),
    maxRepeats: lower(own.maxRepeats, forAll.maxRepeats),
  };
}

function lower(x: number | undefined, y: number | undefined): number | undefined {
  return x === undefined || y === undefined ? (x ?? y) : Math.min(x, y);
}

export async function saveScenarioLimits(db: Db, place: ScenarioKey, limits: ScenarioLimits): Promise<void> {
  await db.query(
    `insert into scenario_limits (workspace_id, livemode, id, lock, max_nanos_per_hour, max_calls_per_minute, max_repeats)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (workspace_id, livemode, id, lock) do update set max_nanos_per_hour = excluded.max_nanos_per_hour,
       max_calls_per_minute = excluded.max_calls_per_minute, max_repeats = excluded.max_repeats`,
    [
      place.workspaceId,
      place.livemode,
      place.id,
      place.lock,
      limits.maxNanosPerHour ?? null,
      limits.maxCallsPerMinute ?? null,
      limits.maxRepeats ?? null,
    ],
  );
  await publishGuardChange(db, place.workspaceId);
}

/** The limit that is set, locked until the transaction ends. */
export async function lockRateLimit(
  tx: Db,
  place: { workspaceId: string; livemode: boolean; kind: LimitKind; id: string },
): Promise<RateLimit | undefined> {
  const { rows } = await tx.query(
    'select * from rate_limits where workspace_id = $1 and livemode = $2 and kind = $3 and id = $4 for update',
    [place.workspaceId, place.livemode, place.kind, place.id],
  );
  const [row] = rows as (RateLimitFields & { tokens_per_minute: bigint | null })[];
  if (row === undefined) return undefined;
  const tokens = row.tokens_per_minute === null ? null : Number(row.tokens_per_minute);
  return readRateLimit({ ...row, tokens_per_minute: tokens }) ?? {};
}

export async function saveRateLimit(
  db: Db,
  place: { workspaceId: string; livemode: boolean; kind: LimitKind; id: string },
  limit: RateLimit,
): Promise<void> {
  await db.query(
    `insert into rate_limits (workspace_id, livemode, kind, id, calls_per_minute, tokens_per_minute, concurrent)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (workspace_id, livemode, kind, id) do update set calls_per_minute = excluded.calls_per_minute,
       tokens_per_minute = excluded.tokens_per_minute, concurrent = excluded.concurrent`,
    [
      place.workspaceId,
      place.livemode,
      place.kind,
      place.id,
      limit.callsPerMinute ?? null,
      limit.tokensPerMinute ?? null,
      limit.concurrent ?? null,
    ],
  );
  await publishGuardChange(db, place.workspaceId);
}
