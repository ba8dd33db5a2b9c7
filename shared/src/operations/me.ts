import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, role } from './common.ts';

export const getMe = operation({
  id: 'me.get',
  method: 'GET',
  path: '/v1/me',
  group: 'Connection',
  label: 'Who am I',
  description: 'What this key is and which providers answer it: what connection tests call.',
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
          .meta({ title: 'Tags', description: 'Tags its calls carry where they name none themselves.' }),
      })
      .meta({ title: 'Key', description: 'The key that asked.' }),
    workspace: z
      .object({ id, name: z.string().meta({ title: 'Name', description: 'The name of the workspace.' }) })
      .meta({ title: 'Workspace', description: 'Where the key belongs.' }),
    livemode: z.boolean().meta({ title: 'Live mode', description: 'False for test keys.' }),
    providers: z
      .array(
        z.object({
          id: z.string().meta({ title: 'Provider', description: 'How model names say it: `provider/model`.' }),
          status: z.enum(['ok', 'resting', 'refused', 'sandbox']).meta({
            title: 'Status',
            description:
              'resting: paused briefly after recent failures. refused: it refuses the key or account. sandbox: it answers test keys.',
          }),
        }),
      )
      .meta({ title: 'Providers', description: 'The provider accounts this key may use, and how they are.' }),
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
    { input: { id: 'key_01k2' }, because: 'a key asks about itself only' },
  ],
});
