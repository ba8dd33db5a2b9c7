import type { Pool } from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { recordSignIn } from './record-sign-in.ts';
import { endSession, type SignedIn } from './session-store.ts';
import type { Visitor } from './visitor.ts';

/** A person signs out, on every process. */
export async function closeSession(
  db: Pool,
  { person, session, workspaceId }: SignedIn,
  visitor: Visitor,
): Promise<void> {
  await withTransaction(db, async (tx) => {
    if ((await endSession(tx, session.id)) === undefined) return;
    await recordSignIn(tx, { operation: 'auth.sign-out', person, workspaceId, method: session.method, visitor });
  });
}
