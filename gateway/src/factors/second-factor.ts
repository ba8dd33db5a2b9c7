import { unseal } from '../accounts/seal.ts';
import type { Db } from '../db/transaction.ts';
import { hashRecoveryCode } from './recovery-codes.ts';
import { stepOfCode } from './totp.ts';
import { lockTotp, noteStep, takeRecoveryCode } from './totp-store.ts';

export interface FactorPorts {
  /** Seals the secrets of authenticator apps. */
  secret: string;
  now: () => number;
}

/** A copied row opens for its person only. */
export function totpContext(personId: string): string[] {
  return ['totp', personId];
}

/** Takes the first code of a new app, which counts from then on. `none`: no app waits for its first code. */
export async function confirmTotp(
  tx: Db,
  { secret, now }: FactorPorts,
  { personId, code }: { personId: string; code: string },
): Promise<'confirmed' | 'none' | 'wrong'> {
  const totp = await lockTotp(tx, personId);
  if (totp === undefined || totp.isConfirmed) return 'none';
  const own = unseal(secret, totp.sealedSecret, totpContext(personId)).toString();
  const step = stepOfCode(code, { secret: own, lastStep: totp.lastStep, nowMs: now() });
  if (step === undefined) return 'wrong';
  await noteStep(tx, { personId, step, now: new Date(now()) });
  return 'confirmed';
}

/**
 * Looks at a code of the authenticator app, or at a recovery code, and uses it up. `none`: this person has no app. Runs in a transaction, which
 * is committed whatever comes back: two requests with one code wait for one another, and the second finds it used.
 */
export async function showSecondFactor(
  tx: Db,
  { secret, now }: FactorPorts,
  { personId, code, recoveryCode }: { personId: string; code?: string | undefined; recoveryCode?: string | undefined },
): Promise<'none' | 'shown' | 'missing' | 'wrong'> {
  const totp = await lockTotp(tx, personId);
  if (totp?.isConfirmed !== true) return 'none';
  if (code !== undefined) {
    const own = unseal(secret, totp.sealedSecret, totpContext(personId)).toString();
    const step = stepOfCode(code, { secret: own, lastStep: totp.lastStep, nowMs: now() });
    if (step === undefined) return 'wrong';
    await noteStep(tx, { personId, step, now: new Date(now()) });
    return 'shown';
  }
  if (recoveryCode === undefined) return 'missing';
  const hash = hashRecoveryCode(personId, recoveryCode);
  return (await takeRecoveryCode(tx, { personId, hash, now: new Date(now()) })) ? 'shown' : 'wrong';
}
