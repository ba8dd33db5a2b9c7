import { uptime } from 'node:os';
import type { Logger } from 'pino';

/** A clock that is set by more than this may be wrong, or may have been. */
const jumpMs = 3_600_000;
const doubtMs = 24 * 3_600_000;

/** Old rows are dropped by the clock. A jump of a year, for an hour, makes every call look old: after a jump nothing is dropped for a day. */
export class ClockWatch {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #now: () => number;
  readonly #steadyNow: () => number;
  #last: { ms: number; steadyMs: number };
  #jumpedAtMs = Number.NEGATIVE_INFINITY;

  /** `steadyNow` is by the clock that is never set. The machine's own goes on while it sleeps: one that sleeps every night has not jumped. */
  constructor(options: { log: Pick<Logger, 'warn'>; now: () => number; steadyNow?: () => number }) {
    this.#log = options.log;
    this.#now = options.now;
    this.#steadyNow = options.steadyNow ?? (() => uptime() * 1_000);
    this.#last = { ms: this.#now(), steadyMs: this.#steadyNow() };
  }

  /** Asked once an hour or more often. */
  isTrusted(): boolean {
    const before = this.#last;
    this.#last = { ms: this.#now(), steadyMs: this.#steadyNow() };
    const { ms, steadyMs } = this.#last;
    const setByMs = ms - before.ms - (steadyMs - before.steadyMs);
    if (Math.abs(setByMs) > jumpMs) {
      this.#jumpedAtMs = steadyMs;
      this.#log.warn(
        { seconds: Math.round(setByMs / 1000) },
        'the clock was set: old calls, events and audit rows are kept for a day more',
      );
    }
    return steadyMs - this.#jumpedAtMs >= doubtMs;
  }
}
