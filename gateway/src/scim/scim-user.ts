import { isRecord } from '@ai-gateway/shared/json';
import { readEmail } from '../sso/claims.ts';
import { ScimError } from './scim-error.ts';
import { fieldOf } from './scim-patch.ts';

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';

/** A user as it is stored. */
export interface ScimUser {
  id: string;
  personId: string;
  userName: string;
  externalId: string | null;
  active: boolean;
  attributes: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date;
}

export type GivenUser = Pick<ScimUser, 'userName' | 'externalId' | 'active' | 'attributes'>;

/** Ours to say, not the identity provider's; passwords are kept nowhere. */
const ours = new Set([
  'id',
  'meta',
  'schemas',
  'groups',
  'password',
  'username',
  'externalid',
  'active',
  'roles',
  'entitlements',
]);
const attributesMax = 32 * 1024;

/** Reads a user that a POST or PUT gives, or that a PATCH has made. */
export function readUser(body: unknown): GivenUser {
  if (!isRecord(body)) throw new ScimError(400, 'A user must be an object.', 'invalidSyntax');
  const given = fieldOf(body, 'userName');
  const userName = typeof given === 'string' ? readEmail(given) : undefined;
  if (userName === undefined)
    throw new ScimError(
      400,
      'userName must be the person’s e-mail address. Map it to the address in your identity provider.',
      'invalidValue',
    );
  const externalId = fieldOf(body, 'externalId');
  const attributes = Object.fromEntries(Object.entries(body).filter(([key]) => !ours.has(key.toLowerCase())));
  if (JSON.stringify(attributes).length > attributesMax)
    throw new ScimError(400, 'The attributes of a user are over 32 KiB.', 'invalidValue');
  return {
    userName,
    externalId: typeof externalId === 'string' && externalId !== '' ? externalId.slice(0, 300) : null,
    active: readActive(fieldOf(body, 'active')),
    attributes,
  };
}

/** Entra sends "True" and "False" as text, unless a flag is set in its URL. */
function readActive(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  throw new ScimError(400, 'active must be true or false.', 'invalidValue');
}

/** Every address that a user names: its own, and those it lists. */
export function addressesOf({ userName, attributes }: GivenUser): string[] {
  const emails = fieldOf(attributes, 'emails');
  const listed = (Array.isArray(emails) ? emails : [emails])
    .map((item) => (isRecord(item) ? fieldOf(item, 'value') : item))
    .filter((value): value is string => typeof value === 'string' && value.trim() !== '');
  return [userName, ...listed];
}

/** For people; empty where none is given. */
export function nameOf({ attributes }: Pick<GivenUser, 'attributes'>): string {
  const name = fieldOf(attributes, 'name');
  const parts = isRecord(name) ? [fieldOf(name, 'givenName'), fieldOf(name, 'familyName')] : [];
  const whole = parts.filter((part): part is string => typeof part === 'string' && part.trim() !== '').join(' ');
  const candidates = [
    fieldOf(attributes, 'displayName'),
    whole,
    isRecord(name) ? fieldOf(name, 'formatted') : undefined,
  ];
  const found = candidates.find((one): one is string => typeof one === 'string' && one.trim() !== '');
  return (found ?? '').trim().slice(0, 200);
}

/** The resource without what is ours: what a PATCH is applied to. */
export function userResource({ userName, externalId, active, attributes }: GivenUser): Record<string, unknown> {
  return { ...attributes, userName, ...(externalId === null ? {} : { externalId }), active };
}

export function describeUser(user: ScimUser, baseUrl: string): Record<string, unknown> {
  const extensions = Object.keys(user.attributes).filter((key) => key.startsWith('urn:'));
  return {
    schemas: [userSchema, ...extensions],
    id: user.id,
    ...userResource(user),
    meta: {
      resourceType: 'User',
      created: user.createdAt.toISOString(),
      lastModified: user.updatedAt.toISOString(),
      location: `${baseUrl}/Users/${user.id}`,
    },
  };
}
