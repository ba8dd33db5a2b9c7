import type { Db } from '../db/transaction.ts';

/** Where pg-boss has its tables. */
export interface BossHome {
  schema: string;
  createSchema: boolean;
}

/**
 * A schema of its own, `pgboss`; the gateway's own one where that is not `public`, or where the role may not make another. So two
 * gateways that share a database, each in its schema, do not take each other's jobs.
 */
export async function findBossHome(db: Db): Promise<BossHome> {
  const { rows } = await db.query(
    `select current_schema() as own, has_database_privilege(current_database(), 'create') or to_regnamespace('pgboss') is not null as apart`,
  );
  const [{ own, apart }] = rows as [{ own: string | null; apart: boolean }];
  return own === null || (own === 'public' && apart)
    ? { schema: 'pgboss', createSchema: true }
    : { schema: /^[a-z_][a-z0-9_]*$/.test(own) ? own : `"${own}"`, createSchema: false };
}

/** pg-boss's own statements run on the gateway's pool, or in a transaction of the gateway's. */
export function bossDatabase(db: Db): { executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> } {
  return { executeSql: (text, values) => db.query(text, values) };
}
