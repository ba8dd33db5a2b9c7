import type { Db } from '../db/transaction.ts';

/** Undefined where the database has no Citus. */
export async function citusVersion(db: Db): Promise<string | undefined> {
  const { rows } = await db.query("select extversion as version from pg_extension where extname = 'citus'");
  return (rows[0] as { version: string } | undefined)?.version;
}

export async function isCoordinator(db: Db): Promise<boolean> {
  const { rows } = await db.query('select citus_is_coordinator() as is');
  return (rows[0] as { is: boolean }).is;
}

export async function countWorkers(db: Db): Promise<number> {
  const { rows } = await db.query('select count(*)::integer as count from citus_get_active_worker_nodes()');
  return (rows[0] as { count: number }).count;
}

/** The tables that are spread already, or copied to every worker. */
export async function listSpread(db: Db): Promise<ReadonlySet<string>> {
  const { rows } = await db.query(
    `select table_name::text as name from citus_tables where citus_table_type in ('distributed', 'reference')`,
  );
  return new Set((rows as { name: string }[]).map(({ name }) => name));
}

/** By the statistics of Postgres: near enough for a line of progress. */
export async function estimateRows(db: Db, table: string): Promise<number> {
  const { rows } = await db.query(
    `select coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint as rows
     from pg_class c left join pg_inherits i on i.inhrelid = c.oid
     where c.oid = $1::regclass or i.inhparent = $1::regclass`,
    [table],
  );
  return Number((rows[0] as { rows: string }).rows);
}

/** Copies a table to every worker, and keeps the copies the same. */
export async function copyToWorkers(db: Db, table: string): Promise<void> {
  await db.query('select create_reference_table($1)', [table]);
}

/** Moves the rows of a table to the workers, each workspace's to one of them. */
export async function spreadTable(db: Db, table: string): Promise<void> {
  await db.query("select create_distributed_table($1, 'workspace_id')", [table]);
}

/** Removes the rows that the coordinator keeps of a table which was spread. */
export async function dropLocalRows(db: Db, table: string): Promise<void> {
  await db.query('select truncate_local_data_after_distributing_table($1)', [table]);
}
