import type { Db } from '../db/transaction.ts';

/** The tables whose old rows a job deletes, with rows that are two days older than that job leaves any. */
const findOld = `
  select 'deliveries' as table, exists (
    select 1 from deliveries where created_at < now() - interval '32 days' and status <> 'pending') as is_late
  union all select 'stored_answers', exists (select 1 from stored_answers where used_at < now() - interval '92 days')
  union all select 'refusals', exists (select 1 from refusals where hour < now() - interval '92 days')
  union all select 'audit_log', exists (select 1 from audit_log where created_at < now() - interval '402 days')
  union all select 'idempotent_answers', exists (select 1 from idempotent_answers where created_at < now() - interval '3 days')
  union all select 'cached_answers', exists (select 1 from cached_answers where expires_at < now() - interval '2 days')
  union all select 'sign_in_failures', exists (select 1 from sign_in_failures where last_at < now() - interval '3 days')`;
const tables = [...findOld.matchAll(/select '(\w+)'/g)].map(([, table]) => table);

/** The tables with rows that should have been deleted. Empty also in a database of a version that lacks one of them. */
export async function listLate(db: Db): Promise<string[]> {
  const { rows: known } = await db.query(
    'select bool_and(to_regclass(t) is not null) as are_there from unnest($1::text[]) t',
    [tables],
  );
  if (!(known[0] as { are_there: boolean }).are_there) return [];
  const { rows } = await db.query(findOld);
  return (rows as { table: string; is_late: boolean }[]).flatMap(({ table, is_late }) => (is_late ? [table] : []));
}
