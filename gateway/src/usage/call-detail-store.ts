import { isWhole, pieceRows } from '../db/in-pieces.ts';
import type { Db } from '../db/transaction.ts';
import type { StoredOpinion } from './opinion.ts';

/** One attempt that failed, as it is stored. */
export interface FailedAttempt {
  provider: string;
  /** As that provider names it. */
  model: string;
  /** The kind of failure: `busy`, `timeout`, `account` … */
  error: string;
  /** The provider's HTTP status; null where it gave none. */
  status: number | null;
  /** Null for a provider that was passed over without being asked. */
  ms: number | null;
}

export interface CallFailures {
  workspaceId: string;
  createdAtMs: number;
  callId: string;
  failures: readonly FailedAttempt[];
}

/** Each call once, however often it is written. */
export async function addFailures(db: Db, calls: readonly CallFailures[]): Promise<void> {
  const rows = calls.map(({ createdAtMs, ...call }) => ({ ...call, createdAt: new Date(createdAtMs) }));
  await db.query(
    `insert into call_attempts (workspace_id, created_at, call_id, failures)
     select "workspaceId", "createdAt", "callId", failures
     from json_to_recordset($1::json) as r ("workspaceId" text, "createdAt" timestamptz, "callId" text, failures json)
     where exists (select 1 from workspaces w where w.id = "workspaceId")
     order by 1, 2, 3 on conflict do nothing`,
    [JSON.stringify(rows)],
  );
}

/** Deletes a piece of those that are older, by this clock and the database's; returns whether there may be more. */
export async function deleteOldFailures(db: Db, { nowMs, days }: { nowMs: number; days: number }): Promise<boolean> {
  const deleted = await db.query(
    `delete from call_attempts where ctid = any(array(
       select ctid from call_attempts where created_at < least(now(), $1::timestamptz) - make_interval(hours => 24 * $2::integer)
       order by created_at limit $3 for update skip locked))`,
    [new Date(nowMs), days, pieceRows],
  );
  return isWhole(deleted);
}

export async function selectFailures(
  db: Db,
  { workspaceId, createdAt, id }: { workspaceId: string; createdAt: string; id: string },
): Promise<FailedAttempt[]> {
  const { rows } = await db.query(
    'select failures from call_attempts where workspace_id = $1 and created_at = $2 and call_id = $3',
    [workspaceId, createdAt, id],
  );
  return (rows as { failures: FailedAttempt[] }[])[0]?.failures ?? [];
}

/** The fields that only the view of a single call shows. */
export interface CallExtras {
  route: string | null;
  streamed: boolean;
  dialect: string;
  /** The balances it is charged to. */
  balanceIds: string[];
  chosenBy: 'rule' | 'arm' | 'auto' | 'budget' | null;
  routingVersion: number | null;
  ruleId: string | null;
  /** As it was in the version that decided. */
  ruleName: string | null;
  experimentId: string | null;
  experimentName: string | null;
  arm: string | null;
  promptId: string | null;
  promptVersion: number | null;
  /** In hex. */
  task: string | null;
  shadowOf: string | null;
  jsonOk: boolean | null;
  savedNanos: bigint | null;
  savedRouteNanos: bigint | null;
  savedMarksNanos: bigint | null;
}

export async function selectExtras(
  db: Db,
  { workspaceId, createdAt, id }: { workspaceId: string; createdAt: string; id: string },
): Promise<CallExtras | undefined> {
  const { rows } = await db.query(
    `select route, streamed, dialect, coalesce(meters, '{}')::text[] as "balanceIds", chosen_by as "chosenBy",
       routing_version as "routingVersion", rule_id as "ruleId", experiment_id as "experimentId", arm, prompt_id as "promptId",
       prompt_version as "promptVersion", encode(task, 'hex') as task, shadow_of as "shadowOf", json_ok as "jsonOk",
       saved_nanos as "savedNanos", saved_route_nanos as "savedRouteNanos", saved_marks_nanos as "savedMarksNanos",
       (select rule->>'name' from routing_versions v, jsonb_array_elements(v.rules) as rule
        where v.workspace_id = $1 and v.version = routing_version and rule->>'id' = rule_id limit 1) as "ruleName",
       (select e.spec->>'name' from experiments e where e.workspace_id = $1 and e.id = experiment_id) as "experimentName"
     from calls where workspace_id = $1 and created_at = $2 and id = $3`,
    [workspaceId, createdAt, id],
  );
  return (rows as CallExtras[])[0];
}

/** A budget that a call is charged to, in the period it was charged in. */
export interface ChargedBudget {
  id: string;
  name: string;
  /** JSON of the values that the `*` tags stand for; empty where there are none. */
  instance: string;
  client_id: string | null;
  project: string | null;
  scenario_id: string | null;
  key_id: string | null;
  period: string;
  period_start: Date;
  period_end: Date | null;
}

export async function selectCharged(
  db: Db,
  { workspaceId, balanceIds }: { workspaceId: string; balanceIds: readonly string[] },
): Promise<ChargedBudget[]> {
  const { rows } = await db.query(
    `select b.id, b.name, m.instance, b.client_id, b.project, b.scenario_id, b.key_id, m.period, m.period_start, m.period_end
     from meters m join budgets b on b.workspace_id = m.workspace_id and b.id = m.budget_id
     where m.workspace_id = $1 and m.id = any($2::bigint[]) order by b.name, b.id`,
    [workspaceId, balanceIds],
  );
  return rows as ChargedBudget[];
}

/** The opinions of a call, by name. */
export async function selectOpinions(
  db: Db,
  { workspaceId, id }: { workspaceId: string; id: string },
): Promise<StoredOpinion[]> {
  const { rows } = await db.query(
    `select f.call_id, f.name, f.score, f.sealed_comment, f.key_id, coalesce(k.name, p.name) as by_name, f.at from feedback f
     left join api_keys k on k.workspace_id = f.workspace_id and k.id = f.key_id
     left join people p on p.id = f.key_id
     where f.workspace_id = $1 and f.call_id = $2 order by f.name`,
    [workspaceId, id],
  );
  return rows as StoredOpinion[];
}
