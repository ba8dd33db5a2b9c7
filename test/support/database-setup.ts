import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { buildDashboard } from '../../gateway/dashboard/build.ts';
import { startEmbeddedPostgres } from '../../gateway/src/db/embedded-postgres.ts';
import { migrate } from '../../gateway/src/db/migrate.ts';
import { createPool } from '../../gateway/src/db/pool.ts';
import { ensureCallPartitions } from '../../gateway/src/usage/call-store.ts';
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
  await admin.query(`create database ${template}`);
  const pool = createPool({ connectionString: withDatabase(url, template) });
  await migrate(pool);
  // As each gateway does at its start, in a seventh of the time that it takes.
  await ensureCallPartitions(pool, Date.now());
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

function urlOf({ host, port, user, password }: pg.ClientConfig): string {
  return `postgres://${user}:${String(password)}@/postgres?host=${encodeURIComponent(host ?? '')}&port=${port}`;
}

export function withDatabase(url: string, database: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${database}`);
}
