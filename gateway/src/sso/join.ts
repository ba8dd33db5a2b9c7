import type { Actor } from '../accounts/actor.ts';
import { insertAuditRecord } from '../accounts/audit-store.ts';
import { newId } from '../accounts/new-id.ts';
import type { Db } from '../db/transaction.ts';
import { insertMember, lockOwners, type MemberRole, setRole } from '../members/member-store.ts';
import { renewSessions } from '../people/end-sessions-store.ts';
import { insertPerson } from '../people/person-store.ts';
import { type Identity, refused } from './claims.ts';
import {
  acceptInvitation,
  findByEmail,
  findBySubject,
  findInvitation,
  findMember,
  findProvisioned,
  hasIdentity,
  insertIdentity,
  isDeprovisioned,
  type KnownMember,
  type KnownPerson,
  lockSignIn,
  markAddressVerified,
  noteIdentityUse,
  scimGroupsOf,
  type WaitingInvitation,
} from './join-store.ts';
import { roleOfGroups, type SsoConnection, type SsoRole } from './sso-connection.ts';
import { mayBeTaken, takeOver } from './take-over.ts';

/** A person who has come through a connection, and what that has changed. */
export interface Joined {
  personId: string;
  email: string;
  name: string;
  /** The person is an owner from now on, and was none before. */
  isNewOwner: boolean;
}

interface Joining {
  tx: Db;
  connection: SsoConnection;
  identity: Identity;
  nowMs: number;
}

/**
 * The person of an identity, in the connection's workspace. People are found by connection and subject, never by an address alone. A new subject gets the
 * person of its address only where that person was invited or provisioned here; everybody else's address is refused, so that no identity
 * provider signs in as a person of another workspace, and nobody becomes two. Throws `forbidden`, saying whom to ask.
 */
export async function join(joining: Joining): Promise<Joined> {
  const { tx, connection, identity, nowMs } = joining;
  await lockSignIn(tx, connection.id, identity.email);
  // Before any other member, as everywhere: two who lock the same members in another order would wait for each other.
  await lockOwners(tx, connection.workspaceId);
  const known = await findBySubject(tx, connection.id, identity.subject);
  const linked = known ?? (await findToLink(joining));
  const person = linked ?? newPerson(identity, nowMs);
  if (person.isDisabled || (await isDeprovisioned(tx, connection.id, person.id))) throw disabled(connection);
  const member = linked && (await findMember(tx, connection.workspaceId, person.id));
  if (member?.isDisabled === true) throw disabled(connection);
  const invitation = member === undefined ? await findInvitation(tx, connection.workspaceId, person.email) : undefined;
  // Removed: the subject alone lets nobody back in.
  if (known !== undefined && member === undefined && invitation === undefined && !(await isProvisioned(joining, known)))
    throw notInvited(known.email);
  const role = await roleFor(joining, { person, member, invitation });
  if (linked === undefined) await insertPerson(tx, person);
  else if (known === undefined)
    await takeOver(tx, { workspaceId: connection.workspaceId, actor: actorOf(connection), person });
  if (known === undefined)
    await insertIdentity(tx, { ...placeOf(connection), subject: identity.subject, personId: person.id });
  else await noteIdentityUse(tx, connection.id, identity.subject);
  if (person.email === identity.email) await markAddressVerified(tx, person.id);
  const isNewOwner = await becomeMember(joining, { person, member, invitation, role });
  return { personId: person.id, email: person.email, name: person.name, isNewOwner };
}

/** The person whom a new subject is. Undefined: a new one. */
async function findToLink({ tx, connection, identity }: Joining): Promise<KnownPerson | undefined> {
  const { email } = identity;
  const provisioned = await findProvisioned(tx, { ...placeOf(connection), userName: email });
  const person = provisioned ?? (await findByEmail(tx, email));
  if (person === undefined) return undefined;
  /*
   * Identity providers give an address to somebody else when its owner leaves. The newcomer has another subject, and is not to find the old
   * one's workspace.
   */
  if (await hasIdentity(tx, connection.id, person.id))
    throw refused(
      `${email} signs in here by another account of ${connection.name}. Ask an owner of the workspace to remove the old member, then sign in again.`,
    );
  if (provisioned !== undefined || (await findMember(tx, connection.workspaceId, person.id)) !== undefined)
    return person;
  if ((await findInvitation(tx, connection.workspaceId, email)) === undefined) throw notInvited(email);
  if (mayBeTaken(person)) return person;
  throw refused(
    `${email} has an account of an operator whose address is not confirmed. Sign in to it, then open the invitation's link.`,
  );
}

async function isProvisioned({ tx, connection, identity }: Joining, { id }: KnownPerson): Promise<boolean> {
  const provisioned = await findProvisioned(tx, { ...placeOf(connection), userName: identity.email });
  return provisioned?.id === id;
}

