import { createHash } from 'node:crypto';
import { GatewayError, toErrorBody } from '@ai-gateway/shared/errors';
import { seal, unseal } from '../accounts/seal.ts';
import type { Db } from '../db/transaction.ts';
import { untilWritten } from '../db/until-written.ts';
import { claim, type IdempotentRequest, releaseClaim, storeAnswer } from './idempotency-store.ts';

export interface WholeAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * The place of one request under its Idempotency-Key. Both resolve after the first try: while the database is away the answer
 * goes out all the same, and the place is seen to as soon as it is back.
 */
export interface IdempotencyClaim {
  store(answer: WholeAnswer): Promise<void>;
  release(): Promise<void>;
}

export interface IdempotencyPorts {
  db: Db;
  processId: string;
  secret: string;
}

/**
 * `first`: run it, then `store` or `release`. An answer is the first answer, sent again. Throws `idempotency_conflict` for
 * another request under the same key, `conflict` while the first is under way.
 */
export async function claimIdempotency(
  services: IdempotencyPorts,
  caller: { workspaceId: string; keyId: string; livemode: boolean },
  request: { key: string; method: string; path: string; body: Buffer },
): Promise<{ first: IdempotencyClaim } | { answer: WholeAnswer }> {
  if (!/^[\x20-\x7e]{1,255}$/.test(request.key)) {
    throw new GatewayError('invalid_request', 'The Idempotency-Key must be 1 to 255 printable ASCII characters.', {
      param: 'idempotency-key',
    });
  }
  const { db, processId, secret } = services;
  const requestHash = createHash('sha256').update(`${request.method}\0${request.path}\0`).update(request.body).digest();
  const place: IdempotentRequest = {
    workspaceId: caller.workspaceId,
    keyId: caller.keyId,
    idempotencyKey: request.key,
    requestHash,
  };
  const context = answerContext(place);
  const claimed = await claim(db, place, processId);
  if (claimed.kind === 'other-request') {
    throw new GatewayError(
      'idempotency_conflict',
      'This Idempotency-Key was used for a different request in the last 24 hours. Use a new key for a new request.',
      {
        param: 'idempotency-key',
      },
    );
  }
  if (claimed.kind === 'running') {
    throw new GatewayError(
      'conflict',
      'The first request with this Idempotency-Key is still in progress. Send it again in a moment to get its answer.',
      {
        param: 'idempotency-key',
        retryAfterSeconds: 1,
      },
    );
  }
  if (claimed.kind === 'stored') {
    const { status, headers, sealedBody } = claimed.answer;
    return {
      answer: {
        status,
        headers: { ...headers, 'idempotent-replayed': 'true' },
        body: unseal(secret, sealedBody, context),
      },
    };
  }
  return {
    first: {
      store: (answer) => {
        const { status, headers, body } = answer.body.length > storedBytesMax(caller) ? tooLargeToStore : answer;
        const sealedBody = seal(secret, body, context);
        return soon(() => storeAnswer(db, place, { status, headers, sealedBody }));
      },
      release: () => soon(() => releaseClaim(db, place)),
    },
  };
}

/** The context that a kept answer is sealed with: it opens for its own key only. */
export function answerContext({
  workspaceId,
  keyId,
  idempotencyKey,
}: Pick<IdempotentRequest, 'workspaceId' | 'keyId' | 'idempotencyKey'>): readonly string[] {
  return [workspaceId, keyId, idempotencyKey];
}

/** Kept for a day, sealed, in the database. Test calls are free, and so would be the disk they fill. */
export function storedBytesMax({ livemode }: { livemode: boolean }): number {
  return livemode ? 8 * 1024 * 1024 : 1024 * 1024;
}

/** In the place of an answer that is not kept: the call was made, and making it again would cost again. */
const tooLargeToStore: WholeAnswer = {
  status: 409,
  headers: { 'content-type': 'application/json', 'x-should-retry': 'false' },
  body: Buffer.from(
    JSON.stringify(
      toErrorBody(
        new GatewayError(
          'conflict',
          'The first request with this Idempotency-Key was answered, but its answer was too large to keep. Use a new key to ask again.',
          { param: 'idempotency-key' },
        ),
      ),
    ),
  ),
};

async function soon(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch {
    untilWritten(write).catch(() => {});
  }
}
