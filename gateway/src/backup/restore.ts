import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { readSecret, secretPath, writeSecret } from '../accounts/generated-secret.ts';
import { opensProof } from '../accounts/prove-secret.ts';
import { bringErased } from '../clients/erased-files.ts';
import type { Config } from '../config.ts';
import { adoptCluster, clusterFolder, hasCluster } from '../db/embedded-postgres.ts';
import { migrate, pendingMigrations } from '../db/migrate.ts';
import { openForTool } from '../db/open-database.ts';
import { createPool } from '../db/pool.ts';
import { type BackupHead, clusterFolderName, passwordName, secretName, unwrittenFolderName } from './backup-head.ts';
import { readRows } from './copy-rows.ts';
import { fillDatabase, refuseFull } from './move-database.ts';
import { amountOf, type Progress, showProgress } from './progress.ts';
import { type CheckedBackup, checkBackup, entriesOf } from './read-backup.ts';

export interface RestoreDone {
  head: BackupHead;
  took: ReturnType<Progress['end']>;
  /** Names of migrations that the backup's version did not have. */
  migrated: readonly string[];
}

/** The major version of the embedded Postgres. */
const embeddedVersion = 18;

/**
 * Puts a backup into an empty data folder, or an empty database. Reads all of it first: what is damaged, of a newer gateway, or does
 * not belong where it is to go is refused, in words, before anything is changed.
 */
export async function restore(
  config: Pick<Config, 'databaseUrl' | 'dataDir' | 'secret'>,
  { path, signal }: { path: string; signal?: AbortSignal },
): Promise<RestoreDone> {
  await refuseFullTarget(config);
  // Read twice: as a file, then part by part.
  const checking = showProgress({ verb: 'Checking', unit: 'bytes', total: 2 * sizeOf(path) });
  const backup = await checkBackup(path, { onRead: checking.add, signal }).finally(() => checking.end());
  refuseNewer(backup.head);
  const secret = await secretToWrite(path, backup.head, config);
  const plan = { backup, secret, dataDir: config.dataDir, signal };
  if (config.databaseUrl === undefined) {
    const done = await restoreFolder(path, plan);
    await bringErased(backup.head.dataDir, config.dataDir);
    return done;
  }
  if (backup.head.kind === 'physical')
    throw new Error(
      'The backup holds the files of an embedded database, which cannot go into a Postgres server. Restore it into DATA_DIR, without DATABASE_URL; then move it with `export` and `import`. Nothing was changed.',
    );
  const done = await restoreServer(path, { ...plan, databaseUrl: config.databaseUrl });
  await bringErased(backup.head.dataDir, config.dataDir);
  return done;
}

