import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { checkLive } from '../accounts/check-live.ts';
import type { Context } from '../accounts/context.ts';
import { meteredTokens } from '../usage/metered-store.ts';
import { findBoughtPlan, isCharged } from './bought-plan-store.ts';
import { monthOf, overageTokens, overageUsd, pro } from './plan.ts';
import { completeStripe, type StripePorts, stripeClient, stripeOrRefuse } from './stripe.ts';

interface PlanPorts extends StripePorts {
  db: Pool;
  now: () => number;
  publicUrl: string;
}

export const planHandlers: Pick<Handlers<Context<PlanPorts>>, 'plan.get' | 'plan.checkout' | 'plan.portal'> = {
  'plan.get': async (_input, { caller, services }) => {
    const { start, end } = monthOf(new Date(services.now()));
    const { metered, unmetered } = await meteredTokens(services.db, {
      workspaceId: caller.workspaceId,
      from: start,
      to: end,
    });
    const bought = await findBoughtPlan(services.db, caller.workspaceId);
    const overage = overageTokens(pro, metered);
    return {
      name: pro.name,
      status: bought?.status ?? 'none',
      for_sale: !('missing' in completeStripe(services.stripe)),
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

  'plan.checkout': async (_input, { caller, services }) => {
    checkLive(caller, 'plan');
    const settings = stripeOrRefuse(services.stripe);
    const { workspaceId } = caller;
    const bought = await findBoughtPlan(services.db, workspaceId);
    if (bought !== undefined && isCharged(bought.status))
      throw new GatewayError(
        'conflict',
        `The workspace has the plan ${pro.name} already. Change or cancel it with POST /v1/plan/portal.`,
      );
    const stripe = await stripeClient(settings);
    const session = await stripe.checkout.sessions
      .create({
        mode: 'subscription',
        // The price of overage is metered: it takes no quantity.
        line_items: [{ price: settings.STRIPE_PRICE_ID, quantity: 1 }, { price: settings.STRIPE_OVERAGE_PRICE_ID }],
        client_reference_id: workspaceId,
        metadata: { workspace_id: workspaceId },
        subscription_data: { metadata: { workspace_id: workspaceId } },
        success_url: `${services.publicUrl}/app/billing?checkout=success`,
        cancel_url: `${services.publicUrl}/app/billing?checkout=canceled`,
        ...(bought !== undefined
          ? { customer: bought.customerId }
          : caller.person !== undefined && { customer_email: caller.person.email }),
      })
      .catch(refused);
    if (session.url === null) throw new GatewayError('provider_error', 'Stripe answers no page to pay on. Try again.');
    return { url: session.url };
  },

  'plan.portal': async (_input, { caller, services }) => {
    checkLive(caller, 'plan');
    const settings = stripeOrRefuse(services.stripe);
    const bought = await findBoughtPlan(services.db, caller.workspaceId);
    if (bought === undefined)
      throw new GatewayError('conflict', 'The workspace has bought no plan. Buy it with POST /v1/plan/checkout.');
    const stripe = await stripeClient(settings);
    const session = await stripe.billingPortal.sessions
      .create({ customer: bought.customerId, return_url: `${services.publicUrl}/app/billing` })
      .catch(refused);
    return { url: session.url };
  },
};

/** Stripe's own words help the operator who set it up; a key never is in them but masked. */
function refused(error: unknown): never {
  throw new GatewayError(
    'provider_error',
    `Stripe refuses: ${error instanceof Error ? error.message : String(error)}`,
    { cause: error },
  );
}
