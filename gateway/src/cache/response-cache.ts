import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { seal, unseal } from '../accounts/seal.ts';
import { AnswerWriter, type CacheQuota } from './answer-writer.ts';
import type { CachedAnswer } from './cached-answer.ts';
import { type AnswerRow, type FoundAnswer, findAnswer } from './cached-answer-store.ts';
import { Flights } from './flights.ts';
import { type HeldAnswer, MemoryTier } from './memory-tier.ts';

/** A kept answer and its age. */
export interface Hit {
  answer: CachedAnswer;
  ageMs: number;
}

/** The place of an answer: its key and the workspace it is sealed for. */
export interface AnswerKey {
  workspaceId: string;
  /** In hex, by `cacheKey`. */
  key: string;
}

/** Of a new answer, for the filters of `DELETE /v1/cache`. */
export type AnswerFacts = Pick<
  AnswerRow,
  'livemode' | 'clientId' | 'project' | 'dialect' | 'streamed' | 'promptId' | 'promptVersion' | 'epoch'
>;

interface CacheOptions {
  db: Pool;
  log: Logger;
  /** 64 hex digits: seals what is kept. */
  secret: string;
  /** How long a call waits for an equal one that is under way. */
  waitMs: number;
  memoryBytes?: number;
  quota?: CacheQuota;
}

const memoryBytesMax = 64 * 1024 * 1024;
export const cacheQuota: CacheQuota = { entries: 50_000, bytes: 256 * 1024 * 1024 };

/**
 * The response cache of this process.
 *
 *     find ──> MemoryTier ──> Postgres, sealed          keep ──> MemoryTier at once, so that equal calls that wait are answered
 *                                                         └────> AnswerWriter, behind the call's back
 *     Flights: the first of equal calls goes out, the others wait for it
 */
export class ResponseCache {
  readonly #options: CacheOptions;
  readonly #memory: MemoryTier;
  readonly #writer: AnswerWriter;
  readonly flights = new Flights();
  readonly waitMs: number;
  /** Counts what was forgotten: what was read before a deletion must not be remembered after it. */
  #forgotten = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.waitMs = options.waitMs;
    this.#memory = new MemoryTier(options.memoryBytes ?? memoryBytesMax);
    this.#writer = new AnswerWriter({ db: options.db, log: options.log, quota: options.quota ?? cacheQuota });
  }

  /** `maxAgeMs`: an older answer is none. */
  findInMemory({ workspaceId, key }: AnswerKey, maxAgeMs: number): Hit | undefined {
    const now = performance.now();
    const held = this.#memory.get(key, now);
    if (held === undefined || held.workspaceId !== workspaceId || now - held.storedAt > maxAgeMs) return undefined;
    return { answer: held.answer, ageMs: now - held.storedAt };
  }

  /** A database that does not answer has no answers either: the call goes out. */
  async findInDatabase(place: AnswerKey, maxAgeMs: number): Promise<Hit | undefined> {
    let found: FoundAnswer | undefined;
    let body: Buffer;
    const forgotten = this.#forgotten;
    try {
      found = await findAnswer(this.#options.db, place.workspaceId, place.key);
      if (found === undefined) return undefined;
      body = unseal(this.#options.secret, found.sealedBody, contextOf(place));
    } catch (error) {
      this.#options.log.warn({ err: error }, 'a kept answer could not be read; the call goes out');
      return undefined;
    }
    const { ageMs, leftMs, tailBytes, model, provider, usage, costNanos, dropped } = found;
    const answer = { body, tailBytes, model, provider, usage, costNanos, dropped };
    const now = performance.now();
    const held = { answer, workspaceId: place.workspaceId, storedAt: now - ageMs, expiresAt: now + leftMs };
    if (forgotten === this.#forgotten) this.#memory.set(place.key, held);
    return ageMs > maxAgeMs ? undefined : { answer, ageMs };
  }

  /** Counts a hit, for the statistics. */
  hit({ workspaceId, key }: AnswerKey): void {
    this.#writer.hit(workspaceId, key);
  }

  keep(place: AnswerKey, answer: CachedAnswer, facts: AnswerFacts & { ttlMs: number }): void {
    const { workspaceId, key } = place;
    const now = performance.now();
    const held: HeldAnswer = { answer, workspaceId, storedAt: now, expiresAt: now + facts.ttlMs };
    this.#memory.set(key, held);
    const { body, ...rest } = answer;
    const sealedBody = seal(this.#options.secret, body, contextOf(place));
    this.#writer.add({ ...facts, ...rest, workspaceId, key, sealedBody, bytes: body.length });
  }

  /** Answers of a workspace were deleted, or nobody knows which: Postgres is asked again. */
  forget(workspaceId?: string): void {
    this.#forgotten += 1;
    this.#memory.forget(workspaceId);
    this.#writer.forget(workspaceId);
  }

  get memoryBytes(): number {
    return this.#memory.bytes;
  }

  /** Writes what waits to be written. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }
}

/** A row that is copied to another key or workspace does not open. */
function contextOf({ workspaceId, key }: AnswerKey): string[] {
  return ['cached-answer', workspaceId, key];
}
