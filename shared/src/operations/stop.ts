import { z } from 'zod';
import { operation } from '../operation.ts';
import { clientId, isoTime, nothing } from './common.ts';

const stop = z
  .object({
    client_id: z.string().nullable().meta({
      title: 'Client',
      description: 'The client whose calls are stopped; null for all calls of the workspace.',
    }),
    reason: z.string().nullable().meta({ title: 'Reason', description: 'The reason that was given.' }),
    by: z.string().nullable().meta({
      title: 'By',
      description: 'Name of the key or person; null for keys that are locked to a client.',
    }),
    since: isoTime.meta({ title: 'Since', description: 'Time of the stop.' }),
  })
  .meta({ title: 'Stop', description: 'Calls that are refused until the stop is taken back.' });

const sampleStop = { client_id: 'acme', reason: 'A key leaked', by: 'Owner', since: '2026-11-20T09:12:00.000Z' };

export const createStop = operation({
  id: 'stop.create',
  method: 'POST',
  path: '/v1/stop',
  group: 'Scenarios',
  label: 'Stop all calls',
  description: 'Refuses all further calls of the workspace, or of one client, until the stop is taken back.',
  surfaces: ['dashboard'],
  access: 'member',
  input: z.strictObject({
    client_id: clientId.optional(),
    reason: z.string().trim().max(500).optional().meta({ title: 'Reason', description: 'Shown to refused callers.' }),
  }),
  output: stop,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: { input: { client_id: 'acme', reason: 'A key leaked' }, output: sampleStop },
  wrong: [
    { input: { client: 'acme' }, because: 'unknown fields are refused' },
    { input: { reason: 5 }, because: 'a reason is a text' },
  ],
});

export const getStop = operation({
  id: 'stop.get',
  method: 'GET',
  path: '/v1/stop',
  group: 'Scenarios',
  label: 'Show stopped calls',
  description: 'Shows whether calls of the workspace or of single clients are stopped, with the name and the reason.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({}),
  output: z.object({
    stopped: z.boolean().meta({ title: 'Stopped', description: 'Whether any calls are stopped.' }),
    data: z
      .array(stop)
      .meta({ title: 'Stops', description: 'The stop of the workspace first, then those of clients.' }),
  }),
  errors: ['forbidden'],
  sample: { input: {}, output: { stopped: true, data: [sampleStop] } },
  wrong: [
    { input: { client_id: 'acme' }, because: 'it shows every stop' },
    { input: { limit: 1 }, because: 'unknown fields are refused' },
  ],
});

export const removeStop = operation({
  id: 'stop.remove',
  method: 'DELETE',
  path: '/v1/stop',
  group: 'Scenarios',
  label: 'Take a stop back',
  description: 'Lets the calls of the workspace, or of one client, go out again.',
  surfaces: ['dashboard'],
  access: 'member',
  status: 204,
  input: z.strictObject({ client_id: clientId.optional() }),
  output: nothing,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: { input: { client_id: 'acme' }, output: null },
  wrong: [
    { input: { client: 'acme' }, because: 'unknown fields are refused' },
    { input: { client_id: '' }, because: 'a client has a name' },
  ],
});
