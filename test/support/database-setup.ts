import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { buildDashboard } from '../../gateway/dashboard/build.ts';
import { startEmbeddedPostgres } from '../../gateway/src/db/embedded-postgres.ts';
import { migrate } from '../../gateway/src/db/migrate.ts';
import { createPool } from '../../gateway/src/db/pool.ts';
import { ensureCallPartitions } from '../../gateway/src/usage/call-store.ts';
import { findBossHome } from '../../gateway/src/webhooks/boss-home-store.ts';
import { PgBossOutbox } from '../../gateway/src/webhooks/pg-boss-outbox.ts';
import { dataFolder, memory, runFolder } from './data-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the server whose migrated database `template` each test file clones. */
    database: { url: string; template: string; strategy: 'file_copy' | 'wal_log' };
  }
}

/** One Postgres for all test files: `DATABASE_URL` where one is given, else the embedded one in a folder of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Once, before files that need it run beside each other. Those files say what is wrong where it fails.
  await buildDashboard().catch((error: unknown) => console.error(error));
  const run = runFolder();
  const given = process.env.DATABASE_URL;
  const folder = given === undefined ? dataFolder('test') : undefined;
  const embedded = folder === undefined ? undefined : await startEmbeddedPostgres({ dataDir: folder });
  const url = given ?? urlOf(embedded?.connection ?? {});
  const template = `gateway_test_${process.pid}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  // Tests connect some ten thousand times: a client does not hash the password 4,096 times for each.
  if (embedded !== undefined)
    await admin.query(
      `set scram_iterations = 1; alter role current_user password '${String(embedded.connection.password)}'`,
    );
  await admin.query(`create database ${template}`);
  const pool = createPool({ connectionString: withDatabase(url, template) });
  await migrate(pool);
  await makeWhatGatewaysMake(pool);
  await pool.end();
  // Copying files writes the least, but waits for a checkpoint: 25 ms in memory, and on a disk longer than copying pages.
  const strategy = folder?.startsWith(memory) ? 'file_copy' : 'wal_log';
  project.provide('database', { url, template, strategy });
  return async () => {
    await admin.query(`drop database if exists ${template} with (force)`);
    await admin.end();
    await embedded?.stop();
    run.remove();
  };
}

const silent = new Proxy({}, { get: () => () => {} }) as ConstructorParameters<typeof PgBossOutbox>[0]['log'];

/** What a gateway makes at its first start is a quarter of that start, so the template has it: the months to come, and pg-boss's tables. */
async function makeWhatGatewaysMake(pool: pg.Pool): Promise<void> {
  await ensureCallPartitions(pool, Date.now());
  const outbox = new PgBossOutbox({
    db: pool,
    now: Date.now,
    log: silent,
    home: await findBossHome(pool),
    workers: 1,
    onRecorded: () => {},
  });
  await outbox.start(async () => {});
  await outbox.stop();
  // No process that a clone waits for.
  await pool.query('delete from pgboss.instance');
}

function urlOf({ host, port, user, password }: pg.ClientConfig): string {
  return `postgres://${user}:${String(password)}@/postgres?host=${encodeURIComponent(host ?? '')}&port=${port}`;
}

export function withDatabase(url: string, database: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${database}`);
}
