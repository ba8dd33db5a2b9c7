import { randomBytes } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import { seal, unseal } from '../accounts/seal.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { sumAgain } from '../usage/roll-up-store.ts';
import { eraseAnswers } from './erase-answers.ts';
import {
  beginErasure,
  type Erasure,
  endSweep,
  finishErasure,
  insertErasure,
  isErasedSince,
  isMadeAgain,
  isUnderWay,
  leaveErasure,
  listErasures,
  listNames,
  noteProgress,
  type RememberedErasure,
  takeSweeps,
} from './erase-client-store.ts';
import { eraseNarrow, listNarrowLeft, listNarrowNames } from './erase-narrow-store.ts';
import { erasePeople } from './erase-people-store.ts';
import {
  deleteSettings,
  deleteTraces,
  endKeysAndBudgets,
  renameCalls,
  renameInstances,
  renameOpenCalls,
  stretchesOf,
} from './erase-rows-store.ts';
import { renameSums } from './erase-sums-store.ts';
import { addErasedClients, idOfSecret, readErasedClients } from './erased-files.ts';
import { erasedNameContext, findName, hashOfName, type WorkspaceModeKey } from './erased-name.ts';

/*
 * A client is erased in place: calls, sums and books keep their figures, and `erased-…` replaces its name, so that all totals
 * stay what they were. Data about the client alone (its settings, keys, events, webhooks, answers kept) is deleted; invoices stay,
 * as the law wants them.
 *
 *   erase     remember by hash (database and DATA_DIR) -> end keys and budgets -> delete settings, traces -> rename calls, a day at a time -> sums
 *   resume    what a kill or its time has cut off: the next process that sweeps goes on, by batches
 *   sweep     calls under way when it was erased may still write its name: looked for until they are over, and erased too
 *   repeat    a start on a database that does not know an erasure of DATA_DIR's (restored from before it) erases again
 *
 * A call that comes in later with the same tag creates the client again: the arrival time of its call tells such a row apart.
 */
export interface ErasePorts {
  db: Pool;
  log: Logger;
  secret: string;
  dataDir: string;
}

/** Of the 20 seconds in which an erasure is answered; the rest is for the step that is under way then. */
const requestPatienceMs = 12_000;
const sweepPatienceMs = 10_000;

/**
 * Resolves when the name is nowhere but in invoices, and in calls under way until a moment after their end; with millions of calls once the
 * time is over, and `sweepErased` does the rest.
 */
export async function eraseClient(
  services: ErasePorts & { now: () => number },
  place: WorkspaceModeKey,
  name: string,
  {
    patienceMs = requestPatienceMs,
    onBegin,
  }: { patienceMs?: number; onBegin?: (tx: PoolClient) => Promise<void> } = {},
): Promise<{ keyIds: string[] }> {
  const erasedAt = new Date(services.now());
  const id = `erased-${randomBytes(6).toString('hex')}`;
  const remembered = { id, ...place, nameHash: hashOfName(services.secret, place, name), erasedAt };
  const erasure = { id, ...place, name };
  const ended = await withTransaction(services.db, async (tx) => {
    await beginErasure(tx, remembered, seal(services.secret, name, erasedNameContext(place, id)));
    await onBegin?.(tx);
    return endNow(tx, erasure);
  });
  await addErasedClients(services.dataDir, [{ ...remembered, secretId: idOfSecret(services.secret) }]).catch(
    (error: unknown) =>
      services.log.warn(
        { err: error },
        'an erasure could not be noted in DATA_DIR: a restored database will not repeat it',
      ),
  );
  // A sweep does the rest; the answer is the same.
  const until = performance.now() + patienceMs;
  await eraseRest(services, erasure, {
    erasedAt,
    isOver: () => performance.now() > until,
    leftMs: () => until - performance.now(),
  });
  return ended;
}

async function endNow(tx: PoolClient, erasure: Erasure): Promise<{ keyIds: string[] }> {
  const ended = await endKeysAndBudgets(tx, erasure);
  await deleteSettings(tx, erasure);
  // Portals show live data alone.
  if (erasure.livemode) await erasePeople(tx, { workspaceId: erasure.workspaceId, clientId: erasure.name });
  return ended;
}

/**
 * All that takes time, each step safe to repeat. Leaves the rest to a sweep once `isOver`, or once a request has no more of `leftMs` for sums
 * in use and for kept answers. A sweep looks at all answers, since it begins with the first. `tracesUntil`: what is newer belongs to a client
 * that was made again.
 */
async function eraseRest(
  services: ErasePorts,
  erasure: Erasure,
  {
    erasedAt,
    before,
    tracesUntil,
    isOver = () => false,
    leftMs = () => undefined,
  }: {
    erasedAt: Date;
    before?: Date;
    tracesUntil?: Date | undefined;
    isOver?: () => boolean;
    leftMs?: () => number | undefined;
  },
): Promise<void> {
  const { db } = services;
  await deleteTraces(db, erasure, tracesUntil);
  await renameOpenCalls(db, erasure, erasedAt);
  for (const { from, to } of await stretchesOf(db, erasure)) {
    const end = before === undefined || to < before ? to : before;
    if (from >= end) continue;
    if (!(await renameCalls(db, erasure, { from, to: end, isOver }))) return leaveErasure(db, erasure.id);
    await noteProgress(db, erasure.id, from);
  }
  if (!(await renameSums(db, erasure, leftMs()))) return leaveErasure(db, erasure.id);
  const isLate = (): boolean => (leftMs() ?? 1) <= 0;
  if (!(await eraseAnswers(services, erasure, { until: tracesUntil, isOver: isLate })))
    return leaveErasure(db, erasure.id);
  await finishErasure(db, erasure.id);
}

