import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Stripe } from 'stripe';
import type { Db } from '../db/transaction.ts';
import { meteredTokens } from '../usage/metered-store.ts';
import { type MonthOverage, type PlanChange, type PlanStatus, takePlanChange } from './bought-plan-store.ts';
import { monthsToReport, overageTokens, pro } from './plan.ts';
import { type StripePorts, stripeClient, stripeOrRefuse } from './stripe.ts';

export interface StripeEventPorts extends StripePorts {
  db: Pool;
  log: Logger;
  now: () => number;
}

/** Stripe's words for a subscription, in ours. Unpaid and paused ones are still there, and owe. */
const statuses: Readonly<Record<string, PlanStatus>> = {
  active: 'active',
  trialing: 'active',
  past_due: 'past_due',
  unpaid: 'past_due',
  paused: 'past_due',
  canceled: 'canceled',
  incomplete_expired: 'canceled',
  incomplete: 'none',
};

/**
 * Takes a delivery of Stripe: `body` is what was signed, byte by byte. Throws `invalid_request` where the signature is not Stripe's, or older than
 * five minutes.
 */
export async function takeStripeEvent(services: StripeEventPorts, body: Buffer, signature: string): Promise<void> {
  const settings = stripeOrRefuse(services.stripe);
  const stripe = await stripeClient(settings);
  const event = verified(stripe, body, { signature, secret: settings.STRIPE_WEBHOOK_SECRET });
  const change = changeIn(event, settings.STRIPE_PRICE_ID);
  if (change === undefined) return;
  const { taken, workspaceId } = await takePlanChange(services.db, change, (tx, workspaceId) =>
    overageOf(tx, workspaceId, services.now()),
  );
  services.log.info({ stripeEvent: event.id, type: event.type, taken, workspaceId }, 'an event of Stripe was received');
}

function verified(
  stripe: Stripe,
  body: Buffer,
  { signature, secret }: { signature: string; secret: string },
): Stripe.Event {
  try {
    return stripe.webhooks.constructEvent(body, signature, secret);
  } catch {
    throw new GatewayError(
      'invalid_request',
      'The signature is not Stripe’s, or it is too old. Check that STRIPE_WEBHOOK_SECRET belongs to this endpoint, and the clock of this machine.',
      { param: 'stripe-signature' },
    );
  }
}

/** What the months that are reported have beyond the plan so far. */
async function overageOf(tx: Db, workspaceId: string, nowMs: number): Promise<MonthOverage[]> {
  const months: MonthOverage[] = [];
  for (const { start, end, begins } of monthsToReport(new Date(nowMs))) {
    const { metered } = await meteredTokens(tx, { workspaceId, from: start, to: end });
    months.push({ month: start, begins, tokens: overageTokens(pro, metered) });
  }
  return months;
}

/** Undefined for an event that says nothing about the plan. */
function changeIn(event: Stripe.Event, priceId: string): PlanChange | undefined {
  const base = { eventId: event.id, at: new Date(event.created * 1_000) };
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded': {
      const session = event.data.object;
      const customerId = idOf(session.customer);
      if (session.mode !== 'subscription' || customerId === undefined) return undefined;
      // We make no Payment Links, and the visitor of one may name any workspace.
      if (idOf(session.payment_link) !== undefined) return undefined;
      return {
        ...base,
        workspaceId: session.client_reference_id ?? session.metadata?.workspace_id,
        customerId,
        subscriptionId: idOf(session.subscription),
        status: session.payment_status === 'unpaid' ? 'none' : 'active',
        isOurs: true,
      };
    }
    case 'customer.subscription.created':
    case 'customer.subscription.updated':
    case 'customer.subscription.deleted':
    case 'customer.subscription.paused':
    case 'customer.subscription.resumed': {
      const subscription = event.data.object;
      const customerId = idOf(subscription.customer);
      if (customerId === undefined) return undefined;
      return {
        ...base,
        workspaceId: subscription.metadata?.workspace_id,
        customerId,
        subscriptionId: subscription.id,
        status: event.type === 'customer.subscription.deleted' ? 'canceled' : (statuses[subscription.status] ?? 'none'),
        isOurs: hasPrice(subscription, priceId),
      };
    }
    default:
      return undefined;
  }
}

function hasPrice({ items }: { items?: Stripe.Subscription['items'] }, priceId: string): boolean | undefined {
  const prices = items?.data.map(({ price }) => price.id) ?? [];
  return prices.length === 0 ? undefined : prices.includes(priceId);
}

function idOf(thing: string | { id: string } | null | undefined): string | undefined {
  return typeof thing === 'string' ? thing : thing?.id;
}
