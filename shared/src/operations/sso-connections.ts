import { z } from 'zod';
import { operation } from '../operation.ts';
import { credential, id, isoTime, nothing, page } from './common.ts';
import { domainName, ownersOnly } from './domains.ts';

/** The roles that an identity provider may give. People of clients are invited, one by one. */
const ssoRole = z.enum(['owner', 'member', 'viewer']);
export const connectionId = id.meta({ title: 'Connection', description: 'A single sign-on connection.' });

const slug = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes')
  .meta({ title: 'Slug', description: 'The connection’s part of its sign-in address: /auth/sso/SLUG.' });
const name = z.string().trim().min(1).max(100).meta({ title: 'Name', description: 'A name for people.' });
const protocol = z
  .enum(['oidc', 'saml'])
  .meta({ title: 'Protocol', description: 'oidc: OpenID Connect, the better choice. saml: SAML 2.0.' });
const provider = z
  .enum(['entra', 'google', 'okta', 'other'])
  .meta({ title: 'Identity provider', description: 'Decides the rules for Microsoft Entra ID and Google Workspace.' });
const issuer = z
  .string()
  .trim()
  .max(500)
  .regex(/^https?:\/\/\S+$/i, 'must begin with https://')
  .meta({
    title: 'Issuer',
    description: 'OpenID Connect: the issuer’s address, such as https://example.okta.com.',
    'x-field': { inSight: true },
  });
const clientId = credential(500).meta({
  title: 'Client id',
  description: 'OpenID Connect: the id of the application at the identity provider.',
  'x-field': { inSight: true },
});
const clientSecret = credential(1_000).meta({
  title: 'Client secret',
  description: 'OpenID Connect: stored encrypted and never shown again.',
  'x-field': { inSight: true },
});
const idpEntityId = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .meta({ title: 'IdP entity id', description: 'SAML: the identity provider’s own name for itself.' });
const ssoUrl = z
  .string()
  .trim()
  .max(500)
  .regex(/^https?:\/\/\S+$/i, 'must begin with https://')
  .meta({ title: 'Sign-on URL', description: 'SAML: the address for sign-in requests (HTTP-Redirect).' });
const certificate = z
  .string()
  .trim()
  .min(1)
  .max(20_000)
  .meta({
    title: 'Certificate',
    description: 'SAML: the certificate that assertions are signed with, as PEM.',
    'x-field': { multiline: true },
  });
const domains = z
  .array(domainName)
  .max(50)
  .meta({ title: 'Domains', description: 'The e-mail domains that sign in here. Each must be verified first.' });
const defaultRole = ssoRole.nullable().meta({
  title: 'Default role',
  description: 'The role of people in none of the groups. Null: they may not sign in.',
});
const groupRoles = z
  .array(
    z.strictObject({
      group: z
        .string()
        .trim()
        .min(1)
        .max(200)
        .meta({ title: 'Group', description: 'The group’s name; at Entra its object id.' }),
      role: ssoRole.meta({ title: 'Role', description: 'The role of its people.' }),
    }),
  )
  .max(200)
  .meta({ title: 'Groups and roles', description: 'The role for each group. The strongest role counts.' });
const sessionHours = z
  .number()
  .int()
  .min(1)
  .max(720)
  .meta({ title: 'Session hours', description: 'How long a sign-in lasts.' });

/** A setting of one protocol, null with the other. */
const settingOf = (title: string, protocolName: string) =>
  z
    .string()
    .nullable()
    .meta({ title, description: `As it was given. Null unless the protocol is ${protocolName}.` });

const connection = z.object({
  id,
  name,
  slug,
  protocol,
  provider,
  issuer: settingOf('Issuer', 'OpenID Connect'),
  client_id: settingOf('Client id', 'OpenID Connect'),
  client_secret_set: z
    .boolean()
    .meta({ title: 'Client secret is set', description: 'The secret itself is never shown.' }),
  idp_entity_id: settingOf('IdP entity id', 'SAML'),
  sso_url: settingOf('Sign-on URL', 'SAML'),
  certificate: settingOf('Certificate', 'SAML'),
  domains,
  default_role: defaultRole,
  group_roles: groupRoles,
  session_hours: sessionHours,
  sign_in_url: z.string().meta({ title: 'Sign-in URL', description: 'People of this connection sign in here.' }),
  callback_url: z.string().meta({
    title: 'Callback URL',
    description: 'For the identity provider: the redirect URI, or SAML’s assertion consumer service.',
  }),
  metadata_url: z
    .string()
    .nullable()
    .meta({ title: 'Metadata URL', description: 'SAML: the service provider’s metadata, and its entity id.' }),
  scim_url: z.string().meta({ title: 'SCIM URL', description: 'For the identity provider: the base URL of SCIM.' }),
  created_at: isoTime.meta({ title: 'Created at', description: 'Time of creation.' }),
});

