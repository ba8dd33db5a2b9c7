import { groupSchema } from './scim-group.ts';
import { userSchema } from './scim-user.ts';

/** RFC 7643, 5 to 7: what this server can do, read by identity providers before anything else. */
export function serviceProviderConfig(baseUrl: string): Record<string, unknown> {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: 200 },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: false },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'SCIM token',
        description: 'A token of POST /v1/scim-tokens, as a bearer token.',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${baseUrl}/ServiceProviderConfig` },
  };
}

export function resourceTypes(baseUrl: string): Record<string, unknown>[] {
  return (
    [
      ['User', '/Users', userSchema],
      ['Group', '/Groups', groupSchema],
    ] as const
  ).map(([name, endpoint, schema]) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id: name,
    name,
    endpoint,
    schema,
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${name}` },
  }));
}

const attribute = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name,
  type: 'string',
  multiValued: false,
  description: '',
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
  ...more,
});
const complex = (name: string, subs: readonly string[], more: Record<string, unknown> = {}): Record<string, unknown> =>
  attribute(name, { type: 'complex', subAttributes: subs.map((sub) => attribute(sub)), ...more });

export function schemas(baseUrl: string): Record<string, unknown>[] {
  return [
    {
      id: userSchema,
      name: 'User',
      description: 'A person',
      attributes: [
        attribute('userName', { required: true, uniqueness: 'server', description: 'The e-mail address.' }),
        complex('name', ['formatted', 'familyName', 'givenName']),
        attribute('displayName'),
        attribute('externalId', { caseExact: true }),
        complex('emails', ['value', 'type', 'primary'], { multiValued: true }),
        attribute('active', { type: 'boolean' }),
      ],
    },
    {
      id: groupSchema,
      name: 'Group',
      description: 'A group, which gives its members a role',
      attributes: [
        attribute('displayName', { required: true, uniqueness: 'server' }),
        attribute('externalId', { caseExact: true }),
        complex('members', ['value', 'display', 'type'], { multiValued: true }),
      ],
    },
  ].map((schema) => ({
    ...schema,
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${schema.id}` },
  }));
}
