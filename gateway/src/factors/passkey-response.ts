import { z } from 'zod';

/*
 * What browsers answer to a request for a passkey: the JSON forms of WebAuthn, section 5.1 (RegistrationResponseJSON and
 * AuthenticationResponseJSON). Only what is read is named; the signature is over bytes, so that nothing else needs a check.
 */

const bytes = z.string().max(100_000);
/** Section 4: a credential id has at most 1,023 bytes. */
const credentialId = z.string().min(1).max(1_400);
const credential = { id: credentialId, rawId: credentialId, type: z.literal('public-key') };

export const createdPasskey = z.looseObject({
  ...credential,
  response: z.looseObject({
    clientDataJSON: bytes,
    attestationObject: bytes,
    transports: z.array(z.string().max(50)).max(20).optional(),
  }),
});
export type CreatedPasskey = z.infer<typeof createdPasskey>;

export const usedPasskey = z.looseObject({
  ...credential,
  response: z.looseObject({
    clientDataJSON: bytes,
    authenticatorData: bytes,
    signature: bytes,
    userHandle: z.string().max(200).nullish(),
  }),
});
export type UsedPasskey = z.infer<typeof usedPasskey>;

const clientData = z.looseObject({ challenge: z.string().min(1).max(200) });

/** The challenge that a browser says it has answered; undefined for what is no answer of a browser. */
export function challengeOf(response: { response: { clientDataJSON: string } }): string | undefined {
  try {
    const text = Buffer.from(response.response.clientDataJSON, 'base64url').toString('utf8');
    return clientData.safeParse(JSON.parse(text)).data?.challenge;
  } catch {
    return undefined;
  }
}
