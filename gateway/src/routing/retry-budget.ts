import type { Health } from './health.ts';

/**
 * How many second tries an account may be given: at most a fifth of what it was asked in the last ten seconds (Envoy's
 * retry budget, with its floor of three). An account that has not failed lately takes all that come, since failing over to
 * a healthy provider is what second tries are for; the budget keeps a storm off one that is struggling.
 */
export interface RetryBudget {
  windowStartMs: number;
  tries: number;
  retries: number;
}

const windowMs = 10_000;
const floor = 3;

export function newRetryBudget(): RetryBudget {
  return { windowStartMs: 0, tries: 0, retries: 0 };
}

export function mayRetry(budget: RetryBudget, health: Health, nowMs: number): boolean {
  if (health.failuresInARow === 0) return true;
  const { tries, retries } = current(budget, nowMs);
  return retries < Math.max(floor, tries * 0.2);
}

export function onTry(budget: RetryBudget, isRetry: boolean, nowMs: number): RetryBudget {
  const now = current(budget, nowMs);
  return { ...now, tries: now.tries + 1, retries: now.retries + (isRetry ? 1 : 0) };
}

function current(budget: RetryBudget, nowMs: number): RetryBudget {
  return nowMs - budget.windowStartMs < windowMs ? budget : { windowStartMs: nowMs, tries: 0, retries: 0 };
}
