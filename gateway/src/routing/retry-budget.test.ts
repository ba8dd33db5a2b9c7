import { describe, expect, it } from 'vitest';
import { newCircuit, onFailure } from './circuit.ts';
import { mayRetry, newRetryBudget, onTry, type RetryBudget } from './retry-budget.ts';

const start = 50_000;
const healthy = newCircuit();
const failing = onFailure(newCircuit(), start);

/** Asks for so many second tries after so many first ones; tells how many were given. */
function given(asked: { tries: number; retries: number; nowMs?: number; from?: RetryBudget }): {
  retries: number;
  budget: RetryBudget;
} {
  const { nowMs = start } = asked;
  let budget = asked.from ?? newRetryBudget();
  let retries = 0;
  for (let i = 0; i < asked.tries; i++) budget = onTry(budget, false, nowMs);
  for (let i = 0; i < asked.retries; i++) {
    if (!mayRetry(budget, failing, nowMs)) continue;
    budget = onTry(budget, true, nowMs);
    retries += 1;
  }
  return { retries, budget };
}

describe('second tries', () => {
  it('at an account that has not failed lately are free', () => {
    const { budget } = given({ tries: 0, retries: 50 });
    expect(mayRetry(budget, healthy, start)).toBe(true);
    expect(mayRetry(budget, failing, start)).toBe(false);
  });

  it('at one that is failing are three, however little it is asked', () => {
    expect(given({ tries: 0, retries: 10 }).retries).toBe(3);
    expect(given({ tries: 5, retries: 10 }).retries).toBe(3);
  });

  it('at a busy one are a fifth of all its tries, themselves included', () => {
    const { retries } = given({ tries: 100, retries: 100 });
    expect(retries).toBe(25);
    expect(retries / (100 + retries)).toBe(0.2);
  });

  it('come back as the window slides on, and not all at once', () => {
    const { budget } = given({ tries: 0, retries: 3 });
    const after = (ms: number) => given({ tries: 0, retries: 10, nowMs: start + ms, from: budget }).retries;
    expect([0, 9_999, 10_000, 14_000, 20_000, 100_000].map(after)).toEqual([0, 0, 0, 1, 3, 3]);
  });

  it('are not given twice around the turn of a window', () => {
    const late = given({ tries: 0, retries: 3, nowMs: start + 9_900, from: onTry(newRetryBudget(), false, start) });
    expect(given({ tries: 0, retries: 3, nowMs: start + 10_100, from: late.budget }).retries).toBe(0);
  });
});

it('second tries are counted from the start after the clock was set back', () => {
  const ahead = given({ tries: 100, retries: 100, nowMs: start + 3_600_000 }).budget;
  expect(given({ tries: 100, retries: 100, from: ahead }).budget).toEqual(given({ tries: 100, retries: 100 }).budget);
});
