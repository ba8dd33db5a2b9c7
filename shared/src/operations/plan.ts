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
  description: 'The plan, the tokens it includes and those used this month. Calls on keys of your own are not metered.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({}),
  output: z.object({
    name: z.string().meta({ title: 'Name', description: 'Of the plan.' }),
    fee_usd: usd.meta({ title: 'Fee', description: 'Dollars a month.' }),
    included_tokens: tokens('Included tokens', 'A month, input and output together.'),
    used_tokens: tokens('Used tokens', 'This month, on the gateway’s own provider keys.'),
    unmetered_tokens: tokens('Unmetered tokens', 'This month, on keys of your own: free of charge.'),
    overage_tokens: tokens('Overage tokens', 'Over what is included.'),
    overage_usd_per_mtok: usd.meta({ title: 'Overage price', description: 'Dollars for a million tokens more.' }),
    overage_usd: usd.meta({ title: 'Overage', description: 'Dollars so far, by the token.' }),
    tiers: z
      .array(
        z.object({
          above_overage_tokens: tokens('Above', 'Tokens over what is included from which the price holds.'),
          usd_per_mtok: usd.meta({ title: 'Price', description: 'Dollars for a million tokens.' }),
        }),
      )
      .meta({ title: 'Tiers', description: 'What overage costs, by volume.' }),
    period_start: isoTime.meta({ title: 'Period start', description: 'Start of this month, UTC.' }),
    period_end: isoTime.meta({ title: 'Period end', description: 'Start of the next.' }),
  }),
  errors: ['forbidden'],
  sample: {
    input: {},
    output: {
      name: 'Pro',
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
