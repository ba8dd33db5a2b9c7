import { z } from 'zod';
import { operation } from '../operation.ts';
import { id } from './common.ts';

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
