import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import { withTransaction } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import type { Outbox } from '../events/outbox.ts';
import { selectArmFigures } from '../usage/experiment-units-store.ts';
import {
  lockExperiment,
  postponeLook,
  type StoppedArm,
  type StoredExperiment,
  takeDue,
  updateExperiment,
} from './experiment-store.ts';
import { type Judgement, judge, type TrippedGuard, trippedGuards } from './judge.ts';
import { runningArms } from './running-arms.ts';

export interface JudgePorts {
  db: Pool;
  now: () => number;
  outbox: Outbox;
  log: Pick<Logger, 'warn'>;
  experiments: { forget(workspaceId: string): void };
}

const lookEveryMs = 3_000;
const atOnce = 20;
/** A look takes at most a hundredth of the database's time, however many units there are. */
const restPerLook = 100;

/** Looks at running experiments in turn: stops arms by their guards, and writes down what is decided. Any number of processes may. */
export async function judgeExperiments(services: JudgePorts): Promise<void> {
  for (const experiment of await takeDue(services.db, { limit: atOnce, waitMs: lookEveryMs })) {
    const startedAt = performance.now();
    try {
      await judgeNow(services, experiment);
    } catch (error) {
      // Those behind it are judged all the same.
      services.log.warn({ err: error, experiment: experiment.id }, 'an experiment could not be judged');
    } finally {
      const rest = (performance.now() - startedAt) * restPerLook;
      if (rest > lookEveryMs) await postponeLook(services.db, experiment, rest);
    }
  }
}

/** Writes down what is decided by now, and stops arms by their guards. */
export async function judgeNow(services: Omit<JudgePorts, 'log'>, experiment: StoredExperiment): Promise<void> {
  const { workspaceId, id, phase, livemode, spec } = experiment;
  const rows = await selectArmFigures(services.db, { workspaceId, experimentId: id, phase, livemode });
  const figures = new Map(rows.map((row) => [row.arm, row]));
  const running = runningArms(experiment);
  const tripped = trippedGuards(spec, figures, running);
  const judgement = judge(spec, figures, running);
  if (tripped.length === 0 && (experiment.verdict !== null || judgement.verdict === 'too_early')) return;
  await withTransaction(services.db, async (tx) => {
    const locked = await lockExperiment(tx, { workspaceId, livemode, id });
    // Somebody has stopped or changed it meanwhile; another process may have come first.
    if (locked === undefined || locked.state !== 'running' || locked.phase !== phase) return;
    await write(services, tx, locked, { tripped, judgement });
  });
  services.experiments.forget(workspaceId);
  services.outbox.deliverSoon();
}

async function write(
  services: Pick<JudgePorts, 'now' | 'outbox'>,
  tx: PoolClient,
  experiment: StoredExperiment,
  { tripped, judgement }: { tripped: readonly TrippedGuard[]; judgement: Judgement },
): Promise<void> {
  const at = new Date(services.now());
  const fresh = tripped.filter(({ arm }) => runningArms(experiment).includes(arm));
  const stoppedArms = [
    ...experiment.stoppedArms,
    ...fresh.map((one): StoppedArm => ({ ...one, at: at.toISOString() })),
  ];
  let next: StoredExperiment = { ...experiment, stoppedArms };
  const left = runningArms(next);
  const [last] = fresh.slice(-1);
  // An arm that is left alone compares nothing.
  if (last !== undefined && left.length < 2)
    next = {
      ...next,
      state: 'stopped',
      stoppedAt: at,
      verdict: next.verdict ?? {
        kind: 'stopped',
        winner: left[0] ?? null,
        text: last.text,
        units: judgement.units,
        at: at.toISOString(),
      },
    };
  else if (next.verdict === null && judgement.verdict !== 'too_early' && fresh.length === 0)
    next = { ...next, verdict: { ...verdictOf(judgement, judgement.verdict), at: at.toISOString() } };
  const isDecided = experiment.verdict === null && next.verdict !== null;
  if (fresh.length === 0 && !isDecided) return;
  await updateExperiment(tx, next);
  await services.outbox.record(tx, [
    ...fresh.map((one) => eventOf(next, 'experiment.guard_tripped', { ...one })),
    ...(isDecided && next.verdict !== null
      ? [
          eventOf(next, 'experiment.decided', {
            verdict: next.verdict.kind,
            winner: next.verdict.winner,
            text: next.verdict.text,
            units: next.verdict.units,
          }),
        ]
      : []),
  ]);
}

function verdictOf({ winner, text, units }: Judgement, kind: 'better' | 'no_difference') {
  return { kind, winner, text, units };
}

/** Its conditions may name a client, so they stay out. */
function eventOf(
  { workspaceId, livemode, id, spec, state, phase }: StoredExperiment,
  type: 'experiment.decided' | 'experiment.guard_tripped',
  data: Record<string, unknown>,
): NewEvent {
  const experiment = { id, name: spec.name, state, phase, unit: spec.unit, metric: spec.metric };
  return { workspaceId, livemode, type, data: { experiment, ...data } };
}
