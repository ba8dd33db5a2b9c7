import type { Things } from '../../components/things-card.tsx';
import { type PartName, partNames } from './part-names.ts';
import { connectionName, dnsRecord, signOnName } from './sign-on-words.tsx';

export interface Part extends PartName {
  note: string;
  things: readonly Things[];
}

const people: Part = {
  ...partNames.people,
  note: 'Owners do everything, members all but keys, people and providers; viewers read. Clients see the portal only.',
  things: [
    {
      title: 'Members',
      list: 'members.list',
      columns: [
        ['email', 'E-mail'],
        ['name', 'Name'],
        ['role', 'Role'],
        ['role_given_by', 'Role given by', giverOf],
        ['second_factor', 'Second factor'],
        ['last_seen_at', 'Last seen'],
        ['failed_sign_ins', 'Failed sign-ins'],
      ],
      empty: 'Nobody belongs to this workspace yet.',
      actions: [
        { operation: 'members.update', button: 'Change', initial: true, unless: 'role_given_by' },
        { operation: 'members.remove', button: 'Remove' },
      ],
    },
    {
      title: 'Invitations',
      list: 'invitations.list',
      columns: [
        ['email', 'E-mail'],
        ['role', 'Role'],
        ['expires_at', 'Expires'],
      ],
      empty: 'No open invitation.',
      add: { operation: 'invitations.create', button: 'Invite', title: 'Invite a person', submit: 'Send' },
      actions: [{ operation: 'invitations.remove', button: 'Withdraw' }],
    },
  ],
};

const sso: Part = {
  ...partNames.sso,
  note: 'Add the connection, then a domain, and prove the domain by its TXT record.',
  things: [
    {
      title: 'Connections',
      list: 'sso-connections.list',
      columns: [
        ['name', 'Name'],
        ['protocol', 'Protocol', signOnName],
        ['provider', 'Provider', signOnName],
        ['sign_in_url', 'Sign-in address'],
        ['callback_url', 'Callback'],
      ],
      empty: 'No connection yet.',
      add: {
        operation: 'sso-connections.create',
        button: 'Add',
        title: 'Add an OpenID Connect provider',
        fixed: { protocol: 'oidc' },
        initial: { provider: 'other' },
        only: [
          'name',
          'slug',
          'provider',
          'issuer',
          'client_id',
          'client_secret',
          'domains',
          'default_role',
          'group_roles',
        ],
        submit: 'Save',
      },
      alsoAdd: {
        operation: 'sso-connections.create',
        button: 'Add SAML',
        title: 'Add a SAML provider',
        fixed: { protocol: 'saml' },
        initial: { provider: 'other' },
        only: [
          'name',
          'slug',
          'provider',
          'idp_entity_id',
          'sso_url',
          'certificate',
          'domains',
          'default_role',
          'group_roles',
        ],
        submit: 'Save',
      },
      actions: [
        { operation: 'sso-connections.update', button: 'Change', initial: true },
        { operation: 'sso-connections.remove', button: 'Delete' },
      ],
    },
    {
      title: 'Domains',
      list: 'domains.list',
      columns: [
        ['domain', 'Domain'],
        ['verified', 'Verified'],
        ['txt_name', 'TXT record', dnsRecord],
        ['sso_required', 'Single sign-on only'],
      ],
      empty: 'No domain yet.',
      add: { operation: 'domains.create', button: 'Add a domain', submit: 'Save' },
      actions: [
        { operation: 'domains.verify', button: 'Verify' },
        { operation: 'domains.update', button: 'Change', initial: true },
        { operation: 'domains.remove', button: 'Delete' },
      ],
    },
    {
      title: 'SCIM tokens',
      list: 'scim-tokens.list',
      columns: [
        ['name', 'Name'],
        ['connection_id', 'Connection', connectionName],
        ['last_used_at', 'Last used'],
      ],
      empty: 'No token yet: people are added by hand, or when they sign in.',
      add: { operation: 'scim-tokens.create', button: 'New token', submit: 'Create' },
      actions: [{ operation: 'scim-tokens.remove', button: 'Delete' }],
    },
  ],
};

const audit: Part = {
  ...partNames.audit,
  note: 'Every change with the person or key behind it. Nobody can alter it.',
  things: [],
};

export const parts: readonly Part[] = [
  people,
  sso,
  {
    ...partNames.providers,
    note: 'Your own accounts: their tokens are not counted by the plan.',
    things: [],
  },
  {
    ...partNames.fallbacks,
    note: 'A model that fails is followed by another one before the answer begins, so your scenarios go on.',
    things: [],
  },
  {
    ...partNames.branding,
    note: 'Your clients see it in their portal, on invoices and in e-mails.',
    things: [],
  },
  { ...partNames.security, note: 'How you sign in.', things: [] },
  audit,
];

/** Why a role is not changed here: `group Builders of Okta, at each sign-in`. */
function giverOf(value: unknown): string {
  const { connection, groups } = value as { connection: string; groups: string[] };
  const named = groups.length === 0 ? 'groups' : `${groups.length === 1 ? 'group' : 'groups'} ${groups.join(', ')}`;
  return `${named} of ${connection}, at each sign-in`;
}
