import type { Db } from '../db/transaction.ts';

/** The major version of Postgres. */
export async function serverVersion(db: Db): Promise<number> {
  const { rows } = await db.query(`select current_setting('server_version_num')::integer / 10000 as major`);
  return (rows[0] as { major: number }).major;
}
