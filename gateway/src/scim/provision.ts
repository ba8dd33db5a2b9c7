import type { Actor } from '../accounts/actor.ts';
import { newId } from '../accounts/new-id.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { insertMember, lockOwners } from '../members/member-store.ts';
import { endSessionsHere } from '../people/end-sessions-store.ts';
import { insertPerson } from '../people/person-store.ts';
import { verifiedAmong } from '../sso/domain-store.ts';
import { isLastOwner, roleIn } from '../sso/join.ts';
import {
  acceptInvitation,
  findByEmail,
  findInvitation,
  findMember,
  lockSignIn,
  scimGroupsOf,
  setMemberDisabled,
} from '../sso/join-store.ts';
import { domainOf, type SsoConnection, type SsoRole } from '../sso/sso-connection.ts';
import { mayBeTaken, takeOver } from '../sso/take-over.ts';
import { renamePerson } from './person-store.ts';
import { type Provisioning, placeOf } from './provisioning.ts';
import { recordProvisioning } from './record-provisioning.ts';
import { ScimError } from './scim-error.ts';
import { applyPatch } from './scim-patch.ts';
import { addressesOf, type GivenUser, nameOf, readUser, type ScimUser, userResource } from './scim-user.ts';
import { deleteUser, findUser, hasUserName, insertUser, updateUser } from './scim-user-store.ts';

/**
 * Makes a user, who is a person and a member of the connection's workspace from now on. An address that has an account here already is that person's
 * only where they belong to this workspace or are invited to it: a token makes members of nobody else's people.
 */
export function createUser(provisioning: Provisioning, body: unknown): Promise<ScimUser> {
  const given = readUser(body);
  return withTransaction(provisioning.db, async (tx) => {
    await checkAddresses(tx, provisioning, given);
    const place = placeOf(provisioning);
    await lockSignIn(tx, place.connectionId, given.userName);
    await lockOwners(tx, place.workspaceId);
    if (await hasUserName(tx, place, given.userName)) throw taken(given.userName);
    const nowMs = provisioning.now();
    const personId = await findOrMakePerson(tx, provisioning, given);
    const at = new Date(nowMs);
    const user: ScimUser = { id: newId('usr', nowMs), personId, ...given, createdAt: at, updatedAt: at };
    if (!(await insertUser(tx, place, user))) throw taken(given.userName);
    await setActive(tx, provisioning, user);
    const after = { active: user.active };
    await recordProvisioning(tx, provisioning, { operation: 'scim.users.create', personId, after });
    return user;
  });
}

export function replaceUser(provisioning: Provisioning, id: string, body: unknown): Promise<ScimUser> {
  return changeUser(provisioning, id, () => readUser(body));
}

export function patchUser(provisioning: Provisioning, id: string, body: unknown): Promise<ScimUser> {
  return changeUser(provisioning, id, (user) => readUser(applyPatch(userResource(user), body)));
}

/** The member is disabled and stays so, with the keys they made: a row that is gone must not let them join again. */
export async function removeUser(provisioning: Provisioning, id: string): Promise<void> {
  await withTransaction(provisioning.db, async (tx) => {
    const user = await lockedUser(tx, provisioning, id);
    await setActive(tx, provisioning, { ...user, active: false });
    await deleteUser(tx, placeOf(provisioning), id);
    const { personId, active } = user;
    await recordProvisioning(tx, provisioning, { operation: 'scim.users.remove', personId, before: { active } });
  });
}

function changeUser(provisioning: Provisioning, id: string, change: (user: ScimUser) => GivenUser): Promise<ScimUser> {
  return withTransaction(provisioning.db, async (tx) => {
    const place = placeOf(provisioning);
    const user = await lockedUser(tx, provisioning, id);
    const given = change(user);
    await checkAddresses(tx, provisioning, given);
    if (given.userName !== user.userName && (await hasUserName(tx, place, given.userName))) throw taken(given.userName);
    const changed = await updateUser(tx, place, { ...user, ...given });
    if (changed === undefined) throw unknownUser(id);
    await renamePerson(tx, {
      personId: user.personId,
      workspaceId: place.workspaceId,
      from: user.userName,
      to: given.userName,
      name: nameOf(given),
    });
    if (given.active !== user.active) {
      await setActive(tx, provisioning, changed);
      const [before, after] = [{ active: user.active }, { active: given.active }];
      const { personId } = user;
      await recordProvisioning(tx, provisioning, { operation: 'scim.users.update', personId, before, after });
    }
    return changed;
  });
}

