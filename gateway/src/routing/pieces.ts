/** Work in pieces: between two of them others get their turn. */
export type Pieces<T> = Generator<undefined, T>;

export function finish<T>(pieces: Pieces<T>): T {
  for (;;) {
    const step = pieces.next();
    if (step.done === true) return step.value;
  }
}

/** Fitting or scoring so many calls takes a few milliseconds. */
export const callsInPiece = 200;

/** The results of `make` for each, in their order. */
export function* mapInPieces<A, B>(all: readonly A[], make: (one: A) => B): Pieces<B[]> {
  const made: B[] = [];
  for (const one of all) {
    if (made.length > 0 && made.length % callsInPiece === 0) yield;
    made.push(make(one));
  }
  return made;
}
