import { newId } from '../accounts/new-id.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { lockOwners } from '../members/member-store.ts';
import { changeRole, roleIn } from '../sso/join.ts';
import { findMember, scimGroupsOf } from '../sso/join-store.ts';
import { joinAs } from './provision.ts';
import { type Provisioning, placeOf } from './provisioning.ts';
import { recordProvisioning } from './record-provisioning.ts';
import { ScimError } from './scim-error.ts';
import { type GivenGroup, groupResource, readGroup, type ScimGroup } from './scim-group.ts';
import {
  addMembers,
  deleteGroup,
  findGroup,
  hasGroupName,
  insertGroup,
  removeMembers,
  updateGroup,
} from './scim-group-store.ts';
import { applyPatch } from './scim-patch.ts';
import { personsOf } from './scim-user-store.ts';

export function createGroup(provisioning: Provisioning, body: unknown): Promise<ScimGroup> {
  const given = readGroup(body);
  return withTransaction(provisioning.db, async (tx) => {
    const at = new Date(provisioning.now());
    const id = newId('grp', at.getTime());
    const { displayName, externalId } = given;
    const group = { id, displayName, externalId, members: [], createdAt: at, updatedAt: at };
    if (!(await insertGroup(tx, placeOf(provisioning), group))) throw taken(displayName);
    return setMembers(tx, provisioning, { group, given });
  });
}

export function replaceGroup(provisioning: Provisioning, id: string, body: unknown): Promise<ScimGroup> {
  return changeGroup(provisioning, id, () => readGroup(body));
}

export function patchGroup(provisioning: Provisioning, id: string, body: unknown): Promise<ScimGroup> {
  return changeGroup(provisioning, id, (group) => readGroup(applyPatch(groupResource(group), body)));
}

export async function removeGroup(provisioning: Provisioning, id: string): Promise<void> {
  await withTransaction(provisioning.db, async (tx) => {
    const group = await existing(tx, provisioning, id);
    await setMembers(tx, provisioning, { group, given: { ...group, members: [] } });
    await deleteGroup(tx, placeOf(provisioning), id);
  });
}

function changeGroup(
  provisioning: Provisioning,
  id: string,
  change: (group: ScimGroup) => GivenGroup,
): Promise<ScimGroup> {
  return withTransaction(provisioning.db, async (tx) => {
    const place = placeOf(provisioning);
    const group = await existing(tx, provisioning, id);
    const given = change(group);
    const changed = { ...group, displayName: given.displayName, externalId: given.externalId };
    if (await hasGroupName(tx, place, changed)) throw taken(given.displayName);
    await updateGroup(tx, place, changed);
    return setMembers(tx, provisioning, { group: changed, given, isRenamed: given.displayName !== group.displayName });
  });
}

/** Adds and removes what differs, and sets the roles of those whom that concerns: all of them, where the group has another name. */
async function setMembers(
  tx: Db,
  provisioning: Provisioning,
  { group, given, isRenamed = false }: { group: ScimGroup; given: GivenGroup; isRenamed?: boolean },
): Promise<ScimGroup> {
  const place = placeOf(provisioning);
  // Before any other member and before the group's: see lockedUser.
  await lockOwners(tx, place.workspaceId);
  const before = new Set(group.members?.map(({ userId }) => userId));
  const wanted = new Set(given.members);
  const added = [...wanted].filter((id) => !before.has(id));
  const removed = [...before].filter((id) => !wanted.has(id));
  const people = await personsOf(tx, place, [...before, ...wanted]);
  const unknown = added.find((id) => !people.has(id));
  if (unknown !== undefined)
    throw new ScimError(400, `There is no user ${unknown.slice(0, 100)} to be a member.`, 'invalidValue');
  await addMembers(tx, place, group.id, added);
  await removeMembers(tx, place, group.id, removed);
  const concerned = isRenamed ? [...before, ...added] : [...added, ...removed];
  // In one order everywhere: two groups that change at once wait for each other, and never cross.
  for (const id of [...new Set(concerned)].sort()) await setRoleOf(tx, provisioning, people.get(id));
  return (await findGroup(tx, place, group.id)) ?? group;
}

/** The role that the groups give now. People left without one keep theirs until the next sign-in, which decides. */
async function setRoleOf(tx: Db, provisioning: Provisioning, personId: string | undefined): Promise<void> {
  if (personId === undefined) return;
  const { connection, now } = provisioning;
  const member = await findMember(tx, connection.workspaceId, personId);
  if (member === undefined) {
    const given = await joinAs(tx, { connection, personId, nowMs: now() });
    if (given === undefined) return;
    if (given === 'owner') provisioning.onNewOwner(personId);
    await recordProvisioning(tx, provisioning, { operation: 'scim.groups.role', personId, after: { role: given } });
    return;
  }
  if (member.role === 'client') return;
  const role = roleIn(connection, await scimGroupsOf(tx, connection.id, personId), member);
  if (role === undefined || role === member.role) return;
  if (!(await changeRole(tx, { workspaceId: connection.workspaceId, personId, member, role }))) return;
  if (role === 'owner') provisioning.onNewOwner(personId);
  const [before, after] = [{ role: member.role }, { role }];
  await recordProvisioning(tx, provisioning, { operation: 'scim.groups.role', personId, before, after });
}

async function existing(tx: Db, provisioning: Provisioning, id: string): Promise<ScimGroup> {
  const group = await findGroup(tx, placeOf(provisioning), id);
  if (group === undefined) throw unknownGroup(id);
  return group;
}

function taken(displayName: string): ScimError {
  return new ScimError(409, `There is a group ${displayName} already.`, 'uniqueness');
}

export function unknownGroup(id: string): ScimError {
  return new ScimError(404, `There is no group ${id.slice(0, 100)}.`);
}
