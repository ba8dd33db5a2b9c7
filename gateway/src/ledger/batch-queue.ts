import type { GatewayError } from '@ai-gateway/shared/errors';
import type { Logger } from 'pino';
import { isRowFault } from '../db/row-fault.ts';
import { databaseAway } from '../db/unavailable.ts';
import { afterTurns } from './after-turns.ts';

const batchMax = 500;
/**
 * A batch waits for what this many turns of the event loop bring. With nothing to do a turn takes microseconds, so an entry by
 * itself waits for nothing; under load they are a good part of a millisecond, and a batch costs the database little more for
 * twice the calls (measured: with one turn 10,400 plain calls a second and 8,600 with five budgets, with eight 10,900 and
 * 9,800; more turns change nothing).
 */
const gatherTurns = 8;
/**
 * And no longer than this, so that first bytes do not wait for turns full of other streams' chunks (measured: under a thousand
 * streams eight turns took up to 130 ms).
 */
const gatherMs = 2;
/** How long an entry waits for the database before its caller gets 503. The entry itself is kept and written later. */
const patienceMs = 5_000;
const logEveryMs = 10_000;
/** How often waiters whose time is over are looked for: also while a write never answers. */
const lookEveryMs = 250;
const retryMs = 250;
/** A write that takes longer means that the database does not answer, whatever it answers in the end. */
const suspiciousMs = 1_000;

/** An entry of the queue, which changes until it is final. */
export interface QueueEntry {
  /** By the clock that is never set. */
  openedAtMs: number;
  /** In the queue: its content at the moment it is taken is what goes out. */
  queued: boolean;
  /** Which version of it the database has. */
  written: 'no' | 'early' | 'final';
  waiting: { resolve: () => void; reject: (error: GatewayError) => void; until: number; forFinal: boolean }[];
}

/** Rows on their way to the database, and whether they were sent before: a repetition is sent as it was. */
export interface Batch<Entry, Row> {
  entries: readonly Entry[];
  rows: readonly Row[];
  /** Drawn when the batch is sent first: in the order in which batches are sent. */
  sequence: bigint | undefined;
  wasTried: boolean;
}

/** The queue's view of its entries, and the writer of its batches. */
export interface BatchWriting<Entry extends QueueEntry, Row> {
  /** A young entry waits this long: one that is final by then costs one write, not two. */
  openDelayMs: number;
  /** The row of an entry as it is now: what changes while it is written belongs to the next batch. */
  rowOf(entry: Entry): Row;
  isFinal(of: Entry | Row): boolean;
  /** Writes a batch, safe to repeat. Throws where it is to be repeated. */
  write(batch: Batch<Entry, Row>): Promise<void>;
  /** Has the writer something of its own to write, without rows? */
  isDue(now: number): boolean;
  /** A batch with rows is in the database. */
  onWritten(batch: { rows: number; ms: number }): void;
  /** A write has ended, whether or not it succeeded. */
  afterWrite(): void;
}

/**
 * A queue of entries that are written in batches, one batch at a time, and never forgotten.
 *
 *     enqueue ─> queue ─(some turns of the event loop)─> batch ─> write ──ok──> waiters of its entries are resolved
 *                  ^                                      ^  │
 *       entries that change while they are written        │  ├─ a row is refused, among several: two halves, each a batch of its own
 *                                                         │  └─ any other failure: kept as it is, and repeated every 250 ms
 *                                                         └─────┘
 *
 * While a write is under way entries gather, so the more there are the fewer transactions each costs. A waiter is rejected with
 * `service_unavailable` when its time is over; its entry stays.
 */
export class BatchQueue<Entry extends QueueEntry, Row> {
  readonly #log: Logger;
  readonly #writer: BatchWriting<Entry, Row>;
  #queue: Entry[] = [];
  /** The first is being written; more than one only where a batch had to be taken apart. */
  #batches: Batch<Entry, Row>[] = [];
  #writing: Promise<void> | undefined;
  #writingSince = 0;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;
  #loggedAtMs = 0;
  /** Runs while anything waits. */
  #patience: NodeJS.Timeout | undefined;
  /** Entries opened before this are written, however young. */
  #flushedBeforeMs = 0;

  constructor(options: { log: Logger; writer: BatchWriting<Entry, Row> }) {
    this.#log = options.log;
    this.#writer = options.writer;
  }

  /** False while the database is away. */
  get available(): boolean {
    return !this.#failing && (this.#writing === undefined || performance.now() - this.#writingSince < suspiciousMs);
  }

  /** Entries that wait to be written. */
  get backlog(): number {
    return this.#queue.length;
  }

