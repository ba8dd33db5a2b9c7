import type { Person, Session } from '../accounts/api-key.ts';
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

/** In the transaction of what happened. Nothing is written yet: the audit log takes these. */
export async function recordSignIn(_tx: Db, _event: SignInEvent): Promise<void> {}
