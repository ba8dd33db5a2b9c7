import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { isRefusal } from '../db/pipeline.ts';
import { isRowFault, sqlState } from '../db/row-fault.ts';
import { withTransaction } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import { ensureCallPartitions } from '../usage/call-store.ts';
import type { UnwrittenFile } from '../usage/unwritten-file.ts';
import { applyAnswers, settlePosted } from './apply-posted.ts';
import type { BudgetBalance } from './budget-balance.ts';
import { chargesOf } from './charge.ts';
import type { CallBatch, JournalRow } from './journal-row.ts';
import { dropPosted, type PostedBalance } from './posting-store.ts';
import { postingsOf, type Spent, sumsOf } from './spent-sums.ts';
import { UnpostedSums } from './unposted-sums.ts';
import { deferPostingFast, writeBatchFast } from './write-batch-fast.ts';
import { deferPosting, reconcile, type Writing, writeBatchWithEvents } from './write-batch-with-events.ts';
import { unwrittenOf, writingOf } from './write-rows.ts';

/** Postgres's code of a row for which no partition exists. */
const noPartition = '23514';

export interface BatchWriterOptions {
  db: Pool;
  processId: string;
  /** Changes when the others have forgotten this process and it has registered again. */
  fencingToken: () => number;
  log: Logger;
  /** Puts events into the outbox, within the transaction given. */
  record: (tx: Pick<Pool, 'query'>, events: readonly NewEvent[]) => Promise<void>;
  /** Events are committed. */
  recorded: () => void;
  /** The process was taken for dead: its leases are gone. */
  onFenced: () => void;
  /** More is spent and leased of a balance than its limit, as the answer to a posting says. */
  onOverdraft: (balance: BudgetBalance) => void;
  /** Where calls go that the database does not take. */
  unwritten: UnwrittenFile;
}

/**
 * Writes a batch of calls, and what it does to balances and leases.
 *
 *     write ─> fast: one trip, COPY, and the posting, or the sums in `unposted_batches` for a later one
 *               │ crossed, fenced or refused: nothing was done
 *               v
 *              with events: one transaction, statement by statement, with an event for each threshold that is crossed
 *               ├─ fenced: the process was taken for dead. Each call is compared with what its adopter settled, the rest is charged
 *               ├─ a balance refuses: the sums go to `unposted_batches`, and are tried again every two seconds
 *               └─ a row by itself is refused: to `unwritten_calls`, or to a file; its money is posted all the same
 */
export class BatchWriter {
  readonly #options: BatchWriterOptions;
  readonly #db: Pool;
  readonly #processId: string;
  readonly #log: Logger;
  readonly #unposted = new UnpostedSums();
  #unwrittenCount = 0;
  #sequence = 0n;
  #epoch = 0;
  #knownToken: number;

  constructor(options: BatchWriterOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#processId = options.processId;
    this.#log = options.log;
    this.#knownToken = options.fencingToken();
  }

  /** The life of this process: another one begins when the others have taken it for dead. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Calls since the start that `calls` did not take. */
  get unwrittenCount(): number {
    return this.#unwrittenCount;
  }

  get unposted(): UnpostedSums {
    return this.#unposted;
  }

