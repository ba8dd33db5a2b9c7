/** Up for so long, and the trouble before is over. */
const soundAfterMs = 60_000;
const delayMinMs = 250;
const delayMaxMs = 15_000;

/** How often in a row a worker ended unasked, and how long its next start waits. */
export interface Failures {
  count: number;
  delayMs: number;
}

/** The first replacement comes at once; one that does not last is followed later and later. */
export function afterFailure(before: Failures, upMs: number): Failures {
  if (upMs >= soundAfterMs || before.count === 0) return { count: 1, delayMs: 0 };
  return { count: before.count + 1, delayMs: Math.min(delayMinMs * 2 ** (before.count - 1), delayMaxMs) };
}

export const noFailures: Failures = { count: 0, delayMs: 0 };
