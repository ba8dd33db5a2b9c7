import { z } from 'zod';
import { operation } from '../operation.ts';
import {
  clientId,
  cursor,
  id,
  isoTime,
  limit,
  modelName,
  nothing,
  numberOrText,
  page,
  project,
  scenarioId,
  tag,
  usd,
  usdInput,
} from './common.ts';

/** A billion dollars: nano-dollars of it, and of a few of them together, fit a 64-bit integer. */
const limitUsdMax = 1_000_000_000;
const limitUsd = usdInput({ above: 0, max: limitUsdMax }).meta({
  title: 'Limit (USD)',
  description: 'Calls stop once this much is spent.',
});

export const budgetId = id.meta({
  title: 'Budget',
  description: 'Pick a budget.',
  'x-field': { options: 'budgets.list' },
});

const each = ' "*" gives each its own budget of this size.';
const scope = z
  .strictObject({
    client_id: tag('Client', `Calls for this client.${each}`, 'clients.list').optional(),
    project: tag('Project', `Calls of this project.${each}`, 'projects.list').optional(),
    scenario_id: tag('Scenario', `Calls of this scenario.${each}`, 'scenarios.list').optional(),
    key_id: tag('Key', `Calls with this key. GET /v1/keys lists the ids.${each}`).optional(),
  })
  .meta({
    title: 'Scope',
    description: 'The calls that the budget limits: those with all of these tags. Empty: all calls.',
  });
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({ title: 'Name', description: 'A name to recognize the budget by.' });
const period = z
  .enum(['day', 'week', 'month', 'total'])
  .meta({ title: 'Period', description: 'How often the budget resets. Weeks start on Monday; Total never resets.' });
const timezone = z.string().max(100).refine(isTimezone, 'must be a time zone such as Europe/Berlin or UTC').meta({
  title: 'Time zone',
  description: 'The time zone in which its days begin: an IANA name such as Europe/Berlin.',
});
const thresholds = z
  .array(z.number().int().min(1).max(100))
  .max(20)
  .meta({ title: 'Thresholds', description: 'Send an alert at these percentages of the limit, once per period.' });
const onLimit = z.enum(['block', 'notify', 'downgrade']).meta({
  title: 'On limit',
  description:
    'Block: calls are refused. Notify: calls go on and you get an alert. Downgrade: the cheapest capable model answers from the first threshold on, and calls are refused at 100 %.',
});

function isTimezone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

export const budget = z
  .object({
    id: budgetId,
    name,
    scope,
    limit_usd: usd.meta({ title: 'Limit', description: 'In dollars, including raises in this period.' }),
    period,
    timezone: z.string().meta({ title: 'Time zone', description: 'The time zone in which its days begin.' }),
    thresholds,
    on_limit: onLimit,
    status: z
      .enum(['ok', 'warning', 'exceeded'])
      .meta({ title: 'Status', description: 'warning: past the first threshold. exceeded: the limit is spent.' }),
    spent_usd: usd.meta({ title: 'Spent', description: 'Dollars spent in this period.' }),
    held_usd: usd.meta({ title: 'Held', description: 'Dollars reserved for calls in progress.' }),
    remaining_usd: usd.meta({ title: 'Remaining', description: 'Limit minus spent and held, in dollars.' }),
    percent_used: z.number().meta({ title: 'Percent used', description: 'Spent, as a percentage of the limit.' }),
    period_start: isoTime.meta({ title: 'Period start', description: 'Start of this period.' }),
    resets_at: isoTime
      .nullable()
      .meta({ title: 'Resets at', description: 'Start of the next period; null for total.' }),
  })
  .meta({ title: 'Budget', description: 'A spending limit with a period, and the spending so far.' });

const listedBudget = budget
  .extend({
    // A title of its own within the union, as "tightest" has: generators of clients name classes for it.
    instance: scope.meta({ title: 'Instance', description: 'The tags of one instance.' }).nullable().meta({
      title: 'Instance',
      description:
        'The tags of the instance whose amounts these are: the one that has spent most. Null without "*", and before its first call.',
    }),
  })
  .meta({ title: 'Budget', description: 'A spending limit with a period, and the spending so far.' });

export const sampleBudget = {
  id: 'bud_01k2',
  name: 'Acme',
  scope: { client_id: 'acme' },
  limit_usd: 50,
  period: 'month' as const,
  timezone: 'UTC',
  thresholds: [80, 90, 100],
  on_limit: 'block' as const,
  status: 'warning' as const,
  spent_usd: 41.2,
  held_usd: 0.05,
  remaining_usd: 8.75,
  percent_used: 82.4,
  period_start: '2026-11-01T00:00:00.000Z',
  resets_at: '2026-12-01T00:00:00.000Z',
};

