/** Some entries of a map at a time, from the first to the last and then from the first again. Entries may come and go meanwhile. */
export class MapRounds<Key, Value> {
  readonly #map: ReadonlyMap<Key, Value>;
  #at: Iterator<[Key, Value], undefined>;

  constructor(map: ReadonlyMap<Key, Value>) {
    this.#map = map;
    this.#at = map.entries();
  }

  *next(most: number): Generator<[Key, Value]> {
    for (let left = Math.min(most, this.#map.size); left > 0; left--) {
      let step = this.#at.next();
      if (step.done === true) {
        this.#at = this.#map.entries();
        step = this.#at.next();
      }
      if (step.done === true) return;
      yield step.value;
    }
  }
}
