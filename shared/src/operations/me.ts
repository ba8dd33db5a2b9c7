import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, role } from './common.ts';

export const getMe = operation({
  id: 'me.get',
  method: 'GET',
  path: '/v1/me',
  group: 'Connection',
  label: 'Get this key',
  description: 'Gets this key, its workspace and the providers it can use. Connection tests call it.',
  surfaces: ['make', 'zapier', 'n8n'],
  access: 'anyone',
  input: z.strictObject({}),
  output: z.object({
    key: z
      .object({
        id,
        name: z.string().meta({ title: 'Name', description: 'The name of the key.' }),
        role,
        mode: z
          .enum(['live', 'test'])
          .meta({ title: 'Mode', description: 'Test keys are answered by the sandbox and spend nothing.' }),
        tags: z
          .record(z.string(), z.string())
          .meta({ title: 'Tags', description: 'Tags of its calls, unless a call names its own.' }),
      })
      .meta({ title: 'Key', description: 'The key of this request.' }),
    workspace: z
      .object({ id, name: z.string().meta({ title: 'Name', description: 'The name of the workspace.' }) })
      .meta({ title: 'Workspace', description: 'The workspace of the key.' }),
    livemode: z.boolean().meta({ title: 'Live mode', description: 'False for test keys.' }),
    providers: z
      .array(
        z.object({
          id: z
            .string()
            .meta({ title: 'Provider', description: 'The provider, as in the model name `provider/model`.' }),
          status: z.enum(['ok', 'resting', 'refused', 'sandbox']).meta({
            title: 'Status',
            description:
              'ok: working. resting: paused briefly after recent failures. refused: it refuses the key or account. sandbox: it answers test keys.',
          }),
        }),
      )
      .meta({ title: 'Providers', description: 'The provider accounts that this key can use, with their status.' }),
  }),
  errors: ['invalid_api_key'],
  sample: {
    input: {},
    output: {
      key: { id: 'key_01k2', name: 'Owner', role: 'owner', mode: 'live', tags: {} },
      workspace: { id: 'ws_01k2', name: 'My workspace' },
      livemode: true,
      providers: [{ id: 'openai', status: 'ok' }],
    },
  },
  wrong: [
    { input: { verbose: true }, because: 'it takes no fields' },
    { input: { id: 'key_01k2' }, because: 'a key gets itself only' },
  ],
});
