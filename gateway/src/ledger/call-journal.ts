import type { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { CallTags } from '../accounts/call-tags.ts';
import { isRefusal } from '../db/pipeline.ts';
import { isRowFault, sqlState } from '../db/row-fault.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { databaseAway } from '../db/unavailable.ts';
import type { NewEvent } from '../events/event.ts';
import type { ClosedCall, OpenCall } from '../usage/call-record.ts';
import { type CallRow, ensureCallPartitions, writeCalls } from '../usage/call-store.ts';
import type { UnwrittenFile } from '../usage/unwritten-file.ts';
import { noteFiledPostings, toUnwritten, type UnwrittenRecord, writeUnwritten } from '../usage/unwritten-store.ts';
import { afterTurns } from './after-turns.ts';
import type { BudgetBalance, Posting } from './budget-balance.ts';
import { type BalancePosting, type Charge, dropPosted, type PostedBalance } from './posting-store.ts';
import { deferPostingFast, writeBatchFast } from './write-batch-fast.ts';
import { chargesOf, deferPosting, reconcile, type Writing, writeBatchWithEvents } from './write-batch-with-events.ts';

/** How long the opening of a call may wait: a call that is over by then costs one write, not two. */
const openDelayMs = 10;
const batchMax = 500;
/**
 * A batch waits for what so many turns of the event loop bring. With nothing to do a turn takes microseconds, so a call by
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
/** How long an answer waits for the database before its caller is told 503. The record itself is kept and written later. */
const patienceMs = 5_000;
const sayEveryMs = 10_000;
/** How often those whose patience is over are looked for: also while a write hangs that never fails. */
const lookEveryMs = 250;
/**
 * What is spent is posted to balances and leases at this pace, many batches at once: the leases cover it meanwhile. Rows that are updated with
 * every batch have thousands of versions as long as anybody holds an old snapshot, and each batch walks them all.
 */
const paceMs = 100;
/** So many times as long as a posting takes, nothing is posted: what makes it slow (an old snapshot, many balances) must not make all slow. */
const paceTimes = 10;
const paceMaxMs = 2_000;
/** Rows of batches that were posted are deleted once so many have come. */
const dropEvery = 64n;

/** A write under way for longer means the database is not answering, whatever it may say in the end. */
const suspiciousMs = 1_000;

/** What a closed call did to one balance. */
interface Debit extends Posting {
  balance: BudgetBalance;
}

interface Entry extends CallRow {
  /** The life of this process in which it was opened: what an earlier one left open was adopted by others. */
  epoch: number;
  debits: readonly Debit[];
  /** By the clock that is never set. */
  openedAtMs: number;
  /** Waits in the queue: what it says then is what goes out. */
  queued: boolean;
  /** The state of the row in the database. */
  written: 'no' | 'open' | 'closed';
  /** `calls` does not take it, for this reason: it is kept elsewhere from then on. */
  refused: string | undefined;
  waiting: { resolve: () => void; reject: (error: GatewayError) => void; until: number; forClosed: boolean }[];
}

/** A row as it goes out, with what it does to balances. */
export interface JournalRow extends CallRow {
  epoch: number;
  debits: readonly Debit[];
  /** Never sent before. */
  isNew: boolean;
  /** Where it is written: what `calls` does not take to `unwritten_calls`, and what neither takes to a file. */
  place: 'calls' | 'table' | 'file';
  refused: string | undefined;
}

/** One open call's place in the journal. */
export interface JournalEntry {
  /** Resolves once the call is on record: no byte of its answer leaves before. */
  durable(): Promise<void>;
  /** The call holds more than it did when it was opened. Written soon, and not waited for. */
  raise(holdNanos: bigint): void;
  /** Resolves once the true figures are on record: the last byte does not leave before. */
  close(closed: ClosedCall, debits?: readonly Debit[]): Promise<void>;
}

/** Rows on their way to the database, and whether they were sent before: a repetition is sent as it was. */
interface Outbound {
  entries: readonly Entry[];
  rows: readonly JournalRow[];
  /** Drawn when it is sent first: in the order in which they are sent. */
  sequence: bigint | undefined;
  wasTried: boolean;
}

/**
 * The one writer of calls of this process. Opened and closed calls gather while a write is under way and go out together in
 * the next, so the more calls there are the fewer transactions each costs. With them go the debits of the balances they are
 * charged to, in the same statement. Nothing handed to it is forgotten: a write that fails is repeated, as it was, until
 * the database is back.
 */
export class Journal {
  readonly #db: Pool;
  readonly #processId: string;
  readonly #fencingToken: () => number;
  readonly #log: Logger;
  readonly #record: (tx: Pick<Pool, 'query'>, events: readonly NewEvent[]) => Promise<void>;
  readonly #recorded: () => void;
  readonly #onFenced: () => void;
  readonly #onOverdraft: (balance: BudgetBalance) => void;
  readonly #onWritten: (batch: { calls: number; ms: number }) => void;
  readonly #unwritten: UnwrittenFile;
  /** What calls on record spent, and is not posted yet; `unposted_batches` has it. */
  readonly #unposted = new Map<BudgetBalance, Spent>();
  #postedAtMs = Number.NEGATIVE_INFINITY;
  #paceMs = paceMs;
  #postings = 0;
  #droppedUpTo = 0n;
  #postTimer: NodeJS.Timeout | undefined;
  #unwrittenCount = 0;
  #queue: Entry[] = [];
  /** The first is being written; more than one only where a batch had to be taken apart. */
  #outbound: Outbound[] = [];
  #sequence = 0n;
  #epoch = 0;
  #knownToken: number;
  #writing: Promise<void> | undefined;
  #writingSince = 0;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;
  #saidAtMs = 0;
  /** Runs while somebody waits. */
  #patience: NodeJS.Timeout | undefined;
  /** What was opened before this is to be written, however young. */
  #flushedBeforeMs = 0;

  constructor(options: {
    db: Pool;
    processId: string;
    /** Changes when the process was forgotten by the others and had to register anew. */
    fencingToken: () => number;
    log: Logger;
    /** Puts events into the outbox, within the transaction given. */
    record: (tx: Pick<Pool, 'query'>, events: readonly NewEvent[]) => Promise<void>;
    /** Events were committed. */
    recorded: () => void;
    /** The process was taken for dead: its leases are gone. */
    onFenced: () => void;
    /** More is spent and leased of a balance than its limit, as a posting was told. */
    onOverdraft: (balance: BudgetBalance) => void;
    /** A batch is in the database. */
    onWritten?: (batch: { calls: number; ms: number }) => void;
    /** Where calls go that the database does not take. */
    unwritten: UnwrittenFile;
  }) {
    this.#db = options.db;
    this.#processId = options.processId;
    this.#fencingToken = options.fencingToken;
    this.#knownToken = options.fencingToken();
    this.#log = options.log;
    this.#record = options.record;
    this.#recorded = options.recorded;
    this.#onFenced = options.onFenced;
    this.#onOverdraft = options.onOverdraft;
    this.#onWritten = options.onWritten ?? (() => {});
    this.#unwritten = options.unwritten;
  }

  /** False while the database is away: nothing is let through unrecorded. */
  get available(): boolean {
    return !this.#failing && (this.#writing === undefined || performance.now() - this.#writingSince < suspiciousMs);
  }

  /** Calls that are waiting to be written. */
  get backlog(): number {
    return this.#queue.length;
  }

  /** Answers that wait for their call to be on record. */
  get waiting(): number {
    const entries = [...this.#outbound.flatMap((outbound) => outbound.entries), ...this.#queue];
    return entries.reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  /** Calls since the start that `calls` did not take. */
  get unwrittenCount(): number {
    return this.#unwrittenCount;
  }

  open(open: OpenCall): JournalEntry {
    const entry: Entry = {
      open,
      closed: undefined,
      epoch: this.#epoch,
      debits: [],
      openedAtMs: performance.now(),
      queued: false,
      written: 'no',
      refused: undefined,
      waiting: [],
    };
    this.#enqueue(entry);
    this.#schedule(openDelayMs);
    return {
      durable: () => {
        if (entry.written !== 'no') return Promise.resolve();
        this.#schedule(0);
        return this.#wait(entry, false);
      },
      raise: (holdNanos) => {
        entry.open = { ...entry.open, holdNanos };
        this.#enqueue(entry);
        this.#schedule(openDelayMs);
      },
      close: (closed, debits = []) => {
        entry.closed = closed;
        entry.debits = debits;
        this.#enqueue(entry);
        this.#schedule(0);
        return this.#wait(entry, true);
      },
    };
  }

  /** Resolves when everything handed in so far is written; what comes meanwhile is not waited for. Throws where the time is over. */
  async flush(timeoutMs: number): Promise<void> {
    const now = performance.now();
    const until = now + timeoutMs;
    this.#flushedBeforeMs = now;
    const handedIn = [...this.#outbound.flatMap(({ entries }) => entries), ...this.#queue];
    const postings = this.#postings;
    const isUnposted = (): boolean => this.#unposted.size > 0 && this.#postings === postings;
    while (handedIn.some((entry) => this.#isOnItsWay(entry)) || isUnposted()) {
      if (performance.now() > until) throw databaseAway();
      this.#postedAtMs = Number.NEGATIVE_INFINITY;
      this.#schedule(0);
      await (this.#writing ?? new Promise((resolve) => setTimeout(resolve, 10)));
    }
  }

  #isOnItsWay(entry: Entry): boolean {
    return entry.queued || this.#outbound.some(({ entries }) => entries.includes(entry));
  }

  #enqueue(entry: Entry): void {
    if (entry.queued) return;
    entry.queued = true;
    this.#queue.push(entry);
  }

  #wait(entry: Entry, forClosed: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      entry.waiting.push({ resolve, reject, until: performance.now() + patienceMs, forClosed });
      this.#patience ??= setTimeout(() => this.#giveUpWaiting(), lookEveryMs).unref();
    });
  }

  #schedule(delayMs: number): void {
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
    if (this.#outbound.length === 0) this.#outbound.push(this.#nextBatch());
    const [outbound] = this.#outbound as [Outbound];
    try {
      if (outbound.rows.length > 0 || this.#isDue(performance.now())) await this.#write(outbound);
      if (outbound.rows.length > 0)
        this.#onWritten({ calls: outbound.rows.length, ms: performance.now() - this.#writingSince });
      if (this.#failing) this.#log.info('journal: the database takes calls again');
      this.#failing = false;
      this.#outbound.shift();
      outbound.entries.forEach((entry, i) => {
        entry.written = outbound.rows[i]?.closed === undefined ? 'open' : 'closed';
        this.#wake(entry);
      });
    } catch (error) {
      if (isRowFault(error) && outbound.rows.length > 1) this.#takeApart(outbound);
      else this.#keep(outbound, error);
    }
    this.#writing = undefined;
    if (this.#unposted.size > 0) {
      const waitMs = Math.max(1, this.#postedAtMs + this.#paceMs - performance.now());
      this.#postTimer ??= setTimeout(() => this.#postSoon(), waitMs).unref();
    }
    if (this.#failing) this.#retryLater();
    else if (this.#outbound.length > 0) this.#schedule(0);
    else if (this.#queue.length > 0) this.#schedule(this.#queue.some(isAwaited) ? 0 : openDelayMs);
  }

  #postSoon(): void {
    this.#postTimer = undefined;
    if (this.#unposted.size > 0) this.#schedule(0);
  }

  /** Is something to be posted, and has it waited as long as it may? */
  #isDue(now: number): boolean {
    return this.#unposted.size > 0 && now - this.#postedAtMs >= this.#paceMs;
  }

  /**
   * One bad row must not hold up the others: the batch goes out in two halves, and so on until it is by itself. Each half as a batch
   * of its own, with a number of its own that it keeps: what was written of them before a failure must not make the rest look written.
   */
  #takeApart({ entries, rows }: Outbound): void {
    const middle = Math.ceil(rows.length / 2);
    const half = (from: number, to: number): Outbound => ({
      entries: entries.slice(from, to),
      rows: rows.slice(from, to),
      sequence: undefined,
      wasTried: true,
    });
    this.#outbound.splice(0, 1, half(0, middle), half(middle, rows.length));
  }

  #keep({ rows }: Outbound, error: unknown): void {
    const now = performance.now();
    // It is tried four times a second.
    if (!this.#failing || now - this.#saidAtMs >= sayEveryMs) {
      this.#saidAtMs = now;
      this.#log.error({ err: error, calls: rows.length }, 'journal: the database did not take a batch; keeping it');
    }
    this.#failing = true;
  }

  #nextBatch(): Outbound {
    const youngest = Math.max(performance.now() - openDelayMs, this.#flushedBeforeMs);
    const entries: Entry[] = [];
    const later: Entry[] = [];
    for (const entry of this.#queue) {
      const isDue = entry.closed !== undefined || isAwaited(entry) || entry.openedAtMs <= youngest;
      if (isDue && entries.length < batchMax) {
        entries.push(entry);
        entry.queued = false;
      } else later.push(entry);
    }
    this.#queue = later;
    // What is closed while the write is under way belongs to the next batch, so the state sent is noted here.
    const rows = entries.map(
      ({ open, closed, epoch, debits, written, refused }): JournalRow => ({
        open,
        closed,
        epoch,
        debits,
        isNew: written === 'no',
        place: refused === undefined ? 'calls' : 'table',
        refused,
      }),
    );
    return { entries, rows, sequence: undefined, wasTried: false };
  }

  #wake(entry: Entry): void {
    entry.waiting = entry.waiting.filter((waiter) => {
      if (waiter.forClosed && entry.written !== 'closed') return true;
      waiter.resolve();
      return false;
    });
  }

  #giveUpWaiting(): void {
    const now = performance.now();
    let isAnybodyLeft = false;
    for (const entry of [...this.#outbound.flatMap(({ entries }) => entries), ...this.#queue]) {
      entry.waiting = entry.waiting.filter((waiter) => {
        if (waiter.until > now) return true;
        waiter.reject(databaseAway());
        return false;
      });
      isAnybodyLeft ||= isAwaited(entry);
    }
    this.#patience = isAnybodyLeft ? setTimeout(() => this.#giveUpWaiting(), lookEveryMs).unref() : undefined;
  }

  #retryLater(): void {
    setTimeout(() => this.#start(), 250);
  }

  async #write(outbound: Outbound): Promise<void> {
    const { rows, wasTried } = outbound;
    outbound.wasTried = true;
    outbound.sequence ??= this.#nextSequence();
    const { sequence } = outbound;
    if (!wasTried && (await this.#writeFast(rows, sequence))) return;
    const [row] = rows;
    try {
      if (row?.place === 'file') await this.#writeToFile(row, sequence);
      else await this.#post(rows, sequence);
    } catch (error) {
      const fault = sqlState(error) === noPartition ? await this.#postInNewMonths(rows, sequence) : error;
      if (fault === undefined) return;
      if (!isRowFault(fault) || rows.length > 1 || row === undefined) throw fault;
      await this.#writeElsewhere(outbound, row, sequence, fault);
    }
  }

  #nextSequence(): bigint {
    this.#sequence += 1n;
    return this.#sequence;
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
   * What comes from outside is cleaned on its way here, but a constraint, a trigger or an index may refuse a row all the same: the call
   * goes to `unwritten_calls`, and where that does not take it either to a file. Its money is posted like any other's.
   */
  async #writeElsewhere(
    { entries: [entry] }: Outbound,
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
    return this.#unwritten.store(this.#kept(row), async () => {
      try {
        await this.#post([row], sequence);
      } catch (error) {
        if (!isRowFault(error)) throw error;
        this.#log.fatal({ err: error, callId: row.open.id }, 'journal: the money of a call cannot be posted');
      }
    });
  }

  #kept(row: JournalRow): UnwrittenRecord {
    return toUnwritten({ row, processId: this.#processId, error: row.refused ?? '' });
  }

  /** False where the database would not have it like that: then nothing was done. */
  async #writeFast(rows: readonly JournalRow[], sequence: bigint): Promise<boolean> {
    this.#noticeFence();
    if (rows.some(({ epoch, place }) => epoch !== this.#epoch || place !== 'calls')) return false;
    const began = performance.now();
    const spent = sumsOf(rows);
    const batch = { processId: this.#processId, fencingToken: this.#knownToken, sequence, rows };
    try {
      if (spent.size > 0 && this.#mayWait(spent, began)) {
        const looked = [...spent.keys()].filter(({ readAtMs }) => began - readAtMs > this.#paceMs);
        const ids = looked.map(({ id }) => id);
        const now = await deferPostingFast(this.#db, { ...batch, postings: gather(spent) }, ids);
        addTo(this.#unposted, spent);
        this.#read(looked, now, began);
        return true;
      }
      // Calls that have only begun spend nothing: with them goes what is due.
      const all = spent.size > 0 || this.#isDue(began) ? this.#withUnposted(spent) : spent;
      this.#posted(all, await writeBatchFast(this.#db, { ...batch, postings: gather(all) }), { sequence, began });
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
    const all = this.#withUnposted(spent);
    const postings = gather(all);
    if (postings.length === 0) return writing.write(this.#db);
    const charges = [...earlierCharges(this.#unposted), ...chargesOf(rows)];
    const batch = { processId: this.#processId, fencingToken: this.#knownToken, sequence, postings };
    try {
      const done = await withTransaction(this.#db, (tx) => writeBatchWithEvents(tx, { ...batch, charges }, writing));
      if (done !== 'fenced') {
        this.#recorded();
        return this.#posted(all, done, { sequence, began });
      }
    } catch (error) {
      if (!isRowFault(error)) throw error;
      // Of these rows, or of a balance? One that is kept without touching any says so.
      const own = { ...batch, postings: gather(spent) };
      if (spent.size > 0) await withTransaction(this.#db, (tx) => deferPosting(tx, own, writing));
      else if (rows.length > 0) await writing.write(this.#db);
      addTo(this.#unposted, spent);
      this.#log.fatal(
        { err: error },
        'journal: what calls spent cannot be posted; it counts as spent, and is tried again',
      );
      this.#postedAtMs = performance.now();
      this.#paceMs = paceMaxMs;
      return;
    }
    this.#fence();
    return this.#reconcile(rows);
  }

  async #reconcile(rows: readonly JournalRow[]): Promise<void> {
    const options = { processId: this.#processId, epoch: this.#epoch, rows };
    const balances = await withTransaction(this.#db, (tx) => reconcile(tx, options, this.#writingOf(rows)));
    this.#recorded();
    this.#settleBalances(sumsOf(rows), balances);
  }

  /** Each row to its place. */
  #writingOf(rows: readonly JournalRow[]): Writing {
    const calls = rows.filter(({ place }) => place === 'calls');
    const table = rows.filter(({ place }) => place === 'table');
    const filed = rows.filter(({ place, closed }) => place === 'file' && closed !== undefined);
    return {
      record: this.#record,
      write: async (tx: Db) => {
        if (calls.length > 0) await writeCalls(tx, this.#processId, calls);
        if (table.length > 0)
          await writeUnwritten(
            tx,
            table.map((row) => this.#kept(row)),
          );
        if (filed.length > 0)
          await noteFiledPostings(
            tx,
            filed.map((row) => this.#kept(row)),
          );
      },
    };
  }

  /**
   * May what a batch spent be posted a moment later? Not where a percent is to be announced, as far as this process knows; nor where more was
   * spent than was leased, since the others must not be lent what is not there any more.
   */
  #mayWait(spent: ReadonlyMap<BudgetBalance, Spent>, now: number): boolean {
    if (now - this.#postedAtMs >= this.#paceMs) return false;
    for (const [balance, { spentNanos, leasedNanos }] of spent) {
      if (balance.overdraftNanos > 0n || (balance.blocks && spentNanos > leasedNanos)) return false;
      const earlierNanos = this.#unposted.get(balance)?.spentNanos ?? 0n;
      if (
        balance.nextThresholdNanos !== undefined &&
        balance.spentNanos + earlierNanos + spentNanos >= balance.nextThresholdNanos
      )
        return false;
    }
    return true;
  }

  #withUnposted(spent: ReadonlyMap<BudgetBalance, Spent>): ReadonlyMap<BudgetBalance, Spent> {
    if (this.#unposted.size === 0) return spent;
    const all = new Map([...this.#unposted].map(([balance, sum]) => [balance, { ...sum }]));
    addTo(all, spent);
    return all;
  }

  /** Nothing of what was spent so far is left to be posted. */
  #posted(
    all: ReadonlyMap<BudgetBalance, Spent>,
    balances: readonly PostedBalance[],
    { sequence, began }: { sequence: bigint; began: number },
  ): void {
    if (all.size === 0) return;
    this.#settleBalances(all, balances);
    this.#postings += 1;
    this.#postedAtMs = performance.now();
    this.#paceMs = Math.min(paceMaxMs, Math.max(paceMs, (this.#postedAtMs - began) * paceTimes));
    if (this.#unposted.size === 0) return;
    this.#unposted.clear();
    if (sequence - this.#droppedUpTo < dropEvery) return;
    const posted = { processId: this.#processId, after: this.#droppedUpTo, upTo: sequence };
    this.#droppedUpTo = sequence;
    // What stays is nobody's, and goes with the process.
    dropPosted(this.#db, posted).catch(() => {});
  }

  /** Lets the balances know what the database has now. */
  #settleBalances(spent: ReadonlyMap<BudgetBalance, Spent>, posted: readonly PostedBalance[]): void {
    for (const [balance, sum] of spent) balance.posted(sum, balance.spentNanos + sum.spentNanos);
    this.#read(spent.keys(), posted, performance.now());
  }

  #read(balances: Iterable<BudgetBalance>, answers: readonly PostedBalance[], readAtMs: number): void {
    if (answers.length === 0) return;
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    for (const balance of balances) {
      const now = byId.get(balance.id);
      if (now === undefined) continue;
      balance.readAtMs = readAtMs;
      balance.spentNanos = now.spentNanos;
      balance.nextThresholdNanos = now.nextThresholdNanos;
      balance.limitNanos = now.limitNanos;
      // Only ever up: this answer may be older than what handing back was told. The next borrowing lowers it.
      if (now.overdraftNanos <= balance.overdraftNanos) continue;
      balance.overdraftNanos = now.overdraftNanos;
      this.#onOverdraft(balance);
    }
  }

  /** The others forgot this process while its connection was lost, and it has registered anew since. */
  #noticeFence(): void {
    if (this.#fencingToken() !== this.#knownToken) this.#fence();
  }

  #fence(): void {
    this.#knownToken = this.#fencingToken();
    this.#epoch += 1;
    // Whoever adopted the calls has posted what they spent.
    this.#settleBalances(this.#unposted, []);
    this.#unposted.clear();
    this.#log.warn(
      'this process was taken for dead while it was cut off; its calls are reconciled with what was adopted',
    );
    this.#onFenced();
  }
}

/** Some answer waits for it to be on record. */
function isAwaited({ waiting }: Entry): boolean {
  return waiting.length > 0;
}

/** What was spent of one balance, and of it from the lease. */
interface Spent {
  spentNanos: bigint;
  leasedNanos: bigint;
  /** Of the last call. */
  tags: CallTags;
}

/** All that is done to each balance, in id order. */
function gather(spent: ReadonlyMap<BudgetBalance, Spent>): BalancePosting[] {
  const sums = new Map<number, BalancePosting>();
  for (const [balance, { spentNanos, leasedNanos }] of spent) {
    // Two may stand for one row: one that was let go of, and the one that took its place.
    const id = Number(balance.id);
    const sum = sums.get(id);
    if (sum === undefined)
      sums.set(id, { balanceId: balance.id, spentNanos, leasedNanos, heldNanos: balance.heldNanos });
    else {
      sum.spentNanos += spentNanos;
      sum.leasedNanos += leasedNanos;
    }
  }
  return [...sums.values()].sort((a, b) => (a.balanceId < b.balanceId ? -1 : 1));
}

function sumsOf(rows: readonly JournalRow[]): Map<BudgetBalance, Spent> {
  const sums = new Map<BudgetBalance, Spent>();
  for (const { debits, open } of rows)
    for (const { balance, spentNanos, leasedNanos } of debits)
      add(sums, balance, { spentNanos, leasedNanos, tags: open.tags });
  return sums;
}

function addTo(sums: Map<BudgetBalance, Spent>, more: ReadonlyMap<BudgetBalance, Spent>): void {
  for (const [balance, spent] of more) add(sums, balance, spent);
}

function add(sums: Map<BudgetBalance, Spent>, balance: BudgetBalance, { spentNanos, leasedNanos, tags }: Spent): void {
  const sum = sums.get(balance);
  if (sum === undefined) sums.set(balance, { spentNanos, leasedNanos, tags });
  else {
    sum.spentNanos += spentNanos;
    sum.leasedNanos += leasedNanos;
    sum.tags = tags;
  }
}

/** What was spent before this batch, as one call of each balance: as far as this process knew it crossed nothing. */
function earlierCharges(unposted: ReadonlyMap<BudgetBalance, Spent>): Charge[] {
  return [...unposted].map(([{ id }, { spentNanos, tags }]) => ({ balanceId: id, spentNanos, tags }));
}

const noPartition = '23514';

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
