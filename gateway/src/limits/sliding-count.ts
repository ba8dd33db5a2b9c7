/** Buckets and their amounts; 0 is the newest bucket. */
export type Ages = [age: number, amount: number][];

/** A sum over the last stretch of time, in buckets: adding and reading take no list of calls. Pure; the caller has the clock. */
export class SlidingCount {
  readonly #bucketMs: number;
  #sums: Float64Array;
  #newest = 0;
  #total = 0;

  /** The window is `buckets` times `bucketMs`; older counts are forgotten a bucket at a time. */
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

  /** The counts by their age in buckets, for a process that starts to count. */
  ages(nowMs: number): Ages {
    this.#advance(nowMs);
    const { length } = this.#sums;
    const ages: Ages = [];
    for (let age = 0; age < length; age++) {
      const amount = this.#newest < age ? 0 : (this.#sums[(this.#newest - age) % length] ?? 0);
      if (amount !== 0) ages.push([age, amount]);
    }
    return ages;
  }

  /** Adds the counts of another process from before this one's start. */
  addAges(nowMs: number, ages: Ages): void {
    this.#advance(nowMs);
    const { length } = this.#sums;
    for (const [age, amount] of ages) {
      if (age < 0 || age >= length || age > this.#newest) continue;
      const at = (this.#newest - age) % length;
      this.#sums[at] = (this.#sums[at] ?? 0) + amount;
      this.#total += amount;
    }
  }

  clear(): void {
    this.#sums.fill(0);
    this.#total = 0;
  }

  #advance(nowMs: number): void {
    const bucket = Math.floor(nowMs / this.#bucketMs);
    const { length } = this.#sums;
    // A bucket back is two readings in the wrong order; more is a clock that was set back.
    if (bucket < this.#newest - 1) this.#setBack(bucket);
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

  /**
   * Counts keep their age: nothing is forgotten early, and nothing late. Left where it is, it and all that comes would
   * count until the clock has caught up with it, an hour after one that was an hour ahead.
   */
  #setBack(bucket: number): void {
    const ahead = this.#newest - bucket;
    this.#sums = this.#sums.map((_, at, sums) => sums[(at + ahead) % sums.length] ?? 0);
    this.#newest = bucket;
  }
}
