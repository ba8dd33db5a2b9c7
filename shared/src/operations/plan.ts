import { z } from 'zod';
import { operation } from '../operation.ts';
import { isoTime, usd } from './common.ts';

const tokens = (title: string, description: string) => z.number().int().meta({ title, description });

export const getPlan = operation({
  id: 'plan.get',
  method: 'GET',
  path: '/v1/plan',
  group: 'Plan',
  label: 'Get the plan',
  description:
    'Gets the plan, its included tokens and the tokens used this month. Calls with your own provider keys are not counted.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({}),
  output: z.object({
    name: z.string().meta({ title: 'Name', description: 'Name of the plan.' }),
    status: z.enum(['none', 'active', 'past_due', 'canceled']).meta({
      title: 'Status',
      description: 'Whether the plan is bought: `none` where it is not, or where the gateway sells no plan.',
    }),
    for_sale: z.boolean().meta({
      title: 'For sale',
      description: 'Whether this gateway sells the plan. Where it does not, tokens are counted and nothing is charged.',
    }),
    fee_usd: usd.meta({ title: 'Fee', description: 'Dollars per month.' }),
    included_tokens: tokens('Included tokens', 'Per month, input and output together.'),
    used_tokens: tokens('Used tokens', 'This month, with the gateway’s provider keys.'),
    unmetered_tokens: tokens('Unmetered tokens', 'This month, with your own provider keys. They are free of charge.'),
    overage_tokens: tokens('Overage tokens', 'Tokens beyond the included ones.'),
    overage_usd_per_mtok: usd.meta({ title: 'Overage price', description: 'Dollars per further million tokens.' }),
    overage_usd: usd.meta({
      title: 'Overage',
      description: 'Cost of overage so far, in dollars, counted by the token.',
    }),
    tiers: z
      .array(
        z.object({
          above_overage_tokens: tokens('Above', 'Overage tokens from which this price applies.'),
          usd_per_mtok: usd.meta({ title: 'Price', description: 'Dollars for a million tokens.' }),
        }),
      )
      .meta({ title: 'Tiers', description: 'Prices of overage, by volume.' }),
    period_start: isoTime.meta({ title: 'Period start', description: 'Start of this month, in UTC.' }),
    period_end: isoTime.meta({ title: 'Period end', description: 'Start of the next month, in UTC.' }),
  }),
  errors: ['forbidden'],
  sample: {
    input: {},
    output: {
      name: 'Pro',
      status: 'active',
      for_sale: true,
      fee_usd: 99,
      included_tokens: 3_000_000,
      used_tokens: 3_500_000,
      unmetered_tokens: 120_000,
      overage_tokens: 500_000,
      overage_usd_per_mtok: 35,
      overage_usd: 17.5,
      tiers: [{ above_overage_tokens: 0, usd_per_mtok: 35 }],
      period_start: '2026-11-01T00:00:00.000Z',
      period_end: '2026-12-01T00:00:00.000Z',
    },
  },
  wrong: [
    { input: { month: '2026-10' }, because: 'it takes no fields' },
    { input: [], because: 'the input is an object' },
  ],
});

const page = z.object({
  url: z.url().meta({ title: 'Page', description: 'Address of the page at Stripe. Open it in a browser.' }),
});

export const checkoutPlan = operation({
  id: 'plan.checkout',
  method: 'POST',
  path: '/v1/plan/checkout',
  group: 'Plan',
  label: 'Buy the plan',
  description: 'Makes a page at Stripe where an owner buys the plan for the workspace.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({}),
  output: page,
  errors: ['forbidden', 'conflict', 'provider_error'],
  sample: {
    input: {},
    output: { url: 'https://checkout.stripe.com/c/pay/cs_live_a1b2c3' },
  },
  wrong: [
    { input: { plan: 'pro' }, because: 'it takes no fields' },
    { input: [], because: 'the input is an object' },
  ],
});

export const openPlanPortal = operation({
  id: 'plan.portal',
  method: 'POST',
  path: '/v1/plan/portal',
  group: 'Plan',
  label: 'Manage the plan',
  description: 'Makes a page at Stripe where an owner changes the card, reads receipts or cancels the plan.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({}),
  output: page,
  errors: ['forbidden', 'conflict', 'provider_error'],
  sample: {
    input: {},
    output: { url: 'https://billing.stripe.com/p/session/live_a1b2c3' },
  },
  wrong: [
    { input: { return_url: 'https://example.com' }, because: 'it takes no fields' },
    { input: [], because: 'the input is an object' },
  ],
});
