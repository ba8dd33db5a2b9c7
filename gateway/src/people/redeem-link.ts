import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool, PoolClient } from 'pg';
import type { Person } from '../accounts/api-key.ts';
import { newId } from '../accounts/new-id.ts';
import { firstWorkspaceId } from '../accounts/workspace-store.ts';
import { withTransaction } from '../db/transaction.ts';
import { lockUntilCommit } from '../db/transaction-settings.ts';
import { type SignInLink, takeLink } from './link-store.ts';
import { openSession } from './open-session.ts';
import { findPerson, hasPeople, insertMember, insertPerson } from './person-store.ts';
import { hashToken } from './secret-token.ts';
import type { Visitor } from './visitor.ts';

export interface LinkInput {
  token: string;
  email?: string | undefined;
  name?: string | undefined;
}

/** The person that a link signs in, and where. Undefined where it leads nowhere any more. */
type Redeemed = { person: Person; workspaceId?: string | undefined } | undefined;

/** Redeems a link of one purpose, in the transaction that uses it up. A throw leaves the link as it was. */
export type Redeem = (
  tx: PoolClient,
  link: SignInLink,
  options: { input: LinkInput; nowMs: number },
) => Promise<Redeemed>;

const redeemers: Partial<Record<SignInLink['purpose'], Redeem>> = { first: redeemFirst, 'sign-in': redeemSignIn };

/** Opens the session that a link is for. Returns the cookie's secret. Throws `link_used` for links that are used, over or unknown. */
export function redeemLink(
  { db, now }: { db: Pool; now: () => number },
  input: LinkInput,
  { visitor }: { visitor: Visitor },
): Promise<string> {
  const hash = hashToken(input.token);
  if (hash === undefined) throw linkUsed();
  return withTransaction(db, async (tx) => {
    const link = await takeLink(tx, hash);
    const nowMs = now();
    const redeemed = link && (await redeemers[link.purpose]?.(tx, link, { input, nowMs }));
    if (redeemed === undefined) throw linkUsed();
    return openSession(tx, { ...redeemed, method: 'link', visitor, nowMs });
  });
}

/** The first person: the owner of the first workspace, and the operator. */
async function redeemFirst(
  tx: PoolClient,
  link: SignInLink,
  { input, nowMs }: Parameters<Redeem>[2],
): Promise<Redeemed> {
  // Two links may have been printed; one of them makes the first person.
  await lockUntilCommit(tx, 'ai-gateway first person');
  if (await hasPeople(tx)) return undefined;
  const email = link.email ?? input.email;
  if (email === undefined)
    throw new GatewayError('invalid_request', '`email` is missing: the address that you sign in with from now on.', {
      param: 'email',
    });
  const workspaceId = await firstWorkspaceId(tx);
  if (workspaceId === undefined) return undefined;
  const person = { id: newId('per', nowMs), email, name: input.name ?? nameOf(email), isOperator: true };
  await insertPerson(tx, { ...person, isVerified: false });
  await insertMember(tx, { workspaceId, id: newId('mem', nowMs), personId: person.id, role: 'owner', source: 'first' });
  return { person, workspaceId };
}

async function redeemSignIn(tx: PoolClient, { personId }: SignInLink): Promise<Redeemed> {
  const person = personId === undefined ? undefined : await findPerson(tx, { id: personId });
  return person && { person };
}

/** For a person who gives none: the part before the @. */
function nameOf(email: string): string {
  return email.split('@')[0] ?? email;
}

function linkUsed(): GatewayError {
  return new GatewayError(
    'link_used',
    'This link has been used or has expired. Ask for a new one; the operator prints one with the command sign-in-link.',
  );
}
