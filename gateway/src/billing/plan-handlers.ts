import type { Handlers } from '@ai-gateway/shared/contract';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { meteredTokens } from '../usage/metered-store.ts';
import { overageUsd, pro } from './plan.ts';

interface PlanPorts {
  db: Pool;
  now: () => number;
}

export const planHandlers: Pick<Handlers<Context<PlanPorts>>, 'plan.get'> = {
  'plan.get': async (_input, { caller, services }) => {
    const now = new Date(services.now());
    const start = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
    const end = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
    const { metered, unmetered } = await meteredTokens(services.db, {
      workspaceId: caller.workspaceId,
      from: start,
      to: end,
    });
    const overage = Math.max(0, metered - pro.includedTokens);
    return {
      name: pro.name,
      fee_usd: pro.feeUsd,
      included_tokens: pro.includedTokens,
      used_tokens: metered,
      unmetered_tokens: unmetered,
      overage_tokens: overage,
      overage_usd_per_mtok: pro.tiers[0]?.usdPerMtok ?? 0,
      overage_usd: overageUsd(pro, overage),
      tiers: pro.tiers.map(({ aboveOverageTokens, usdPerMtok }) => ({
        above_overage_tokens: aboveOverageTokens,
        usd_per_mtok: usdPerMtok,
      })),
      period_start: start.toISOString(),
      period_end: end.toISOString(),
    };
  },
};
