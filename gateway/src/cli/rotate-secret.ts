import type { Pool } from 'pg';
import { pino } from 'pino';
import { opensProof, proofOf } from '../accounts/prove-secret.ts';
import { isUnfinished, oldProofIn, unfinishedProof } from '../accounts/rotation-proof.ts';
import { seal, unseal } from '../accounts/seal.ts';
import { findProof, replaceProof } from '../accounts/secret-proof-store.ts';
import { eraseWaiting } from '../background/erase-waiting.ts';
import { type Progress, showProgress } from '../backup/progress.ts';
import { eraseNarrowLeft, repeatErasures } from '../clients/erase-client.ts';
import { isInUse } from './is-in-use.ts';
import {
  countSealed,
  dropCachedAnswers,
  dropUnnamedAddresses,
  type ResealedRow,
  readSealed,
  type SealedRow,
  writeSealed,
} from './reseal-store.ts';
import { type SealedTable, sealedTables } from './sealed-tables.ts';

/*
 * Nothing may be sealed with the old secret while this runs, and no gateway could open what is half done. So the proof of the secret goes first:
 *
 *   proof of the old one  ->  unfinished: proof of the old one, sealed with the new one  ->  proof of the new one
 *                             no gateway starts; rows are sealed anew, a page at a time
 *
 * Killed in between, the same command goes on: a row that opens with the new secret is done.
 */
export interface Rotation {
  oldSecret: string;
  newSecret: string;
  /** Where each comes from, for people. */
  oldSource: string;
  newSource: string;
  /** Erasures that only files know of are hashed with the old secret. */
  dataDir: string;
}

export interface Rotated {
  took: ReturnType<Progress['end']>;
  cachedAnswers: number;
  /** By table, values that open with neither secret. They did not open before either, and are as they were. */
  unopened: ReadonlyMap<string, number>;
}

/** `already`: everything is sealed with the new secret. Throws a sentence for the operator where the rotation cannot begin or go on. */
export async function rotateSecret(pool: Pool, rotation: Rotation, signal: AbortSignal): Promise<Rotated | 'already'> {
  const { oldSecret, newSecret, dataDir } = rotation;
  const proof = await findProof(pool);
  if (proof === undefined)
    throw new Error('No gateway was started on this database yet, so nothing is sealed in it. Nothing was changed.');
  if (!isUnfinished(proof) && opensProof(newSecret, proof)) return 'already';
  const unfinished = await begin(pool, rotation, proof);
  await repeatErasures(
    { db: pool, log: pino({ level: 'silent' }), secret: oldSecret, dataDir },
    { leavesUnnoted: true },
  );
  // Their hashes too are of the old secret.
  await eraseNarrowLeft({ db: pool, secret: oldSecret });
  await eraseWaiting({ db: pool, secret: oldSecret });
  const cachedAnswers = await dropCachedAnswers(pool);
  const progress = showProgress({ verb: 'Sealing', unit: 'rows', total: await countSealed(pool, sealedTables) });
  const unopened = new Map<string, number>();
  let took: ReturnType<Progress['end']> | undefined;
  try {
    for (const table of sealedTables)
      for await (const page of readSealed(pool, table)) {
        if (signal.aborted) throw new Error('Interrupted. Run the same command again: it goes on where it was.');
        const resealed = page.map((row) => reseal(rotation, table, row));
        await writeSealed(
          pool,
          table,
          resealed.filter(({ values }) => Object.keys(values).length > 0),
        );
        const failed = resealed.reduce((sum, one) => sum + one.unopened, 0);
        if (failed > 0) unopened.set(table.name, (unopened.get(table.name) ?? 0) + failed);
        progress.add(page.length);
      }
    await dropUnnamedAddresses(pool);
    // One of the release before proves its secret once, before it holds its lock, and so may have started after all.
    if (await isInUse(pool))
      throw new Error(
        'A gateway has started meanwhile. Stop it, and run the same command again: it seals what that gateway wrote.',
      );
    await replaceProof(pool, unfinished, proofOf(newSecret));
    took = progress.end();
    return { took, cachedAnswers, unopened };
  } finally {
    if (took === undefined) progress.end();
  }
}

/** The proof that stands while the rotation is unfinished. */
async function begin(pool: Pool, rotation: Rotation, proof: Buffer): Promise<Buffer> {
  const { oldSecret, newSecret, oldSource, newSource } = rotation;
  const goesOn = isUnfinished(proof);
  const oldProof = goesOn ? oldProofIn(newSecret, proof) : proof;
  if (oldProof === undefined)
    throw new Error(
      `A rotation is unfinished, and the secret in ${newSource} is not the one it was to. Set the two secrets that it was begun with.`,
    );
  if (!opensProof(oldSecret, oldProof))
    throw new Error(
      `The secret in ${oldSource} is not the one that this database ${goesOn ? 'was used with before the rotation' : 'is used with'}. Nothing was changed.`,
    );
  const inUse = 'A gateway uses this database. Stop every gateway, rotate, then start them again. Nothing was changed.';
  if (await isInUse(pool)) throw new Error(inUse);
  if (goesOn) return proof;
  const unfinished = unfinishedProof(newSecret, proof);
  if (!(await replaceProof(pool, proof, unfinished)))
    throw new Error('Another rotation has begun at this moment. Nothing was changed.');
  // A gateway that started in between holds its lock by now, or finds the proof gone.
  if (!(await isInUse(pool))) return unfinished;
  await replaceProof(pool, unfinished, proof);
  throw new Error(inUse);
}

/** The new values of a row's columns: none where all are sealed with the new secret. Values that open with neither are counted. */
function reseal(
  { oldSecret, newSecret }: Rotation,
  table: SealedTable,
  row: SealedRow,
): ResealedRow & { unopened: number } {
  const opened: Record<string, Buffer> = {};
  const values: Record<string, Buffer> = {};
  let unopened = 0;
  for (const [column, contextOf] of Object.entries(table.sealed)) {
    const sealed = row[column];
    if (!Buffer.isBuffer(sealed)) continue;
    const context = contextOf(row);
    const plain = open(oldSecret, sealed, context);
    if (plain === undefined) {
      unopened += open(newSecret, sealed, context) === undefined ? 1 : 0;
      continue;
    }
    opened[column] = plain;
    values[column] = seal(newSecret, plain, context);
  }
  return { row, values: { ...values, ...table.hashes?.(newSecret, row, opened) }, unopened };
}

function open(secret: string, sealed: Buffer, context: readonly string[]): Buffer | undefined {
  try {
    return unseal(secret, sealed, context);
  } catch {
    return undefined;
  }
}
