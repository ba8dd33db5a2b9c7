import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Caller } from '../accounts/api-key.ts';
import { recentMs } from '../accounts/recent-factor.ts';
import { signedIn } from '../accounts/signed-in.ts';
import { withTransaction } from '../db/transaction.ts';
import { limitTries } from '../people/limit-tries.ts';
import { noteFactor } from '../people/note-factor-store.ts';
import { finishUsing, type PasskeyPorts } from './passkey-ceremony.ts';
import { type FactorPorts, showSecondFactor } from './second-factor.ts';

export interface StepUpPorts extends FactorPorts, PasskeyPorts {
  db: Pool;
  log: Logger;
  sessions: { forget(personId: string): void };
  checkPassword: (personId: string, password: string) => Promise<boolean>;
}

interface Given {
  password?: string | undefined;
  code?: string | undefined;
  recovery_code?: string | undefined;
  passkey?: unknown;
}

/**
 * Confirms that the person of a session is there, and returns until when that counts. A passkey is enough; with an authenticator app its code is asked for, and without one
 * the password is enough. Tries count as those of a sign-in do: a stolen cookie guesses no code. Throws `invalid_credentials`, `second_factor_required` and `rate_limited`.
 */
export async function confirmPerson(
  services: StepUpPorts,
  caller: Caller,
  { given, address }: { given: Given; address: string | undefined },
): Promise<Date> {
  const { person, session } = signedIn(caller);
  await limitTries(services, { email: person.email, address }, async () => {
    if (!(await isConfirmed(services, person.id, given)))
      throw new GatewayError('invalid_credentials', 'This is wrong or used. Try again.');
  });
  const now = services.now();
  await noteFactor(services.db, { sessionId: session.id, personId: person.id, now: new Date(now) });
  services.sessions.forget(person.id);
  return new Date(now + recentMs);
}

async function isConfirmed(services: StepUpPorts, personId: string, given: Given): Promise<boolean> {
  if (given.passkey !== undefined)
    return (await finishUsing(services, { response: given.passkey, purpose: 'step-up', personId })) === personId;
  if (given.password !== undefined && !(await services.checkPassword(personId, given.password))) return false;
  const shown = await withTransaction(services.db, (tx) =>
    showSecondFactor(tx, services, { personId, code: given.code, recoveryCode: given.recovery_code }),
  );
  if (shown === 'missing')
    throw new GatewayError(
      'second_factor_required',
      'Your password alone is not enough: send a `code` of your authenticator app too.',
      { param: 'code' },
    );
  return shown === 'shown' || (shown === 'none' && given.password !== undefined);
}
