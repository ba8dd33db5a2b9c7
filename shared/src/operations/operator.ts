import { z } from 'zod';
import { operation } from '../operation.ts';
import { cursor, id, isoTime, limit, page, usd } from './common.ts';

const count = (title: string, description: string) => z.number().int().meta({ title, description });
const text = (title: string, description: string) => z.string().meta({ title, description });

const workspace = z
  .object({
    id,
    name: text('Name', 'Name of the workspace.'),
    state: z.enum(['running', 'stopped', 'no_plan']).meta({
      title: 'State',
      description:
        'running, stopped (all its live calls), or no_plan: it signed up, has no paid plan yet, and uses accounts of its own only.',
    }),
    created_at: isoTime.meta({ title: 'Created at', description: 'Time of creation.' }),
    members: count('Members', 'How many people belong to it.'),
    requests: count('Calls', 'Live calls of this month (UTC).'),
    cost_usd: usd.meta({ title: 'Cost (USD)', description: 'The cost of these calls, and of second answers.' }),
  })
  .meta({ title: 'Workspace of the gateway', description: 'A workspace as the operator sees it.' });

const sample = {
  id: 'ws_01k2',
  name: 'North Agency',
  state: 'running' as const,
  created_at: '2026-11-01T08:00:00.000Z',
  members: 3,
  requests: 41_203,
  cost_usd: 312.4,
};

export const listWorkspaces = operation({
  id: 'workspaces.list',
  method: 'GET',
  path: '/v1/workspaces',
  group: 'Operator',
  label: 'List workspaces',
  description:
    'Lists the workspaces of this gateway with their live calls and costs of this month, the newest first. It shows no content and no client. Needs the operator’s key.',
  surfaces: ['dashboard'],
  access: 'operator',
  input: z.strictObject({
    search: z
      .string()
      .trim()
      .max(200)
      .optional()
      .meta({ title: 'Search', description: 'Only workspaces with this in their name, or with this id.' }),
    cursor,
    limit,
  }),
  output: page(workspace),
  errors: ['invalid_api_key', 'invalid_request', 'forbidden'],
  sample: { input: { search: 'north' }, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { limit: 1000 }, because: 'a page has at most 100 rows' },
    { input: { name: 'North' }, because: 'unknown fields are refused' },
  ],
});

export const operatorHealth = operation({
  id: 'operator.health',
  method: 'GET',
  path: '/v1/operator/health',
  group: 'Operator',
  label: 'Get the health of the gateway',
  description: 'Gets the health of the gateway: database, disk, queues and processes. Needs the operator’s key.',
  surfaces: ['dashboard'],
  access: 'operator',
  input: z.strictObject({}),
  output: z.object({
    version: text('Version', 'The version of this gateway.'),
    database: z
      .object({
        version: text('Version', 'The version of Postgres.'),
        size_bytes: count('Size', 'The size of the database in bytes.'),
        connections: count('Connections', 'Connections that are open.'),
        connections_max: count('Most connections', 'The most that the server allows.'),
        unwritten_calls: count(
          'Unwritten calls',
          'Calls that wait for their record. More than 0 for long needs a look.',
        ),
      })
      .meta({ title: 'Database', description: 'The Postgres database.' }),
    disk: z
      .object({
        free_bytes: count('Free', 'Bytes that are free.'),
        size_bytes: count('Size', 'Bytes in all.'),
        warning: z
          .string()
          .nullable()
          .meta({ title: 'Warning', description: 'A sentence when it is nearly full; null while there is room.' }),
      })
      .nullable()
      .meta({ title: 'Disk', description: 'The fullest disk of this process; null where it cannot be read.' }),
    queues: z
      .object({
        deliveries: count('Deliveries', 'Webhooks and alerts that wait for delivery.'),
        oldest_delivery_at: isoTime.nullable().meta({
          title: 'Oldest delivery',
          description: 'When the oldest of them was made; null where there is none.',
        }),
        background_calls: count('Background calls', 'Background calls that wait or run.'),
      })
      .meta({ title: 'Queues', description: 'Work that waits.' }),
    processes: z
      .array(
        z.object({
          id,
          hostname: text('Host', 'The machine.'),
          pid: count('Process id', 'Its number on that machine.'),
          started_at: isoTime.meta({ title: 'Started at', description: 'Time of its start.' }),
        }),
      )
      .meta({
        title: 'Processes',
        description: 'The processes of this gateway that use the database, the oldest first.',
      }),
  }),
  errors: ['invalid_api_key', 'forbidden'],
  sample: {
    input: {},
    output: {
      version: '0.1.0',
      database: { version: '18.4', size_bytes: 48_000_000, connections: 12, connections_max: 97, unwritten_calls: 0 },
      disk: { free_bytes: 81_000_000_000, size_bytes: 100_000_000_000, warning: null },
      queues: { deliveries: 0, oldest_delivery_at: null, background_calls: 0 },
      processes: [{ id: 'proc_01k2', hostname: 'gateway-1', pid: 4242, started_at: '2026-11-01T08:00:00.000Z' }],
    },
  },
  wrong: [
    { input: { verbose: true }, because: 'it takes no fields' },
    { input: null, because: 'the input is an object' },
  ],
});