const sample = {
  id: 'sso_01k2',
  name: 'Acme Okta',
  slug: 'acme',
  protocol: 'oidc' as const,
  provider: 'okta' as const,
  issuer: 'https://acme.okta.com',
  client_id: '0oa1b2c3',
  client_secret_set: true,
  idp_entity_id: null,
  sso_url: null,
  certificate: null,
  domains: ['acme.com'],
  default_role: 'viewer' as const,
  group_roles: [{ group: 'Builders', role: 'member' as const }],
  session_hours: 24,
  sign_in_url: 'https://gateway.example.com/auth/sso/acme',
  callback_url: 'https://gateway.example.com/auth/sso/acme/callback',
  metadata_url: null,
  scim_url: 'https://gateway.example.com/scim/v2',
  created_at: '2026-11-29T08:00:00.000Z',
};
const given = {
  name: 'Acme Okta',
  slug: 'acme',
  protocol: 'oidc' as const,
  provider: 'okta' as const,
  issuer: 'https://acme.okta.com',
  client_id: '0oa1b2c3',
  client_secret: 'secret-0000',
  domains: ['acme.com'],
  default_role: 'viewer' as const,
  group_roles: [{ group: 'Builders', role: 'member' as const }],
};

const needed = {
  oidc: ['issuer', 'client_id', 'client_secret'],
  saml: ['idp_entity_id', 'sso_url', 'certificate'],
} as const;

const group = 'Single sign-on';

export const createSsoConnection = operation({
  ...ownersOnly,
  id: 'sso-connections.create',
  method: 'POST',
  path: '/v1/sso-connections',
  group,
  label: 'Add single sign-on',
  description:
    'Connects an identity provider. People of a verified domain then sign in there, and get the role of their groups.',
  status: 201,
  input: z
    .strictObject({
      name,
      slug,
      protocol: protocol.default('oidc'),
      provider: provider.default('other'),
      issuer: issuer.optional(),
      client_id: clientId.optional(),
      client_secret: clientSecret.optional(),
      idp_entity_id: idpEntityId.optional(),
      sso_url: ssoUrl.optional(),
      certificate: certificate.optional(),
      domains: domains.default([]),
      default_role: defaultRole.default(null),
      group_roles: groupRoles.default([]),
      session_hours: sessionHours.default(24),
    })
    .superRefine((input, { addIssue }) => {
      const missing = needed[input.protocol].find((field) => input[field] === undefined);
      if (missing !== undefined)
        addIssue({ code: 'custom', path: [missing], message: `is required for ${input.protocol}` });
    }),
  output: connection,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'step_up_required', 'conflict'],
  sample: { input: given, output: sample },
  wrong: [
    { input: { ...given, issuer: undefined }, because: 'OpenID Connect needs an issuer' },
    {
      input: { ...given, protocol: 'saml', idp_entity_id: 'idp', sso_url: 'https://idp.example.com' },
      because: 'SAML needs a certificate',
    },
    { input: { ...given, issuer: 'ftp://acme.okta.com' }, because: 'an issuer is reached by https' },
    { input: { ...given, domains: ['@acme'] }, because: 'a domain is the part after the @' },
    {
      input: { ...given, group_roles: [{ group: 'Builders', role: 'client' }] },
      because: 'people of clients are invited',
    },
    { input: { ...given, session_hours: 0 }, because: 'a sign-in lasts at least an hour' },
  ],
});

export const listSsoConnections = operation({
  id: 'sso-connections.list',
  method: 'GET',
  path: '/v1/sso-connections',
  group,
  label: 'List single sign-on connections',
  description: 'Lists the identity providers of the workspace.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({}),
  output: page(connection),
  errors: ['forbidden', 'tag_forbidden'],
  sample: { input: {}, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { protocol: 'oidc' }, because: 'it takes no fields' },
    { input: { limit: 10 }, because: 'there is one page' },
  ],
});

export const updateSsoConnection = operation({
  ...ownersOnly,
  id: 'sso-connections.update',
  method: 'PATCH',
  path: '/v1/sso-connections/:id',
  group,
  label: 'Change single sign-on',
  description:
    'Changes a connection. A new issuer needs the client secret again: a stored secret is sent only to the issuer it was stored for.',
  input: z.strictObject({
    id: connectionId,
    name: name.optional(),
    provider: provider.optional(),
    issuer: issuer.optional(),
    client_id: clientId.optional(),
    client_secret: clientSecret.optional(),
    idp_entity_id: idpEntityId.optional(),
    sso_url: ssoUrl.optional(),
    certificate: certificate.optional(),
    domains: domains.optional(),
    default_role: defaultRole.optional(),
    group_roles: groupRoles.optional(),
    session_hours: sessionHours.optional(),
  }),
  output: connection,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'step_up_required', 'not_found'],
  sample: { input: { id: 'sso_01k2', session_hours: 24 }, output: sample },
  wrong: [
    { input: { id: 'sso_01k2', slug: 'other' }, because: 'the identity provider knows the slug' },
    { input: { id: 'sso_01k2', protocol: 'saml' }, because: 'another protocol is another connection' },
    { input: { id: 'sso_01k2', client_secret: 'one\ntwo' }, because: 'a secret is one line' },
  ],
});

export const removeSsoConnection = operation({
  ...ownersOnly,
  id: 'sso-connections.remove',
  method: 'DELETE',
  path: '/v1/sso-connections/:id',
  group,
  label: 'Remove single sign-on',
  description:
    'Removes the connection and its SCIM tokens, and ends the sessions that were begun through it. Its people stay members.',
  status: 204,
  input: z.strictObject({ id: connectionId }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'step_up_required', 'not_found'],
  sample: { input: { id: 'sso_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'sso_01k2', force: true }, because: 'unknown fields are refused' },
  ],
});
