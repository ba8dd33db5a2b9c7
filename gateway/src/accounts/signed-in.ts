import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from './api-key.ts';

/** The person behind a session. Throws `forbidden` for keys. */
export function signedIn({ person, session }: Caller): {
  person: NonNullable<Caller['person']>;
  session: NonNullable<Caller['session']>;
} {
  if (person === undefined || session === undefined)
    throw new GatewayError(
      'forbidden',
      'This operation is for people who are signed in. A key has no settings of its own.',
    );
  return { person, session };
}

/**
 * The same for what belongs to the person in every workspace: factors, address, account. An identity provider speaks for its own workspace, so that a session
 * by single sign-on changes none of it: its administrator could otherwise add a passkey of their own, and use it everywhere.
 */
export function ownAccount(caller: Caller): ReturnType<typeof signedIn> {
  const { person, session } = signedIn(caller);
  if (session.method === 'sso')
    throw new GatewayError(
      'forbidden',
      'You are signed in by single sign-on, which cannot change your account. Sign in with your password, a passkey or a link, then try again.',
    );
  return { person, session };
}