  /** Safe to repeat. Throws where the database is away, and where one row of several is refused. */
  async write(batch: CallBatch): Promise<void> {
    const { rows, wasTried } = batch;
    batch.wasTried = true;
    batch.sequence ??= this.#nextSequence();
    const { sequence } = batch;
    if (!wasTried && (await this.#writeFast(rows, sequence))) return;
    const [row] = rows;
    try {
      if (row?.place === 'file') await this.#writeToFile(row, sequence);
      else await this.#post(rows, sequence);
    } catch (error) {
      const fault = sqlState(error) === noPartition ? await this.#postInNewMonths(rows, sequence) : error;
      if (fault === undefined) return;
      if (!isRowFault(fault) || rows.length > 1 || row === undefined) throw fault;
      await this.#writeElsewhere(batch, row, sequence, fault);
    }
  }

  #nextSequence(): bigint {
    this.#sequence += 1n;
    return this.#sequence;
  }

  /** True where the batch is written; where not, nothing was done. */
  async #writeFast(rows: readonly JournalRow[], sequence: bigint): Promise<boolean> {
    this.#noticeFence();
    if (rows.some(({ epoch, place }) => epoch !== this.#epoch || place !== 'calls')) return false;
    const began = performance.now();
    const spent = sumsOf(rows);
    const batch = { processId: this.#processId, fencingToken: this.#knownToken, sequence, rows };
    try {
      if (spent.size > 0 && this.#unposted.mayDefer(spent, began)) {
        const looked = [...spent.keys()].filter(({ readAtMs }) => began - readAtMs > this.#unposted.paceMs);
        const ids = looked.map(({ id }) => id);
        const deferred = await deferPostingFast(this.#db, { ...batch, postings: postingsOf(spent) }, ids);
        if (deferred.outcome !== 'written') return false;
        this.#unposted.add(spent);
        this.#apply(looked, deferred.balances, began);
        return true;
      }
      // Calls that have only begun spend nothing: with them goes what is due.
      const all = spent.size > 0 || this.#unposted.isDue(began) ? this.#unposted.with(spent) : spent;
      const written = await writeBatchFast(this.#db, { ...batch, postings: postingsOf(all) });
      if (written.outcome !== 'written') return false;
      this.#posted(all, written.balances, { sequence, began });
      return true;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  }

  async #post(rows: readonly JournalRow[], sequence: bigint): Promise<void> {
    this.#noticeFence();
    if (rows.some(({ epoch }) => epoch !== this.#epoch)) return this.#reconcile(rows);
    const began = performance.now();
    const spent = sumsOf(rows);
    const writing = this.#writingOf(rows);
    const all = this.#unposted.with(spent);
    const postings = postingsOf(all);
    if (postings.length === 0) return writing.write(this.#db);
    const charges = [...this.#unposted.charges(), ...chargesOf(rows)];
    const batch = { processId: this.#processId, fencingToken: this.#knownToken, sequence, postings };
    try {
      const done = await withTransaction(this.#db, (tx) => writeBatchWithEvents(tx, { ...batch, charges }, writing));
      if (done !== 'fenced') {
        this.#options.recorded();
        return this.#posted(all, done, { sequence, began });
      }
    } catch (error) {
      if (!isRowFault(error)) throw error;
      // A row is refused, or a balance. Where it is a row, deferring the posting, which touches no balance, is refused too.
      const own = { ...batch, postings: postingsOf(spent) };
      if (spent.size > 0) await withTransaction(this.#db, (tx) => deferPosting(tx, own, writing));
      else if (rows.length > 0) await writing.write(this.#db);
      this.#unposted.add(spent);
      this.#log.fatal(
        { err: error },
        'journal: what calls spent cannot be posted; it counts as spent, and is tried again',
      );
      this.#unposted.refused();
      return;
    }
    this.#fence();
    return this.#reconcile(rows);
  }

  async #reconcile(rows: readonly JournalRow[]): Promise<void> {
    const options = { processId: this.#processId, epoch: this.#epoch, rows };
    const balances = await withTransaction(this.#db, (tx) => reconcile(tx, options, this.#writingOf(rows)));
    this.#options.recorded();
    const spent = sumsOf(rows);
    settlePosted(spent);
    this.#apply(spent.keys(), balances, performance.now());
  }

  /** A clock that jumped, or a gateway that has run for a year: makes the months these calls fall into, then goes on. */
  async #postInNewMonths(rows: readonly JournalRow[], sequence: bigint): Promise<unknown> {
    try {
      const months = new Map(rows.map(({ open }) => [new Date(open.createdAtMs).toISOString().slice(0, 7), open]));
      for (const { createdAtMs } of months.values()) await ensureCallPartitions(this.#db, createdAtMs);
      await this.#post(rows, sequence);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /**
   * Outside text is cleaned on its way here, but a constraint, a trigger or an index may refuse a row all the same: the call goes
   * to `unwritten_calls`, and where that refuses it too to a file. Its money is posted like any other's.
   */
  async #writeElsewhere(
    { entries: [entry] }: CallBatch,
    row: JournalRow,
    sequence: bigint,
    error: unknown,
  ): Promise<void> {
    row.refused ??= messageOf(error);
    row.place = 'table';
    if (entry !== undefined && entry.refused === undefined) {
      entry.refused = row.refused;
      this.#unwrittenCount += 1;
    }
    try {
      await this.#post([row], sequence);
      this.#log.fatal(
        { err: error, callId: row.open.id },
        'journal: a call cannot be written and is in unwritten_calls',
      );
    } catch (second) {
      if (!isRowFault(second)) throw second;
      row.place = 'file';
      await this.#writeToFile(row, sequence);
      this.#log.fatal(
        { err: error, callId: row.open.id },
        'journal: a call cannot be written, nor can unwritten_calls; it is in a file in DATA_DIR',
      );
    }
  }

  #writeToFile(row: JournalRow, sequence: bigint): Promise<void> {
    return this.#options.unwritten.store(unwrittenOf(row, this.#processId), async () => {
      try {
        await this.#post([row], sequence);
        return true;
      } catch (error) {
        if (!isRowFault(error)) throw error;
        this.#log.fatal({ err: error, callId: row.open.id }, 'journal: the money of a call cannot be posted');
        return false;
      }
    });
  }

  #writingOf(rows: readonly JournalRow[]): Writing {
    return writingOf(rows, { processId: this.#processId, record: this.#options.record });
  }

  /** All that was spent so far is posted. */
  #posted(
    all: ReadonlyMap<BudgetBalance, Spent>,
    answers: readonly PostedBalance[],
    at: { sequence: bigint; began: number },
  ): void {
    if (all.size === 0) return;
    settlePosted(all);
    this.#apply(all.keys(), answers, performance.now());
    const dropped = this.#unposted.posted(at);
    // Rows that stay do no harm: they go with the process.
    if (dropped !== undefined) dropPosted(this.#db, { processId: this.#processId, ...dropped }).catch(() => {});
  }

  #apply(balances: Iterable<BudgetBalance>, answers: readonly PostedBalance[], readAtMs: number): void {
    applyAnswers(balances, answers, { readAtMs, onOverdraft: this.#options.onOverdraft });
  }

  /** The others forgot this process while its connection was lost, and it has registered again since. */
  #noticeFence(): void {
    if (this.#options.fencingToken() !== this.#knownToken) this.#fence();
  }

  #fence(): void {
    this.#knownToken = this.#options.fencingToken();
    this.#epoch += 1;
    // The process that adopted the calls has posted what they spent.
    settlePosted(this.#unposted.takeAll());
    this.#log.warn(
      'this process was taken for dead while it was cut off; its calls are reconciled with what was adopted',
    );
    this.#options.onFenced();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
