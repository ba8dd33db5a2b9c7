import type { Actor } from '../accounts/actor.ts';
import { insertAuditRecord } from '../accounts/audit-store.ts';
import type { Db } from '../db/transaction.ts';
import { endFactors } from '../people/end-factors-store.ts';
import { endSessions } from '../people/end-sessions-store.ts';
import { type KnownPerson, markAddressVerified } from './join-store.ts';

/*
 * Anybody may have an account made with the address of somebody else: an inviter knows the link of the invitation, and opens it. The account then waits, with the
 * password, passkeys and sessions of that stranger, until the true person comes through their company's identity provider ("account pre-hijacking",
 * https://www.usenix.org/conference/usenixsecurity22/presentation/sudhodanan). The identity provider of a verified domain decides whose the address is, as a mailbox would.
 */

/** May the identity provider's person get this account? An operator's is opened by nothing but its own factors. */
export function mayBeTaken({ isVerified, isOperator }: KnownPerson): boolean {
  return isVerified || !isOperator;
}

/**
 * An account that existed before becomes the account of the identity provider's person, in the transaction that links it. Where nobody had shown that the address is
 * theirs, all that it was entered with ends, everywhere; a person who had confirmed the address keeps their factors and sessions.
 */
export async function takeOver(
  tx: Db,
  { workspaceId, actor, person }: { workspaceId: string; actor: Actor; person: KnownPerson },
): Promise<void> {
  const isTaken = !person.isVerified && !person.isOperator;
  if (isTaken) {
    await endFactors(tx, person.id);
    await endSessions(tx, person.id);
    await markAddressVerified(tx, person.id);
  }
  await insertAuditRecord(tx, {
    workspaceId,
    livemode: true,
    operation: 'auth.sso.link',
    actor,
    target: { type: 'person', id: person.id },
    after: { factors: isTaken ? 'removed' : 'kept' },
  });
}
