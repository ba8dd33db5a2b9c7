import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Stripe } from 'stripe';
import { meteredTokens } from '../usage/metered-store.ts';
import {
  type BoughtPlan,
  findOverageReport,
  listChargedPlans,
  reserveOverage,
  settleOverage,
} from './bought-plan-store.ts';
import { monthsToReport, overageTokens, pro } from './plan.ts';
import { type CompleteStripe, completeStripe, type StripePorts, stripeClient } from './stripe.ts';

export interface OveragePorts extends StripePorts {
  db: Pool;
  log: Logger;
  now: () => number;
}

/**
 * Reports the tokens beyond the plan to Stripe's meter. Each report is set apart in the database before it is sent, and sent with the same
 * identifier until Stripe has taken it: Stripe refuses the second event of an identifier, so nothing is charged twice.
 */
export async function reportOverage(services: OveragePorts): Promise<void> {
  const settings = completeStripe(services.stripe);
  if ('missing' in settings) return;
  const plans = await listChargedPlans(services.db);
  if (plans.length === 0) return;
  const sender = { stripe: await stripeClient(settings), settings };
  const months = monthsToReport(new Date(services.now()));
  for (const plan of plans)
    for (const month of months) {
      try {
        await reportMonth(services, { plan, month, sender });
      } catch (error) {
        // One workspace that Stripe refuses holds up no other.
        services.log.warn({ err: error, workspaceId: plan.workspaceId }, 'overage could not be reported to Stripe');
      }
    }
}

interface Sender {
  stripe: Stripe;
  settings: CompleteStripe;
}

async function reportMonth(
  services: OveragePorts,
  { plan, month, sender }: { plan: BoughtPlan; month: { start: Date; end: Date; begins: boolean }; sender: Sender },
): Promise<void> {
  const { db } = services;
  const { workspaceId } = plan;
  const { metered } = await meteredTokens(db, { workspaceId, from: month.start, to: month.end });
  const at = { workspaceId, month: month.start };
  const found = await findOverageReport(db, { ...at, begins: month.begins });
  if (found === undefined) return;
  const { reported } = found;
  let { pending } = found;
  if (pending === undefined) {
    const tokens = overageTokens(pro, metered) - reported;
    if (tokens <= 0) return;
    const report = {
      tokens,
      identifier: randomUUID(),
      at: new Date(Math.min(services.now(), month.end.getTime() - 1)),
    };
    if (!(await reserveOverage(db, { ...at, reported, ...report }))) return;
    pending = report;
  }
  await send(sender, plan.customerId, pending);
  await settleOverage(db, { ...at, identifier: pending.identifier });
}

async function send(
  { stripe, settings }: Sender,
  customerId: string,
  { tokens, identifier, at }: { tokens: number; identifier: string; at: Date },
): Promise<void> {
  try {
    // Without an idempotency key of ours: Stripe repeats even a failed answer for one, and the identifier does what is needed.
    await stripe.billing.meterEvents.create({
      event_name: settings.STRIPE_METER_EVENT_NAME,
      identifier,
      timestamp: Math.floor(at.getTime() / 1_000),
      payload: { stripe_customer_id: customerId, value: String(tokens) },
    });
  } catch (error) {
    if (!isKnownIdentifier(error, identifier)) throw error;
  }
}

/** "An event already exists with identifier …", with status 400, as seen at Stripe (langfuse/langfuse#16292): it has the report. */
function isKnownIdentifier(error: unknown, identifier: string): boolean {
  return error instanceof Error && /already exists/i.test(error.message) && error.message.includes(identifier);
}
