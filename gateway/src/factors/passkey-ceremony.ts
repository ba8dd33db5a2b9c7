import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { type Db, withTransaction } from '../db/transaction.ts';
import { challengeOf, createdPasskey, type UsedPasskey, usedPasskey } from './passkey-response.ts';
import {
  type ChallengePurpose,
  insertChallenge,
  insertPasskey,
  listPasskeys,
  lockPasskey,
  notePasskeyUse,
  type StoredPasskey,
  takeChallenge,
} from './passkey-store.ts';
import { challengeMs, creationOptions, readCreated, readUsed, requestOptions } from './passkeys.ts';
import { relyingParty } from './relying-party.ts';

export interface PasskeyPorts {
  db: Pool;
  publicUrl: string;
  now: () => number;
}

type Person = { id: string; email: string; name: string | undefined };

/** Options for a new passkey. */
export async function beginCreating(services: PasskeyPorts, person: Person) {
  const options = await creationOptions(
    relyingParty(services.publicUrl),
    person,
    await listPasskeys(services.db, person.id),
  );
  await keep(services, options.challenge, 'add', person.id);
  return options;
}

/** Options for a sign-in, or for a step-up of a person who is known. */
export async function beginUsing(services: PasskeyPorts, purpose: 'sign-in' | 'step-up', personId?: string) {
  const known = personId === undefined ? [] : await listPasskeys(services.db, personId);
  const options = await requestOptions(relyingParty(services.publicUrl), known);
  await keep(services, options.challenge, purpose, personId);
  return options;
}

function keep(services: PasskeyPorts, challenge: string, purpose: ChallengePurpose, personId: string | undefined) {
  const now = services.now();
  return insertChallenge(services.db, {
    challenge,
    purpose,
    personId,
    expiresAt: new Date(now + challengeMs),
    now: new Date(now),
  });
}

/** Stores what the browser created. The challenge is used up whatever comes of it. Throws `invalid_request` and `conflict`. */
export async function finishCreating(
  services: PasskeyPorts,
  tx: Db,
  { personId, name, response }: { personId: string; name: string; response: unknown },
): Promise<StoredPasskey> {
  const created = createdPasskey.safeParse(response).data;
  const challenge = created && challengeOf(created);
  if (created === undefined || challenge === undefined) throw notCreated();
  // Not in the transaction: a challenge that was answered wrong is not good for another try.
  const now = new Date(services.now());
  if (!(await takeChallenge(services.db, { challenge, purpose: 'add', personId, now }))) throw notCreated();
  const passkey = await readCreated(relyingParty(services.publicUrl), created, challenge);
  if (passkey === undefined) throw notCreated();
  const stored = await insertPasskey(tx, { ...passkey, personId, name });
  if (stored === undefined) throw new GatewayError('conflict', 'This passkey is added already.', { param: 'response' });
  return stored;
}

function notCreated(): GatewayError {
  return new GatewayError(
    'invalid_request',
    'The passkey cannot be verified: its options are used, over or of another page. Start again.',
    { param: 'response' },
  );
}

/**
 * The person whose passkey answered the challenge; undefined where anything of it is not as it should be. For a step-up it must be the passkey
 * of `personId`.
 */
export async function finishUsing(
  services: PasskeyPorts,
  { response, purpose, personId }: { response: unknown; purpose: 'sign-in' | 'step-up'; personId?: string },
): Promise<string | undefined> {
  const used = usedPasskey.safeParse(response).data;
  const challenge = used && challengeOf(used);
  if (used === undefined || challenge === undefined) return undefined;
  const now = new Date(services.now());
  if (!(await takeChallenge(services.db, { challenge, purpose, personId, now }))) return undefined;
  return withTransaction(services.db, async (tx) => {
    const passkey = await lockPasskey(tx, used.id);
    if (passkey === undefined || !isOf(passkey, used, personId)) return undefined;
    const counter = await readUsed(relyingParty(services.publicUrl), used, { challenge, passkey });
    if (counter === undefined) return undefined;
    await notePasskeyUse(tx, { credentialId: passkey.credentialId, counter, now });
    return passkey.personId;
  });
}

/** WebAuthn, section 7.2, step 6: the handle that the device gives must name the owner of the passkey. */
function isOf(passkey: StoredPasskey, used: UsedPasskey, personId: string | undefined): boolean {
  const { userHandle } = used.response;
  if (personId !== undefined && passkey.personId !== personId) return false;
  if (userHandle === undefined || userHandle === null) return personId !== undefined;
  return Buffer.from(userHandle, 'base64url').toString() === passkey.personId;
}
