import { z } from 'zod';
import { operation } from '../operation.ts';
import { id } from './common.ts';

const key = (title: string) => z.string().meta({ title, description: 'Shown this once.' });

export const createWorkspace = operation({
  id: 'workspaces.create',
  method: 'POST',
  path: '/v1/workspaces',
  group: 'Operator',
  label: 'Create a workspace',
  description: 'Makes a further workspace on this gateway. For the operator’s key only.',
  surfaces: [],
  access: 'operator',
  status: 201,
  input: z.strictObject({
    name: z.string().trim().min(1).max(100).meta({ title: 'Name', description: 'Whose it is.' }),
  }),
  output: z.object({
    id,
    name: z.string().meta({ title: 'Name', description: 'Whose it is.' }),
    live_key: key('Live key'),
    test_key: key('Test key'),
  }),
  errors: ['invalid_api_key', 'invalid_request'],
  sample: {
    input: { name: 'Acme' },
    output: { id: 'ws_01k2', name: 'Acme', live_key: 'gw_live_…', test_key: 'gw_test_…' },
  },
  wrong: [
    { input: { name: '' }, because: 'a workspace has a name' },
    { input: { name: 'Acme', plan: 'pro' }, because: 'unknown fields are refused' },
  ],
});
