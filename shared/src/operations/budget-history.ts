import { z } from 'zod';
import { operation } from '../operation.ts';
import { budgetId, raiseId } from './budgets.ts';
import { cursor, isoTime, limit, nothing, page, usd } from './common.ts';

export const removeRaise = operation({
  id: 'budgets.raises.remove',
  method: 'DELETE',
  path: '/v1/budgets/:id/raises/:raise_id',
  group: 'Budgets',
  label: 'Take a raise back',
  description: 'Takes back as much of a raise as is neither spent nor held. A raise is taken back once.',
  surfaces: ['dashboard'],
  access: 'member',
  status: 204,
  input: z.strictObject({ id: budgetId, raise_id: raiseId }),
  output: nothing,
  errors: ['conflict', 'forbidden', 'not_found'],
  sample: { input: { id: 'bud_01k2', raise_id: 'chg_01k2' }, output: null },
  wrong: [
    { input: { id: 'bud_01k2' }, because: 'it needs to know which raise' },
    { input: { id: 'bud_01k2', raise_id: 'chg_01k2', by_usd: 5 }, because: 'a raise is taken back as a whole' },
  ],
});

const historyUsd = (title: string, description: string) => usd.nullable().meta({ title, description });
const budgetEntry = z
  .object({
    kind: z.enum(['period', 'created', 'changed', 'raise', 'raise_undone']).meta({
      title: 'Kind',
      description:
        'A past period, or a change: created, changed, raise, or raise_undone (a raise that was taken back).',
    }),
    at: isoTime.meta({ title: 'At', description: 'Time of the change, or the end of the period.' }),
    by: z.string().nullable().meta({
      title: 'By',
      description: 'Name of the key or person; null for a period, and for keys that are locked to a client.',
    }),
    by_id: z.string().nullable().meta({ title: 'By (id)', description: 'Id of the key or person.' }),
    by_usd: historyUsd('By (USD)', 'Dollars of a raise, or dollars that were taken back; else null.'),
    until: z
      .enum(['period_end', 'forever'])
      .nullable()
      .meta({ title: 'Until', description: 'How long a raise lasts.' }),
    raise_id: z.string().nullable().meta({ title: 'Raise', description: 'Id of the raise; null for other kinds.' }),
    undone_at: isoTime.nullable().meta({ title: 'Taken back at', description: 'When this raise was taken back.' }),
    limit_before_usd: historyUsd('Limit before', 'Limit of the running period before a change; else null.'),
    limit_usd: usd.meta({ title: 'Limit', description: 'Limit after the change, or of the past period.' }),
    fields: z.array(z.string()).meta({ title: 'Fields', description: 'Names of the fields that a change set.' }),
    period_start: isoTime.nullable().meta({ title: 'Period start', description: 'Start of a past period.' }),
    period_end: isoTime.nullable().meta({ title: 'Period end', description: 'End of a past period or of a raise.' }),
    spent_usd: historyUsd('Spent', 'Dollars spent in a past period, by all instances together; else null.'),
    instances: z.number().int().nullable().meta({
      title: 'Instances',
      description: 'Number of instances that a budget with "*" had in a past period; 1 for others.',
    }),
  })
  .meta({ title: 'Budget history entry', description: 'A past period of a budget, or a change of it.' });

export const budgetHistory = operation({
  id: 'budgets.history',
  method: 'GET',
  path: '/v1/budgets/:id/history',
  group: 'Budgets',
  label: 'Show the history of a budget',
  description: 'Lists past periods with their spending, raises and other changes, newest first.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ id: budgetId, cursor, limit }),
  output: page(budgetEntry),
  errors: ['invalid_request', 'forbidden', 'not_found'],
  sample: {
    input: { id: 'bud_01k2' },
    output: {
      data: [
        {
          kind: 'raise',
          at: '2026-11-20T09:12:00.000Z',
          by: 'Owner',
          by_id: 'key_01k2',
          by_usd: 10,
          until: 'period_end',
          raise_id: 'chg_01k2',
          undone_at: null,
          limit_before_usd: 50,
          limit_usd: 60,
          fields: [],
          period_start: null,
          period_end: '2026-12-01T00:00:00.000Z',
          spent_usd: null,
          instances: null,
        },
      ],
      next_cursor: null,
    },
  },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'bud_01k2', limit: 0 }, because: 'a page has at least one row' },
  ],
});
