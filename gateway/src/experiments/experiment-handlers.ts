import { randomBytes } from 'node:crypto';
import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { PoolClient } from 'pg';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { withTransaction } from '../db/transaction.ts';
import { namesFor } from '../routing/check-rules.ts';
import { type ExperimentSpec, rangesOf, samePhase, usualGoal } from '../routing/experiment.ts';
import { pageOf, readCursor, writeCursor } from '../usage/cursor.ts';
import { selectArmFigures } from '../usage/experiment-units-store.ts';
import { asSeen, change, describe, type ExperimentPorts, find, isOver, paceOf, targetOf } from './change-experiment.ts';
import { checkSpec } from './check-spec.ts';
import { expectedSize } from './expected-size.ts';
import {
  countRunning,
  insertExperiment,
  isNameTaken,
  listExperiments,
  type StoredExperiment,
} from './experiment-store.ts';
import { viewExperiment, viewResults } from './experiment-view.ts';
import { judge } from './judge.ts';
import { runningArms } from './running-arms.ts';

export const experimentHandlers: Pick<
  Handlers<Context<ExperimentPorts>>,
  | 'experiments.create'
  | 'experiments.list'
  | 'experiments.get'
  | 'experiments.update'
  | 'experiments.start'
  | 'experiments.stop'
  | 'experiments.results'
> = {
  'experiments.create': async (input, { caller, services, audit }) => {
    const spec: ExperimentSpec = { ...input, goal: input.goal ?? usualGoal(input.metric) };
    const { workspaceId, livemode, keyId } = caller;
    await checkSpec(spec, { names: await namesFor(services, caller), workspaceId, db: services.db });
    const nowMs = services.now();
    const experiment: StoredExperiment = {
      workspaceId,
      id: newId('exp', nowMs),
      livemode,
      spec,
      ranges: rangesOf(spec.arms),
      salt: randomBytes(32),
      phase: 1,
      state: 'draft',
      createdAt: new Date(nowMs),
      startedAt: null,
      phaseAt: null,
      stoppedAt: null,
      verdict: null,
      stoppedArms: [],
      adopted: null,
    };
    await withTransaction(services.db, async (tx) => {
      if (!(await insertExperiment(tx, experiment, keyId))) throw nameTaken(spec.name);
      await audit(tx, { target: targetOf(experiment), after: { ...spec } });
    });
    return describe(services, experiment);
  },

  'experiments.list': async (input, { caller, services }) => {
    const { workspaceId, livemode } = caller;
    const rows = await listExperiments(services.db, {
      workspaceId,
      livemode,
      state: input.state,
      before: input.cursor === undefined ? undefined : readCursor(input.cursor),
      limit: input.limit + 1,
    });
    const calls = await paceOf(services, caller);
    return pageOf(rows, input.limit, {
      view: (row: StoredExperiment) =>
        viewExperiment(asSeen(caller, row), expectedSize(row.spec, calls, services.now())),
      cursor: ({ createdAt, id }) => writeCursor({ createdAt: createdAt.toISOString(), id }),
    });
  },

  'experiments.get': async ({ id }, { caller, services }) => describe(services, await find(services, caller, id)),

  'experiments.update': async ({ id, ...given }, { caller, services, audit }) => {
    const names = await namesFor(services, caller);
    return change(services, { caller, id }, async (tx, experiment) => {
      if (experiment.state !== 'draft' && experiment.state !== 'running') throw isOver(experiment);
      const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const spec: ExperimentSpec = { ...experiment.spec, ...defined };
      await checkSpec(spec, { names, workspaceId: caller.workspaceId, db: tx });
      if (await isNameTaken(tx, { ...experiment, name: spec.name })) throw nameTaken(spec.name);
      const goesOn = samePhase(experiment.spec, spec);
      await audit(tx, { target: targetOf(experiment), before: { ...experiment.spec }, after: { ...spec } });
      if (goesOn) return { ...experiment, spec, ranges: rangesOf(spec.arms, experiment.ranges) };
      const next = { ...experiment, spec, ranges: rangesOf(spec.arms), verdict: null, stoppedArms: [] };
      return experiment.state === 'draft'
        ? next
        : { ...next, phase: experiment.phase + 1, phaseAt: new Date(services.now()) };
    });
  },

  'experiments.start': async ({ id }, { caller, services, audit }) => {
    const names = await namesFor(services, caller);
    return change(services, { caller, id }, async (tx, experiment) => {
      if (experiment.state === 'running') return experiment;
      if (experiment.state !== 'draft') throw isOver(experiment);
      // A model or a prompt may have gone since.
      await checkSpec(experiment.spec, { names, workspaceId: caller.workspaceId, db: tx });
      await refuseMany(tx, experiment);
      await audit(tx, { target: targetOf(experiment), before: { state: 'draft' }, after: { state: 'running' } });
      const at = new Date(services.now());
      return { ...experiment, state: 'running', startedAt: at, phaseAt: at };
    });
  },

  'experiments.stop': async ({ id }, { caller, services, audit }) =>
    change(services, { caller, id }, async (tx, experiment) => {
      if (experiment.state === 'stopped') return experiment;
      if (experiment.state === 'adopted') throw isOver(experiment);
      await audit(tx, {
        target: targetOf(experiment),
        before: { state: experiment.state },
        after: { state: 'stopped' },
      });
      return { ...experiment, state: 'stopped', stoppedAt: new Date(services.now()) };
    }),

  'experiments.results': async ({ id }, { caller, services }) => {
    const experiment = await find(services, caller, id);
    const { workspaceId, phase } = experiment;
    // A test key sees the statistics of test calls, also where a live experiment decides them.
    const { livemode } = caller;
    const figures = await selectArmFigures(services.db, { workspaceId, experimentId: id, phase, livemode });
    const running = runningArms(experiment);
    const judgement = judge(experiment.spec, new Map(figures.map((one) => [one.arm, one])), running);
    return viewResults(experiment, figures, judgement);
  },
};

/** Each call looks at all of them. */
const runningMax = 20;

async function refuseMany(tx: PoolClient, { workspaceId, livemode }: StoredExperiment): Promise<void> {
  if ((await countRunning(tx, workspaceId, livemode)) < runningMax) return;
  throw new GatewayError('conflict', `${runningMax} experiments are running, the most there can be. Stop one first.`);
}

function nameTaken(name: string): GatewayError {
  return new GatewayError(
    'conflict',
    `Another experiment that has not ended is named "${name}". Choose another name, or stop that one.`,
    { param: 'name' },
  );
}
