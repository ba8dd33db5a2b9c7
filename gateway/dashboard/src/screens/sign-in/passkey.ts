import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser';
import { request } from '../../api/client.ts';

/** Asks the gateway for a challenge, the browser for its answer, and signs in with it. */
export async function signInByPasskey(email: string): Promise<unknown> {
  const { startAuthentication } = await import('@simplewebauthn/browser');
  const given = await request('POST', '/auth/passkey/prepare', email === '' ? {} : { email });
  const response = await startAuthentication({ optionsJSON: given as PublicKeyCredentialRequestOptionsJSON });
  return request('POST', '/auth/passkey', { response });
}
