import { setTimeout as sleep } from 'node:timers/promises';

const firstWaitMs = 100;
const longestWaitMs = 5_000;
/** A write that has not succeeded by then is given up. */
const patienceMs = 3_600_000;

/**
 * Goes on trying until the database takes it. The write must be safe to repeat, because an answer may be lost after the write.
 * Throws the last failure when `signal` says that the process stops, or after an hour.
 */
export async function untilWritten<T>(write: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const until = performance.now() + patienceMs;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    try {
      return await write();
    } catch (error) {
      if (signal?.aborted || performance.now() > until) throw error;
    }
    await sleep(waitMs, undefined, { ref: false });
  }
}
