import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Db } from '../db/transaction.ts';
import {
  deleteCalls,
  deleteRows,
  type ErasedWorkspace,
  endWorkspace,
  endWorkspaceSweep,
  leaveWorkspace,
  listErasedWorkspaces,
  takeWorkspaceSweeps,
} from './erase-workspace-store.ts';
import { addErasedWorkspaces, readErasedWorkspaces } from './erased-files.ts';

export interface ErasePorts {
  db: Pool;
  log: Logger;
  dataDir: string;
}

/**
 * Deletes everything of a workspace: its keys end first, then its calls go, then all else. Rows that calls in progress write
 * afterwards are deleted by `sweepWorkspaces`.
 */
export async function eraseWorkspace(
  services: ErasePorts & { now: () => number },
  id: string,
  options: EraseOptions = {},
): Promise<void> {
  const workspace = { id, erasedAt: new Date(services.now()) };
  await addErasedWorkspaces(services.dataDir, [workspace]).catch((error: unknown) =>
    services.log.warn(
      { err: error },
      'a deleted workspace could not be noted in DATA_DIR: a restored database will not delete it again',
    ),
  );
  await eraseNow(services, workspace, options);
}

interface EraseOptions {
  patienceMs?: number;
  onBegin?: (tx: Db) => Promise<void>;
}

/** A request is answered within 20 s: with millions of calls `sweepWorkspaces` does the rest, as it does after a crash. */
const requestPatienceMs = 12_000;

async function eraseNow(
  { db }: ErasePorts,
  workspace: ErasedWorkspace,
  { patienceMs = requestPatienceMs, onBegin = async () => {} }: EraseOptions = {},
): Promise<void> {
  const until = performance.now() + patienceMs;
  await endWorkspace(db, workspace, onBegin);
  if (await deleteCalls(db, workspace.id, () => performance.now() > until))
    await deleteRows(db, workspace.id, until - performance.now());
  await leaveWorkspace(db, workspace.id);
}

export async function sweepWorkspaces({ db }: Pick<ErasePorts, 'db'>): Promise<void> {
  for (const workspace of await takeWorkspaceSweeps(db)) {
    // Where another process still deletes calls, the next sweep does the rest: all at once they are too many.
    if (!(await deleteCalls(db, workspace.id))) continue;
    await deleteRows(db, workspace.id);
    await endWorkspaceSweep(db, workspace);
  }
}

/** Deletes again what a database that was restored from before has of them; then database and DATA_DIR know the same. */
export async function repeatWorkspaces(services: ErasePorts): Promise<void> {
  const { db, dataDir, log } = services;
  const [filed, known] = [await readErasedWorkspaces(dataDir), await listErasedWorkspaces(db)];
  for (const workspace of filed.filter(({ id }) => known.every((one) => one.id !== id))) {
    await eraseNow(services, workspace);
    log.info({ workspace: workspace.id }, 'deleted a workspace again: this database is older than its deletion');
  }
  await addErasedWorkspaces(
    dataDir,
    known.filter(({ id }) => filed.every((one) => one.id !== id)),
  );
}
