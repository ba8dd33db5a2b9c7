/** Values are forgotten after one to two hours without use. */
const idleMs = 3_600_000;
const sizeMax = 20_000;

/**
 * A map that forgets what nobody has asked for lately. A value that is asked for moves from the older half to the newer one; now and then the older half is
 * dropped and the newer one takes its place. So a value that is in use costs one look-up, and no timer runs.
 */
export class RecentMap<Value> {
  readonly #now: () => number;
  readonly #halfMax: number;
  #newer = new Map<string, Value>();
  #older = new Map<string, Value>();
  #turnedAtMs: number;

  /** `now` is by `performance.now()`: a clock that is set changes nothing. */
  constructor({ now = () => performance.now(), most = sizeMax }: { now?: () => number; most?: number } = {}) {
    this.#now = now;
    this.#halfMax = most / 2;
    this.#turnedAtMs = now();
  }

  get size(): number {
    return this.#newer.size + this.#older.size;
  }

  get(key: string): Value | undefined {
    const value = this.#newer.get(key);
    return value === undefined && this.#older.size > 0 ? this.#moved(key) : value;
  }

  set(key: string, value: Value): void {
    this.#older.delete(key);
    this.#newer.set(key, value);
    if (this.#newer.size < this.#halfMax && this.#now() - this.#turnedAtMs < idleMs) return;
    this.#turnedAtMs = this.#now();
    this.#older = this.#newer;
    this.#newer = new Map();
  }

  *[Symbol.iterator](): Generator<[string, Value]> {
    yield* this.#older;
    yield* this.#newer;
  }

  delete(key: string): void {
    this.#newer.delete(key);
    this.#older.delete(key);
  }

  clear(): void {
    this.#newer.clear();
    this.#older.clear();
  }

  #moved(key: string): Value | undefined {
    const value = this.#older.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }
}
