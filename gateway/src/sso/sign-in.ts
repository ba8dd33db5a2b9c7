import { withTransaction } from '../db/transaction.ts';
import { mailOwners, type OwnerMailPorts } from '../members/mail-owners.ts';
import { openSession } from '../people/open-session.ts';
import type { Visitor } from '../people/visitor.ts';
import { checkDomain, type Identity } from './claims.ts';
import { verifiedAmong } from './domain-store.ts';
import { join } from './join.ts';
import { workspaceNameOf } from './join-store.ts';
import type { SsoConnection } from './sso-connection.ts';

export interface SignInPorts extends OwnerMailPorts {
  now: () => number;
}

/**
 * Signs somebody in whom the identity provider has named. Returns the cookie's secret. Throws `forbidden`, saying whom to ask, for people who
 * do not belong to the connection's workspace; then nothing is changed.
 */
export async function signInBySso(
  services: SignInPorts,
  { connection, identity, visitor }: { connection: SsoConnection; identity: Identity; visitor: Visitor },
): Promise<string> {
  const nowMs = services.now();
  const { token, joined } = await withTransaction(services.db, async (tx) => {
    checkDomain(identity.email, connection, await verifiedAmong(tx, connection.workspaceId, connection.domains));
    const joined = await join({ tx, connection, identity, nowMs });
    const token = await openSession(tx, {
      person: { id: joined.personId, email: joined.email, name: joined.name, isOperator: false },
      method: 'sso',
      visitor,
      nowMs,
      workspaceId: connection.workspaceId,
      connectionId: connection.id,
      lifeMs: connection.sessionHours * 3_600_000,
    });
    return { token, joined };
  });
  if (joined.isNewOwner)
    mailOwners(services, {
      workspaceId: connection.workspaceId,
      workspaceName: await workspaceNameOf(services.db, connection.workspaceId),
      change: { kind: 'new-owner', email: joined.email },
      by: connection.name,
    });
  return token;
}
