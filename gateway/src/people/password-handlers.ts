import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Person, Session } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { ownAccount } from '../accounts/signed-in.ts';
import { withTransaction } from '../db/transaction.ts';
import { endOtherSessions } from './end-sessions-store.ts';
import { limitTries } from './limit-tries.ts';
import { passwordFault } from './password-fault.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { findPassword, writePassword } from './password-store.ts';
import type { SessionCache } from './session-cache.ts';

interface PasswordPorts {
  db: Pool;
  log: Logger;
  now: () => number;
  sessions: SessionCache;
  passwords: PasswordHasher;
}

/** A person who has just come by a link or a passkey needs no old password: it may be the one they forgot. */
const freshMs = 15 * 60_000;

export const passwordHandlers: Pick<Handlers<Context<PasswordPorts>>, 'me.password'> = {
  'me.password': async ({ password, current_password: current }, { caller, services, audit }) => {
    const { person, session } = ownAccount(caller);
    const fault = passwordFault(password, person);
    if (fault !== undefined) throw new GatewayError('invalid_request', fault, { param: 'password' });
    await requireCurrent(services, { person, session, current });
    const stored = await services.passwords.hash(password);
    await withTransaction(services.db, async (tx) => {
      await writePassword(tx, person.id, stored);
      await endOtherSessions(tx, { personId: person.id, sessionId: session.id });
      await audit(tx, { target: { type: 'person', id: person.id }, after: { changed: 'password' } });
    });
    services.sessions.forget(person.id);
    return null;
  },
};

async function requireCurrent(
  services: PasswordPorts,
  { person, session, current }: { person: Person; session: Session; current: string | undefined },
): Promise<void> {
  const stored = await findPassword(services.db, person.id);
  if (current !== undefined && stored !== undefined) {
    await limitTries(services, { email: person.email, address: undefined }, async () => {
      if (!(await services.passwords.matches(current, stored)))
        throw new GatewayError('forbidden', 'The current password is wrong.', { param: 'current_password' });
    });
    return;
  }
  if (isFresh(services, session)) return;
  if (stored !== undefined)
    throw new GatewayError('invalid_request', '`current_password` is missing: the password that this one replaces.', {
      param: 'current_password',
    });
  throw new GatewayError(
    'step_up_required',
    'A first password needs a recent sign-in. Confirm that it is you, then try again.',
  );
}

/** The session began, or was confirmed, a moment ago, and not by the very password. */
function isFresh({ now }: PasswordPorts, { method, factorAt }: Session): boolean {
  return method !== 'password' && now() - factorAt.getTime() <= freshMs;
}
