import { isRecord } from '@ai-gateway/shared/json';
import { ScimError } from './scim-error.ts';
import { fieldOf } from './scim-patch.ts';

export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';

export interface ScimMember {
  userId: string;
  userName: string;
}

/** A group as it is stored; undefined members: they were not asked for. */
export interface ScimGroup {
  id: string;
  displayName: string;
  externalId: string | null;
  members: readonly ScimMember[] | undefined;
  createdAt: Date;
  updatedAt: Date;
}

export interface GivenGroup {
  displayName: string;
  externalId: string | null;
  /** Ids of users. */
  members: readonly string[];
}

export function readGroup(body: unknown): GivenGroup {
  if (!isRecord(body)) throw new ScimError(400, 'A group must be an object.', 'invalidSyntax');
  const displayName = fieldOf(body, 'displayName');
  if (typeof displayName !== 'string' || displayName.trim() === '' || displayName.length > 200)
    throw new ScimError(400, 'displayName must be the group’s name, of at most 200 characters.', 'invalidValue');
  const externalId = fieldOf(body, 'externalId');
  const members = fieldOf(body, 'members') ?? [];
  if (!Array.isArray(members)) throw new ScimError(400, 'members must be a list.', 'invalidValue');
  return {
    displayName: displayName.trim(),
    externalId: typeof externalId === 'string' && externalId !== '' ? externalId.slice(0, 300) : null,
    members: [...new Set(members.map(memberId))],
  };
}

function memberId(member: unknown): string {
  const value = isRecord(member) ? fieldOf(member, 'value') : undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw new ScimError(400, 'A member needs a value: the id of a user.', 'invalidValue');
}

export function groupResource(
  group: Pick<ScimGroup, 'displayName' | 'externalId' | 'members'>,
): Record<string, unknown> {
  return {
    displayName: group.displayName,
    ...(group.externalId === null ? {} : { externalId: group.externalId }),
    ...(group.members === undefined
      ? {}
      : { members: group.members.map(({ userId, userName }) => ({ value: userId, display: userName, type: 'User' })) }),
  };
}

export function describeGroup(group: ScimGroup, baseUrl: string): Record<string, unknown> {
  return {
    schemas: [groupSchema],
    id: group.id,
    ...groupResource(group),
    meta: {
      resourceType: 'Group',
      created: group.createdAt.toISOString(),
      lastModified: group.updatedAt.toISOString(),
      location: `${baseUrl}/Groups/${group.id}`,
    },
  };
}
