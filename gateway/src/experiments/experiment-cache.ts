import { ModeCache } from '../db/mode-cache.ts';
import type { Db } from '../db/transaction.ts';
import type { RunningExperiment } from '../routing/assign.ts';
import { listRunning } from './experiment-store.ts';

/** The experiments that divide a workspace's calls, by priority; forgotten when the database says that the workspace has changed. */
export class ExperimentCache extends ModeCache<readonly RunningExperiment[]> {
  constructor(db: Db) {
    super((workspaceId, livemode) => listRunning(db, workspaceId, livemode));
  }
}
