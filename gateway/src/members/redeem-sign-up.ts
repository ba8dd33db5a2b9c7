import { GatewayError } from '@ai-gateway/shared/errors';
import type { PoolClient } from 'pg';
import type { Person } from '../accounts/api-key.ts';
import { newId } from '../accounts/new-id.ts';
import { endSessions } from '../people/end-sessions-store.ts';
import { insertMember, insertPerson } from '../people/person-store.ts';
import { findByAddress, lockAddress, moveAside } from './person-store.ts';
import { findSignUp, insertSignedUpWorkspace } from './sign-up-store.ts';

/**
 * The link of a sign-up was opened: makes the person, whose address that proves, and a workspace, in the transaction that uses the link up. Undefined where the link is
 * none of a sign-up; throws `conflict` where the address has got an account meanwhile. An account whose person never showed that the address is theirs gives it up.
 */
export async function redeemSignUp(
  tx: PoolClient,
  { hash, name, nowMs }: { hash: Buffer; name: string | undefined; nowMs: number },
): Promise<{ person: Person; workspaceId: string } | undefined> {
  const asked = await findSignUp(tx, hash);
  if (asked === undefined) return undefined;
  const { email } = asked;
  await lockAddress(tx, email);
  const known = await findByAddress(tx, email);
  if (known?.isUnproven === true) {
    await moveAside(tx, known.id);
    await endSessions(tx, known.id);
  } else if (known !== undefined)
    throw new GatewayError('conflict', 'This address has an account already. Sign in with it.');
  const given = name ?? asked.name ?? email.split('@')[0] ?? email;
  const person = { id: newId('per', nowMs), email, name: given, isOperator: false };
  const workspaceId = newId('ws', nowMs);
  await insertPerson(tx, { ...person, isVerified: true });
  await insertSignedUpWorkspace(tx, {
    id: workspaceId,
    name: asked.workspaceName ?? `Workspace of ${given}`.slice(0, 100),
  });
  const member = { workspaceId, id: newId('mem', nowMs), personId: person.id };
  await insertMember(tx, { ...member, role: 'owner', source: 'sign-up' });
  return { person, workspaceId };
}
