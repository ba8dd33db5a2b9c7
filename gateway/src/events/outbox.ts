import type { Db } from '../db/transaction.ts';
import type { NewEvent } from './event.ts';

/** Where events wait for delivery: written in the transaction that makes them so, delivered afterwards. */
export interface Outbox {
  record(tx: Db, events: readonly NewEvent[]): Promise<void>;
  /** Something was committed: what waits may go out now rather than at the next look. */
  deliverSoon(): void;
}