async function refuseFullTarget({ databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>): Promise<void> {
  if (databaseUrl !== undefined) {
    const database = await openForTool({ databaseUrl, dataDir, migrates: false });
    await refuseFull(database.pool).finally(() => database.stop());
  } else if (hasCluster(dataDir))
    throw new Error(
      `${dataDir} has a database already. Restore into another DATA_DIR, or move this one away first. Nothing was changed.`,
    );
}

/** 0 where it cannot be known: `checkBackup` says why. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function refuseNewer({ gateway, migrations }: BackupHead): void {
  try {
    pendingMigrations(migrations);
  } catch (cause) {
    throw new Error(
      `The backup was made by a newer gateway (${gateway}) whose database this version does not know. Restore it with that version or a newer one. Nothing was changed.`,
      { cause },
    );
  }
}

/** The secret that goes into the data folder; undefined where it is given, or there already. Throws when it is not the right one. */
async function secretToWrite(
  path: string,
  { secretIncluded, secretProof }: BackupHead,
  { secret: given, dataDir }: Pick<Config, 'secret' | 'dataDir'>,
): Promise<string | undefined> {
  const own = given ?? readSecret(dataDir);
  const comesFrom = given === undefined ? secretPath(dataDir) : 'GATEWAY_SECRET';
  const included = secretIncluded ? await partOf(path, secretName) : undefined;
  if (own === undefined && included === undefined)
    throw new Error(
      'The backup was made with a GATEWAY_SECRET, which is not in it. Set GATEWAY_SECRET to the same one. Nothing was changed.',
    );
  const isRight = (secret: string): boolean =>
    secretProof === null || opensProof(secret, Buffer.from(secretProof, 'base64'));
  if (own !== undefined && !isRight(own))
    throw new Error(
      `The secret in ${comesFrom} is not the one that the backup was made with${included === undefined ? '' : ', which is in it: remove the other one'}. Nothing was changed.`,
    );
  return own === undefined ? included : undefined;
}

async function partOf(path: string, name: string): Promise<string> {
  for await (const entry of entriesOf(path)) {
    if (entry.name !== name) continue;
    const chunks: Buffer[] = [];
    for await (const chunk of entry.content) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString('utf8').trim();
  }
  throw new Error(`${path} is damaged: it has no ${name}.`);
}

interface Plan {
  backup: CheckedBackup;
  /** To be written into the data folder. */
  secret: string | undefined;
  dataDir: string;
  signal: AbortSignal | undefined;
}

/** Into a database of its own in the data folder, whole or not at all. */
async function restoreFolder(path: string, { backup, secret, dataDir, signal }: Plan): Promise<RestoreDone> {
  const { head, bytes, rows = 0 } = backup;
  const isPhysical = head.kind === 'physical';
  if (isPhysical) refuseOtherMachine(head);
  refuseNoSpace(dataDir, bytes);
  const progress = showProgress({
    verb: 'Restoring',
    ...(isPhysical ? { unit: 'bytes', total: bytes } : { unit: 'rows', total: rows }),
  });
  let took: ReturnType<Progress['end']> | undefined;
  let migrated: readonly string[] = [];
  try {
    await adoptCluster({
      dataDir,
      password: isPhysical ? await partOf(path, passwordName) : randomBytes(24).toString('hex'),
      ...(isPhysical && { fill: (folder: string) => unpackCluster(path, { folder, onWritten: progress.add, signal }) }),
      check: async (connection) => {
        const pool = createPool(connection);
        try {
          migrated = isPhysical ? await migrate(pool) : await loadInto(pool, path, { backup, progress, signal });
        } finally {
          await pool.end();
        }
        signal?.throwIfAborted();
      },
      publish: () => {
        if (secret !== undefined) writeSecret(dataDir, secret);
      },
    });
    await unpackUnwritten(path, dataDir);
    took = progress.end();
    return { head, took, migrated };
  } catch (error) {
    throw inWords(error, dataDir);
  } finally {
    if (took === undefined) progress.end();
  }
}

/** Into an empty database of a server: rows only, in one transaction. */
async function restoreServer(
  path: string,
  { backup, secret, dataDir, signal, databaseUrl }: Plan & { databaseUrl: string },
): Promise<RestoreDone> {
  const database = await openForTool({ databaseUrl, dataDir, migrates: false });
  const progress = showProgress({ verb: 'Restoring', unit: 'rows', total: backup.rows ?? 0 });
  let took: ReturnType<Progress['end']> | undefined;
  try {
    const migrated = await loadInto(database.pool, path, { backup, progress, signal });
    if (secret !== undefined) {
      mkdirSync(dataDir, { recursive: true });
      writeSecret(dataDir, secret);
    }
    await unpackUnwritten(path, dataDir);
    took = progress.end();
    return { head: backup.head, took, migrated };
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
    throw new Error('Interrupted. The database has no rows.', { cause: error });
  } finally {
    if (took === undefined) progress.end();
    await database.stop();
  }
}

async function loadInto(
  pool: Pool,
  path: string,
  { backup, progress, signal }: { backup: CheckedBackup; progress: Progress; signal: AbortSignal | undefined },
): Promise<readonly string[]> {
  const { migrated } = await fillDatabase(pool, {
    migrations: backup.head.migrations.map(({ name }) => name),
    load: (put) => readRows(path, put, signal),
    onRows: progress.add,
    signal,
  });
  return migrated;
}

/** Calls that the database did not take lie in files beside it; the next start takes them in. */
async function unpackUnwritten(path: string, dataDir: string): Promise<void> {
  for await (const { name, content } of entriesOf(path)) {
    if (!name.startsWith(`${unwrittenFolderName}/`)) continue;
    mkdirSync(dataDir, { recursive: true });
    await pipeline(content, createWriteStream(resolve(dataDir, basename(name)), { mode: 0o600, flags: 'wx' }));
  }
}

function refuseOtherMachine({ postgres, platform }: BackupHead): void {
  const here = `${process.platform}-${process.arch}`;
  if (postgres === embeddedVersion && platform === here) return;
  throw new Error(
    `The backup holds the files of Postgres ${postgres} on ${platform}; this is Postgres ${embeddedVersion} on ${here}. Restore it on a machine of the first kind, then move the data with \`export\` and \`import\`. Nothing was changed.`,
  );
}

/** Before the first byte, as far as it can be known: the folder may not be there yet. */
function refuseNoSpace(dataDir: string, bytes: number): void {
  let folder = dirname(clusterFolder(dataDir));
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < bytes)
    throw new Error(
      `The backup needs ${amountOf(bytes, 'bytes')}, and ${folder} has ${amountOf(bavail * bsize, 'bytes')} left. Nothing was changed.`,
    );
}

async function unpackCluster(
  path: string,
  options: { folder: string; onWritten: (bytes: number) => void; signal: AbortSignal | undefined },
): Promise<void> {
  const { folder, onWritten, signal } = options;
  for await (const { name, kind, content } of entriesOf(path, { signal })) {
    if (!name.startsWith(`${clusterFolderName}/`)) continue;
    const target = resolve(folder, name.slice(clusterFolderName.length + 1));
    if (!target.startsWith(`${resolve(folder)}${sep}`)) throw new Error(`${name} points outside the data folder.`);
    if (kind === 'folder') mkdirSync(target, { recursive: true, mode: 0o700 });
    else await pipeline(counted(content, onWritten), createWriteStream(target, { mode: 0o600 }), { signal });
  }
}

async function* counted(content: AsyncIterable<Buffer>, onWritten: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    onWritten(chunk.length);
    yield chunk;
  }
}

function inWords(error: unknown, dataDir: string): unknown {
  const { code, name } = error as NodeJS.ErrnoException;
  if (name === 'AbortError') return new Error(`Interrupted. ${dataDir} is as it was.`, { cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Error(`No space is left for ${dataDir}. Free some, then restore again. ${dataDir} is as it was.`, {
      cause: error,
    });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new Error(`${dataDir} cannot be written to by this user.`, { cause: error });
  return error;
}
