import type { ScenarioKey } from '../accounts/scenario-lock.ts';
import type { Db } from '../db/transaction.ts';
import { spentLastHour } from './spend-store.ts';

type OnSpent = (nanos: bigint) => void;

/** More scenarios than this wait in vain: a caller that names so many at once makes them up. */
const waitingMax = 1_000;

/**
 * The spending of scenarios before this process met them, read from their calls: one query at a time, for all that wait together. An
 * hour of calls is much to look through, and a caller may name a new scenario with every call.
 */
export class SpendBackfill {
  readonly #db: Db;
  #waiting: { place: ScenarioKey; beforeMs: number; onSpent: OnSpent }[] = [];
  #isReading = false;

  constructor(options: { db: Db }) {
    this.#db = options.db;
  }

  /** `onSpent` is called when it is known, and only where there is anything. Calls from `beforeMs` on are counted elsewhere. */
  request(place: ScenarioKey, beforeMs: number, onSpent: OnSpent): void {
    if (this.#waiting.length >= waitingMax) return;
    this.#waiting.push({ place, beforeMs, onSpent });
    if (!this.#isReading) void this.#read();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    while (this.#waiting.length > 0) {
      const asked = this.#waiting;
      this.#waiting = [];
      const spent = await spentLastHour(this.#db, asked).catch(() => []);
      for (const [i, nanos] of spent.entries()) if (nanos > 0n) asked[i]?.onSpent(nanos);
    }
    this.#isReading = false;
  }
}