function notInvited(email: string) {
  return refused(
    `${email} has an account on this gateway that was not invited to this workspace. Ask an owner of the workspace to invite ${email}, then sign in again.`,
  );
}

/** Throws `forbidden` where neither a group nor a default gives one. */
async function roleFor(
  { tx, connection, identity }: Joining,
  { person, member, invitation }: Joiner,
): Promise<SsoRole | undefined> {
  // Of a client's own people nothing changes: they see one client's portal.
  if (member?.role === 'client' || invitation?.role === 'client') return undefined;
  const groups = [...identity.groups, ...(await scimGroupsOf(tx, connection.id, person.id))];
  const role = roleIn(connection, groups, member ?? (invitation && { ...invitation, isRoleByHand: true }));
  if (role === undefined)
    throw refused(
      `You are in no group of ${connection.name} that may use this workspace. Ask an owner of the workspace, or the administrator of ${connection.name}, to add you to one.`,
    );
  return role;
}

/**
 * The role that groups give, else the default. A role that an owner gave, by an invitation or by a change, stays where no group says otherwise:
 * the identity provider did not give it, and does not take it.
 */
export function roleIn(
  { groupRoles, defaultRole }: Pick<SsoConnection, 'groupRoles' | 'defaultRole'>,
  groups: readonly string[],
  before: { role: MemberRole; isRoleByHand: boolean } | undefined,
): SsoRole | undefined {
  const mapped = roleOfGroups(groupRoles, groups);
  if (mapped !== undefined) return mapped;
  if (before?.isRoleByHand === true && before.role !== 'client') return before.role;
  return defaultRole ?? undefined;
}

interface Joiner {
  person: KnownPerson;
  member: KnownMember | undefined;
  invitation: WaitingInvitation | undefined;
}

/** Answers whether the person is an owner who was none. */
async function becomeMember(
  { tx, connection, nowMs }: Joining,
  { person, member, invitation, role }: Joiner & { role: SsoRole | undefined },
): Promise<boolean> {
  const { workspaceId } = connection;
  if (member === undefined) {
    await insertMember(tx, {
      workspaceId,
      id: newId('mem', nowMs),
      personId: person.id,
      role: role ?? 'client',
      clientId: role === undefined ? (invitation?.clientId ?? undefined) : undefined,
      source: invitation !== undefined && (role ?? 'client') === invitation.role ? 'invite' : 'sso',
    });
    await recordRole(tx, { connection, personId: person.id, after: { role: role ?? 'client' } });
    if (invitation !== undefined) await acceptInvitation(tx, workspaceId, invitation.id);
    return role === 'owner';
  }
  if (role === undefined || role === member.role) return false;
  if (!(await changeRole(tx, { workspaceId, personId: person.id, member, role }))) return false;
  await recordRole(tx, { connection, personId: person.id, before: { role: member.role }, after: { role } });
  return role === 'owner';
}

/** The identity provider has given a role, at a sign-in. */
async function recordRole(
  tx: Db,
  change: { connection: SsoConnection; personId: string; before?: object; after: object },
): Promise<void> {
  const { connection, personId, before, after } = change;
  await insertAuditRecord(tx, {
    workspaceId: connection.workspaceId,
    livemode: true,
    operation: 'auth.sso.role',
    actor: actorOf(connection),
    target: { type: 'person', id: personId },
    before,
    after,
  });
}

function actorOf({ id, name }: SsoConnection): Actor {
  return { type: 'system', id, name };
}

/** The last owner stays one: false then. */
export async function changeRole(
  tx: Db,
  change: { workspaceId: string; personId: string; member: KnownMember; role: SsoRole },
): Promise<boolean> {
  const { workspaceId, personId, member, role } = change;
  if (member.role === 'owner' && (await isLastOwner(tx, { workspaceId, id: member.id }))) return false;
  await setRole(tx, { workspaceId, id: member.id, role, clientId: undefined, isByHand: false });
  await renewSessions(tx, personId);
  return true;
}

/** The owners stay locked until the transaction ends: of two changes at once the second sees what the first has left. */
export async function isLastOwner(tx: Db, { workspaceId, id }: { workspaceId: string; id: string }): Promise<boolean> {
  const owners = await lockOwners(tx, workspaceId);
  return owners.length === 1 && owners[0] === id;
}

function newPerson({ email, name }: Identity, nowMs: number): KnownPerson {
  return {
    id: newId('per', nowMs),
    email,
    name: name === '' ? (email.split('@')[0] ?? email) : name,
    isVerified: true,
    isOperator: false,
    isDisabled: false,
  };
}

function placeOf({ workspaceId, id }: SsoConnection): { workspaceId: string; connectionId: string } {
  return { workspaceId, connectionId: id };
}

function disabled({ name }: SsoConnection) {
  return refused(
    `Your account is disabled in this workspace. Ask an owner of the workspace, or the administrator of ${name}.`,
  );
}
