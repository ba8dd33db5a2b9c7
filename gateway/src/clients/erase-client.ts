import { createHmac, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { seal, unseal } from '../accounts/seal.ts';
import {
  deleteAnswers,
  deleteSettings,
  deleteTraces,
  type Erasure,
  endKeysAndBudgets,
  endSweep,
  insertErasure,
  isMadeAgain,
  isUnderWay,
  keptAnswers,
  listErasures,
  listNames,
  type RememberedErasure,
  renameCalls,
  renameInstances,
  renameOpenCalls,
  renameSums,
  type Sweep,
  stretchesOf,
  takeSweeps,
} from './erase-client-store.ts';
import { addErasedClients, readErasedClients } from './erased-files.ts';

/*
 * A client is erased in place: calls, sums and books keep their figures, and `erased-…` replaces its name, so that all totals
 * stay what they were. What is about the client alone (its settings, keys, events, webhooks, answers kept) is deleted; invoices stay,
 * as the law wants them.
 *
 *   erase     remember by hash (database and DATA_DIR) -> end keys and budgets -> delete settings, traces -> rename calls, a day at a time -> sums
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

interface WorkspaceModeKey {
  workspaceId: string;
  livemode: boolean;
}

/** Resolves when the name is nowhere but in invoices, and in calls under way until a moment after their end. */
export async function eraseClient(
  services: ErasePorts & { now: () => number },
  place: WorkspaceModeKey,
  name: string,
): Promise<{ keyIds: string[] }> {
  const erasedAt = new Date(services.now());
  const id = `erased-${randomBytes(6).toString('hex')}`;
  const remembered = { id, ...place, nameHash: hashOf(services.secret, place, name), erasedAt };
  await insertErasure(services.db, remembered, seal(services.secret, name, sealContext(place, id)));
  await addErasedClients(services.dataDir, [remembered]).catch((error: unknown) =>
    services.log.warn(
      { err: error },
      'an erasure could not be noted in DATA_DIR: a restored database will not repeat it',
    ),
  );
  return eraseAll(services, { id, ...place, name }, erasedAt);
}

async function eraseAll(services: ErasePorts, erasure: Erasure, erasedAt: Date): Promise<{ keyIds: string[] }> {
  const { db } = services;
  const ended = await endKeysAndBudgets(db, erasure);
  await deleteSettings(db, erasure);
  await deleteTraces(db, erasure);
  await renameOpenCalls(db, erasure, erasedAt);
  for (const stretch of await stretchesOf(db, erasure)) await renameCalls(db, erasure, stretch);
  await renameSums(db, erasure);
  await eraseAnswers(services, erasure);
  return ended;
}

/**
 * Answers kept for an Idempotency-Key are sealed: those that are about the client are deleted. No other is, whatever words it has: who
 * asks again would pay again.
 */
async function eraseAnswers({ db, secret }: ErasePorts, { workspaceId, livemode, name }: Erasure): Promise<void> {
  const value = JSON.stringify(name);
  const about = ['client_id', 'id'].flatMap((field) => [`"${field}":${value}`, `"${field}": ${value}`]);
  for await (const page of keptAnswers(db, { workspaceId, livemode })) {
    const naming = page.filter(({ keyId, idempotencyKey, sealedBody }) => {
      const body = unseal(secret, sealedBody, [workspaceId, keyId, idempotencyKey]);
      return about.some((text) => body.includes(text));
    });
    if (naming.length > 0) await deleteAnswers(db, workspaceId, naming);
  }
}

/** A little longer than a call may take before it is on record. */
const lateMs = 3_600_000;

/** Erases what calls under way have written since their client was erased. */
export async function sweepErased(services: ErasePorts): Promise<void> {
  for (const sweep of await takeSweeps(services.db)) {
    const { db, secret } = services;
    const { id, workspaceId, livemode, erasedAt } = sweep;
    const name = unseal(secret, sweep.sealedName, sealContext(sweep, id)).toString('utf8');
    const erasure: Erasure = { id, workspaceId, livemode, name };
    const underWay = await isUnderWay(db, sweep);
    await renameOpenCalls(db, erasure, erasedAt);
    // To the millisecond, by which calls are written.
    const to = new Date(erasedAt.getTime() + 1);
    await renameCalls(db, erasure, { from: new Date(erasedAt.getTime() - lateMs), to });
    if (!(await isMadeAgain(db, erasure, erasedAt))) await sweepAll(services, erasure);
    if (!underWay) await endSweep(db, id);
  }
}

/** What is set for the client since, for when it calls again, stays. */
async function sweepAll(services: ErasePorts, erasure: Erasure): Promise<void> {
  await renameInstances(services.db, erasure);
  await deleteTraces(services.db, erasure);
  await renameSums(services.db, erasure);
  await eraseAnswers(services, erasure);
}

/**
 * Erases again what DATA_DIR knows to be erased and this database does not: it was restored from before. Then each knows all. Whose
 * they were is found by the hashes of the names that are there. Before anything is served, so nothing is newer than the erasure.
 */
export async function repeatErasures(services: ErasePorts): Promise<void> {
  const { db, dataDir, log } = services;
  const filed = await readErasedClients(dataDir);
  const known = new Set((await listErasures(db)).map(({ id }) => id));
  for (const erasure of filed.filter(({ id }) => !known.has(id))) {
    const name = await nameOf(services, erasure);
    if (name !== undefined) await eraseAll(services, { ...erasure, name }, new Date());
    await insertErasure(db, erasure, null);
    log.info(
      { erasure: erasure.id, workspace: erasure.workspaceId, found: name !== undefined },
      'repeated the erasing of a client: this database is older than it',
    );
  }
  await rememberErasures(services);
}

/** Notes in DATA_DIR what other processes have erased. */
export async function rememberErasures({ db, dataDir }: Pick<ErasePorts, 'db' | 'dataDir'>): Promise<void> {
  const filed = new Set((await readErasedClients(dataDir)).map(({ id }) => id));
  await addErasedClients(
    dataDir,
    (await listErasures(db)).filter(({ id }) => !filed.has(id)),
  );
}

async function nameOf({ db, secret }: ErasePorts, erasure: RememberedErasure): Promise<string | undefined> {
  const names = await listNames(db, erasure);
  return names.find((name) => hashOf(secret, erasure, name).equals(erasure.nameHash));
}

/** With the installation's secret: names are few and short, and would be found by trying. */
function hashOf(secret: string, { workspaceId, livemode }: WorkspaceModeKey, name: string): Buffer {
  return createHmac('sha256', Buffer.from(secret, 'hex'))
    .update(JSON.stringify(['erased-client', workspaceId, livemode, name]))
    .digest();
}

function sealContext({ workspaceId }: Pick<Sweep, 'workspaceId'>, id: string): string[] {
  return ['erased-client', workspaceId, id];
}
