import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { isRowFault, sqlState } from '../db/row-fault.ts';
import { addFailures, type CallFailures } from './call-detail-store.ts';

/** A provider that is down fails every call: failures beyond this number, between two writes, are left out. */
const callsMax = 20_000;
/** Calls in one statement: their text is made within a few milliseconds. */
const callsAtOnce = 1_000;

/** Collects the failed attempts of calls, and writes them down every second. */
export class FailureLog {
  readonly #db: Pool;
  readonly #log: Logger;
  #calls: CallFailures[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor({ db, log }: { db: Pool; log: Logger }) {
    this.#db = db;
    this.#log = log;
  }

  add(call: CallFailures): void {
    if (this.#calls.length < callsMax) this.#calls.push(call);
  }

  /**
   * Writes down what was collected. Rows that cannot be written are tried again with the next ones. One flush follows the other: a reader waits
   * for what the job is writing.
   */
  flush(): Promise<void> {
    const done = this.#writing.then(() => this.#write());
    this.#writing = done.catch(() => {});
    return done;
  }

  async #write(): Promise<void> {
    for (let left = this.#calls.length; left > 0; left -= callsAtOnce) {
      const calls = this.#calls.splice(0, callsAtOnce);
      try {
        await addFailures(this.#db, calls);
      } catch (error) {
        // Calls that Postgres does not take must not hold up the others for ever.
        if (isRowFault(error)) {
          this.#log.error({ code: sqlState(error) }, 'failed attempts could not be written down and are left out');
          continue;
        }
        this.#log.warn({ err: error }, 'failed attempts could not be written down yet');
        this.#calls = [...calls, ...this.#calls].slice(0, callsMax);
        return;
      }
    }
  }
}
