import { GatewayError } from '@ai-gateway/shared/errors';
import type { Logger } from 'pino';
import type { Db } from '../db/transaction.ts';
import type { ClosedCall, OpenCall } from '../usage/call-record.ts';
import { type CallRow, ensureCallPartitions, writeCalls } from '../usage/call-store.ts';

/** How long the opening of a call may wait for company: most plain calls are over by then and cost one write, not two. */
const openDelayMs = 3;
const batchMax = 500;
/** How long an answer waits for the database before its caller is told 503. The record itself is kept and written later. */
const patienceMs = 5_000;
/** A write under way for longer means the database is not answering, whatever it may say in the end. */
const suspiciousMs = 1_000;

interface Entry extends CallRow {
  /** The state of the row in the database. */
  written: 'no' | 'open' | 'closed';
  waiting: { resolve: () => void; reject: (error: GatewayError) => void; until: number; forClosed: boolean }[];
}

/** One open call's place in the journal. */
export interface JournalEntry {
  /** Resolves once the call is on record: no byte of its answer leaves before. */
  durable(): Promise<void>;
  /** Resolves once the true figures are on record: the last byte does not leave before. */
  close(closed: ClosedCall): Promise<void>;
}

/**
 * The one writer of calls of this process. Opened and closed calls gather while a write is under way and go out together in
 * the next, so the more calls there are the fewer transactions each costs. Nothing handed to it is forgotten: a write that
 * fails is repeated until the database is back.
 */
export class Journal {
  readonly #db: Db;
  readonly #processId: string;
  readonly #log: Logger;
  #queue: Entry[] = [];
  #queued = new Set<Entry>();
  #writing: Promise<void> | undefined;
  #writingSince = 0;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;

  constructor(options: { db: Db; processId: string; log: Logger }) {
    this.#db = options.db;
    this.#processId = options.processId;
    this.#log = options.log;
  }

  /** False while the database is away: nothing is let through unrecorded. */
  get available(): boolean {
    return !this.#failing && (this.#writing === undefined || Date.now() - this.#writingSince < suspiciousMs);
  }

  /** Calls that are waiting to be written. */
  get backlog(): number {
    return this.#queue.length;
  }

  open(open: OpenCall): JournalEntry {
    const entry: Entry = { open, closed: undefined, written: 'no', waiting: [] };
    this.#enqueue(entry);
    this.#schedule(openDelayMs);
    return {
      durable: () => {
        if (entry.written !== 'no') return Promise.resolve();
        this.#schedule(0);
        return this.#wait(entry, false);
      },
      close: (closed) => {
        entry.closed = closed;
        this.#enqueue(entry);
        this.#schedule(0);
        return this.#wait(entry, true);
      },
    };
  }

  /** Resolves when everything handed in so far is written, or rejects at the deadline. */
  async flush(timeoutMs: number): Promise<void> {
    const until = Date.now() + timeoutMs;
    while (this.#queue.length > 0 || this.#writing !== undefined) {
      if (Date.now() > until)
        throw new Error(`${this.#queue.length} calls could not be written to the journal in time`);
      this.#schedule(0);
      await (this.#writing ?? new Promise((resolve) => setTimeout(resolve, 10)));
    }
  }

  #enqueue(entry: Entry): void {
    if (this.#queued.has(entry)) return;
    this.#queued.add(entry);
    this.#queue.push(entry);
  }

  #wait(entry: Entry, forClosed: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      entry.waiting.push({ resolve, reject, until: Date.now() + patienceMs, forClosed });
    });
  }

  #schedule(delayMs: number): void {
    if (this.#writing !== undefined || this.#failing) return;
    if (delayMs > 0) {
      this.#timer ??= setTimeout(() => this.#start(), delayMs);
      return;
    }
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    // A turn of the loop later, so that everything this turn brings goes out together.
    this.#timer = undefined;
    this.#writingSince = Date.now();
    this.#writing = new Promise((resolve) => setImmediate(resolve)).then(() => this.#writeBatch());
  }

  #start(): void {
    this.#timer = undefined;
    if (this.#writing === undefined) this.#writing = this.#writeBatch();
  }

  async #writeBatch(): Promise<void> {
    this.#writingSince = Date.now();
    const batch = this.#queue.splice(0, batchMax);
    for (const entry of batch) this.#queued.delete(entry);
    // What is closed while the write is under way belongs to the next batch, so the state sent is noted here.
    const rows = batch.map(({ open, closed }) => ({ open, closed }));
    try {
      if (rows.length > 0) await this.#write(rows);
      this.#failing = false;
      batch.forEach((entry, i) => {
        entry.written = rows[i]?.closed === undefined ? 'open' : 'closed';
        this.#wake(entry);
      });
    } catch (error) {
      this.#failing = true;
      this.#log.error({ err: error, calls: rows.length }, 'journal: the database did not take a batch; keeping it');
      for (const entry of batch) this.#enqueue(entry);
    }
    this.#writing = undefined;
    this.#giveUpWaiting();
    if (this.#failing) this.#retryLater();
    else if (this.#queue.length > 0)
      this.#schedule(this.#queue.some((entry) => entry.waiting.length > 0) ? 0 : openDelayMs);
  }

  #wake(entry: Entry): void {
    entry.waiting = entry.waiting.filter((waiter) => {
      if (waiter.forClosed && entry.written !== 'closed') return true;
      waiter.resolve();
      return false;
    });
  }

  #giveUpWaiting(): void {
    const now = Date.now();
    for (const entry of this.#queue) {
      entry.waiting = entry.waiting.filter((waiter) => {
        if (waiter.until > now) return true;
        waiter.reject(databaseAway());
        return false;
      });
    }
  }

  #retryLater(): void {
    setTimeout(() => {
      if (this.#writing === undefined) this.#writing = this.#writeBatch();
    }, 250);
  }

  async #write(rows: readonly CallRow[]): Promise<void> {
    try {
      await writeCalls(this.#db, this.#processId, rows);
    } catch (error) {
      if (sqlState(error) === noPartition) {
        // A clock that jumped, or a gateway that has run for a year: make the months these calls fall into, then go on.
        for (const row of rows) await ensureCallPartitions(this.#db, row.open.createdAtMs);
        await writeCalls(this.#db, this.#processId, rows);
      } else if (isDataFault(error) && rows.length > 1) {
        for (const row of rows) await this.#write([row]);
      } else if (isDataFault(error)) {
        // Nothing a caller sends should get here; if it does, one bad row must not stand in everybody's way.
        this.#log.fatal({ err: error, callId: rows[0]?.open.id }, 'journal: a call cannot be written and is left out');
      } else {
        throw error;
      }
    }
  }
}

export function databaseAway(): GatewayError {
  return new GatewayError(
    'service_unavailable',
    'The gateway cannot reach its database, so nothing is let through unrecorded. Try again in a few seconds.',
    {
      retryAfterSeconds: 2,
    },
  );
}

const noPartition = '23514';

function sqlState(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Classes 22 (data exception) and 23 (constraint): repeating the statement cannot help. */
function isDataFault(error: unknown): boolean {
  return /^2[23]...$/.test(sqlState(error));
}
