import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, isoTime, nothing, page } from './common.ts';
import { ownersOnly } from './domains.ts';
import { connectionId } from './sso-connections.ts';

const name = z.string().trim().min(1).max(100).meta({ title: 'Name', description: 'A name for people.' });
const token = {
  id,
  name,
  connection_id: connectionId,
  hint: z.string().meta({ title: 'Hint', description: 'The last four characters of the token.' }),
  created_at: isoTime.meta({ title: 'Created at', description: 'Time of creation.' }),
  last_used_at: isoTime.nullable().meta({ title: 'Last used at', description: 'Null until its first use.' }),
};
const tokenSample = {
  id: 'scim_01k2',
  name: 'Okta',
  connection_id: 'sso_01k2',
  hint: 'a1b2',
  created_at: '2026-11-29T08:00:00.000Z',
  last_used_at: null,
};
const scimGroup = 'SCIM tokens';

export const createScimToken = operation({
  ...ownersOnly,
  id: 'scim-tokens.create',
  method: 'POST',
  path: '/v1/scim-tokens',
  group: scimGroup,
  label: 'Create a SCIM token',
  description:
    'Creates the token by which the identity provider of a connection creates and disables people. A connection has two at most.',
  status: 201,
  input: z.strictObject({ connection_id: connectionId, name: name.default('SCIM') }),
  output: z.object({
    ...token,
    token: z.string().meta({ title: 'Token', description: 'Shown this once.' }),
    scim_url: z.string().meta({ title: 'SCIM URL', description: 'The base URL for the identity provider.' }),
  }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'step_up_required', 'not_found', 'conflict'],
  sample: {
    input: { connection_id: 'sso_01k2', name: 'Okta' },
    output: { ...tokenSample, token: 'gw_scim_0000a1b2', scim_url: 'https://gateway.example.com/scim/v2' },
  },
  wrong: [
    { input: { name: 'Okta' }, because: 'a token belongs to a connection' },
    { input: { connection_id: 'sso_01k2', name: '' }, because: 'a name is not empty' },
  ],
});

export const listScimTokens = operation({
  id: 'scim-tokens.list',
  method: 'GET',
  path: '/v1/scim-tokens',
  group: scimGroup,
  label: 'List SCIM tokens',
  description: 'Lists the SCIM tokens of the workspace, without the tokens themselves.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({}),
  output: page(z.object(token)),
  errors: ['forbidden', 'tag_forbidden'],
  sample: { input: {}, output: { data: [tokenSample], next_cursor: null } },
  wrong: [
    { input: { connection_id: 'sso_01k2' }, because: 'it takes no fields' },
    { input: { limit: 10 }, because: 'there is one page' },
  ],
});

export const removeScimToken = operation({
  ...ownersOnly,
  id: 'scim-tokens.remove',
  method: 'DELETE',
  path: '/v1/scim-tokens/:id',
  group: scimGroup,
  label: 'Revoke a SCIM token',
  description: 'Revokes the token at once.',
  status: 204,
  input: z.strictObject({ id: id.meta({ title: 'Token', description: 'A SCIM token, by its id.' }) }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'scim_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'scim_01k2', force: true }, because: 'unknown fields are refused' },
  ],
});
