import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from './api-key.ts';

/** A factor counts as recent for this long. */
export const recentMs = 10 * 60_000;

/**
 * Throws `step_up_required` where a person last showed a factor too long ago for what cannot be taken back: a new owner, another way to sign in,
 * another text of a key. Keys are never asked.
 */
export function requireRecentFactor({ session }: Pick<Caller, 'session'>, nowMs: number): void {
  if (session === undefined || nowMs - session.factorAt.getTime() <= recentMs) return;
  throw new GatewayError(
    'step_up_required',
    'This change needs a recent proof that it is you. Confirm it at /auth/step-up with your password, a code or a passkey, or sign in again. Then try again.',
    { details: { step_up: '/auth/step-up', max_age_seconds: recentMs / 1_000 } },
  );
}
