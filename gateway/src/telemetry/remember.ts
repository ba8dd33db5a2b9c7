/** Asks again only when the answer is older than `ms`; a failure counts as an answer. */
export type Remembered<T> = () => Promise<T>;

export function remember<T>(ms: number, ask: () => Promise<T>): Remembered<T> {
  let last: Promise<T> | undefined;
  let askedAt = 0;
  return () => {
    if (last === undefined || performance.now() - askedAt >= ms) {
      askedAt = performance.now();
      last = ask();
    }
    return last;
  };
}
