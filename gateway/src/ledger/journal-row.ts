import type { CallRow } from '../usage/call-columns.ts';
import type { Batch, QueueEntry } from './batch-queue.ts';
import type { BudgetBalance, Posting } from './budget-balance.ts';

/** The effect of a settled call on one balance. */
export interface Debit extends Posting {
  balance: BudgetBalance;
}

/** A call as it is written, with what it does to balances. */
export interface JournalRow extends CallRow {
  /** The life of the process in which the call was opened: calls of an earlier one were adopted by others. */
  epoch: number;
  debits: readonly Debit[];
  /** Never sent before. */
  isNew: boolean;
  /** Where it is written: a row that `calls` refuses goes to `unwritten_calls`, and a row that both refuse to a file. */
  place: 'calls' | 'table' | 'file';
  /** Why `calls` refuses it. */
  refused: string | undefined;
}

/** A call of the queue: its row as it is now, and what is known of earlier writes. */
export interface CallEntry extends CallRow, QueueEntry {
  epoch: number;
  debits: readonly Debit[];
  /** Why `calls` refuses it: it is kept elsewhere from then on. */
  refused: string | undefined;
}

export type CallBatch = Batch<CallEntry, JournalRow>;
