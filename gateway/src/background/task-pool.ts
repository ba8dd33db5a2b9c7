/** Tasks that run beside each other, at most `atOnce` of them: a slow task holds up no other. */
export class TaskPool {
  readonly #atOnce: number;
  readonly #tasks = new Map<string, Promise<void>>();
  /** The answer to the last take was lost, so tasks may have been taken that this pool does not have. */
  inDoubt = false;

  constructor(options: { atOnce: number }) {
    this.#atOnce = options.atOnce;
  }

  /** How many more tasks may start. */
  get free(): number {
    return this.#atOnce - this.#tasks.size;
  }

  get ids(): string[] {
    return [...this.#tasks.keys()];
  }

  /** A failure is reported to `onError` only. */
  add(id: string, task: Promise<unknown>, onError: (error: unknown) => void): void {
    this.#tasks.set(
      id,
      task.then(() => {}, onError).finally(() => this.#tasks.delete(id)),
    );
  }

  /** Resolves when every task has ended. */
  async done(): Promise<void> {
    await Promise.all(this.#tasks.values());
  }
}
