import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { actorOf } from '../accounts/actor.ts';
import type { Caller } from '../accounts/api-key.ts';
import { checkLive } from '../accounts/check-live.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import type { TellOwners } from '../accounts/owner-notice.ts';
import { requireRecentFactor } from '../accounts/recent-factor.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { describeMember, memberSettings, memberTarget } from '../members/member-handlers.ts';
import { findMember, insertMember } from '../members/member-store.ts';
import { lockAddress } from '../members/person-store.ts';
import { renewSessions } from '../people/end-sessions-store.ts';
import { insertPerson } from '../people/person-store.ts';
import { verifiedAmong } from './domain-store.ts';
import { acceptInvitation, findByEmail, findInvitation, lockSignIn } from './join-store.ts';
import { domainOf } from './sso-connection.ts';
import { mayBeTaken, takeOver } from './take-over.ts';

interface AddMemberPorts {
  db: Pool;
  now: () => number;
  tellOwners: TellOwners;
  sessions: { forget(personId: string): void };
}

/**
 * Adds people without asking them, as a directory does: only those of a domain that the workspace has proven to be its own. Everybody else is invited, so that nobody
 * becomes a member unasked, and no answer tells who has an account.
 */
export const addMemberHandlers: Pick<Handlers<Context<AddMemberPorts>>, 'members.create'> = {
  'members.create': async ({ email, role, client_id: clientId }, { caller, services, audit }) => {
    checkLive(caller);
    if (role === 'owner') requireRecentFactor(caller, services.now());
    const { workspaceId } = caller;
    const added = await withTransaction(services.db, async (tx) => {
      await requireOwnDomain(tx, workspaceId, email);
      await lockSignIn(tx, '', email);
      // In the order of those who accept it and of those who sign in: the sign-in, the invitation, the address.
      const invitation = await findInvitation(tx, workspaceId, email);
      const personId = await personOf(tx, { caller, email, nowMs: services.now() });
      const id = newId('mem', services.now());
      if (!(await insertMember(tx, { id, workspaceId, personId, role, clientId, source: 'invite' })))
        throw new GatewayError('conflict', `${email} is a member of this workspace already.`, { param: 'email' });
      if (invitation !== undefined) await acceptInvitation(tx, workspaceId, invitation.id);
      await renewSessions(tx, personId);
      const member = await findMember(tx, { workspaceId, id });
      if (member === undefined) throw new Error('a member who was added is not there');
      await audit(tx, { target: memberTarget(member), after: memberSettings(member) });
      return member;
    });
    services.sessions.forget(added.personId);
    if (role === 'owner') services.tellOwners(caller, { kind: 'new-owner', email });
    return describeMember(added);
  },
};

async function requireOwnDomain(tx: Db, workspaceId: string, email: string): Promise<void> {
  const domain = domainOf(email);
  if ((await verifiedAmong(tx, workspaceId, [domain])).length > 0) return;
  throw new GatewayError(
    'forbidden',
    `${domain} is not a verified domain of this workspace, so its people are asked first. Invite ${email} with POST /v1/invitations, or verify the domain.`,
    { param: 'email' },
  );
}

/** The account of the address. One that nobody has confirmed loses what it was entered with: the domain's owner says whose it is. */
async function personOf(
  tx: Db,
  { caller, email, nowMs }: { caller: Caller; email: string; nowMs: number },
): Promise<string> {
  await lockAddress(tx, email);
  const known = await findByEmail(tx, email);
  if (known !== undefined) {
    if (!mayBeTaken(known) || known.isDisabled)
      throw new GatewayError(
        'conflict',
        `${email} has an account that must accept an invitation: POST /v1/invitations.`,
        {
          param: 'email',
        },
      );
    if (!known.isVerified)
      await takeOver(tx, { workspaceId: caller.workspaceId, actor: actorOf(caller), person: known });
    return known.id;
  }
  const id = newId('per', nowMs);
  const name = email.split('@')[0] ?? email;
  await insertPerson(tx, { id, email, name, isOperator: false, isVerified: true });
  return id;
}
