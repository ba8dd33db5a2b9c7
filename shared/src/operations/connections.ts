import { z } from 'zod';
import { operation } from '../operation.ts';
import { credential, page, scenarioPlatform } from './common.ts';

export const createConnection = operation({
  id: 'connections.create',
  method: 'POST',
  path: '/v1/connections',
  group: 'Scenarios',
  label: 'Connect a platform',
  description: 'Lets the gateway stop a scenario at its platform when it is paused here.',
  surfaces: ['dashboard'],
  access: 'owner',
  changesEveryCall: true,
  status: 201,
  input: z.strictObject({
    platform: z.enum(['make', 'n8n']).meta({ title: 'Platform', description: 'The platform where scenarios run.' }),
    base_url: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .meta({ title: 'Base URL', description: 'https://eu1.make.com, or the address of your n8n.' }),
    token: credential(2_000).meta({ title: 'API token', description: 'Stored encrypted.' }),
    team_id: z
      .string()
      .trim()
      .max(100)
      .optional()
      .meta({ title: 'Team', description: 'Make’s team, for your records.' }),
  }),
  output: connection(),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: {
    input: { platform: 'make', base_url: 'https://eu1.make.com', token: 'secret-token-9f3a' },
    output: { id: 'con_01k2', platform: 'make', base_url: 'https://eu1.make.com', token_hint: '9f3a', team_id: null },
  },
  wrong: [
    {
      input: { platform: 'zapier', base_url: 'https://zapier.com', token: 'x' },
      because: 'Zapier has no API to stop a zap',
    },
    { input: { platform: 'make', base_url: 'eu1.make.com', token: 'x' }, because: 'a URL begins with https://' },
  ],
});

export const listConnections = operation({
  id: 'connections.list',
  method: 'GET',
  path: '/v1/connections',
  group: 'Scenarios',
  label: 'List connections',
  description: 'Lists the platforms that this workspace is connected to, without their tokens.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({}),
  output: page(connection()),
  errors: ['forbidden'],
  sample: {
    input: {},
    output: {
      data: [{ id: 'con_01k2', platform: 'make', base_url: 'https://eu1.make.com', token_hint: '9f3a', team_id: null }],
      next_cursor: null,
    },
  },
  wrong: [
    { input: { platform: 'make' }, because: 'it takes no fields' },
    { input: [], because: 'the input is an object' },
  ],
});

export const removeConnection = operation({
  id: 'connections.remove',
  method: 'DELETE',
  path: '/v1/connections/:id',
  group: 'Scenarios',
  label: 'Remove a connection',
  description: 'Removes a connection. From now on, paused scenarios of that platform are only refused here.',
  surfaces: ['dashboard'],
  access: 'owner',
  changesEveryCall: true,
  status: 204,
  input: z.strictObject({
    id: z.string().min(1).max(100).meta({ title: 'Connection', description: 'The connection.' }),
  }),
  output: z.null().meta({ title: 'Nothing', description: 'The answer has no body.' }),
  errors: ['forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'con_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'con_01k2', force: true }, because: 'unknown fields are refused' },
  ],
});

function connection() {
  return z.object({
    id: z.string().meta({ title: 'Id', description: 'An opaque id.' }),
    platform: scenarioPlatform,
    base_url: z.string().meta({ title: 'Base URL', description: 'The address of the platform.' }),
    token_hint: z.string().meta({ title: 'Token hint', description: 'The last four characters of the token.' }),
    team_id: z.string().nullable().meta({ title: 'Team', description: 'The team at Make.' }),
  });
}
