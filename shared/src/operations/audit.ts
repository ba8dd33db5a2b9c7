import { z } from 'zod';
import { operation } from '../operation.ts';
import { cursor, id, isoTime, limit, moment, page } from './common.ts';

const name = z.string().nullable().meta({ title: 'Name', description: 'The name then; of a person, the name today.' });
const side = (title: string, description: string) =>
  z.record(z.string(), z.unknown()).nullable().meta({ title, description });

const auditRow = z
  .object({
    id,
    created_at: isoTime.meta({ title: 'Created at', description: 'Time of the change.' }),
    operation: z.string().meta({ title: 'Operation', description: 'Id of an operation; auth.sign-in for a sign-in.' }),
    actor: z
      .object({
        type: z
          .enum(['key', 'person', 'operator', 'scim', 'system'])
          .meta({ title: 'Type', description: 'A key, a person, the operator, SCIM, or the gateway itself.' }),
        id,
        name,
      })
      .meta({ title: 'Actor', description: 'The key or person that made the change.' }),
    target: z
      .object({
        type: z.string().meta({ title: 'Type', description: 'Kind of the thing, such as budget or client.' }),
        id: z.string().meta({ title: 'Id', description: 'Id of the thing.' }),
        name,
      })
      .meta({ title: 'Target', description: 'The thing that was changed.' }),
    before: side('Before', 'Fields that changed, before; null for a new thing. Secrets are left out.'),
    after: side('After', 'Fields that changed, after; null for a deleted thing. Secrets are left out.'),
    request_id: z.string().nullable().meta({ title: 'Request id', description: '`x-request-id` of the request.' }),
    address: z.string().nullable().meta({ title: 'Address', description: 'IP address of the client.' }),
  })
  .meta({ title: 'Audit log entry', description: 'One change, with who made it and from where.' });

export const listAudit = operation({
  id: 'audit.list',
  method: 'GET',
  path: '/v1/audit',
  group: 'Audit log',
  label: 'List the audit log',
  description: 'Lists who changed what, newest first: one row for each change and each sign-in, kept for 400 days.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({
    from: moment.optional().meta({ title: 'From', description: 'The first day or time. Default: the oldest row.' }),
    to: moment.optional().meta({
      title: 'To',
      description: 'The last day (included), or the time at which the range ends. Default: now.',
    }),
    operation: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .meta({ title: 'Operation', description: 'Such as budgets.raise.' }),
    actor_id: id.optional().meta({ title: 'Actor', description: 'Changes by this key or person.' }),
    target_id: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ title: 'Target', description: 'Changes of this budget, client, key or other thing.' }),
    format: z
      .enum(['json', 'csv'])
      .optional()
      .meta({ title: 'Format', description: 'csv: the whole range as one CSV file, as with `Accept: text/csv`.' }),
    for: z.enum(['excel']).optional().meta({
      title: 'For',
      description: "excel: a CSV file that Excel opens as a table, with the separators of the workspace's language.",
    }),
    cursor,
    limit,
  }),
  alternatives: ['text/csv'],
  output: page(auditRow),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: {
    input: { target_id: 'bud_01k2' },
    output: {
      data: [
        {
          id: 'aud_01k2',
          created_at: '2026-11-20T09:12:00.000Z',
          operation: 'budgets.raise',
          actor: { type: 'key', id: 'key_01k2', name: 'Owner' },
          target: { type: 'budget', id: 'bud_01k2', name: 'Acme' },
          before: { limit_usd: 50 },
          after: { limit_usd: 60 },
          request_id: 'req_01k2',
          address: '203.0.113.9',
        },
      ],
      next_cursor: null,
    },
  },
  wrong: [
    { input: { limit: 0 }, because: 'a page has at least one row' },
    { input: { actor: 'Owner' }, because: 'unknown fields are refused' },
  ],
});