/** A little longer than a call may take before it is on record. */
const lateMs = 3_600_000;

/** Goes on with what was cut off, and erases what calls under way have written since their client was erased. */
export async function sweepErased(services: ErasePorts): Promise<void> {
  for (const sweep of await takeSweeps(services.db)) {
    const { db, secret } = services;
    const { id, workspaceId, livemode, erasedAt } = sweep;
    const name = unseal(secret, sweep.sealedName, erasedNameContext(sweep, id)).toString('utf8');
    const erasure: Erasure = { id, workspaceId, livemode, name };
    if (sweep.unfinishedBefore !== undefined) {
      await resume(services, erasure, { erasedAt, unfinishedBefore: sweep.unfinishedBefore });
      continue;
    }
    const underWay = await isUnderWay(db, sweep);
    await renameOpenCalls(db, erasure, erasedAt);
    // To the millisecond, by which calls are written.
    const to = new Date(erasedAt.getTime() + 1);
    await renameCalls(db, erasure, { from: new Date(erasedAt.getTime() - lateMs), to });
    if (!(await isMadeAgain(db, erasure, erasedAt))) await sweepAll(services, erasure);
    if (!underWay) await endSweep(db, id);
  }
}

/** Where the client was made again meanwhile, its calls since keep its name and all else of theirs, and their hours are summed again. */
async function resume(
  services: ErasePorts,
  erasure: Erasure,
  { erasedAt, unfinishedBefore }: { erasedAt: Date; unfinishedBefore: Date },
): Promise<void> {
  const until = performance.now() + sweepPatienceMs;
  const again = await isMadeAgain(services.db, erasure, erasedAt);
  await eraseRest(services, erasure, {
    erasedAt,
    before: unfinishedBefore,
    tracesUntil: again ? erasedAt : undefined,
    isOver: () => performance.now() > until,
  });
  if (again) await sumAgain(services.db, erasedAt);
}

/** Settings made for the client since then stay, for its next calls. */
async function sweepAll(services: ErasePorts, erasure: Erasure): Promise<void> {
  await renameInstances(services.db, erasure);
  await deleteTraces(services.db, erasure);
  await renameSums(services.db, erasure);
  await eraseAnswers(services, erasure);
}

/**
 * Erases again what DATA_DIR knows to be erased and this database does not: it was restored from before. Then each knows all. The
 * clients are found by the hashes of the names that are there. Before anything is served, so nothing is newer than the erasure.
 */
export async function repeatErasures(
  services: ErasePorts,
  /** `leavesUnnoted`: hashes without a note of their secret, that no name has, are left for a start with the secret that made them. */
  { leavesUnnoted = false }: { leavesUnnoted?: boolean } = {},
): Promise<void> {
  const { db, dataDir, log, secret } = services;
  const filed = await readErasedClients(dataDir);
  const known = new Set((await listErasures(db)).map(({ id }) => id));
  for (const erasure of filed.filter(({ id }) => !known.has(id))) {
    const name = await nameOf(services, erasure);
    const isOfOther = erasure.secretId === undefined ? leavesUnnoted : erasure.secretId !== idOfSecret(secret);
    if (name === undefined && isOfOther) {
      log.warn(
        { erasure: erasure.id, workspace: erasure.workspaceId },
        'an erased client cannot be looked for in this older database: another secret made its hash. Run rotate-secret, to that secret',
      );
      continue;
    }
    if (name !== undefined) {
      await withTransaction(db, (tx) => endNow(tx, { ...erasure, name }));
      await eraseRest(services, { ...erasure, name }, { erasedAt: new Date() });
    }
    await insertErasure(db, erasure);
    log.info(
      { erasure: erasure.id, workspace: erasure.workspaceId, found: name !== undefined },
      'repeated the erasing of a client: this database is older than it',
    );
  }
  await rememberErasures(services);
}

/** Processes of older versions leave the names in narrow sums: looked for once for each erasure, by its hash. */
export async function eraseNarrowLeft({ db, secret }: Pick<ErasePorts, 'db' | 'secret'>): Promise<void> {
  for (const erasure of await listNarrowLeft(db)) {
    const names = await listNarrowNames(db, erasure);
    await eraseNarrow(db, erasure, await findName(secret, erasure, names));
  }
}

/** Notes in DATA_DIR what other processes have erased. */
export async function rememberErasures({
  db,
  dataDir,
  secret,
}: Pick<ErasePorts, 'db' | 'dataDir' | 'secret'>): Promise<void> {
  const filed = new Set((await readErasedClients(dataDir)).map(({ id }) => id));
  await addErasedClients(
    dataDir,
    (await listErasures(db))
      .filter(({ id }) => !filed.has(id))
      .map((erasure) => ({ ...erasure, secretId: idOfSecret(secret) })),
  );
}

async function nameOf({ db, secret }: ErasePorts, erasure: RememberedErasure): Promise<string | undefined> {
  return findName(secret, erasure, await listNames(db, erasure));
}

/** Was the client erased while a call of its own, which began at `sinceMs`, waited? */
export function wasErased(
  { db, secret }: { db: Db; secret: string },
  place: WorkspaceModeKey,
  { name, sinceMs }: { name: string; sinceMs: number },
): Promise<boolean> {
  return isErasedSince(db, { ...place, nameHash: hashOfName(secret, place, name) }, new Date(sinceMs));
}
