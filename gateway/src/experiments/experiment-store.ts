import type { Db } from '../db/transaction.ts';
import { type RunningExperiment, runningExperiment } from '../routing/assign.ts';
import type { ArmRange, ExperimentSpec } from '../routing/experiment.ts';

type ExperimentState = 'draft' | 'running' | 'stopped' | 'adopted';

/** The decision of a phase. Written as it is read. */
interface Verdict {
  kind: 'better' | 'no_difference' | 'stopped';
  winner: string | null;
  text: string;
  units: number;
  at: string;
}

export interface StoppedArm {
  arm: string;
  guard: ExperimentSpec['metric'];
  at: string;
  text: string;
}

export interface Adopted {
  arm: string;
  at: string;
  rule_id: string | null;
  prompt: { id: string; version: number } | null;
}

export interface StoredExperiment {
  workspaceId: string;
  id: string;
  livemode: boolean;
  spec: ExperimentSpec;
  ranges: readonly ArmRange[];
  salt: Buffer;
  phase: number;
  state: ExperimentState;
  createdAt: Date;
  startedAt: Date | null;
  phaseAt: Date | null;
  stoppedAt: Date | null;
  verdict: Verdict | null;
  stoppedArms: readonly StoppedArm[];
  adopted: Adopted | null;
}

const columns = `workspace_id as "workspaceId", id, livemode, spec, ranges, salt, phase, state, created_at as "createdAt", started_at as "startedAt",
  phase_at as "phaseAt", stopped_at as "stoppedAt", verdict, stopped_arms as "stoppedArms", adopted`;

/** False where another draft or running experiment has the name. */
export async function insertExperiment(db: Db, experiment: StoredExperiment, createdBy: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into experiments (workspace_id, id, livemode, spec, ranges, salt, phase, state, created_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
    [
      experiment.workspaceId,
      experiment.id,
      experiment.livemode,
      JSON.stringify(experiment.spec),
      JSON.stringify(experiment.ranges),
      experiment.salt,
      experiment.phase,
      experiment.state,
      experiment.createdAt,
      createdBy,
    ],
  );
  return rowCount === 1;
}

/** All that may change; the processes hear of it once the transaction is committed. */
export async function updateExperiment(db: Db, experiment: StoredExperiment): Promise<void> {
  const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
  await db.query(
    `update experiments set spec = $3, ranges = $4, phase = $5, state = $6, started_at = $7, phase_at = $8, stopped_at = $9, verdict = $10,
       stopped_arms = $11, adopted = $12 where workspace_id = $1 and id = $2`,
    [
      experiment.workspaceId,
      experiment.id,
      json(experiment.spec),
      json(experiment.ranges),
      experiment.phase,
      experiment.state,
      experiment.startedAt,
      experiment.phaseAt,
      experiment.stoppedAt,
      json(experiment.verdict),
      json(experiment.stoppedArms),
      json(experiment.adopted),
    ],
  );
  await db.query(`select pg_notify('workspaces', $1)`, [experiment.workspaceId]);
}

