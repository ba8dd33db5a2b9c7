import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';

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
