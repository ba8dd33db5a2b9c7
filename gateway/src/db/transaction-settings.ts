import type { Db } from './transaction.ts';

/** Waits until no other transaction has this lock, and has it until its own ends. */
export async function lockUntilCommit(tx: Db, name: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock(hashtext($1))', [name]);
}

/** For a transaction that copies a whole installation. */
export async function withoutTimeLimits(tx: Db): Promise<void> {
  await tx.query('set local statement_timeout = 0');
  await tx.query('set local idle_in_transaction_session_timeout = 0');
}
