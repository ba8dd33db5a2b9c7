import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, isoTime, nothing, page } from './common.ts';

const name = (whose: string) => z.string().meta({ title: 'Name', description: `Name of the ${whose}.` });
const role = z.enum(['owner', 'member', 'viewer', 'client']).meta({
  title: 'Role',
  description: 'owner, member and viewer as for keys; client: the portal of one client only.',
});

const session = z
  .object({
    person: z
      .object({
        id,
        email: z.string().meta({ title: 'E-mail', description: 'The address this person signs in with.' }),
        name: name('person'),
        is_operator: z
          .boolean()
          .meta({ title: 'Operator', description: 'Runs this gateway: may do what the operator’s key may.' }),
      })
      .meta({ title: 'Person', description: 'The person who is signed in.' }),
    workspace: z
      .object({ id, name: name('workspace') })
      .nullable()
      .meta({ title: 'Workspace', description: 'The workspace of this session. Null: the person belongs to none.' }),
    workspaces: z
      .array(z.object({ id, name: name('workspace'), role }))
      .meta({ title: 'Workspaces', description: 'The workspaces of this person.' }),
    role: role.nullable().meta({ title: 'Role', description: 'The role in the workspace of this session.' }),
    livemode: z.boolean().meta({ title: 'Live mode', description: 'False with the header `x-gateway-mode: test`.' }),
  })
  .meta({ title: 'Session', description: 'The person who is signed in, and their workspaces.' });

const sample = {
  person: { id: 'per_01k2', email: 'ada@agency.example', name: 'Ada', is_operator: false },
  workspace: { id: 'ws_01k2', name: 'North Agency' },
  workspaces: [{ id: 'ws_01k2', name: 'North Agency', role: 'owner' as const }],
  role: 'owner' as const,
  livemode: true,
};

export const getSession = operation({
  id: 'session.get',
  method: 'GET',
  path: '/v1/session',
  group: 'People',
  label: 'Get the session',
  description: 'Gets who is signed in, in which workspace, and with which role.',
  surfaces: ['dashboard'],
  access: 'session',
  input: z.strictObject({}),
  output: session,
  errors: ['invalid_credentials', 'forbidden', 'misdirected_request'],
  sample: { input: {}, output: sample },
  wrong: [
    { input: { id: 'ses_01k2' }, because: 'a session gets itself only' },
    { input: null, because: 'the input is an object' },
  ],
});

export const updateSession = operation({
  id: 'session.update',
  method: 'PATCH',
  path: '/v1/session',
  group: 'People',
  label: 'Switch the workspace',
  description: 'Moves this session to another workspace of the person.',
  surfaces: ['dashboard'],
  access: 'session',
  input: z.strictObject({
    workspace_id: id.meta({ title: 'Workspace', description: 'A workspace of this person.' }),
  }),
  output: session,
  errors: ['invalid_credentials', 'invalid_request', 'forbidden', 'not_found', 'misdirected_request'],
  sample: { input: { workspace_id: 'ws_01k2' }, output: sample },
  wrong: [
    { input: {}, because: 'it needs to know which workspace' },
    { input: { workspace_id: 'ws_01k2', role: 'owner' }, because: 'nobody gives themselves a role' },
  ],
});

const listed = z.object({
  id,
  current: z.boolean().meta({ title: 'Current', description: 'The session of this request.' }),
  person: z
    .object({
      id,
      email: z.string().meta({ title: 'E-mail', description: 'The address this person signs in with.' }),
      name: name('person'),
    })
    .meta({ title: 'Person', description: 'The person of the session.' }),
  workspace_id: id.nullable().meta({ title: 'Workspace', description: 'The workspace it is in; null for none.' }),
  method: z
    .enum(['link', 'password', 'passkey', 'sso'])
    .meta({ title: 'Method', description: 'How the person signed in.' }),
  address: z
    .string()
    .nullable()
    .meta({ title: 'Address', description: 'The network address it was last used from; null where it is unknown.' }),
  agent: z
    .string()
    .nullable()
    .meta({ title: 'Browser', description: 'The browser as it names itself; null where it did not.' }),
  created_at: isoTime.meta({ title: 'Created at', description: 'Time of the sign-in.' }),
  last_seen_at: isoTime.meta({ title: 'Last seen at', description: 'The last use, to a few minutes.' }),
  expires_at: isoTime.meta({ title: 'Expires at', description: 'The end of the session.' }),
});

export const listSessions = operation({
  id: 'sessions.list',
  method: 'GET',
  path: '/v1/sessions',
  group: 'People',
  label: 'List sessions',
  description: 'Lists your sessions; for owners also those of the other members in this workspace.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({}),
  output: page(listed),
  errors: ['forbidden', 'tag_forbidden'],
  sample: {
    input: {},
    output: {
      data: [
        {
          id: 'ses_01k2',
          current: true,
          person: { id: 'per_01k2', email: 'ada@agency.example', name: 'Ada' },
          workspace_id: 'ws_01k2',
          method: 'password' as const,
          address: '203.0.113.7',
          agent: 'Mozilla/5.0',
          created_at: '2026-11-01T08:00:00.000Z',
          last_seen_at: '2026-11-02T08:00:00.000Z',
          expires_at: '2026-11-15T08:00:00.000Z',
        },
      ],
      next_cursor: null,
    },
  },
  wrong: [
    { input: { person_id: 'per_01k2' }, because: 'it has no filter' },
    { input: null, because: 'the input is an object' },
  ],
});

export const removeSession = operation({
  id: 'sessions.remove',
  method: 'DELETE',
  path: '/v1/sessions/:id',
  group: 'People',
  label: 'End a session',
  description: 'Ends one of your sessions; for owners also one of another member in this workspace.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  status: 204,
  input: z.strictObject({ id: id.meta({ title: 'Session', description: 'The session to end.' }) }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'ses_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'ses_01k2', all: true }, because: 'unknown fields are refused' },
  ],
});

export const clearSessions = operation({
  id: 'sessions.clear',
  method: 'DELETE',
  path: '/v1/sessions',
  group: 'People',
  label: 'Sign out everywhere',
  description: 'Ends all your sessions, this one too, on every device.',
  surfaces: ['dashboard'],
  access: 'person',
  status: 204,
  input: z.strictObject({}),
  output: nothing,
  errors: ['invalid_credentials', 'forbidden'],
  sample: { input: {}, output: null },
  wrong: [
    { input: { person_id: 'per_01k2' }, because: 'it ends your own' },
    { input: null, because: 'the input is an object' },
  ],
});

export const setPassword = operation({
  id: 'me.password',
  method: 'PUT',
  path: '/v1/me/password',
  group: 'People',
  label: 'Set your password',
  description:
    'Sets the password you sign in with, and ends your other sessions. It needs the current one, unless you have just signed in by a link, a passkey or single sign-on.',
  surfaces: ['dashboard'],
  access: 'person',
  status: 204,
  input: z.strictObject({
    password: z.string().min(1).max(1_000).meta({
      title: 'Password',
      description: 'The new password: 10 characters or more, not on the list of common passwords.',
    }),
    current_password: z
      .string()
      .max(1_000)
      .optional()
      .meta({ title: 'Current password', description: 'The password that this one replaces.' }),
  }),
  output: nothing,
  errors: ['invalid_request', 'invalid_credentials', 'forbidden', 'step_up_required', 'rate_limited'],
  sample: { input: { password: 'three random words' }, output: null },
  wrong: [
    { input: {}, because: 'it needs the new password' },
    { input: { password: 'three random words', email: 'ada@agency.example' }, because: 'unknown fields are refused' },
  ],
});
