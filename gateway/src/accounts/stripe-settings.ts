import { z } from 'zod';

const secret = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]+$/, 'must be one line of plain ASCII, as Stripe shows it')
  .optional();
const id = z.string().trim().min(1).optional();

/** Where the plan is sold, as the environment names it. It is sold where all of these are set. */
export const stripeVariables = z.object({
  STRIPE_SECRET_KEY: secret,
  STRIPE_WEBHOOK_SECRET: secret,
  STRIPE_PRICE_ID: id,
  STRIPE_OVERAGE_PRICE_ID: id,
  STRIPE_METER_EVENT_NAME: id,
  STRIPE_BASE_URL: z
    .url({ protocol: /^https?$/, message: 'must be an http or https URL' })
    .refine((url) => !URL.canParse(url) || new URL(url).pathname === '/', 'must be an address without a path')
    .default('https://api.stripe.com'),
});

export type StripeSettings = z.infer<typeof stripeVariables>;

/** The plan is sold where all of these are set. */
export const sellingVariables = [
  'STRIPE_SECRET_KEY',
  'STRIPE_WEBHOOK_SECRET',
  'STRIPE_PRICE_ID',
  'STRIPE_OVERAGE_PRICE_ID',
  'STRIPE_METER_EVENT_NAME',
] as const;
