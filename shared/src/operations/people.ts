import { z } from 'zod';
import { operation } from '../operation.ts';
import { cursor, id, isoTime, limit, nothing, page } from './common.ts';
import { email } from './members.ts';

export const changeEmail = operation({
  id: 'me.email',
  method: 'POST',
  path: '/v1/me/email',
  group: 'Signed-in person',
  label: 'Change my e-mail address',
  description:
    'Sends a link to the new address. The address changes once the link is opened, and other sessions end. Needs SMTP_URL.',
  surfaces: ['dashboard'],
  access: 'person',
  status: 202,
  input: z.strictObject({ email }),
  output: z.object({
    email: z.string().meta({ title: 'E-mail', description: 'The address that the link is sent to.' }),
    expires_at: isoTime.meta({ title: 'Expires at', description: 'After this time the link is refused.' }),
  }),
  errors: ['invalid_request', 'forbidden', 'step_up_required', 'conflict', 'rate_limited'],
  sample: {
    input: { email: 'ada@agency.example' },
    output: { email: 'ada@agency.example', expires_at: '2026-11-01T08:15:00.000Z' },
  },
  wrong: [
    { input: { email: 'ada' }, because: 'that is not an address' },
    { input: {}, because: 'it needs an address' },
  ],
});

export const eraseMe = operation({
  id: 'me.erase',
  method: 'DELETE',
  path: '/v1/me',
  group: 'Signed-in person',
  label: 'Delete my account',
  description:
    'Deletes the person who is signed in, with address, name, factors and sessions. The audit log keeps the id only. The last owner of a workspace makes another person an owner first.',
  surfaces: ['dashboard'],
  access: 'person',
  status: 204,
  input: z.strictObject({}),
  output: nothing,
  errors: ['forbidden', 'step_up_required', 'conflict'],
  sample: { input: {}, output: null },
  wrong: [
    { input: { id: 'per_01k2' }, because: 'it deletes the person who asks only' },
    { input: null, because: 'the input is an object' },
  ],
});

const person = z.object({
  id,
  email: z.string().meta({ title: 'E-mail', description: 'The address this person signs in with.' }),
  name: z.string().meta({ title: 'Name', description: 'The name of the person.' }),
  is_operator: z.boolean().meta({ title: 'Operator', description: 'May do what the operator’s key may.' }),
  workspaces: z
    .array(
      z.object({
        id,
        name: z.string().meta({ title: 'Name', description: 'The name of the workspace.' }),
        role: z.string().meta({ title: 'Role', description: 'The role of the person there.' }),
      }),
    )
    .meta({ title: 'Workspaces', description: 'The workspaces of the person.' }),
  created_at: isoTime.meta({ title: 'Created at', description: 'Time of creation.' }),
});
const personSample = {
  id: 'per_01k2',
  email: 'ada@agency.example',
  name: 'Ada',
  is_operator: false,
  workspaces: [{ id: 'ws_01k2', name: 'North Agency', role: 'owner' }],
  created_at: '2026-11-01T08:00:00.000Z',
};
const personId = z
  .string()
  .min(1)
  .max(100)
  .meta({
    title: 'Person',
    description: 'A person of this gateway.',
    'x-field': { options: 'people.list' },
  });

export const listPeople = operation({
  id: 'people.list',
  method: 'GET',
  path: '/v1/people',
  group: 'Operator',
  label: 'List people',
  description: 'Lists the people of this gateway with their workspaces.',
  surfaces: ['dashboard'],
  access: 'operator',
  input: z.strictObject({ cursor, limit }),
  output: page(person),
  errors: ['invalid_api_key', 'forbidden'],
  sample: { input: {}, output: { data: [personSample], next_cursor: null } },
  wrong: [
    { input: { limit: 0 }, because: 'a page has a row at least' },
    { input: { email: 'ada@agency.example' }, because: 'unknown fields are refused' },
  ],
});

export const updatePerson = operation({
  id: 'people.update',
  method: 'PATCH',
  path: '/v1/people/:id',
  group: 'Operator',
  label: 'Change a person',
  description: 'Makes a person an operator of this gateway, or no longer one. The last operator stays.',
  surfaces: ['dashboard'],
  access: 'operator',
  input: z.strictObject({
    id: personId,
    is_operator: z.boolean().meta({ title: 'Operator', description: 'May do what the operator’s key may.' }),
  }),
  output: person,
  errors: ['invalid_request', 'invalid_api_key', 'forbidden', 'step_up_required', 'not_found', 'conflict'],
  sample: { input: { id: 'per_01k2', is_operator: false }, output: personSample },
  wrong: [
    { input: { id: 'per_01k2' }, because: 'it needs to know what to change' },
    { input: { id: 'per_01k2', is_operator: 'yes' }, because: 'it is true or false' },
  ],
});

export const erasePerson = operation({
  id: 'people.erase',
  method: 'DELETE',
  path: '/v1/people/:id',
  group: 'Operator',
  label: 'Delete a person',
  description:
    'Deletes a person, with address, name, factors and sessions. The audit log keeps the id only. The last owner of a workspace stays.',
  surfaces: ['dashboard'],
  access: 'operator',
  status: 204,
  input: z.strictObject({ id: personId }),
  output: nothing,
  errors: ['invalid_api_key', 'forbidden', 'step_up_required', 'not_found', 'conflict'],
  sample: { input: { id: 'per_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which person' },
    { input: { id: 'per_01k2', email: 'ada@agency.example' }, because: 'unknown fields are refused' },
  ],
});

const security = z.object({
  requires_second_factor: z.boolean().meta({
    title: 'Require a second factor',
    description: 'People need a passkey, an authenticator app or single sign-on to work in this workspace.',
  }),
});

export const getSecurity = operation({
  id: 'workspace.security.get',
  method: 'GET',
  path: '/v1/workspace/security',
  group: 'Workspace',
  label: 'Get the sign-in rules',
  description: 'Gets the rules by which people sign in to the workspace.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({}),
  output: security,
  errors: ['forbidden'],
  sample: { input: {}, output: { requires_second_factor: true } },
  wrong: [
    { input: { id: 'ws_01k2' }, because: 'a key belongs to one workspace' },
    { input: null, because: 'the input is an object' },
  ],
});

export const setSecurity = operation({
  id: 'workspace.security.set',
  method: 'PUT',
  path: '/v1/workspace/security',
  group: 'Workspace',
  label: 'Set the sign-in rules',
  description:
    'Sets the rules by which people sign in to the workspace. They apply to those who are signed in at once.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({ requires_second_factor: security.shape.requires_second_factor }),
  output: security,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'step_up_required', 'conflict'],
  sample: { input: { requires_second_factor: true }, output: { requires_second_factor: true } },
  wrong: [
    { input: { requires_second_factor: 'passkey' }, because: 'it is true or false' },
    { input: {}, because: 'it needs to know what to set' },
  ],
});
