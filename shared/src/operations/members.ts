import { z } from 'zod';
import { operation } from '../operation.ts';
import { clientId, cursor, id, isoTime, limit, nothing, page } from './common.ts';

/** An address as people type it: kept in lower case, so that two spellings are one person. */
export const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email('must be an e-mail address'))
  .meta({ title: 'E-mail', description: 'An e-mail address.' });

const memberRole = z.enum(['owner', 'member', 'viewer', 'client']).meta({
  title: 'Role',
  description:
    'owner: everything. member: everything except keys, people, providers and the plan. viewer: reads only. client: the portal of one client only.',
});
const memberClient = clientId
  .optional()
  .meta({ title: 'Client', description: 'The client whose portal this person sees; with the role client only.' });
const shownClient = z
  .string()
  .nullable()
  .meta({ title: 'Client', description: 'The client whose portal this person sees; null for other roles.' });

const member = z.object({
  id,
  person_id: id.meta({ title: 'Person', description: 'The id of the person, the same in every workspace.' }),
  email: z.string().meta({ title: 'E-mail', description: 'The address this person signs in with.' }),
  name: z.string().meta({ title: 'Name', description: 'The name of the person.' }),
  role: memberRole,
  client_id: shownClient,
  source: z.enum(['first', 'sign-up', 'invite', 'sso', 'scim']).meta({
    title: 'Source',
    description:
      'first: the first person of this gateway. sign-up: signed up. invite: invited. sso: joined by single sign-on. scim: provisioned by a directory.',
  }),
  role_given_by: z
    .object({
      connection_id: id.meta({ title: 'Connection', description: 'The id of the single sign-on connection.' }),
      connection: z.string().meta({ title: 'Connection name', description: 'The name of the connection.' }),
      groups: z.array(z.string()).meta({
        title: 'Groups',
        description: 'The groups that give the role, where a directory names them by SCIM; else empty.',
      }),
    })
    .nullable()
    .meta({
      title: 'Role given by',
      description:
        'The single sign-on connection whose groups give the role, again at each sign-in: it is changed there. Null where owners change it here.',
    }),
  second_factor: z.boolean().meta({ title: 'Second factor', description: 'Has a passkey or an authenticator app.' }),
  disabled: z.boolean().meta({ title: 'Disabled', description: 'Disabled by a directory: cannot sign in here.' }),
  created_at: isoTime.meta({ title: 'Created at', description: 'Time of joining.' }),
  last_seen_at: isoTime.nullable().meta({ title: 'Last seen at', description: 'The last request; null for none.' }),
  failed_sign_ins: z.number().int().meta({
    title: 'Failed sign-ins',
    description: 'Wrong tries to sign in as this person since the last right one, within the last hour.',
  }),
  sign_in_waits_until: isoTime.nullable().meta({
    title: 'Sign-in waits until',
    description: 'After many wrong tries, the next one is accepted at this time; null for at once.',
  }),
});
const memberSample = {
  id: 'mem_01k2',
  person_id: 'per_01k2',
  email: 'ada@agency.example',
  name: 'Ada',
  role: 'member' as const,
  client_id: null,
  source: 'invite' as const,
  role_given_by: null,
  second_factor: true,
  disabled: false,
  created_at: '2026-11-01T08:00:00.000Z',
  last_seen_at: '2026-11-02T08:00:00.000Z',
  failed_sign_ins: 0,
  sign_in_waits_until: null,
};

/** A client id and the role client go together. */
function checkClient(
  { role, client_id }: { role?: string | undefined; client_id?: string | undefined },
  context: z.RefinementCtx,
): void {
  if (role === 'client' && client_id === undefined)
    context.addIssue({ code: 'custom', path: ['client_id'], message: 'is required with the role client' });
  if (role !== 'client' && client_id !== undefined)
    context.addIssue({ code: 'custom', path: ['client_id'], message: 'is allowed with the role client only' });
}

const roleOf = { role: memberRole, client_id: memberClient };
const memberId = z
  .string()
  .min(1)
  .max(100)
  .meta({
    title: 'Member',
    description: 'The id of the member or of the person; `me` for oneself.',
    'x-field': { options: 'members.list' },
  });

export const listMembers = operation({
  id: 'members.list',
  method: 'GET',
  path: '/v1/members',
  group: 'People',
  label: 'List members',
  description: 'Lists the people of the workspace with their roles.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({ cursor, limit }),
  output: page(member),
  errors: ['forbidden', 'tag_forbidden'],
  sample: { input: {}, output: { data: [memberSample], next_cursor: null } },
  wrong: [
    { input: { limit: 0 }, because: 'a page has a row at least' },
    { input: { role: 'owner' }, because: 'unknown fields are refused' },
  ],
});

export const createMember = operation({
  id: 'members.create',
  method: 'POST',
  path: '/v1/members',
  group: 'People',
  label: 'Add a member',
  description:
    'Adds a person whose address is of a verified domain of the workspace, without an invitation. They sign in by single sign-on, or by the link of a forgotten password. Other people are invited: POST /v1/invitations.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  status: 201,
  input: z.strictObject({ email, ...roleOf }).superRefine(checkClient),
  output: member,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'step_up_required', 'conflict'],
  sample: { input: { email: 'ada@agency.example', role: 'member' }, output: memberSample },
  wrong: [
    { input: { email: 'ada', role: 'member' }, because: 'that is not an address' },
    { input: { email: 'ada@agency.example' }, because: 'a member has a role' },
    { input: { email: 'ada@agency.example', role: 'client' }, because: 'the role client needs a client' },
  ],
});

