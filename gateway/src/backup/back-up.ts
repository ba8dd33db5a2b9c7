import { resolve } from 'node:path';
import { readSecret } from '../accounts/generated-secret.ts';
import { isUnfinished } from '../accounts/rotation-proof.ts';
import { findProof } from '../accounts/secret-proof-store.ts';
import type { Config } from '../config.ts';
import { isConnectionFault } from '../db/connection-fault.ts';
import { clusterFolder, clusterPassword } from '../db/embedded-postgres.ts';
import { appliedMigrations, pendingMigrations } from '../db/migrate.ts';
import { type Database, openUsedForTool } from '../db/open-database.ts';
import { readFiles } from '../usage/unwritten-file.ts';
import { keepFilesUntaken, letFilesBeTaken } from '../usage/unwritten-store.ts';
import { version } from '../version.ts';
import { type BackupHead, formatVersion, passwordName, secretName, unwrittenFolderName } from './backup-head.ts';
import { clusterBytes, copyCluster } from './copy-cluster.ts';
import { copyRows } from './copy-rows.ts';
import { estimateRows } from './dump-store.ts';
import { type Progress, showProgress } from './progress.ts';
import { serverVersion } from './server-version-store.ts';
import { type BackupWriter, writeBackup } from './write-backup.ts';

export interface BackupDone {
  kind: BackupHead['kind'];
  /** Of the file. */
  bytes: number;
  took: ReturnType<Progress['end']>;
  secretIncluded: boolean;
}

/**
 * Writes the database, and the secret where this installation made it itself, to one file; beside a running gateway or without one.
 * Throws an error for the operator when it cannot; then there is no file.
 */
export async function backUp(
  { databaseUrl, dataDir, secret: givenSecret }: Pick<Config, 'databaseUrl' | 'dataDir' | 'secret'>,
  { out, signal }: { out: string; signal?: AbortSignal },
): Promise<BackupDone> {
  const database = await openUsedForTool({ databaseUrl, dataDir, migrates: false });
  try {
    const migrations = await appliedMigrations(database.pool);
    pendingMigrations(migrations);
    const proof = await findProof(database.pool);
    if (proof !== undefined && isUnfinished(proof))
      throw new Error('A rotation of the secret is unfinished. Run `rotate-secret` again, then back up.');
    const secret = givenSecret === undefined ? readSecret(dataDir) : undefined;
    const head: BackupHead = {
      format: 'ai-gateway-backup',
      version: formatVersion,
      kind: database.kind === 'embedded' ? 'physical' : 'logical',
      gateway: version,
      created: new Date().toISOString(),
      dataDir: resolve(dataDir),
      migrations,
      postgres: await serverVersion(database.pool),
      platform: `${process.platform}-${process.arch}`,
      secretProof: proof?.toString('base64') ?? null,
      secretIncluded: secret !== undefined,
    };
    const { progress, copy } =
      head.kind === 'physical' ? await clusterCopy(database, dataDir) : await rowsCopy(database, signal);
    let took: ReturnType<Progress['end']> | undefined;
    try {
      const { bytes } = await writeBackup(out, {
        head,
        signal,
        fill: async (writer) => {
          if (secret !== undefined) await writer.text(secretName, `${secret}\n`);
          return withUnwritten(database, () => copy(writer), { dataDir, writer });
        },
      });
      took = progress.end();
      return { kind: head.kind, bytes, took, secretIncluded: head.secretIncluded };
    } catch (error) {
      throw isConnectionFault(error)
        ? new Error(
            `The database stopped during the backup, and no backup was written. Try again when it is running.`,
            {
              cause: error,
            },
          )
        : error;
    } finally {
      if (took === undefined) progress.end();
    }
  } finally {
    await database.stop();
  }
}

/**
 * The copy, and then the calls that are only in files of DATA_DIR. In this order, with nobody taking calls out meanwhile: whatever a file had
 * when the copy was made it still has, so no call is lost; and the copy knows whose money is posted (`filed_postings`), so none is charged twice.
 */
async function withUnwritten<T>(
  { pool }: Database,
  copy: () => Promise<T>,
  { dataDir, writer }: { dataDir: string; writer: BackupWriter },
): Promise<T> {
  const client = await pool.connect();
  let failed: Error | undefined;
  try {
    await keepFilesUntaken(client);
    const copied = await copy();
    for (const [name, text] of await readFiles(dataDir)) await writer.text(`${unwrittenFolderName}/${name}`, text);
    await letFilesBeTaken(client);
    return copied;
  } catch (error) {
    // The lock goes with its connection.
    failed = error as Error;
    throw error;
  } finally {
    client.release(failed);
  }
}

interface Copy {
  progress: Progress;
  /** Returns the number of rows, where rows are copied. */
  copy: (writer: BackupWriter) => Promise<number | undefined>;
}

async function clusterCopy({ connection }: Database, dataDir: string): Promise<Copy> {
  const cluster = clusterFolder(dataDir);
  const progress = showProgress({ verb: 'Copying', unit: 'bytes', total: await clusterBytes(cluster) });
  return {
    progress,
    copy: async (writer) => {
      await writer.text(passwordName, clusterPassword(dataDir));
      await copyCluster(connection, { cluster, writer, onCopied: progress.add });
      return undefined;
    },
  };
}

async function rowsCopy({ pool }: Database, signal: AbortSignal | undefined): Promise<Copy> {
  const progress = showProgress({ verb: 'Copying', unit: 'rows', total: await estimateRows(pool) });
  return { progress, copy: (writer) => copyRows(pool, { writer, onRows: progress.add, signal }) };
}
