import { GatewayError } from '@ai-gateway/shared/errors';
import { insertAuditRecord } from '../accounts/audit-store.ts';
import { newId } from '../accounts/new-id.ts';
import type { Db } from '../db/transaction.ts';
import { renewSessions } from '../people/end-sessions-store.ts';
import { takeInvitation } from './invitation-store.ts';
import { insertMember } from './member-store.ts';
import { findByAddress, insertInvited, lockAddress } from './person-store.ts';

export interface AcceptedInvitation {
  personId: string;
  workspaceId: string;
  /** The person is made with it, and is signed in by it: nobody else has that account. */
  isNew: boolean;
  role: 'owner' | 'member' | 'viewer' | 'client';
}

/**
 * Takes an invitation, in the transaction that uses its link up. It is for one address: a person signed in with another is refused, and one with an account of
 * that address signs in first. The inviter knows the link, too, so that it must open nobody's account. Throws `forbidden`, `invalid_credentials`,
 * `conflict` and `link_used`; then the link is not used up.
 */
export async function acceptInvitation(
  tx: Db,
  {
    invitation,
    signedInId,
    email,
    name,
    now,
  }: {
    /** As the link names it. */
    invitation: { workspaceId: string; id: string };
    /** The person whose cookie came with the request. */
    signedInId: string | undefined;
    email: string | undefined;
    name: string | undefined;
    now: Date;
  },
): Promise<AcceptedInvitation> {
  const taken = await takeInvitation(tx, { ...invitation, now });
  if (taken === undefined)
    throw new GatewayError('link_used', 'This invitation is used, withdrawn or over. Ask for a new one.');
  if (email !== undefined && email !== taken.email) throw ofAnother();
  await lockAddress(tx, taken.email);
  const known = await findByAddress(tx, taken.email);
  if (signedInId !== undefined && known?.id !== signedInId) throw ofAnother();
  if (known !== undefined && signedInId === undefined)
    throw new GatewayError(
      'invalid_credentials',
      'There is an account with the invited address. Sign in, then open the invitation again.',
    );
  const personId = known?.id ?? newId('per', now.getTime());
  if (known === undefined)
    await insertInvited(tx, { id: personId, email: taken.email, name: name ?? nameOf(taken.email) });
  const joined = await insertMember(tx, {
    id: newId('mem', now.getTime()),
    workspaceId: taken.workspaceId,
    personId,
    role: taken.role,
    clientId: taken.clientId,
    source: 'invite',
  });
  if (!joined) throw new GatewayError('conflict', 'You are a member of this workspace already.');
  await insertAuditRecord(tx, {
    workspaceId: taken.workspaceId,
    livemode: true,
    operation: 'invitations.accept',
    actor: { type: 'person', id: personId },
    target: { type: 'person', id: personId },
    after: { role: taken.role, client_id: taken.clientId ?? null },
  });
  await renewSessions(tx, personId);
  return { personId, workspaceId: taken.workspaceId, isNew: known === undefined, role: taken.role };
}

function ofAnother(): GatewayError {
  return new GatewayError(
    'forbidden',
    'This invitation is for another address. Sign out and open it again, or ask for one to your address.',
  );
}

/** Until the person says otherwise. */
function nameOf(email: string): string {
  return email.split('@')[0] ?? email;
}