export const createBudget = operation({
  id: 'budgets.create',
  method: 'POST',
  path: '/v1/budgets',
  group: 'Budgets',
  label: 'Create a budget',
  description: 'Creates a spending limit. A call that would exceed it is refused before it is sent.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'member',
  status: 201,
  input: z.strictObject({
    name,
    limit_usd: limitUsd,
    scope: scope.default({}),
    period: period.default('month'),
    timezone: timezone.default('UTC'),
    thresholds: thresholds.default([80, 90, 100]),
    on_limit: onLimit.default('block'),
  }),
  output: budget,
  errors: ['invalid_request', 'forbidden', 'not_found'],
  sample: {
    input: { name: 'Acme', limit_usd: 50, scope: { client_id: 'acme' } },
    output: { ...sampleBudget, status: 'ok', spent_usd: 0, held_usd: 0, remaining_usd: 50, percent_used: 0 },
  },
  wrong: [
    { input: { name: 'Ads', limit_usd: 0 }, because: 'a limit is more than 0' },
    { input: { name: 'Ads', limit_usd: -5 }, because: 'a limit is more than 0' },
    { input: { name: 'Ads', limit_usd: Number.NaN }, because: 'a limit is a number' },
    { input: { name: 'Ads', limit_usd: 1e30 }, because: 'a limit is at most a billion dollars' },
    { input: { name: 'Ads', limit_usd: 5, timezone: 'Mars/Olympus' }, because: 'there is no such time zone' },
    { input: { name: 'Ads', limit_usd: 5, scope: { model: 'gpt-4o' } }, because: 'budgets are by tag or key' },
    { input: { name: 'Ads', limit_usd: 5, thresholds: [120] }, because: 'thresholds are percents up to 100' },
  ],
});

export const listBudgets = operation({
  id: 'budgets.list',
  method: 'GET',
  path: '/v1/budgets',
  group: 'Budgets',
  label: 'List budgets',
  description:
    'Lists budgets with their spending. A budget with "*" is listed once, by the instance that has used most.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'reader',
  input: z.strictObject({
    client_id: clientId.optional(),
    project: project.optional(),
    scenario_id: scenarioId.optional(),
    status: budget.shape.status.optional(),
    cursor,
    limit,
  }),
  output: page(listedBudget),
  errors: ['invalid_request', 'forbidden'],
  sample: { input: { client_id: 'acme' }, output: { data: [{ ...sampleBudget, instance: null }], next_cursor: null } },
  wrong: [
    { input: { status: 'spent' }, because: 'there is no such status' },
    { input: { client: 'acme' }, because: 'unknown fields are refused' },
  ],
});

export const getBudget = operation({
  id: 'budgets.get',
  method: 'GET',
  path: '/v1/budgets/:id',
  group: 'Budgets',
  label: 'Get a budget',
  description: 'Gets one budget with its spending.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ id: budgetId }),
  output: budget,
  errors: ['forbidden', 'not_found'],
  sample: { input: { id: 'bud_01k2' }, output: sampleBudget },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'bud_01k2', at: 'now' }, because: 'unknown fields are refused' },
  ],
});

export const updateBudget = operation({
  id: 'budgets.update',
  method: 'PATCH',
  path: '/v1/budgets/:id',
  group: 'Budgets',
  label: 'Change a budget',
  description:
    'Changes the fields that are given. Spending so far also counts after a change of the period or time zone.',
  surfaces: ['dashboard'],
  access: 'member',
  input: z.strictObject({
    id: budgetId,
    name: name.optional(),
    limit_usd: limitUsd.optional(),
    period: period.optional(),
    timezone: timezone.optional(),
    thresholds: thresholds.optional(),
    on_limit: onLimit.optional(),
  }),
  output: budget,
  errors: ['invalid_request', 'forbidden', 'not_found'],
  sample: { input: { id: 'bud_01k2', limit_usd: 50 }, output: sampleBudget },
  wrong: [
    { input: { id: 'bud_01k2', limit_usd: 0 }, because: 'a limit is more than 0' },
    { input: { id: 'bud_01k2', scope: {} }, because: 'the scope of a budget cannot change' },
  ],
});

