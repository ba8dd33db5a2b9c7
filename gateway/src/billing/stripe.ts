import { GatewayError } from '@ai-gateway/shared/errors';
import type { Stripe } from 'stripe';
import { type StripeSettings, sellingVariables } from '../accounts/stripe-settings.ts';

export interface StripePorts {
  stripe: StripeSettings;
}

export type CompleteStripe = Record<(typeof sellingVariables)[number] | 'STRIPE_BASE_URL', string>;

/** All settings, or the names of those that are missing. */
export function completeStripe(settings: StripeSettings): CompleteStripe | { missing: readonly string[] } {
  const missing = sellingVariables.filter((name) => settings[name] === undefined);
  return missing.length > 0 ? { missing } : (settings as CompleteStripe);
}

/** Throws `conflict`, naming the variables, where the operator sells no plan. */
export function stripeOrRefuse(settings: StripeSettings): CompleteStripe {
  const complete = completeStripe(settings);
  if ('missing' in complete)
    throw new GatewayError(
      'conflict',
      `This gateway does not sell the plan: ${complete.missing.join(', ')} ${complete.missing.length === 1 ? 'is' : 'are'} not set. Ask its operator.`,
      { details: { missing: complete.missing } },
    );
  return complete;
}

/** Loaded with the first use: most gateways sell nothing. */
export async function stripeClient({ STRIPE_SECRET_KEY, STRIPE_BASE_URL }: CompleteStripe): Promise<Stripe> {
  const { Stripe } = await import('stripe');
  const url = new URL(STRIPE_BASE_URL);
  return new Stripe(STRIPE_SECRET_KEY, {
    protocol: url.protocol === 'http:' ? 'http' : 'https',
    host: url.hostname,
    port: url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port),
    maxNetworkRetries: 2,
    timeout: 20_000,
    telemetry: false,
  });
}
