import type { Pool } from 'pg';
import { unseal } from '../accounts/seal.ts';
import { answerContext } from '../idempotency/idempotency.ts';
import { inTurn } from '../turns/in-turn.ts';
import type { Erasure } from './erase-client-store.ts';
import { deleteAnswers, keptAnswers } from './erase-rows-store.ts';

/** Opened in one turn of the event loop, in about a millisecond. A larger answer has a turn of its own. */
const turnBytes = 256 * 1024;

/**
 * Answers kept for an Idempotency-Key are sealed: those that are about the client are deleted. No other is, whatever words it has: who
 * asks again would pay again. False where `isOver` said so before all were looked at.
 */
export async function eraseAnswers(
  { db, secret }: { db: Pool; secret: string },
  { workspaceId, livemode, name }: Pick<Erasure, 'workspaceId' | 'livemode' | 'name'>,
  { until, isOver = () => false }: { until?: Date | undefined; isOver?: () => boolean } = {},
): Promise<boolean> {
  const value = JSON.stringify(name);
  const about = ['client_id', 'id'].flatMap((field) => [`"${field}":${value}`, `"${field}": ${value}`]);
  for await (const page of keptAnswers(db, { workspaceId, livemode }, until))
    for (const answers of turnsOf(page)) {
      if (isOver()) return false;
      const naming = await inTurn(() =>
        answers.filter(({ keyId, idempotencyKey, sealedBody }) => {
          const body = unseal(secret, sealedBody, answerContext({ workspaceId, keyId, idempotencyKey }));
          return about.some((text) => body.includes(text));
        }),
      );
      if (naming.length > 0) await deleteAnswers(db, workspaceId, naming);
    }
  return true;
}

function turnsOf<T extends { sealedBody: Buffer }>(page: readonly T[]): T[][] {
  const turns: T[][] = [];
  let bytes = 0;
  for (const answer of page) {
    bytes += answer.sealedBody.length;
    const last = turns.at(-1);
    if (last !== undefined && bytes <= turnBytes) last.push(answer);
    else {
      turns.push([answer]);
      bytes = answer.sealedBody.length;
    }
  }
  return turns;
}
