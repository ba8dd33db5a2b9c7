import { GatewayError } from '@ai-gateway/shared/errors';
import type { Db } from '../db/transaction.ts';
import { networkOf } from '../people/limit-tries.ts';
import { countAsked } from './sign-up-store.ts';

const mailsAnHour = 3;
const askedAnHour = 20;

/**
 * Where a stranger's mail is to be counted, or undefined where its address has had enough of them: the answer stays the same, since another would tell that
 * somebody asked before. The caller keeps the mail in the same transaction. Throws `rate_limited`.
 */
export async function takeMail(
  tx: Db,
  { purpose, email, askedFrom }: { purpose: 'sign-up' | 'reset'; email: string; askedFrom: string | undefined },
): Promise<string | undefined> {
  const from = askedFrom === undefined ? undefined : networkOf(askedFrom);
  const { toAddress, fromClient } = await countAsked(tx, { purpose, email, askedFrom: from });
  if (fromClient >= askedAnHour)
    throw new GatewayError('rate_limited', 'Too many e-mails are asked for from your address. Try again in an hour.', {
      retryAfterSeconds: 3_600,
    });
  return toAddress >= mailsAnHour ? undefined : (from ?? 'unknown');
}
