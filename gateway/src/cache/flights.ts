/** How a call that others waited for ended. `unkept`: it was answered, and the answer is not for others. */
export type FlightEnd = 'kept' | 'unkept' | 'failed';

/** One call that is under way for all equal ones of this process. */
export class Flight {
  readonly #done: Promise<FlightEnd>;
  #end: (end: FlightEnd) => void = () => {};

  constructor() {
    this.#done = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  end(end: FlightEnd): void {
    this.#end(end);
  }

  /** `late` where it takes longer than that, `gone` where the follower is cancelled. */
  wait(ms: number, onCancel: (listener: (() => void) | undefined) => void): Promise<FlightEnd | 'late' | 'gone'> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('late'), ms);
      onCancel(() => resolve('gone'));
      void this.#done.then(resolve);
      void this.#done.finally(() => clearTimeout(timer));
    });
  }
}

/** The calls under way, by the key of their answers. The first of equal calls leads, and the others follow. */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  get(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  lead(key: string): void {
    this.#flights.set(key, new Flight());
  }

  /** The next equal call leads, unless the answer was kept. */
  end(key: string, end: FlightEnd): void {
    const flight = this.#flights.get(key);
    this.#flights.delete(key);
    flight?.end(end);
  }
}
