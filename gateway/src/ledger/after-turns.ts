/**
 * Resolves after this many turns of the event loop, or at the end of the turn in which the time is over: a turn takes microseconds when
 * there is nothing to do, and many milliseconds while a thousand streams are relayed.
 */
export function afterTurns(turns: number, { atMostMs }: { atMostMs: number }): Promise<void> {
  const until = performance.now() + atMostMs;
  return new Promise((resolve) => {
    let left = turns;
    const turn = (): void => {
      left -= 1;
      if (left === 0 || performance.now() >= until) resolve();
      else setImmediate(turn);
    };
    setImmediate(turn);
  });
}
