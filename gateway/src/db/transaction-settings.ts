import type { PoolClient } from 'pg';

/** Waits until no other transaction has this lock, and has it until its own ends. */
export async function lockUntilCommit(tx: Pick<PoolClient, 'query'>, name: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock(hashtext($1))', [name]);
}

/** For a transaction that waits for a file or a stream between its statements. */
export async function waitWithoutLimit(tx: Pick<PoolClient, 'query'>): Promise<void> {
  await tx.query('set local idle_in_transaction_session_timeout = 0');
}

/** How long a statement may take that goes through the calls of a whole installation: a day, more than any takes. */
export const wholeInstallationMinutes = 24 * 60;

/**
 * Gives the statements of a transaction `minutes` each, in place of the half minute of a caller's. Two clocks run: that of Postgres and
 * that of `pg`, which gives a statement up after `query_timeout` although Postgres goes on with it. Returns what sets the second one
 * back, to be called before the connection goes back to its pool.
 */
export async function liftStatementLimit(tx: PoolClient, minutes: number): Promise<() => void> {
  await tx.query(`set local statement_timeout = '${minutes}min'`);
  // `query` of pg/lib/client.js reads it there for every statement that brings none of its own.
  const { connectionParameters: clock } = tx as unknown as {
    connectionParameters: { query_timeout: number | false | undefined };
  };
  const usual = clock.query_timeout;
  clock.query_timeout = minutes * 60_000 + 5_000;
  return () => {
    clock.query_timeout = usual;
  };
}