export const removeBudget = operation({
  id: 'budgets.remove',
  method: 'DELETE',
  path: '/v1/budgets/:id',
  group: 'Budgets',
  label: 'Delete a budget',
  description: 'Deletes a budget. Further calls are not limited by it; calls in progress continue.',
  surfaces: ['dashboard'],
  access: 'member',
  status: 204,
  input: z.strictObject({ id: budgetId }),
  output: nothing,
  errors: ['forbidden', 'not_found'],
  sample: { input: { id: 'bud_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'bud_01k2', force: true }, because: 'unknown fields are refused' },
  ],
});

export const raiseId = id.meta({ title: 'Raise', description: 'The id by which this raise can be taken back.' });
const raisedBudget = budget.extend({ raise_id: raiseId }).meta({
  title: 'Raised budget',
  description: 'The budget after the raise, and the id of the raise.',
});

export const raiseBudget = operation({
  id: 'budgets.raise',
  method: 'POST',
  path: '/v1/budgets/:id/raise',
  group: 'Budgets',
  label: 'Raise a budget',
  description: 'Raises a budget, for this period or for every period from now on.',
  surfaces: ['dashboard', 'make', 'zapier', 'n8n'],
  access: 'member',
  input: z.strictObject({
    id: budgetId,
    by_usd: usdInput({ above: 0, max: limitUsdMax }).meta({
      title: 'Raise by (USD)',
      description: 'Amount to add, in dollars.',
    }),
    until: z
      .enum(['period_end', 'forever'])
      .default('period_end')
      .meta({ title: 'Until', description: 'Period end: this period only. Forever: every period from now on.' }),
  }),
  output: raisedBudget,
  errors: ['invalid_request', 'forbidden', 'not_found'],
  sample: {
    input: { id: 'bud_01k2', by_usd: 10 },
    output: {
      ...sampleBudget,
      limit_usd: 60,
      remaining_usd: 18.75,
      percent_used: 68.67,
      status: 'ok',
      raise_id: 'chg_01k2',
    },
  },
  wrong: [
    { input: { id: 'bud_01k2', by_usd: 0 }, because: 'nothing would change' },
    { input: { id: 'bud_01k2' }, because: 'it needs to know by how much' },
  ],
});

export const listInstances = operation({
  id: 'budgets.instances',
  method: 'GET',
  path: '/v1/budgets/:id/instances',
  group: 'Budgets',
  label: 'List the instances of a budget',
  description:
    'Lists the instances of a budget with "*" in its scope: one for each client, project, scenario or key that has called.',
  surfaces: ['dashboard'],
  access: 'reader',
  input: z.strictObject({ id: budgetId, cursor, limit }),
  output: page(budget),
  errors: ['forbidden', 'not_found'],
  sample: { input: { id: 'bud_01k2' }, output: { data: [sampleBudget], next_cursor: null } },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'bud_01k2', limit: 0 }, because: 'a page has at least one row' },
  ],
});

export const checkBudget = operation({
  id: 'budgets.check',
  method: 'GET',
  path: '/v1/budgets/check',
  group: 'Budgets',
  label: 'Check budget',
  description: 'Checks whether a call with these tags would be allowed now. Free.',
  surfaces: ['make', 'zapier', 'n8n'],
  access: 'anyone',
  input: z.strictObject({
    client_id: clientId.optional(),
    project: project.optional(),
    scenario_id: scenarioId.optional(),
    model: modelName.optional(),
    max_tokens: numberOrText(z.number().int().min(1).max(10_000_000))
      .optional()
      .meta({ title: 'Max tokens', description: 'The longest answer that you want to afford.' }),
  }),
  output: z.object({
    allowed: z.boolean().meta({
      title: 'Allowed',
      description: 'False when fewer than 16 tokens of answer are affordable, or everything is paused.',
    }),
    reason: z.enum(['ok', 'budget_exceeded', 'scenario_paused', 'price_unknown']).meta({
      title: 'Reason',
      description:
        'ok, budget_exceeded, scenario_paused, or price_unknown (a budget cannot cap a model without a known price).',
    }),
    message: z.string().meta({ title: 'Message', description: 'The result in plain words.' }),
    // A title of its own: generators of clients name classes for it, and `budgets` has the other.
    tightest: budget
      .meta({ title: 'Tightest budget', description: 'The budget with the least left.' })
      .nullable()
      .meta({ title: 'Tightest budget', description: 'The budget with the least left; null when no budget applies.' }),
    budgets: z.array(budget).meta({ title: 'Budgets', description: 'Every budget that applies to the call.' }),
    affordable_tokens: z.number().int().nullable().meta({
      title: 'Affordable tokens',
      description: 'Tokens of answer that are affordable now with the given model; null when nothing limits them.',
    }),
  }),
  errors: ['invalid_request', 'invalid_tag', 'tag_forbidden', 'model_not_found'],
  sample: {
    input: { client_id: 'acme', model: 'gpt-4o' },
    output: {
      allowed: true,
      reason: 'ok',
      message: 'The call is allowed: budget "Acme" has $8.75 left.',
      tightest: sampleBudget,
      budgets: [sampleBudget],
      affordable_tokens: 875_000,
    },
  },
  wrong: [
    { input: { max_tokens: 0 }, because: 'an answer has at least one token' },
    { input: { client: 'acme' }, because: 'unknown fields are refused' },
  ],
});
