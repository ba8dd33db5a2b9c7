import { readSecret } from '../accounts/generated-secret.ts';
import { findProof } from '../accounts/secret-proof-store.ts';
import type { Config } from '../config.ts';
import { clusterFolder, clusterPassword, hasCluster } from '../db/embedded-postgres.ts';
import { appliedMigrations, pendingMigrations } from '../db/migrate.ts';
import { openForTool } from '../db/open-database.ts';
import { showProgress } from '../tools/progress.ts';
import { version } from '../version.ts';
import { type BackupHead, formatVersion, passwordName, secretName } from './backup-head.ts';
import { clusterBytes, copyCluster } from './copy-cluster.ts';
import { serverVersion } from './server-version-store.ts';
import { writeBackup } from './write-backup.ts';

export interface BackupDone {
  kind: BackupHead['kind'];
  /** Of the file. */
  bytes: number;
  /** "1.2 GB in 14 s". */
  took: string;
  secretIncluded: boolean;
}

/**
 * Writes the database, and the secret where this installation made it itself, to one file; beside a running gateway or without one.
 * Throws in words when it cannot; then there is no file.
 */
export async function backUp(
  { databaseUrl, dataDir, secret: givenSecret }: Pick<Config, 'databaseUrl' | 'dataDir' | 'secret'>,
  { out, signal }: { out: string; signal?: AbortSignal },
): Promise<BackupDone> {
  if (databaseUrl !== undefined) throw new Error('Set DATA_DIR: a database of DATABASE_URL is copied with `export`.');
  if (!hasCluster(dataDir))
    throw new Error(`There is no database in ${dataDir}. Set DATA_DIR, or DATABASE_URL, to what the gateway uses.`);
  const database = await openForTool({ databaseUrl, dataDir, migrates: false });
  try {
    const migrations = await appliedMigrations(database.pool);
    pendingMigrations(migrations);
    if (migrations.length === 0) throw new Error('The database is empty: no gateway was started on it yet.');
    const secret = givenSecret === undefined ? readSecret(dataDir) : undefined;
    const head: BackupHead = {
      format: 'ai-gateway-backup',
      version: formatVersion,
      kind: 'physical',
      gateway: version,
      created: new Date().toISOString(),
      migrations,
      postgres: await serverVersion(database.pool),
      platform: `${process.platform}-${process.arch}`,
      secretProof: (await findProof(database.pool))?.toString('base64') ?? null,
      secretIncluded: secret !== undefined,
    };
    const cluster = clusterFolder(dataDir);
    const progress = showProgress({ verb: 'Copying', unit: 'bytes', total: await clusterBytes(cluster) });
    let took = '';
    try {
      const { bytes } = await writeBackup(out, {
        head,
        signal,
        fill: async (writer) => {
          if (secret !== undefined) await writer.text(secretName, `${secret}\n`);
          await writer.text(passwordName, clusterPassword(dataDir));
          await copyCluster(database.connection, { cluster, writer, onCopied: progress.add });
          return undefined;
        },
      });
      took = progress.end();
      return { kind: head.kind, bytes, took, secretIncluded: head.secretIncluded };
    } finally {
      if (took === '') progress.end();
    }
  } finally {
    await database.stop();
  }
}
