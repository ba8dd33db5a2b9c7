import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser';
import { request } from '../../api/client.ts';

/** Asks the gateway for a challenge, the browser for its answer, and signs in with it: a passkey knows its person. */
export async function signInByPasskey(): Promise<unknown> {
  const { startAuthentication } = await import('@simplewebauthn/browser');
  const given = await request('POST', '/auth/passkey/options', {});
  const response = await startAuthentication({ optionsJSON: given as PublicKeyCredentialRequestOptionsJSON });
  return request('POST', '/auth/passkey', { response });
}
