import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import { checkLive } from '../accounts/check-live.ts';
import type { Context } from '../accounts/context.ts';
import type { TellOwners } from '../accounts/owner-notice.ts';
import { requireRecentFactor } from '../accounts/recent-factor.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { renewSessions } from '../people/end-sessions-store.ts';
import { keepAnOwner } from './keep-an-owner.ts';
import { deleteMember, findMember, listMembers, type Member, type RoleGiver, setRole } from './member-store.ts';

interface MemberPorts {
  db: Pool;
  tellOwners: TellOwners;
  now: () => number;
  sessions: { forget(personId: string): void };
}

export const memberHandlers: Pick<
  Handlers<Context<MemberPorts>>,
  'members.list' | 'members.update' | 'members.remove'
> = {
  'members.list': async ({ cursor, limit }, { caller, services }) => {
    const members = await listMembers(services.db, {
      workspaceId: caller.workspaceId,
      after: cursor,
      limit: limit + 1,
    });
    const page = members.slice(0, limit);
    return { data: page.map(describeMember), next_cursor: members.length > limit ? (page.at(-1)?.id ?? null) : null };
  },

  'members.update': async ({ id, role, client_id }, { caller, services, audit }) => {
    checkLive(caller);
    if (role === 'owner') requireRecentFactor(caller, services.now());
    const { before, after } = await withTransaction(services.db, async (tx) => {
      const member = await memberOf(tx, caller, id);
      if (member.role !== role) checkMayChange(member);
      if (member.role === 'owner' && role !== 'owner') await keepAnOwner(tx, member);
      await setRole(tx, { workspaceId: member.workspaceId, id: member.id, role, clientId: client_id, isByHand: true });
      await renewSessions(tx, member.personId);
      const changed = { ...member, role, clientId: client_id };
      await audit(tx, { target: memberTarget(member), before: memberSettings(member), after: memberSettings(changed) });
      return { before: member, after: changed };
    });
    services.sessions.forget(after.personId);
    if (role === 'owner' && before.role !== 'owner')
      services.tellOwners(caller, { kind: 'new-owner', email: after.email });
    return describeMember(after);
  },

  'members.remove': async ({ id }, { caller, services, audit }) => {
    checkLive(caller);
    const personId = await withTransaction(services.db, async (tx) => {
      const member = await memberOf(tx, caller, id);
      if (caller.role !== 'owner' && member.personId !== caller.person?.id)
        throw new GatewayError('forbidden', 'Only an owner removes other people. You can remove yourself.');
      if (member.role === 'owner') await keepAnOwner(tx, member);
      await deleteMember(tx, member);
      await audit(tx, { target: memberTarget(member), before: memberSettings(member) });
      await renewSessions(tx, member.personId);
      return member.personId;
    });
    services.sessions.forget(personId);
    return null;
  },
};

async function memberOf(tx: Db, { workspaceId, person }: Caller, id: string): Promise<Member> {
  const member = await findMember(tx, { workspaceId, id: id === 'me' ? (person?.id ?? id) : id });
  if (member !== undefined) return member;
  throw new GatewayError('not_found', `Unknown member "${id}". See GET /v1/members for the people of this workspace.`, {
    param: 'id',
  });
}

/** A role that groups give is set again at each sign-in: a change by hand would be lost. Throws `conflict`. */
function checkMayChange({ email, roleGiver }: Member): void {
  if (roleGiver === undefined) return;
  throw new GatewayError(
    'conflict',
    `The groups of ${roleGiver.name} give ${email} this role, again at each sign-in. Change the groups of the person there, or the group map: \`group_roles\` of PATCH /v1/sso-connections/${roleGiver.connectionId}.`,
    { param: 'role' },
  );
}

export function memberTarget({ personId }: Member): AuditTarget {
  return { type: 'person', id: personId };
}

/** As the audit log has it: a person is an id there. */
export function memberSettings({ role, clientId }: Pick<Member, 'role' | 'clientId'>) {
  return { role, client_id: clientId ?? null };
}

/** As its operations show a member. */
export function describeMember(member: Member) {
  return {
    id: member.id,
    person_id: member.personId,
    email: member.email,
    name: member.name,
    role: member.role,
    client_id: member.clientId ?? null,
    source: member.source,
    role_given_by: member.roleGiver === undefined ? null : describeGiver(member.roleGiver),
    second_factor: member.hasSecondFactor,
    disabled: member.disabledAt !== undefined,
    created_at: member.createdAt.toISOString(),
    last_seen_at: member.lastSeenAt?.toISOString() ?? null,
    failed_sign_ins: member.failedTries,
    sign_in_waits_until: member.waitsUntil?.toISOString() ?? null,
  };
}

function describeGiver({ connectionId, name, groups }: RoleGiver) {
  return { connection_id: connectionId, connection: name, groups: [...groups] };
}
