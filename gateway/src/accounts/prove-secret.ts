import type { Db } from '../db/transaction.ts';
import type { GatewaySecret } from './gateway-secret.ts';
import { isUnfinished } from './rotation-proof.ts';
import { seal, unseal } from './seal.ts';
import { keepProof } from './secret-proof-store.ts';

const context = ['secret-proof'];

/**
 * Throws with a sentence for the operator when this is not the secret the database has been used with: with another one nothing
 * that is sealed in it would open, call after call, and what was sealed anew would be lost to the right one.
 */
export async function proveSecret(db: Db, { secret, source, forget }: GatewaySecret): Promise<void> {
  const sealed = await keepProof(db, proofOf(secret));
  if (isUnfinished(sealed)) throw new Error(unfinishedText);
  if (opensProof(secret, sealed)) return;
  // A file with a wrong secret would be in the way of the right one.
  forget?.();
  const fault =
    forget === undefined
      ? `The secret in ${source} is not the one this database was first started with`
      : `This database was first started with another secret, and there is none in ${source}`;
  throw new Error(
    `${fault}, so stored provider keys, webhooks and callbacks cannot be decrypted. Set GATEWAY_SECRET to that secret, or restore the file gateway-secret from the first DATA_DIR. Nothing was changed.`,
  );
}

/** The start of a gateway and `doctor` say so. */
export const unfinishedText =
  'A rotation of the secret is unfinished. Run `rotate-secret` again, with the same secrets, then start the gateway.';

/** The proof of a database that is used with this secret. */
export function proofOf(secret: string): Buffer {
  return seal(secret, 'ai-gateway', context);
}

/** Is this the secret that the database of the proof is used with? */
export function opensProof(secret: string, sealed: Buffer): boolean {
  try {
    unseal(secret, sealed, context);
    return true;
  } catch {
    return false;
  }
}
