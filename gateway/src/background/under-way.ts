/** Work that nobody waits for while it runs, so many at once: a slow one holds up no other. */
export class UnderWay {
  readonly #atOnce: number;
  readonly #works = new Map<string, Promise<void>>();
  /** What was taken last may not have been heard of. */
  inDoubt = false;

  constructor(options: { atOnce: number }) {
    this.#atOnce = options.atOnce;
  }

  /** How many more may begin. */
  get free(): number {
    return this.#atOnce - this.#works.size;
  }

  get ids(): string[] {
    return [...this.#works.keys()];
  }

  /** `onError` hears of a failure: nobody else does. */
  add(id: string, work: Promise<unknown>, onError: (error: unknown) => void): void {
    this.#works.set(
      id,
      work.then(() => {}, onError).finally(() => this.#works.delete(id)),
    );
  }

  /** All that is under way has ended. */
  async done(): Promise<void> {
    await Promise.all(this.#works.values());
  }
}
