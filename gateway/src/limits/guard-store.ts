import type { Db } from '../db/transaction.ts';
import { defaultLimits, type ScenarioLimits } from '../scenarios/scenario-limits.ts';
import { type LimitKind, type RateLimit, type RateLimitFields, readRateLimit, stricter } from './rate-limit.ts';

/** Everything set in a workspace's world that may stand in a call's way beside budgets. */
export interface Guards {
  rateLimits: Record<LimitKind, ReadonlyMap<string, RateLimit>>;
  paused: ReadonlyMap<string, { reason: string; by: string }>;
  scenarioLimits: ReadonlyMap<string, ScenarioLimits>;
}

/** Every process hears that what stands in the way of calls of this workspace has changed. */
export async function tellGuards(db: Db, workspaceId: string): Promise<void> {
  await db.query("select pg_notify('guards', $1)", [workspaceId]);
}

export async function readGuards(db: Db, workspaceId: string, livemode: boolean): Promise<Guards> {
  const place = [workspaceId, livemode];
  const [limits, clients, states, scenarios] = await Promise.all([
    db.query('select * from rate_limits where workspace_id = $1 and livemode = $2', place),
    db.query(
      'select id, rate_limit from clients where workspace_id = $1 and livemode = $2 and rate_limit is not null',
      place,
    ),
    db.query(
      `select id, reason, paused_by from scenario_states where workspace_id = $1 and livemode = $2 and state = 'paused'`,
      place,
    ),
    db.query('select * from scenario_limits where workspace_id = $1 and livemode = $2', place),
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
  for (const { id, rate_limit: fields } of clients.rows as { id: string; rate_limit: RateLimitFields }[]) {
    const limit = stricter(rateLimits.client.get(id), readRateLimit(fields));
    if (limit !== undefined) rateLimits.client.set(id, limit);
  }
  return {
    rateLimits,
    paused: new Map(
      (states.rows as { id: string; reason: string | null; paused_by: string | null }[]).map(
        ({ id, reason, paused_by: by }) => [id, { reason: reason ?? '', by: by ?? '' }],
      ),
    ),
    scenarioLimits: new Map((scenarios.rows as ScenarioLimitRow[]).map((row) => [row.id, readScenarioLimits(row)])),
  };
}

interface ScenarioLimitRow {
  id: string;
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

/** A scenario's own limits, else those of all, else the gateway's. */
export function limitsOf(guards: Guards, scenario: string): ScenarioLimits {
  return guards.scenarioLimits.get(scenario) ?? guards.scenarioLimits.get('*') ?? defaultLimits;
}

export async function saveScenarioLimits(
  db: Db,
  place: { workspaceId: string; livemode: boolean; id: string },
  limits: ScenarioLimits,
): Promise<void> {
  await db.query(
    `insert into scenario_limits (workspace_id, livemode, id, max_nanos_per_hour, max_calls_per_minute, max_repeats)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (workspace_id, livemode, id) do update set max_nanos_per_hour = excluded.max_nanos_per_hour,
       max_calls_per_minute = excluded.max_calls_per_minute, max_repeats = excluded.max_repeats`,
    [
      place.workspaceId,
      place.livemode,
      place.id,
      limits.maxNanosPerHour ?? null,
      limits.maxCallsPerMinute ?? null,
      limits.maxRepeats ?? null,
    ],
  );
  await tellGuards(db, place.workspaceId);
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
  await tellGuards(db, place.workspaceId);
}
