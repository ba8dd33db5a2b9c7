import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { type AnswerRow, countHits, insertAnswers, sumAnswers, trimAnswers } from './cached-answer-store.ts';

export interface CacheQuota {
  entries: number;
  bytes: number;
}

interface WriterOptions {
  db: Pool;
  log: Logger;
  quota: CacheQuota;
}

const delayMs = 50;
/** Answers that wait for the database; more are not kept. */
const waitingBytesMax = 16 * 1024 * 1024;
const rowsAtOnce = 50;
/** A workspace's answers are counted again after so many, or so much of the quota. */
const uncountedMax = 500;
/** The share of the quota that is left of a cache that was over it. */
const keptShare = 0.9;

/**
 * Writes answers and hits to Postgres behind the calls' backs: nobody waits for it, and what cannot be written is not kept. A batch is one
 * statement, so a process that is killed leaves whole answers or none.
 */
export class AnswerWriter {
  readonly #options: WriterOptions;
  readonly #waiting = new Map<string, AnswerRow & { cameAt: number }>();
  #waitingBytes = 0;
  readonly #hits = new Map<string, { workspaceId: string; key: string; n: number }>();
  /** The entries of a workspace when they were last counted, and those written since. */
  readonly #counted = new Map<string, { entries: number; bytes: number; since: number }>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  add(row: Omit<AnswerRow, 'ageMs'>): void {
    if (this.#waitingBytes + row.sealedBody.length > waitingBytesMax) return;
    this.#drop(row.key);
    this.#waiting.set(row.key, { ...row, ageMs: 0, cameAt: performance.now() });
    this.#waitingBytes += row.sealedBody.length;
    this.#plan();
  }

  hit(workspaceId: string, key: string): void {
    const known = this.#hits.get(key);
    if (known === undefined) this.#hits.set(key, { workspaceId, key, n: 1 });
    else known.n += 1;
    this.#plan();
  }

  /** Answers that wait were made before those of their workspace were deleted. */
  forget(workspaceId?: string): void {
    for (const [key, row] of this.#waiting)
      if (workspaceId === undefined || row.workspaceId === workspaceId) this.#drop(key);
  }

  /** Writes all that waits. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#writeAll());
    await this.#writing;
  }

  #drop(key: string): void {
    const row = this.#waiting.get(key);
    if (row === undefined) return;
    this.#waiting.delete(key);
    this.#waitingBytes -= row.sealedBody.length;
  }

  #plan(): void {
    this.#timer ??= setTimeout(() => void this.flush(), delayMs).unref();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.size > 0 || this.#hits.size > 0) {
      const now = performance.now();
      const rows = [...this.#waiting.values()]
        .slice(0, rowsAtOnce)
        .map(({ cameAt, ...row }) => ({ ...row, ageMs: now - cameAt }));
      for (const { key } of rows) this.#drop(key);
      const hits = [...this.#hits.values()];
      this.#hits.clear();
      try {
        if (rows.length > 0) await insertAnswers(this.#options.db, rows);
        if (hits.length > 0) await countHits(this.#options.db, hits);
        await this.#keepWithinQuota(rows);
      } catch (error) {
        this.#options.log.warn({ err: error, answers: rows.length }, 'answers could not be kept for later calls');
        return;
      }
    }
  }

  async #keepWithinQuota(rows: readonly AnswerRow[]): Promise<void> {
    const { db, quota } = this.#options;
    for (const workspaceId of new Set(rows.map((row) => row.workspaceId))) {
      const own = rows.filter((row) => row.workspaceId === workspaceId);
      const known = this.#counted.get(workspaceId);
      const bytes = (known?.bytes ?? 0) + own.reduce((sum, row) => sum + row.bytes, 0);
      const guess = { entries: (known?.entries ?? 0) + own.length, bytes, since: (known?.since ?? 0) + own.length };
      this.#counted.set(workspaceId, guess);
      const isNear = guess.entries > quota.entries || guess.bytes > quota.bytes;
      if (known !== undefined && !isNear && guess.since < uncountedMax) continue;
      const sums = await sumAnswers(db, { workspaceId });
      const isOver = sums.entries > quota.entries || sums.bytes > quota.bytes;
      if (isOver) await trimAnswers(db, workspaceId, roomy(quota));
      const left = isOver ? await sumAnswers(db, { workspaceId }) : sums;
      this.#counted.set(workspaceId, { entries: left.entries, bytes: left.bytes, since: 0 });
    }
    if (this.#counted.size > 10_000) this.#counted.clear();
  }
}

/** With room for the next answers: a full cache would be counted at every write. */
function roomy({ entries, bytes }: CacheQuota): CacheQuota {
  return { entries: Math.floor(entries * keptShare), bytes: Math.floor(bytes * keptShare) };
}
