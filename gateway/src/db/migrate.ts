import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient, QueryConfig } from 'pg';
import { withTransaction } from './transaction.ts';

export interface AppliedMigration {
  name: string;
  checksum: string;
}

interface Migration extends AppliedMigration {
  sql: string;
}

const sqlFolder = new URL('../../sql/', import.meta.url);

/**
 * Runs the numbered files of `sql/` that this database has not seen, each in a transaction of its own. Several processes may
 * start at once: one migrates, the others wait. Refuses a database whose history is not this program's.
 */
export async function migrate(
  pool: Pool,
  options: {
    folder?: URL;
    /** Only those of these names: the schema of an older version, for a copy of its rows. */
    only?: readonly string[];
  } = {},
): Promise<string[]> {
  const all = readMigrations(options.folder ?? sqlFolder);
  const before = await appliedMigrations(pool);
  refuseOtherHistory(before, all);
  const known = new Set(before.map(({ name }) => name));
  const migrations = all.filter(({ name }) => !known.has(name) && (options.only?.includes(name) ?? true));
  if (migrations.length === 0) return [];
  const done: string[] = [];
  await withTransaction(pool, async (tx) => {
    await lock(tx);
    await tx.query(`create table if not exists schema_migrations (
      name text primary key, checksum text not null, applied_at timestamptz not null default now())`);
  });
  for (const migration of migrations)
    if (await whenFree(migration.name, () => withTransaction(pool, (tx) => apply(tx, migration, all))))
      done.push(migration.name);
  return done;
}

/** False where the database has it already. */
async function apply(tx: PoolClient, { name, sql, checksum }: Migration, all: readonly Migration[]): Promise<boolean> {
  await lock(tx);
  const { rows } = await tx.query('select name, checksum from schema_migrations order by name');
  const applied = rows as AppliedMigration[];
  refuseOtherHistory(applied, all);
  if (applied.some((one) => one.name === name)) return false;
  // A statement that waits for a table keeps out those that come after: the calls of the gateways that serve meanwhile.
  await tx.query(`set local lock_timeout = '${tableWaitMs}ms'`);
  await runWithoutLimit(tx, sql);
  await tx.query('insert into schema_migrations (name, checksum) values ($1, $2)', [name, checksum]);
  return true;
}

const tableWaitMs = 3_000;
const pauseMs = 1_000;
const patienceMs = 120_000;

/** A table is not free, or the wait for it was a deadlock with a gateway that serves. */
const isPassing = (code: string | undefined): boolean => code === '55P03' || code === '40P01';

/** Tries again while somebody's long transaction has a table that is to be changed. */
async function whenFree<T>(name: string, work: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + patienceMs; ; await sleep(pauseMs)) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing((error as { code?: string }).code)) throw error;
      if (Date.now() > until)
        throw new Error(
          `The migration ${name} waits for a table that a long transaction holds (a pg_dump, an export, a session that was left open?). End it, then start again. \`doctor\` names it.`,
          { cause: error },
        );
    }
  }
}

/** The migrations that a database has had, in order; empty where it was never migrated. */
export async function appliedMigrations(db: Pick<Pool, 'query'>): Promise<AppliedMigration[]> {
  const { rows } = await db.query("select to_regclass('schema_migrations') is not null as is_there");
  if (!(rows[0] as { is_there: boolean }).is_there) return [];
  return (await db.query('select name, checksum from schema_migrations order by name')).rows as AppliedMigration[];
}

/** Those of this program that are not among `applied`. Throws, in words, when `applied` is not the beginning of this program's history. */
export function pendingMigrations(applied: readonly AppliedMigration[]): string[] {
  const all = readMigrations(sqlFolder);
  refuseOtherHistory(applied, all);
  return all.map(({ name }) => name).filter((name) => !applied.some((one) => one.name === name));
}

/** No statement of a call may take half a minute; an index over a hundred million calls may, and so may waiting for another process's. */
async function runWithoutLimit(tx: PoolClient, sql: string): Promise<void> {
  const withoutLimit: QueryConfig & { query_timeout: number } = { text: sql, query_timeout: longestMs };
  await tx.query(withoutLimit);
}

const longestMs = 2 ** 31 - 1;

/** One process migrates; the others wait for it. */
async function lock(tx: PoolClient): Promise<void> {
  await tx.query('set local statement_timeout = 0');
  await tx.query('set local lock_timeout = 0');
  await runWithoutLimit(tx, "select pg_advisory_xact_lock(hashtext('ai-gateway migrations'))");
}

function readMigrations(folder: URL): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{6}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(new URL(name, folder), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

function refuseOtherHistory(applied: readonly AppliedMigration[], ours: readonly Migration[]): void {
  for (const { name, checksum } of applied) {
    const known = ours.find((migration) => migration.name === name);
    if (known === undefined) {
      throw new Error(
        `The database was migrated by a newer gateway (${name} is unknown here). Start that version, or restore a backup.`,
      );
    }
    if (known.checksum !== checksum) {
      throw new Error(
        `The migration ${name} differs from the one this database was made with. Applied migrations are never edited: add a new one.`,
      );
    }
  }
}