async function lockedUser(tx: Db, provisioning: Provisioning, id: string): Promise<ScimUser> {
  await lockSignIn(tx, provisioning.connection.id, id);
  // Before any other member, as everywhere: two who lock the same members in another order would wait for each other.
  await lockOwners(tx, provisioning.connection.workspaceId);
  const user = await findUser(tx, placeOf(provisioning), id);
  if (user === undefined) throw unknownUser(id);
  return user;
}

async function checkAddresses(db: Db, { connection }: Provisioning, given: GivenUser): Promise<void> {
  const verified = await verifiedAmong(db, connection.workspaceId, connection.domains);
  const foreign = addressesOf(given).find((address) => !verified.includes(domainOf(address)));
  if (foreign !== undefined)
    throw new ScimError(
      403,
      `${foreign.slice(0, 254)} is not an address of this connection's verified domains (${verified.join(', ') || 'none yet'}).`,
    );
}

async function findOrMakePerson(
  tx: Db,
  { connection, tokenId, now, onNewOwner }: Provisioning,
  given: GivenUser,
): Promise<string> {
  const { userName } = given;
  const actor: Actor = { type: 'scim', id: tokenId, name: connection.name };
  const { workspaceId } = connection;
  const known = await findByEmail(tx, userName);
  if (known === undefined) {
    const id = newId('per', now());
    const name = nameOf(given);
    await insertPerson(tx, {
      id,
      email: userName,
      name: name === '' ? (userName.split('@')[0] ?? userName) : name,
      isOperator: false,
      isVerified: true,
    });
    if ((await joinAs(tx, { connection, personId: id, nowMs: now() })) === 'owner') onNewOwner(id);
    return id;
  }
  if ((await findMember(tx, workspaceId, known.id)) !== undefined) {
    await takeOver(tx, { workspaceId, actor, person: known });
    return known.id;
  }
  const invitation = await findInvitation(tx, workspaceId, userName);
  if (invitation === undefined || !mayBeTaken(known) || known.isDisabled)
    throw new ScimError(
      409,
      `${userName} has an account on this gateway that was not invited to this workspace. Ask an owner of the workspace to invite ${userName}, then try again.`,
      'uniqueness',
    );
  await insertMember(tx, {
    id: newId('mem', now()),
    workspaceId,
    personId: known.id,
    role: invitation.role,
    clientId: invitation.clientId ?? undefined,
    source: 'invite',
  });
  await acceptInvitation(tx, workspaceId, invitation.id);
  await takeOver(tx, { workspaceId, actor, person: known });
  return known.id;
}

/** Where neither a group nor a default gives a role yet, the person becomes a member with the first group that does. Answers the role. */
export async function joinAs(
  tx: Db,
  { connection, personId, nowMs }: { connection: SsoConnection; personId: string; nowMs: number },
): Promise<SsoRole | undefined> {
  const role = roleIn(connection, await scimGroupsOf(tx, connection.id, personId), undefined);
  if (role === undefined) return undefined;
  const id = newId('mem', nowMs);
  await insertMember(tx, {
    id,
    workspaceId: connection.workspaceId,
    personId,
    role,
    clientId: undefined,
    source: 'scim',
  });
  return role;
}

/** Disabled: out at once, on every process, and not let in again. Throws where nobody else would own the workspace. */
async function setActive(tx: Db, { connection }: Provisioning, { personId, active }: ScimUser): Promise<void> {
  const { workspaceId } = connection;
  const member = await findMember(tx, workspaceId, personId);
  if (member === undefined) return;
  if (!active && member.role === 'owner' && (await isLastOwner(tx, { workspaceId, id: member.id })))
    throw new ScimError(
      409,
      'This person is the last owner of the workspace and stays. Make another person an owner first.',
      'mutability',
    );
  if (member.isDisabled === active) await setMemberDisabled(tx, { workspaceId, id: member.id, disabled: !active });
  if (!active) await endSessionsHere(tx, { workspaceId, personId });
}

function taken(userName: string): ScimError {
  return new ScimError(409, `There is a user ${userName} already.`, 'uniqueness');
}

export function unknownUser(id: string): ScimError {
  return new ScimError(404, `There is no user ${id.slice(0, 100)}.`);
}
