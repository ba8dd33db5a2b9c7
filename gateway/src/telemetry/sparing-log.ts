import type { Logger } from 'pino';

const everyMs = 60_000;
/** Faults are few; a text with a number in it may make many. */
const keysMax = 200;

/**
 * Warns of a fault once a minute, with the number of repeats since: while a database was away for a minute, twelve jobs wrote 1,193 lines, among
 * which nobody found the reason.
 */
export class SparingLog {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #now: () => number;
  readonly #faults = new Map<string, { saidMs: number; repeats: number }>();

  constructor({ log, now }: { log: Pick<Logger, 'warn'>; now: () => number }) {
    this.#log = log;
    this.#now = now;
  }

  /** `of`: what failed; the connections of all jobs fail together, so such a fault is one, whichever job meets it first. */
  warn(error: unknown, of: string, fields: Record<string, unknown>, message: string): void {
    const fault = `${isConnectionFault(error) ? '' : of}\0${message}\0${faultOf(error)}`;
    const said = this.#faults.get(fault);
    if (said !== undefined && Math.abs(this.#now() - said.saidMs) < everyMs) {
      said.repeats += 1;
      return;
    }
    if (this.#faults.size >= keysMax) this.#faults.clear();
    this.#faults.set(fault, { saidMs: this.#now(), repeats: 0 });
    const repeats = said?.repeats ?? 0;
    this.#log.warn(repeats === 0 ? fields : { ...fields, repeats }, message);
  }
}

/** Node's codes begin with an E; Postgres's classes 08 and 57 say that a connection cannot be had or was ended. */
function isConnectionFault(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' && /^(E[A-Z]{4,}|08\w{3}|57P\d\d)$/.test(code);
}

/**
 * In words where there are any: of a host with several addresses Node gives a code alone, and pg-boss copies an error into an object
 * of its own.
 */
export function faultOf(error: unknown): string {
  const { message, code, name } = Object(error) as { message?: unknown; code?: unknown; name?: unknown };
  return [message, code, name].find((word) => typeof word === 'string' && word !== '')?.toString() ?? String(error);
}
