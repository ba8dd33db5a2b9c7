import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import type { CreatedPasskey, UsedPasskey } from './passkey-response.ts';
import type { RelyingParty } from './relying-party.ts';

/** A passkey as it is stored: its public half. */
export interface Passkey {
  /** The browser's name for it, in base64url: unique over all gateways. */
  credentialId: string;
  publicKey: Buffer;
  /** How often it was used, as far as its device counts; 0 from those that do not. */
  counter: number;
  transports: readonly string[];
  /** Kept by an account and on several devices. */
  synced: boolean;
}

/** A browser waits for its person this long, and the challenge is good for as long. */
export const challengeMs = 5 * 60_000;

/**
 * EdDSA, ES256 and RS256 in COSE's numbers: every device has one. Named, since the library's own choice asks Node for ML-DSA, which Node calls
 * experimental and warns of on stderr, where only lines of JSON go.
 */
const algorithms = [-8, -7, -257];

/** Loaded on first use: 0.3 s and 27 MB that a gateway without passkeys does not pay. */
const library = () => import('@simplewebauthn/server');

/** The argument of `navigator.credentials.create`. A device that has a passkey of this person already offers no second one. */
export async function creationOptions(
  { id }: RelyingParty,
  person: { id: string; email: string; name: string | undefined },
  known: readonly Pick<Passkey, 'credentialId' | 'transports'>[],
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { generateRegistrationOptions } = await library();
  return generateRegistrationOptions({
    rpID: id,
    rpName: 'AI Gateway',
    // Section 14.6.1: the handle is opaque, "not … an e-mail address or username". It tells at sign-in whose passkey it is.
    userID: new Uint8Array(Buffer.from(person.id)),
    userName: person.email,
    userDisplayName: person.name ?? person.email,
    timeout: challengeMs,
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
    excludeCredentials: known.map(described),
    // Found without an address typed in, and with the person verified by the device: two factors in one.
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
}

/** The argument of `navigator.credentials.get`; without known passkeys the device offers those it has. */
export async function requestOptions(
  { id }: RelyingParty,
  known: readonly Pick<Passkey, 'credentialId' | 'transports'>[],
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { generateAuthenticationOptions } = await library();
  return generateAuthenticationOptions({
    rpID: id,
    timeout: challengeMs,
    userVerification: 'required',
    allowCredentials: known.map(described),
  });
}

function described({ credentialId, transports }: Pick<Passkey, 'credentialId' | 'transports'>) {
  return { id: credentialId, transports: [...transports] };
}

/** The new passkey; undefined where the challenge, the origin, the relying party or the verification of the person is not as asked. */
export async function readCreated(
  party: RelyingParty,
  created: CreatedPasskey,
  challenge: string,
): Promise<Passkey | undefined> {
  const { verifyRegistrationResponse } = await library();
  const { id, rawId, type, response } = created;
  const verified = await verifyRegistrationResponse({
    response: {
      id,
      rawId,
      type,
      response: { clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject },
      clientExtensionResults: {},
    },
    expectedChallenge: challenge,
    expectedOrigin: [...party.origins],
    expectedRPID: party.id,
    requireUserVerification: true,
    supportedAlgorithmIDs: algorithms,
  }).catch(() => undefined);
  const info = verified?.registrationInfo;
  if (verified?.verified !== true || info === undefined) return undefined;
  return {
    credentialId: info.credential.id,
    publicKey: Buffer.from(info.credential.publicKey),
    counter: info.credential.counter,
    transports: response.transports ?? [],
    synced: info.credentialDeviceType === 'multiDevice',
  };
}

/**
 * The counter after this use; undefined where the signature, the challenge, the origin, the relying party or the verification of the
 * person is not as asked, and where a device that counts has not counted on: then there are two of it (section 6.1.1).
 */
export async function readUsed(
  party: RelyingParty,
  used: UsedPasskey,
  { challenge, passkey }: { challenge: string; passkey: Passkey },
): Promise<number | undefined> {
  const { verifyAuthenticationResponse } = await library();
  const { id, rawId, type, response } = used;
  const { clientDataJSON, authenticatorData, signature } = response;
  const verified = await verifyAuthenticationResponse({
    response: {
      id,
      rawId,
      type,
      response: { clientDataJSON, authenticatorData, signature },
      clientExtensionResults: {},
    },
    expectedChallenge: challenge,
    expectedOrigin: [...party.origins],
    expectedRPID: party.id,
    credential: {
      id: passkey.credentialId,
      publicKey: new Uint8Array(passkey.publicKey),
      counter: passkey.counter,
      transports: [...passkey.transports],
    },
    requireUserVerification: true,
  }).catch(() => undefined);
  return verified?.verified === true ? verified.authenticationInfo.newCounter : undefined;
}
