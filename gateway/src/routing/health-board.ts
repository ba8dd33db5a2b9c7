import { type Health, mayTry, newHealth, onAbandoned, onFailure, onProbe, onSuccess, type Trial } from './health.ts';
import { mayRetry, newRetryBudget, onTry, type RetryBudget } from './retry-budget.ts';

/** Which failures speak against the account. A caller's mistake does not, nor a key that was refused. */
const countsAgainst: ReadonlySet<string> = new Set(['busy', 'broken', 'timeout', 'refused']);

interface Account {
  health: Health;
  retries: RetryBudget;
  /** What was last told of it; nothing told is up. */
  toldDown: boolean;
  /** Of the latest tries, a moving average: 1 when all failed. */
  errorRate: number;
}

/** One try at an account, from `begin` until it is told how it went. */
export interface Attempt {
  account: string;
  isProbe: boolean;
}

/** How much the latest try weighs in the error rate. */
const latestWeight = 0.1;

/** How every provider account is doing, as this process has seen it. `account` is any name that tells accounts apart. */
export class HealthBoard {
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account>();

  constructor(options: { now: () => number }) {
    this.#now = options.now;
  }

  mayTry(account: string): Trial {
    const known = this.#accounts.get(account);
    return known === undefined ? 'yes' : mayTry(known.health, this.#now());
  }

  /** Until it may be tried again; nought where only a probe is out, which may be back at any moment. */
  restMs(account: string): number {
    const known = this.#accounts.get(account);
    return known === undefined ? 0 : Math.max(0, known.health.restingUntilMs - this.#now());
  }

  /** Takes a place for a try; undefined when the account is resting, or has had its share of second tries. */
  begin(account: string, isRetry: boolean): Attempt | undefined {
    const state = this.#account(account);
    const now = this.#now();
    const trial = mayTry(state.health, now);
    if (trial === 'no' || (isRetry && !mayRetry(state.retries, state.health, now))) return undefined;
    if (trial === 'probe') state.health = onProbe(state.health, now);
    state.retries = onTry(state.retries, isRetry, now);
    return { account, isProbe: trial === 'probe' };
  }

  succeeded({ account }: Attempt): void {
    const state = this.#account(account);
    state.health = onSuccess(state.health);
    state.errorRate *= 1 - latestWeight;
  }

  failed(attempt: Attempt, failure: { kind: string; retryAfterSeconds?: number | undefined }): void {
    if (!countsAgainst.has(failure.kind)) {
      this.abandoned(attempt);
      return;
    }
    const state = this.#account(attempt.account);
    state.errorRate += (1 - state.errorRate) * latestWeight;
    const { retryAfterSeconds } = failure;
    state.health = onFailure(
      state.health,
      this.#now(),
      failure.kind === 'busy' && retryAfterSeconds !== undefined ? retryAfterSeconds * 1000 : undefined,
    );
  }

  /** A try that says nothing about the account: its caller hung up. One from before the rest has no probe's place to free. */
  abandoned({ account, isProbe }: Attempt): void {
    if (!isProbe) return;
    const state = this.#account(account);
    state.health = onAbandoned(state.health);
  }

  toldDown(account: string): boolean {
    return this.#account(account).toldDown;
  }

  told(account: string, down: boolean): void {
    this.#account(account).toldDown = down;
  }

  /** Of the latest tries, 0 to 1, to the percent. */
  errorRate(account: string): number {
    return Math.round(this.#account(account).errorRate * 100) / 100;
  }

  /** For the status page and metrics. */
  snapshot(): { account: string; health: Health }[] {
    return [...this.#accounts].map(([account, { health }]) => ({ account, health }));
  }

  #account(account: string): Account {
    let state = this.#accounts.get(account);
    if (state === undefined) {
      state = { health: newHealth(), retries: newRetryBudget(), toldDown: false, errorRate: 0 };
      this.#accounts.set(account, state);
    }
    return state;
  }
}