  /** Waiters of entries that are not written yet. */
  get waiting(): number {
    return this.#unwritten().reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  /** Writes the entry within `delayMs`, or with the batch after the one that is being written. */
  enqueue(entry: Entry, delayMs: number): void {
    if (!entry.queued) {
      entry.queued = true;
      this.#queue.push(entry);
    }
    this.schedule(delayMs);
  }

  /** Resolves when the entry is written, in its final version where `forFinal`. */
  wait(entry: Entry, forFinal: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      entry.waiting.push({ resolve, reject, until: performance.now() + patienceMs, forFinal });
      this.#patience ??= setTimeout(() => this.#giveUpWaiting(), lookEveryMs).unref();
    });
  }

  /** Resolves when everything handed in so far is written, and `isDone`; entries that come meanwhile are not waited for. Throws where the time is over. */
  async flush(timeoutMs: number, isDone: () => boolean): Promise<void> {
    const now = performance.now();
    const until = now + timeoutMs;
    this.#flushedBeforeMs = now;
    const handedIn = this.#unwritten();
    while (!isDone() || handedIn.some((entry) => this.#isOnItsWay(entry))) {
      if (performance.now() > until) throw databaseAway();
      this.schedule(0);
      await (this.#writing ?? new Promise((resolve) => setTimeout(resolve, 10)));
    }
  }

  #unwritten(): Entry[] {
    return [...this.#batches.flatMap(({ entries }) => entries), ...this.#queue];
  }

  #isOnItsWay(entry: Entry): boolean {
    return entry.queued || this.#batches.some(({ entries }) => entries.includes(entry));
  }

  schedule(delayMs: number): void {
    if (this.#writing !== undefined || this.#failing) return;
    if (delayMs > 0) this.#timer ??= setTimeout(() => this.#start(), delayMs);
    else this.#start();
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing !== undefined) return;
    this.#writingSince = performance.now();
    this.#writing = afterTurns(gatherTurns, { atMostMs: gatherMs }).then(() => this.#writeBatch());
  }

  async #writeBatch(): Promise<void> {
    this.#writingSince = performance.now();
    if (this.#batches.length === 0) this.#batches.push(this.#nextBatch());
    const [batch] = this.#batches as [Batch<Entry, Row>];
    const { rows } = batch;
    try {
      if (rows.length > 0 || this.#writer.isDue(performance.now())) await this.#writer.write(batch);
      if (rows.length > 0) this.#writer.onWritten({ rows: rows.length, ms: performance.now() - this.#writingSince });
      if (this.#failing) this.#log.info('journal: the database takes calls again');
      this.#failing = false;
      this.#batches.shift();
      batch.entries.forEach((entry, i) => {
        const row = rows[i];
        entry.written = row !== undefined && this.#writer.isFinal(row) ? 'final' : 'early';
        this.#wake(entry);
      });
    } catch (error) {
      if (isRowFault(error) && rows.length > 1) this.#takeApart(batch);
      else this.#keep(batch, error);
    }
    this.#writing = undefined;
    this.#writer.afterWrite();
    if (this.#failing) this.#retryLater();
    else if (this.#batches.length > 0) this.schedule(0);
    else if (this.#queue.length > 0) this.schedule(this.#queue.some(isAwaited) ? 0 : this.#writer.openDelayMs);
  }

  #nextBatch(): Batch<Entry, Row> {
    const youngest = Math.max(performance.now() - this.#writer.openDelayMs, this.#flushedBeforeMs);
    const entries: Entry[] = [];
    const later: Entry[] = [];
    for (const entry of this.#queue) {
      const isDue = this.#writer.isFinal(entry) || isAwaited(entry) || entry.openedAtMs <= youngest;
      if (isDue && entries.length < batchMax) {
        entries.push(entry);
        entry.queued = false;
      } else later.push(entry);
    }
    this.#queue = later;
    return { entries, rows: entries.map((entry) => this.#writer.rowOf(entry)), sequence: undefined, wasTried: false };
  }

  /**
   * One bad row must not hold up the others: the batch goes out in two halves, and so on until the row is by itself. Each half is a batch
   * with a number of its own that it keeps: what was written of one before a failure must not make the rest look written.
   */
  #takeApart({ entries, rows }: Batch<Entry, Row>): void {
    const middle = Math.ceil(rows.length / 2);
    const half = (from: number, to: number): Batch<Entry, Row> => ({
      entries: entries.slice(from, to),
      rows: rows.slice(from, to),
      sequence: undefined,
      wasTried: true,
    });
    this.#batches.splice(0, 1, half(0, middle), half(middle, rows.length));
  }

  #keep({ rows }: Batch<Entry, Row>, error: unknown): void {
    const now = performance.now();
    // The batch is tried four times a second.
    if (!this.#failing || now - this.#loggedAtMs >= logEveryMs) {
      this.#loggedAtMs = now;
      this.#log.error({ err: error, calls: rows.length }, 'journal: the database did not take a batch; keeping it');
    }
    this.#failing = true;
  }

  #retryLater(): void {
    setTimeout(() => this.#start(), retryMs);
  }

  #wake(entry: Entry): void {
    entry.waiting = entry.waiting.filter((waiter) => {
      if (waiter.forFinal && entry.written !== 'final') return true;
      waiter.resolve();
      return false;
    });
  }

  #giveUpWaiting(): void {
    const now = performance.now();
    let isAnythingLeft = false;
    for (const entry of this.#unwritten()) {
      entry.waiting = entry.waiting.filter((waiter) => {
        if (waiter.until > now) return true;
        waiter.reject(databaseAway());
        return false;
      });
      isAnythingLeft ||= isAwaited(entry);
    }
    this.#patience = isAnythingLeft ? setTimeout(() => this.#giveUpWaiting(), lookEveryMs).unref() : undefined;
  }
}

function isAwaited({ waiting }: QueueEntry): boolean {
  return waiting.length > 0;
}
