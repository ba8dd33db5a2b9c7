/** Bodies from here on are looked at in turns of their own: below, all of it takes under 5 ms. */
export const bigBodyBytes = 512 * 1024;

/** The queue of the process, which all its gateways share: there is one event loop to keep free. */
let lane: Promise<unknown> = Promise.resolve();

/**
 * Does a piece of long work when it is its turn: one piece in each turn of the event loop, however many calls have some. Pieces
 * planned with `setImmediate` alone would all run in one turn, and other requests would wait for their sum.
 */
export function inTurn<T>(work: () => T): Promise<T> {
  const done = lane.then(nextTurn).then(work);
  lane = done.catch(() => {});
  return done;
}

/** Work in pieces, one in each turn: `yield` ends a piece. */
export async function inTurns<T>(pieces: Generator<undefined, T>): Promise<T> {
  for (;;) {
    const step = await inTurn(() => pieces.next());
    if (step.done === true) return step.value;
  }
}

/** For work that mostly waits between its pieces, as for the database: where everything is known, all pieces would run in one turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
