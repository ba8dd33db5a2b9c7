import type { Circuit } from './circuit.ts';

/**
 * How many second tries an account may be given: at most a fifth of what it was asked in the last ten seconds (Envoy's
 * retry budget, with its floor of three). An account that has not failed lately takes all that come, since failing over to
 * a healthy provider is what second tries are for; the budget keeps a storm off one that is struggling.
 *
 * The window slides: the count of the window before it is weighed by the share that is still in sight.
 */
export interface RetryBudget {
  windowStartMs: number;
  now: Tries;
  before: Tries;
}

interface Tries {
  tries: number;
  retries: number;
}

const windowMs = 10_000;
const floor = 3;
const share = 0.2;
const none: Tries = { tries: 0, retries: 0 };

export function newRetryBudget(): RetryBudget {
  return { windowStartMs: 0, now: none, before: none };
}

export function mayRetry(budget: RetryBudget, circuit: Circuit, nowMs: number): boolean {
  if (circuit.failuresInARow === 0) return true;
  const { windowStartMs, now, before } = rolled(budget, nowMs);
  const inSight = 1 - (nowMs - windowStartMs) / windowMs;
  const tries = now.tries + before.tries * inSight;
  const retries = now.retries + before.retries * inSight;
  return retries + 1 <= Math.max(floor, (tries + 1) * share);
}

export function onTry(budget: RetryBudget, isRetry: boolean, nowMs: number): RetryBudget {
  const { windowStartMs, now, before } = rolled(budget, nowMs);
  return { windowStartMs, now: { tries: now.tries + 1, retries: now.retries + (isRetry ? 1 : 0) }, before };
}

function rolled(budget: RetryBudget, nowMs: number): RetryBudget {
  const age = nowMs - budget.windowStartMs;
  // A clock that was set back begins a window of its own.
  if (age >= 0 && age < windowMs) return budget;
  return age >= 0 && age < 2 * windowMs
    ? { windowStartMs: budget.windowStartMs + windowMs, now: none, before: budget.now }
    : { windowStartMs: nowMs, now: none, before: none };
}
