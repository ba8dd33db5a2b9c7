import type { Db } from '../db/transaction.ts';
import { type Guards, readGuards } from './guard-store.ts';

/** The guards of each workspace's two worlds, read once and remembered until the database says they changed. */
export class GuardViews {
  readonly #db: Db;
  readonly #views = new Map<string, Guards>();
  #forgotten = 0;

  constructor(options: { db: Db }) {
    this.#db = options.db;
  }

  of(workspaceId: string, livemode: boolean): Guards | Promise<Guards> {
    return this.#views.get(`${livemode} ${workspaceId}`) ?? this.#read(workspaceId, livemode);
  }

  /** One workspace's, or all: after a lost connection nobody knows what was missed. */
  forget(workspaceId?: string): void {
    this.#forgotten += 1;
    if (workspaceId === undefined) this.#views.clear();
    else for (const livemode of [true, false]) this.#views.delete(`${livemode} ${workspaceId}`);
  }

  async #read(workspaceId: string, livemode: boolean): Promise<Guards> {
    const forgotten = this.#forgotten;
    const guards = await readGuards(this.#db, workspaceId, livemode);
    if (forgotten === this.#forgotten) this.#views.set(`${livemode} ${workspaceId}`, guards);
    return guards;
  }
}
