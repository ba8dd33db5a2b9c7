import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import { withTransaction } from '../db/transaction.ts';
import { limitTries } from './limit-tries.ts';
import { openSession } from './open-session.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { findPersonWithPassword, keepPassword, writePassword } from './password-store.ts';
import { requireShown } from './require-shown.ts';
import type { Visitor } from './visitor.ts';

export interface SignInPorts {
  db: Pool;
  log: Logger;
  now: () => number;
  passwords: PasswordHasher;
  /** Looks at a code and uses it up. `none`: the person has no second factor. */
  showSecondFactor(
    tx: PoolClient,
    given: { personId: string; code: string | undefined; recoveryCode: string | undefined },
  ): Promise<'none' | 'shown' | 'missing' | 'wrong'>;
}

interface Given {
  email: string;
  password: string;
  code?: string | undefined;
  recovery_code?: string | undefined;
}

/**
 * Signs in by password and, where the person has one, a second factor. Returns the cookie's secret. Throws `invalid_credentials`, with one text
 * and after the same time whether the address exists or not, `second_factor_required` after the right password, and `rate_limited`.
 */
export function signInByPassword(
  services: SignInPorts,
  given: Given,
  { visitor, countedAddress }: { visitor: Visitor; countedAddress: string | undefined },
): Promise<string> {
  const subject = { email: given.email, address: countedAddress, seenFrom: visitor.address };
  return limitTries(services, subject, () => check(services, given, visitor));
}

async function check(services: SignInPorts, given: Given, visitor: Visitor): Promise<string> {
  const { db, now, passwords } = services;
  const found = await findPersonWithPassword(db, given.email);
  const isRight = await passwords.matches(given.password, found?.password);
  if (!isRight || found?.password === undefined) throw wrong();
  const { person, password } = found;
  const shown = await withTransaction(db, (tx) =>
    services.showSecondFactor(tx, { personId: person.id, code: given.code, recoveryCode: given.recovery_code }),
  );
  requireShown(shown, given.code);
  const fresh = passwords.isOutdated(password) ? await passwords.hash(given.password) : undefined;
  return withTransaction(db, async (tx) => {
    // It may have been changed since it was read, which ended all other sessions; this one must not come after.
    if (!(await keepPassword(tx, person.id, password))) throw wrong();
    if (fresh !== undefined) await writePassword(tx, person.id, fresh);
    return openSession(tx, { person, method: 'password', visitor, nowMs: now() });
  });
}

function wrong(): GatewayError {
  return new GatewayError('invalid_credentials', 'The address or the password is wrong.');
}
