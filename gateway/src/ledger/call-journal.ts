import type { ClosedCall, OpenCall } from '../usage/call-record.ts';
import { BatchQueue } from './batch-queue.ts';
import { BatchWriter, type BatchWriterOptions } from './batch-writer.ts';
import type { CallBatch, CallEntry, Debit, JournalRow } from './journal-row.ts';

/** How long the opening of a call may wait: a call that is over by then costs one write, not two. */
const openDelayMs = 10;

/** The place of one open call in the journal. */
export interface JournalEntry {
  /** Resolves once the call is on record: no byte of its answer leaves before. */
  durable(): Promise<void>;
  /** The call holds more than it did when it was opened. Written soon, and not waited for. */
  raise(holdNanos: bigint): void;
  /** Resolves once the true figures are on record: the last byte does not leave before. */
  close(closed: ClosedCall, debits?: readonly Debit[]): Promise<void>;
}

interface JournalOptions extends BatchWriterOptions {
  /** A batch is in the database. */
  onWritten?: (batch: { calls: number; ms: number }) => void;
}

/**
 * The one writer of calls of this process.
 *
 *     open ──> an entry, "open"            close ──> the same entry, "closed", with its debits
 *       │  durable() waits for it            │  waits for it
 *       v                                    v
 *     BatchQueue: gathers entries while a batch is written, repeats a batch that failed, takes one apart that has a bad row
 *       │ one batch at a time
 *       v
 *     BatchWriter: the rows of calls, balances, leases and events of a batch, all or nothing
 *       │ (a posting that waits has a timer of its own, below)
 *       v
 *     BudgetBalance: what the database answered; Ledger: fenced, overdrawn
 *
 * A call that is handed in is never forgotten: a write that fails is repeated, as it was, until the database is back.
 */
export class CallJournal {
  readonly #queue: BatchQueue<CallEntry, JournalRow>;
  readonly #writer: BatchWriter;
  #postTimer: NodeJS.Timeout | undefined;

  constructor(options: JournalOptions) {
    const writer = new BatchWriter(options);
    this.#writer = writer;
    this.#queue = new BatchQueue<CallEntry, JournalRow>({
      log: options.log,
      writer: {
        openDelayMs,
        rowOf,
        isFinal: ({ closed }) => closed !== undefined,
        write: (batch: CallBatch) => writer.write(batch),
        isDue: (now) => writer.unposted.isDue(now),
        onWritten: ({ rows, ms }) => options.onWritten?.({ calls: rows, ms }),
        afterWrite: () => this.#postLater(),
      },
    });
  }

  /** False while the database is away: no call is let through unrecorded. */
  get available(): boolean {
    return this.#queue.available;
  }

  /** Calls that wait to be written. */
  get backlog(): number {
    return this.#queue.backlog;
  }

  /** Answers that wait for their call to be on record. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Calls since the start that `calls` did not take. */
  get unwrittenCount(): number {
    return this.#writer.unwrittenCount;
  }

  open(open: OpenCall): JournalEntry {
    const queue = this.#queue;
    const entry: CallEntry = {
      open,
      closed: undefined,
      epoch: this.#writer.epoch,
      debits: [],
      openedAtMs: performance.now(),
      queued: false,
      written: 'no',
      refused: undefined,
      waiting: [],
    };
    queue.enqueue(entry, openDelayMs);
    return {
      durable: () => {
        if (entry.written !== 'no') return Promise.resolve();
        queue.schedule(0);
        return queue.wait(entry, false);
      },
      raise: (holdNanos) => {
        entry.open = { ...entry.open, holdNanos };
        queue.enqueue(entry, openDelayMs);
      },
      close: (closed, debits = []) => {
        entry.closed = closed;
        entry.debits = debits;
        queue.enqueue(entry, 0);
        return queue.wait(entry, true);
      },
    };
  }

  /** Resolves when all that was handed in so far is written and posted. Throws where the time is over. */
  async flush(timeoutMs: number): Promise<void> {
    const { unposted } = this.#writer;
    const { postings } = unposted;
    await this.#queue.flush(timeoutMs, () => {
      // Also after a posting: what the next batch of this flush spends is posted with it.
      unposted.hurry();
      return unposted.isEmpty || unposted.postings !== postings;
    });
  }

  /** A posting that waits is written when it is due, though no call comes. */
  #postLater(): void {
    const dueInMs = this.#writer.unposted.dueInMs();
    if (dueInMs !== undefined) this.#postTimer ??= setTimeout(() => this.#postNow(), dueInMs).unref();
  }

  #postNow(): void {
    this.#postTimer = undefined;
    if (!this.#writer.unposted.isEmpty) this.#queue.schedule(0);
  }
}

function rowOf({ open, closed, epoch, debits, written, refused }: CallEntry): JournalRow {
  return {
    open,
    closed,
    epoch,
    debits,
    isNew: written === 'no',
    place: refused === undefined ? 'calls' : 'table',
    refused,
  };
}