/** Is the name taken by another draft or running experiment of that mode? */
export async function isNameTaken(
  db: Db,
  { workspaceId, livemode, id, name }: { workspaceId: string; livemode: boolean; id: string; name: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select 1 from experiments where workspace_id = $1 and livemode = $2 and spec->>'name' = $3 and id <> $4 and state in ('draft', 'running')`,
    [workspaceId, livemode, name, id],
  );
  return (rowCount ?? 0) > 0;
}

export interface ExperimentFilter {
  workspaceId: string;
  /** A test key sees live experiments too: they decide its calls. */
  livemode: boolean;
  state?: ExperimentState | undefined;
  before?: { createdAt: string; id: string } | undefined;
  limit: number;
}

/** Newest first. */
export async function listExperiments(db: Db, filter: ExperimentFilter): Promise<StoredExperiment[]> {
  const { rows } = await db.query(
    `select ${columns} from experiments
     where workspace_id = $1 and (livemode or not $2) and ($3::text is null or state = $3)
       and ($4::timestamptz is null or (created_at, id) < ($4, $5)) order by created_at desc, id desc limit $6`,
    [
      filter.workspaceId,
      filter.livemode,
      filter.state ?? null,
      filter.before?.createdAt ?? null,
      filter.before?.id ?? null,
      filter.limit,
    ],
  );
  return rows as StoredExperiment[];
}

export async function findExperiment(
  db: Db,
  { workspaceId, livemode, id }: { workspaceId: string; livemode: boolean; id: string },
): Promise<StoredExperiment | undefined> {
  const { rows } = await db.query(
    `select ${columns} from experiments where workspace_id = $1 and (livemode or not $2) and id = $3`,
    [workspaceId, livemode, id],
  );
  return (rows as StoredExperiment[])[0];
}

/** The same, and nobody else changes it until the transaction ends. */
export async function lockExperiment(
  tx: Db,
  { workspaceId, livemode, id }: { workspaceId: string; livemode: boolean; id: string },
): Promise<StoredExperiment | undefined> {
  const { rows } = await tx.query(
    `select ${columns} from experiments where workspace_id = $1 and (livemode or not $2) and id = $3 for update`,
    [workspaceId, livemode, id],
  );
  return (rows as StoredExperiment[])[0];
}

export async function countRunning(db: Db, workspaceId: string, livemode: boolean): Promise<number> {
  const { rows } = await db.query(
    `select count(*)::integer as n from experiments where workspace_id = $1 and livemode = $2 and state = 'running'`,
    [workspaceId, livemode],
  );
  return (rows as { n: number }[])[0]?.n ?? 0;
}

/** Those that divide the calls of one mode, in the order in which a call meets them. Live ones decide test calls too. */
export async function listRunning(db: Db, workspaceId: string, livemode: boolean): Promise<RunningExperiment[]> {
  const { rows } = await db.query(
    `select ${columns} from experiments where workspace_id = $1 and state = 'running' and (livemode or not $2)
     order by (spec->>'priority')::integer, livemode, id`,
    [workspaceId, livemode],
  );
  return (rows as StoredExperiment[]).map(({ id, livemode: isLive, spec, ranges, salt, phase, stoppedArms }) =>
    runningExperiment({
      ...{ id, livemode: isLive, spec, ranges, salt, phase },
      stoppedArms: new Set(stoppedArms.map(({ arm }) => arm)),
    }),
  );
}

/**
 * Takes running experiments that are due to be judged, each for one process: a look is noted before it is made, and the next comes after
 * `waitMs` at the earliest.
 */
export async function takeDue(
  db: Db,
  { limit, waitMs }: { limit: number; waitMs: number },
): Promise<StoredExperiment[]> {
  const { rows } = await db.query(
    `with due as (
       select e.workspace_id, e.id from experiments e
       left join experiment_looks l on l.workspace_id = e.workspace_id and l.experiment_id = e.id
       where e.state = 'running' and coalesce(l.next_look_at, '-infinity') <= now()
       order by l.next_look_at nulls first limit $1),
     taken as (
       insert into experiment_looks as l (workspace_id, experiment_id, next_look_at)
       select workspace_id, id, now() + $2 * interval '1 millisecond' from due order by 1, 2
       on conflict (workspace_id, experiment_id) do update set next_look_at = excluded.next_look_at where l.next_look_at <= now()
       returning workspace_id, experiment_id)
     select ${columns} from experiments where (workspace_id, id) in (select workspace_id, experiment_id from taken)`,
    [limit, waitMs],
  );
  return rows as StoredExperiment[];
}

/** A look that took long is not repeated soon. */
export async function postponeLook(db: Db, { workspaceId, id }: StoredExperiment, waitMs: number): Promise<void> {
  await db.query(
    `update experiment_looks set next_look_at = now() + $3 * interval '1 millisecond' where workspace_id = $1 and experiment_id = $2`,
    [workspaceId, id, waitMs],
  );
}
