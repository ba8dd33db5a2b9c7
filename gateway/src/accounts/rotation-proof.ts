import { seal, unseal } from './seal.ts';

/** In the place of the proof while a rotation of the secret is unfinished: no gateway that asks for the proof starts on it, of this version or an earlier one. */
const mark = Buffer.from('rotation unfinished:');
const context = ['secret-proof', 'rotation'];

/** Remembers the proof of the old secret, so that the run that finishes the rotation can tell whether it was given the same one. */
export function unfinishedProof(newSecret: string, oldProof: Buffer): Buffer {
  return Buffer.concat([mark, seal(newSecret, oldProof, context)]);
}

export function isUnfinished(proof: Buffer): boolean {
  return proof.subarray(0, mark.length).equals(mark);
}

/** The proof of the old secret; undefined where the rotation is one to another secret. */
export function oldProofIn(newSecret: string, proof: Buffer): Buffer | undefined {
  try {
    return unseal(newSecret, proof.subarray(mark.length), context);
  } catch {
    return undefined;
  }
}
