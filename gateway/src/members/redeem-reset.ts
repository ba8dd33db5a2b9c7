import type { PoolClient } from 'pg';
import type { Person } from '../accounts/api-key.ts';
import { type FactorPorts, showSecondFactor } from '../factors/second-factor.ts';
import { endSessions } from '../people/end-sessions-store.ts';
import { findPerson } from '../people/person-store.ts';
import { requireShown } from '../people/require-shown.ts';
import { findByAddress, lockAddress, proveAddress } from './person-store.ts';

/**
 * The link of a reset was opened, which proves the address. A mailbox is one factor: a person with an authenticator app shows a code, too. Undefined where the
 * person has another address by now; throws `second_factor_required` and `invalid_credentials`, and then the link is not used up.
 */
export async function redeemReset(
  tx: PoolClient,
  ports: FactorPorts,
  { personId, email, code, recoveryCode }: Record<'personId' | 'email' | 'code' | 'recoveryCode', string | undefined>,
): Promise<{ person: Person } | undefined> {
  if (personId === undefined || email === undefined) return undefined;
  await lockAddress(tx, email);
  const known = await findByAddress(tx, email);
  const person = known?.id === personId ? await findPerson(tx, { id: personId }) : undefined;
  if (known === undefined || person === undefined) return undefined;
  requireShown(await showSecondFactor(tx, ports, { personId, code, recoveryCode }), code);
  await proveAddress(tx, known);
  if (known.isUnproven) await endSessions(tx, personId);
  return { person };
}
