/** Work that nobody waits for while it runs, so many at once: a slow one holds up no other. */
export class UnderWay {
  readonly #atOnce: number;
  readonly #works = new Set<Promise<void>>();

  constructor(options: { atOnce: number }) {
    this.#atOnce = options.atOnce;
  }

  /** How many more may begin. */
  get free(): number {
    return this.#atOnce - this.#works.size;
  }

  /** `onError` hears of a failure: nobody else does. */
  add(work: Promise<unknown>, onError: (error: unknown) => void): void {
    const ended: Promise<void> = work.then(() => {}, onError).finally(() => this.#works.delete(ended));
    this.#works.add(ended);
  }

  /** All that is under way has ended. */
  async done(): Promise<void> {
    await Promise.all(this.#works);
  }
}
