import { afterEach, expect, it } from 'vitest';
import { afterTurns } from './after-turns.ts';

let counting = false;
afterEach(() => {
  counting = false;
});

/** Counts the turns of the event loop, each of which does so many milliseconds of work. */
function turns(workMs: number): () => number {
  let count = 0;
  counting = true;
  const turn = (): void => {
    count += 1;
    const until = performance.now() + workMs;
    while (performance.now() < until);
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  return () => count;
}

it('afterTurns waits for the given number of turns of an idle event loop', async () => {
  const passed = turns(0);
  await afterTurns(8, { atMostMs: 60_000 });
  expect(passed()).toBe(8);
});

it('afterTurns ends with the turn in which its time is over', async () => {
  const passed = turns(4);
  await afterTurns(8, { atMostMs: 2 });
  expect(passed()).toBe(1);
});
