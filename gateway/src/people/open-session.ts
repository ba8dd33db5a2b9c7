import { GatewayError } from '@ai-gateway/shared/errors';
import type { Person, Session } from '../accounts/api-key.ts';
import { newId } from '../accounts/new-id.ts';
import type { Db } from '../db/transaction.ts';
import { recordSignIn } from './record-sign-in.ts';
import { hashToken, newToken } from './secret-token.ts';
import { findRequiredConnection, insertSession, lastWorkspaceOf } from './session-store.ts';
import type { Visitor } from './visitor.ts';

export const sessionDays = 14;

/** Signs a person in, where they were last unless said. Returns the cookie's secret, which is stored nowhere. */
export async function openSession(
  tx: Db,
  options: {
    person: Person;
    method: Session['method'];
    visitor: Visitor;
    nowMs: number;
    workspaceId?: string | undefined;
    connectionId?: string | undefined;
    /** Less than the fourteen days of others, as a connection may want it. */
    lifeMs?: number | undefined;
  },
): Promise<string> {
  const { person, method, visitor, nowMs, connectionId, lifeMs = sessionDays * 86_400_000 } = options;
  if (method !== 'sso') await refuseWhereSsoIsRequired(tx, person.id);
  const token = newToken();
  const hash = hashToken(token);
  if (hash === undefined) throw new Error('a token has no hash');
  const workspaceId = options.workspaceId ?? (await lastWorkspaceOf(tx, person.id));
  const agent = visitor.agent?.slice(0, 300);
  const id = newId('ses', nowMs);
  await insertSession(tx, {
    id,
    hash,
    personId: person.id,
    workspaceId,
    method,
    connectionId,
    lifeMs,
    ...visitor,
    agent,
  });
  await recordSignIn(tx, { operation: 'auth.sign-in', person, workspaceId, method, visitor });
  return token;
}

/** Owners keep their way in, so that a broken identity provider locks no workspace. */
async function refuseWhereSsoIsRequired(tx: Db, personId: string): Promise<void> {
  const slug = await findRequiredConnection(tx, personId);
  if (slug === undefined) return;
  const redirect = `/auth/sso/${slug}`;
  throw new GatewayError('forbidden', `Your workspace requires single sign-on. Sign in at ${redirect}.`, {
    details: { redirect },
  });
}
