/** A sum over the last stretch of time, in buckets: adding and reading take no list of calls. Pure; the caller has the clock. */
export class SlidingCount {
  readonly #bucketMs: number;
  readonly #sums: Float64Array;
  #newest = 0;
  #total = 0;

  /** The window is `buckets` times `bucketMs`; what is older than that is forgotten a bucket at a time. */
  constructor(options: { bucketMs: number; buckets: number }) {
    this.#bucketMs = options.bucketMs;
    this.#sums = new Float64Array(options.buckets);
  }

  add(nowMs: number, amount: number): void {
    this.#advance(nowMs);
    const at = this.#newest % this.#sums.length;
    this.#sums[at] = (this.#sums[at] ?? 0) + amount;
    this.#total += amount;
  }

  sum(nowMs: number): number {
    this.#advance(nowMs);
    return this.#total;
  }

  /** Milliseconds until at most `target` is left; what was never added cannot stand in the way. */
  msUntil(nowMs: number, target: number): number {
    this.#advance(nowMs);
    let left = this.#total;
    const { length } = this.#sums;
    for (let age = length - 1; age >= 0 && left > target; age--) {
      const bucket = this.#newest - age;
      left -= bucket < 0 ? 0 : (this.#sums[bucket % length] ?? 0);
      if (left <= target) return Math.max(0, (bucket + length) * this.#bucketMs - nowMs);
    }
    return left <= target ? 0 : length * this.#bucketMs;
  }

  clear(): void {
    this.#sums.fill(0);
    this.#total = 0;
  }

  /** A clock that jumps back finds the newest bucket still there: nothing is forgotten early. */
  #advance(nowMs: number): void {
    const bucket = Math.floor(nowMs / this.#bucketMs);
    const { length } = this.#sums;
    if (bucket <= this.#newest) return;
    if (bucket - this.#newest >= length) {
      this.#sums.fill(0);
      this.#total = 0;
    } else {
      for (let next = this.#newest + 1; next <= bucket; next++) {
        this.#total -= this.#sums[next % length] ?? 0;
        this.#sums[next % length] = 0;
      }
    }
    this.#newest = bucket;
  }
}
