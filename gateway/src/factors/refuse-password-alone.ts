import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import type { Db } from '../db/transaction.ts';
import { hadPasskeyAlone } from './totp-store.ts';

/** A password must not be worth more than the passkey that its person has: it could otherwise add a factor of its own, or take the passkey away. */
export async function refusePasswordAlone(
  db: Db,
  { session }: Pick<Caller, 'session'>,
  what: 'factors' | 'address' = 'factors',
): Promise<void> {
  if (session?.method === 'password' && (await hadPasskeyAlone(db, session.id)))
    throw new GatewayError('forbidden', `You have a passkey. Sign in with it, then change your ${what}.`);
}
