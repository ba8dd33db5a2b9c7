import type { OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool, PoolClient } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import { withTransaction } from '../db/transaction.ts';
import { expectedSize, paceDays } from './expected-size.ts';
import { findExperiment, lockExperiment, type StoredExperiment, updateExperiment } from './experiment-store.ts';
import { viewExperiment } from './experiment-view.ts';
import { selectPacedCalls } from './pace-store.ts';

export interface ExperimentPorts {
  db: Pool;
  now: () => number;
  workspaces: WorkspaceCache;
  /** Reads a workspace's experiments again before its next call. */
  experiments: { forget(workspaceId: string): void };
}

/** Changes an experiment under its lock. `decide` writes the audit row where it changes anything. */
export async function change(
  services: ExperimentPorts,
  { caller, id }: { caller: Caller; id: string },
  decide: (tx: PoolClient, experiment: StoredExperiment) => Promise<StoredExperiment>,
): Promise<OutputOf<'experiments.get'>> {
  const { workspaceId, livemode } = caller;
  const changed = await withTransaction(services.db, async (tx) => {
    const experiment = await lockExperiment(tx, { workspaceId, livemode, id });
    if (experiment === undefined) throw unknown(id);
    if (experiment.livemode !== livemode)
      throw new GatewayError(
        'forbidden',
        'This experiment decides live calls, so changing it needs a live key (gw_live_…).',
      );
    const next = await decide(tx, experiment);
    if (next !== experiment) await updateExperiment(tx, next);
    return next;
  });
  services.experiments.forget(workspaceId);
  return describe(services, changed);
}

export async function find(services: ExperimentPorts, caller: Caller, id: string): Promise<StoredExperiment> {
  const { workspaceId, livemode } = caller;
  const found = await findExperiment(services.db, { workspaceId, livemode, id });
  if (found === undefined) throw unknown(id);
  return asSeen(caller, found);
}

/** A live experiment decides test calls as well, but what live calls have shown is not for test keys. */
export function asSeen({ livemode }: Pick<Caller, 'livemode'>, experiment: StoredExperiment): StoredExperiment {
  return experiment.livemode === livemode ? experiment : { ...experiment, verdict: null };
}

export async function describe(
  services: ExperimentPorts,
  experiment: StoredExperiment,
): Promise<OutputOf<'experiments.get'>> {
  const calls = await paceOf(services, experiment);
  return viewExperiment(experiment, expectedSize(experiment.spec, calls, services.now()));
}

export function paceOf(
  { db, now }: ExperimentPorts,
  { workspaceId, livemode }: { workspaceId: string; livemode: boolean },
) {
  return selectPacedCalls(db, { workspaceId, livemode, from: new Date(now() - paceDays * 86_400_000) });
}

export function targetOf({ id, spec }: StoredExperiment): AuditTarget {
  return { type: 'experiment', id, name: spec.name };
}

function unknown(id: string): GatewayError {
  return new GatewayError('not_found', `Unknown experiment "${id}". See GET /v1/experiments for the list.`, {
    param: 'id',
  });
}

export function isOver({ spec, state }: StoredExperiment): GatewayError {
  return new GatewayError('conflict', `Experiment "${spec.name}" is ${state}. Create a new one to compare again.`);
}
