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
import { chooseWorkspace } from './session-store.ts';
import type { Visitor } from './visitor.ts';

interface LinkInput {
  token: string;
  email?: string | undefined;
  name?: string | undefined;
  code?: string | undefined;
  recovery_code?: string | undefined;
}

/** The person that a link signs in, and where. Undefined where it leads nowhere any more. */
type Redeemed = { person: Person; workspaceId?: string | undefined } | undefined;

interface RedeemOptions {
  input: LinkInput;
  nowMs: number;
  /** The person whose cookie came with the request. */
  signedIn: { personId: string; sessionId: string } | undefined;
}

/** Redeems a link of one purpose, in the transaction that uses it up. A throw leaves the link as it was. */
type Redeem = (tx: PoolClient, link: SignInLink, options: RedeemOptions) => Promise<Redeemed>;

export type Redeemers = Partial<Record<SignInLink['purpose'], Redeem>>;

const ownRedeemers: Redeemers = { first: redeemFirst, 'sign-in': redeemSignIn };

/**
 * Opens the session that a link is for, and returns its cookie's secret. A person who is signed in already stays so, in the workspace of the
 * link. Throws `link_used` for links that are used, over or unknown.
 */
export function redeemLink(
  { db, now, redeemers }: { db: Pool; now: () => number; redeemers: Redeemers },
  input: LinkInput,
  { visitor, signedIn }: { visitor: Visitor; signedIn: { personId: string; sessionId: string } | undefined },
): Promise<string | undefined> {
  const hash = hashToken(input.token);
  if (hash === undefined) throw linkUsed();
  return withTransaction(db, async (tx) => {
    const link = await takeLink(tx, hash);
    const nowMs = now();
    const redeem = link && (ownRedeemers[link.purpose] ?? redeemers[link.purpose]);
    const redeemed = redeem && (await redeem(tx, link, { input, nowMs, signedIn }));
    if (redeemed === undefined) throw linkUsed();
    const { person, workspaceId } = redeemed;
    // Their session shows how they signed in; an invitation and a new address are no proof of who opens the link.
    if (signedIn?.personId === person.id && (link?.purpose === 'invite' || link?.purpose === 'verify')) {
      if (workspaceId !== undefined)
        await chooseWorkspace(tx, { sessionId: signedIn.sessionId, personId: person.id, workspaceId });
      return undefined;
    }
    return openSession(tx, { person, workspaceId, method: 'link', visitor, nowMs });
  });
}

/** The first person: the owner of the first workspace, and the operator. */
async function redeemFirst(tx: PoolClient, link: SignInLink, { input, nowMs }: RedeemOptions): Promise<Redeemed> {
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
