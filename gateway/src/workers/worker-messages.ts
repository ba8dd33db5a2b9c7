import type { Connection } from '../db/pool.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';

/** How often workers say that they are alive, and the parent counts who has not. */
export const beatMs = 1_000;

/** Messages of the parent to a worker. */
export type ToWorker =
  | StartOrder
  /** With a socket: a client has connected. */
  | { kind: 'connection' }
  | { kind: 'stop' }
  /** Another worker has died: its open calls and leases are to be settled. */
  | { kind: 'adopt' }
  | { kind: 'measure' }
  /** The answer to the asker's `id`. */
  | { kind: 'metrics of all'; id: number; snapshots: MetricsSnapshot[] };

export interface StartOrder {
  kind: 'start';
  /** Which worker this is, from 1. */
  number: number;
  /** The parent's. */
  port: number;
  /** The embedded database, which the parent runs; undefined where DATABASE_URL names another. */
  embedded: Connection | undefined;
  /** All start together, and not in the place of one that ended. */
  isFirstStart: boolean;
}

/** Messages of a worker to its parent. */
export type ToParent =
  /** Its code is loaded: it waits for its order. */
  | { kind: 'loaded' }
  | { kind: 'beat'; connections: number }
  | { kind: 'ready'; url: string }
  /** It has the connection it was handed, and so many together. Said before a byte of it is read. */
  | { kind: 'took'; connections: number }
  /** It takes no more: another worker is to have the connection it was handed. */
  | { kind: 'returned' }
  /** It was asked to end: its end is no failure. */
  | { kind: 'stopping' }
  /** Why it is about to end. */
  | { kind: 'failed'; reason: string }
  | { kind: 'measured'; snapshot: MetricsSnapshot }
  /** Somebody reads this worker's `/metrics`. */
  | { kind: 'gather metrics'; id: number }
  /** A provider refuses the gateway's account: a sentence for the operator. */
  | { kind: 'refused'; text: string };

/** Messages of Node's own pass by. */
export function isMessage<M extends ToWorker | ToParent>(message: unknown): message is M {
  return typeof message === 'object' && message !== null && 'kind' in message;
}