export const updateMember = operation({
  id: 'members.update',
  method: 'PATCH',
  path: '/v1/members/:id',
  group: 'People',
  label: 'Change a member',
  description: 'Changes the role of a member. It applies to the sessions of that person at once.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({ id: memberId, ...roleOf }).superRefine(checkClient),
  output: member,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'step_up_required', 'not_found', 'conflict'],
  sample: { input: { id: 'mem_01k2', role: 'member' }, output: memberSample },
  wrong: [
    { input: { id: 'mem_01k2', role: 'admin' }, because: 'there is no such role' },
    { input: { id: 'mem_01k2', role: 'client' }, because: 'the role client needs a client' },
    { input: { id: 'mem_01k2', role: 'owner', client_id: 'acme' }, because: 'an owner is not bound to a client' },
  ],
});

export const removeMember = operation({
  id: 'members.remove',
  method: 'DELETE',
  path: '/v1/members/:id',
  group: 'People',
  label: 'Remove a member',
  description: 'Removes a member from the workspace. People can remove themselves; the last owner stays.',
  surfaces: ['dashboard'],
  access: 'anyone',
  workspaceWide: true,
  status: 204,
  input: z.strictObject({ id: memberId }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: { input: { id: 'mem_01k2' }, output: null },
  wrong: [
    { input: { id: '' }, because: 'an id is not empty' },
    { input: { id: 'mem_01k2', role: 'owner' }, because: 'unknown fields are refused' },
  ],
});

const invitation = z.object({
  id,
  email: z.string().meta({ title: 'E-mail', description: 'Only the person with this address can accept it.' }),
  role: memberRole,
  client_id: shownClient,
  invited_by: z.string().meta({ title: 'Invited by', description: 'The id of the person or the key that invited.' }),
  created_at: isoTime.meta({ title: 'Created at', description: 'Time of creation.' }),
  expires_at: isoTime.meta({ title: 'Expires at', description: 'After this time its link is refused.' }),
});
const invitationSample = {
  id: 'inv_01k2',
  email: 'ada@agency.example',
  role: 'member' as const,
  client_id: null,
  invited_by: 'per_01k1',
  created_at: '2026-11-01T08:00:00.000Z',
  expires_at: '2026-11-08T08:00:00.000Z',
};

export const createInvitation = operation({
  id: 'invitations.create',
  method: 'POST',
  path: '/v1/invitations',
  group: 'People',
  label: 'Invite a person',
  description:
    'Invites a person by e-mail address. The answer has a link to pass on; with SMTP_URL set it is also sent. Inviting the same address again makes a fresh link, and the old one ends.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  status: 201,
  input: z.strictObject({ email, ...roleOf }).superRefine(checkClient),
  output: invitation.extend({
    url: z.string().meta({ title: 'Link', description: 'The link to accept it with, shown only once.' }),
    sent: z.boolean().meta({ title: 'Sent', description: 'Whether the link is also sent by e-mail.' }),
  }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'step_up_required', 'conflict', 'rate_limited'],
  sample: {
    input: { email: 'ada@agency.example', role: 'member' },
    output: { ...invitationSample, url: 'https://gateway.example.com/auth/link#0000000000000000', sent: true },
  },
  wrong: [
    { input: { email: 'ada', role: 'member' }, because: 'that is not an address' },
    { input: { email: 'ada@agency.example' }, because: 'a member has a role' },
    { input: { email: 'ada@agency.example', role: 'client' }, because: 'the role client needs a client' },
  ],
});

export const listInvitations = operation({
  id: 'invitations.list',
  method: 'GET',
  path: '/v1/invitations',
  group: 'People',
  label: 'List invitations',
  description: 'Lists the invitations that are not accepted yet, without their links.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({ cursor, limit }),
  output: page(invitation),
  errors: ['forbidden', 'tag_forbidden'],
  sample: { input: {}, output: { data: [invitationSample], next_cursor: null } },
  wrong: [
    { input: { limit: 1_000 }, because: 'a page has at most 100 rows' },
    { input: { email: 'ada@agency.example' }, because: 'unknown fields are refused' },
  ],
});

export const removeInvitation = operation({
  id: 'invitations.remove',
  method: 'DELETE',
  path: '/v1/invitations/:id',
  group: 'People',
  label: 'Withdraw an invitation',
  description: 'Withdraws an invitation: its link is refused from then on.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  status: 204,
  input: z.strictObject({
    id: z
      .string()
      .min(1)
      .max(100)
      .meta({
        title: 'Invitation',
        description: 'The invitation to withdraw.',
        'x-field': { options: 'invitations.list' },
      }),
  }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'inv_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which invitation' },
    { input: { id: 'inv_01k2', email: 'ada@agency.example' }, because: 'unknown fields are refused' },
  ],
});
