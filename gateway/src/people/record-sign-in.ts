import type { Person, Session } from '../accounts/api-key.ts';
import { insertAuditRecord } from '../accounts/audit-store.ts';
import type { Db } from '../db/transaction.ts';
import type { Visitor } from './visitor.ts';

/** A person who signs in or out. */
export interface SignInEvent {
  operation: 'auth.sign-in' | 'auth.sign-out';
  person: Pick<Person, 'id'>;
  /** Undefined for people who belong to none. */
  workspaceId: string | undefined;
  method: Session['method'];
  visitor: Visitor;
}

/** In the transaction of what happened: a session without a row in the audit log is not opened. */
export async function recordSignIn(tx: Db, event: SignInEvent): Promise<void> {
  const { operation, person, workspaceId, method, visitor } = event;
  if (workspaceId === undefined) return;
  await insertAuditRecord(tx, {
    workspaceId,
    livemode: true,
    operation,
    actor: { type: 'person', id: person.id },
    target: { type: 'person', id: person.id },
    after: { method },
    address: visitor.address,
  });
}
