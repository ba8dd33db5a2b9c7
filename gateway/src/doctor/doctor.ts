import { existsSync } from 'node:fs';
import { readSecret, secretPath } from '../accounts/generated-secret.ts';
import { opensProof, unfinishedText } from '../accounts/prove-secret.ts';
import { isUnfinished } from '../accounts/rotation-proof.ts';
import { findProof } from '../accounts/secret-proof-store.ts';
import type { Config } from '../config.ts';
import { clusterFolder, hasCluster } from '../db/embedded-postgres.ts';
import { isLocked } from '../db/folder-lock.ts';
import { appliedMigrations, pendingMigrations } from '../db/migrate.ts';
import { type Database, openForTool } from '../db/open-database.ts';
import { historyFault } from '../db/timeline-guard.ts';
import { HttpPools } from '../http-pools/http-pools.ts';
import { diskWarning, readDisk } from '../telemetry/disk-space.ts';
import { listFiles } from '../usage/unwritten-file.ts';
import { checkPort, checkPublicAddress, localUrl, whoAnswers } from './check-addresses.ts';
import { clockFinding, dateOf } from './check-clock.ts';
import { checkDataFolder } from './check-data-folder.ts';
import { checkDatabase } from './check-database.ts';
import { checkKeys } from './check-keys.ts';
import { checkMail } from './check-mail.ts';
import { checkWebhooks } from './check-webhooks.ts';
import { readHealth } from './database-health-store.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/**
 * Looks at everything an operator should know of, whether a gateway runs or not, and changes nothing. Each finding is shown as soon
 * as it is there. A check that cannot be done is a finding too.
 */
export async function doctor(
  config: Config,
  { show, nowMs = Date.now }: { show: (finding: Finding) => void; nowMs?: () => number },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (...more: Finding[]): void => {
    for (const finding of more) {
      findings.push(finding);
      show(finding);
    }
  };
  /** An error becomes a finding, and the next check goes on. */
  const check = async (subject: string, look: () => Promise<Finding[]> | Finding[]): Promise<void> => {
    try {
      add(...(await look()));
    } catch (error) {
      add(fail(subject, error instanceof Error ? error.message : String(error)));
    }
  };

  const { dataDir, databaseUrl } = config;
  add(...config.notes.map((note) => warn('configuration', note)));
  await check('data folder', () => checkDataFolder(dataDir));
  const secret = config.secret ?? quietly(() => readSecret(dataDir));
  await check('disk', async () => [await diskFinding(config)]);
  const answers = await whoAnswers(localUrl(config), secret);
  await check('port', async () => [await checkPort(config, answers)]);
  const isRunning = answers.by === 'this' || (databaseUrl === undefined && isLocked(dataDir));

  let database: Database | undefined;
  await check('database', async () => {
    if (databaseUrl === undefined && !hasCluster(dataDir))
      return [ok('database', 'There is none yet; the first start makes it.')];
    database = await openForTool({ databaseUrl, dataDir, migrates: false });
    const fault = await historyFault(database.pool, dataDir);
    const findings = await checkDatabase(database.pool, database.kind);
    return fault === undefined ? findings : [fail('history', fault), ...findings];
  });
  await check('unwritten', () => unwrittenFiles(dataDir));
  const httpPools = new HttpPools({
    timeoutMs: config.firstByteTimeoutMs,
    answerTimeoutMs: config.answerTimeoutMs,
    allowPrivateNetwork: config.allowPrivateNetwork,
  });
  try {
    const db = database?.pool;
    const isMigrated = db !== undefined && (await appliedMigrations(db).catch(() => [])).length > 0;
    if (db !== undefined) {
      await check('migrations', async () => [await migrationsFinding(database, isRunning)]);
      if (isMigrated) await check('secret', async () => secretFindings(config, secret, await findProof(db)));
      await check('clock', async () => {
        const askedMs = nowMs();
        const health = await readHealth(db);
        return [clockFinding("the database's", { hereMs: (askedMs + nowMs()) / 2, thereMs: health.nowMs })];
      });
    }
    const [provider] = config.providers;
    if (provider !== undefined)
      await check('clock', async () => {
        const thereMs = await dateOf(httpPools, provider.baseUrl);
        return thereMs === undefined ? [] : [clockFinding(`${provider.kind}'s`, { hereMs: nowMs(), thereMs })];
      });
    const stored = isMigrated ? db : undefined;
    await check('keys', () => checkKeys(httpPools, { providers: config.providers, db: stored, secret }));
    let hasWebhooks = false;
    if (stored !== undefined && secret !== undefined)
      await check('webhooks', async () => {
        const { allowPrivateNetwork, smtp } = config;
        const found = await checkWebhooks(stored, { secret, allowPrivateNetwork, hasMail: smtp !== undefined });
        hasWebhooks = found.some;
        return found.findings;
      });
    await check('mail', async () => [await checkMail(config.smtp)]);
    await check('public address', () =>
      checkPublicAddress({ publicUrl: config.publicUrl, secret, isRunning, hasWebhooks }),
    );
  } finally {
    await httpPools.close();
    await database?.stop();
  }
  return findings;
}

/** Calls that not even `unwritten_calls` took. A running gateway takes them in as soon as it can. */
async function unwrittenFiles(dataDir: string): Promise<Finding[]> {
  const files = await listFiles(dataDir);
  return files.map(({ path }) =>
    warn(
      'unwritten',
      `${path} has calls that the database refused. Keep the file; a gateway writes them to the database when it can.`,
    ),
  );
}

async function diskFinding({ databaseUrl, dataDir }: Config): Promise<Finding> {
  const folders = databaseUrl === undefined && hasCluster(dataDir) ? [dataDir, clusterFolder(dataDir)] : [dataDir];
  const there = folders.filter((folder) => existsSync(folder));
  const disk = await readDisk(there.length > 0 ? there : ['.']);
  const warning = diskWarning(disk);
  return warning === undefined
    ? ok('disk', `The disk of ${disk.folder} is ${Math.floor(disk.usedShare * 100)} % full.`)
    : warn('disk', warning);
}

async function migrationsFinding(database: Database | undefined, isRunning: boolean): Promise<Finding> {
  const pending = pendingMigrations(database === undefined ? [] : await appliedMigrations(database.pool));
  if (pending.length === 0) return ok('migrations', 'The database is of this version.');
  const wait = pending.length === 1 ? '1 migration waits' : `${pending.length} migrations wait`;
  return isRunning
    ? warn('migrations', `${wait}: the running gateway is of an older version. Restart it; docs/upgrade.md says how.`)
    : ok('migrations', `${wait}; the next start runs them. Back up first.`);
}

function secretFindings(config: Config, secret: string | undefined, proof: Buffer | undefined): Finding[] {
  const where = config.secret === undefined ? secretPath(config.dataDir) : 'GATEWAY_SECRET';
  if (proof === undefined) return [];
  if (secret === undefined)
    return [
      fail(
        'secret',
        `There is no secret in ${where}. Set GATEWAY_SECRET, or put the file gateway-secret of the first DATA_DIR back.`,
      ),
    ];
  if (isUnfinished(proof)) return [fail('secret', unfinishedText)];
  return [
    ...(config.previousSecret === undefined
      ? []
      : [warn('secret', 'GATEWAY_SECRET_PREVIOUS is set. Once `rotate-secret` has run, remove it.')]),
    opensProof(secret, proof)
      ? ok('secret', `The secret in ${where} is the one of this database.`)
      : fail(
          'secret',
          `The secret in ${where} is not the one of this database: stored keys and webhooks do not open. Put the right one back.`,
        ),
  ];
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
