import {
  type AccountState,
  bounded,
  breakersOf,
  fail,
  forgive,
  latestWeight,
  type ModelState,
  modelsMax,
  newBreaker,
  streakOf,
  streakShare,
  strictestOf,
  workspacesMax,
} from './account-circuits.ts';
import { newCircuit, onAbandoned, onFailure, onProbe, onSuccess, openUntilAt, stateOf } from './circuit.ts';
import { outagesOf } from './list-outages.ts';
import {
  type Attempt,
  type AttemptKey,
  type Availability,
  type FailureReport,
  type Outage,
  outageOf,
  percent,
  type Refusal,
} from './outage.ts';
import { mayRetry, newRetryBudget, onTry } from './retry-budget.ts';

/**
 * How every provider account and each of its models is doing, as this process has seen it. Limits are per model at every vendor
 * (OpenAI, Anthropic: per model or class; Gemini's 429 names `…PerProjectPerModel…`); keys, credit and the line are the account's.
 */
export class CircuitBreakers {
  readonly #now: () => number;
  readonly #onRefused: (refusal: Refusal) => void;
  readonly #accounts = new Map<string, AccountState>();
  /** The last announced outages and refusals; everything else is up. */
  readonly #notified = new Map<string, Outage>();
  readonly #remembered = new Set<string>();

  constructor(options: { now: () => number; onRefused?: (refusal: Refusal) => void }) {
    this.#now = options.now;
    this.#onRefused = options.onRefused ?? (() => {});
  }

  stateOf(candidate: AttemptKey): Availability {
    const account = this.#accounts.get(candidate.account);
    if (account === undefined) return 'closed';
    const nowMs = this.#now();
    const state = strictestOf(account, candidate, nowMs);
    return state !== 'open' && stateOf(account.refused, nowMs) === 'open' ? 'refused' : state;
  }

  /** Until it may be tried again; nought where only a probe is out, which may be back at any moment. */
  openMs(candidate: AttemptKey): number {
    const account = this.#accounts.get(candidate.account);
    if (account === undefined) return 0;
    const nowMs = this.#now();
    return Math.max(0, ...breakersOf(account, candidate).map(({ circuit }) => openUntilAt(circuit, nowMs) - nowMs));
  }

  /** Takes a candidate for an attempt; undefined when its circuit is open, or its retries are used up. */
  begin(candidate: AttemptKey, isRetry: boolean): Attempt | undefined {
    const { account: name, model: modelName, workspaceId } = candidate;
    const account = this.#account(name);
    const model = this.#model(account, modelName);
    const nowMs = this.#now();
    const state = strictestOf(account, candidate, nowMs);
    if (state === 'open') return undefined;
    const own = model.own.get(workspaceId);
    if (isRetry && !mayRetry(model.retries, streakOf(model, own), nowMs)) return undefined;
    if (state === 'half-open')
      for (const breaker of breakersOf(account, candidate))
        if (stateOf(breaker.circuit, nowMs) === 'half-open') breaker.circuit = onProbe(breaker.circuit, nowMs);
    model.retries = onTry(model.retries, isRetry, nowMs);
    return { account: name, model: modelName, workspaceId, isProbe: state === 'half-open' };
  }

  succeeded({ account: name, model: modelName, workspaceId }: Attempt): void {
    const account = this.#accounts.get(name);
    if (account === undefined) return;
    account.line.circuit = onSuccess(account.line.circuit);
    account.line.errorRate *= 1 - latestWeight;
    account.refused = onSuccess(account.refused);
    account.succeededAtMs = this.#now();
    if (account.refusals.size > 0) forgive(account, modelName);
    const model = account.models.get(modelName);
    if (model === undefined) return;
    model.succeeded = true;
    model.shared.circuit = onSuccess(model.shared.circuit);
    model.shared.errorRate *= 1 - latestWeight;
    if (model.streak.size > 0) model.streak.clear();
    if (model.own.size > 0) model.own.delete(workspaceId);
  }

  failed(attempt: Attempt, failure: FailureReport): void {
    const account = this.#account(attempt.account);
    const model = this.#model(account, attempt.model);
    const { workspaceId } = attempt;
    const nowMs = this.#now();
    switch (failure.kind) {
      case 'account':
        this.abandoned(attempt);
        this.#refuse(attempt, account, failure);
        return;
      case 'refused':
        fail(account.line, nowMs);
        this.#freeProbe(account, attempt);
        return;
      case 'busy':
      case 'broken':
      case 'timeout': {
        const waitMs = failure.kind === 'busy' ? (failure.retryAfterSeconds ?? 0) * 1000 : 0;
        // A wait the vendor names is its word about the model, and applies to the calls of every workspace.
        if (waitMs > 0) fail(model.shared, nowMs, waitMs);
        else {
          const count = (model.streak.get(workspaceId) ?? 0) + 1;
          if (model.streak.size < workspacesMax) model.streak.set(workspaceId, count);
          if (count <= streakShare) fail(model.shared, nowMs);
          else model.shared.errorRate += (1 - model.shared.errorRate) * latestWeight;
          let own = model.own.get(workspaceId);
          if (own === undefined) {
            own = newBreaker();
            bounded(model.own, workspacesMax).set(workspaceId, own);
          }
          fail(own, nowMs);
        }
        this.#freeProbe(account, attempt);
        return;
      }
      default:
        // A caller's mistake says nothing of the provider.
        this.abandoned(attempt);
    }
  }

  /** A try that says nothing about the account: its caller hung up. One from before the rest has no probe to free. */
  abandoned(attempt: Attempt): void {
    const account = this.#accounts.get(attempt.account);
    if (account !== undefined) this.#freeProbe(account, attempt);
  }

  /** Takes the result of a key check; `undefined` for a key that works. */
  checked(account: string, refusal: (FailureReport & { message: string }) | undefined): void {
    const state = this.#account(account);
    if (refusal !== undefined) this.#refuse({ account, model: '' }, state, refusal);
    else if ([...state.refusals.values()].some(({ reason }) => reason === 'key')) {
      for (const [key, { reason }] of state.refusals) if (reason === 'key') state.refusals.delete(key);
      state.refused = newCircuit();
    }
  }

  /** For people: how the account is for a workspace, or in general. One resting model is not a resting account while others answer. */
  statusOf(account: string, workspaceId?: string): 'ok' | 'resting' | 'refused' {
    const state = this.#accounts.get(account);
    if (state === undefined) return 'ok';
    if ([...state.refusals.values()].some(({ model }) => model === undefined)) return 'refused';
    const nowMs = this.#now();
    if (stateOf(state.line.circuit, nowMs) === 'open') return 'resting';
    for (const { shared, own } of state.models.values()) {
      const mine = workspaceId === undefined ? undefined : own.get(workspaceId);
      for (const breaker of mine === undefined ? [shared] : [shared, mine])
        if (stateOf(breaker.circuit, nowMs) === 'open' && breaker.circuit.failedAtMs >= state.succeededAtMs)
          return 'resting';
    }
    return 'ok';
  }

  /** All refusals there are at this moment. */
  refusals(): Refusal[] {
    return [...this.#accounts.values()].flatMap(({ refusals }) => [...refusals.values()]);
  }

  /** The changes since the last announcement: outages that are not announced, and announced ones that are over. */
  changes(): { down: Outage[]; up: Outage[] } {
    const now = new Map(this.outages().map((outage) => [outage.key, outage]));
    return {
      down: [...now.values()].filter(({ key }) => !this.#notified.has(key)),
      up: [...this.#notified.values()]
        // An outage that an earlier process announced is over when this one has an answer.
        .filter((outage) => !now.has(outage.key) && (!this.#remembered.has(outage.key) || this.#answered(outage)))
        .map((outage) => ({ ...outage, errorRate: this.#errorRate(outage) })),
    };
  }

  markNotified(outage: Outage, down: boolean): void {
    this.#remembered.delete(outage.key);
    if (down) this.#notified.set(outage.key, outage);
    else this.#notified.delete(outage.key);
  }

  /** The outages that an earlier process, or another one, has announced. */
  remember(keys: readonly string[]): void {
    for (const key of keys) {
      if (this.#notified.has(key)) continue;
      this.#notified.set(key, outageOf(key));
      this.#remembered.add(key);
    }
  }

  #answered({ account, model }: Outage): boolean {
    const state = this.#accounts.get(account);
    if (state === undefined || state.succeededAtMs === 0) return false;
    return model === undefined || (state.models.get(model)?.succeeded ?? false);
  }

  outages(): Outage[] {
    return [...this.#accounts].flatMap(([account, state]) => outagesOf(account, state));
  }

  /** The accounts that something is known of. */
  get accounts(): string[] {
    return [...new Set([...this.#accounts.keys(), ...[...this.#notified.values()].map(({ account }) => account)])];
  }

  /** The account is gone: nothing of it is known, nor announced, any more. */
  forget(account: string): void {
    this.#accounts.delete(account);
    for (const [key, outage] of this.#notified) {
      if (outage.account !== account) continue;
      this.#notified.delete(key);
      this.#remembered.delete(key);
    }
  }

  #errorRate({ account, model }: Outage): number {
    const state = this.#accounts.get(account);
    const breaker = model === undefined ? state?.line : state?.models.get(model)?.shared;
    return percent(breaker?.errorRate ?? 0);
  }

  #refuse(
    { account, model }: { account: string; model: string },
    state: AccountState,
    { refusal, message = '', status }: FailureReport,
  ): void {
    const { reason, ofModel } = refusal ?? { reason: 'access' as const, ofModel: false };
    const nowMs = this.#now();
    if (!ofModel) {
      const refused = onFailure(state.refused, nowMs);
      // A person who has paid the bill should not wait long: a minute at the most.
      state.refused = { ...refused, timesOpened: Math.min(refused.timesOpened, 1) };
    }
    const key = `${reason} ${ofModel ? model : ''}`;
    const isNew = !state.refusals.has(key);
    if (!isNew) return;
    const made: Refusal = { account, model: ofModel ? model : undefined, reason, message, status, sinceMs: nowMs };
    bounded(state.refusals, modelsMax).set(key, made);
    this.#onRefused(made);
  }

  #freeProbe(account: AccountState, attempt: Attempt): void {
    if (!attempt.isProbe) return;
    for (const breaker of breakersOf(account, attempt)) breaker.circuit = onAbandoned(breaker.circuit);
  }

  #account(name: string): AccountState {
    let state = this.#accounts.get(name);
    if (state === undefined) {
      state = {
        models: new Map(),
        line: newBreaker(),
        refusals: new Map(),
        refused: newCircuit(),
        succeededAtMs: 0,
      };
      this.#accounts.set(name, state);
    }
    return state;
  }

  #model({ models }: AccountState, name: string): ModelState {
    let state = models.get(name);
    if (state === undefined) {
      state = { shared: newBreaker(), streak: new Map(), own: new Map(), retries: newRetryBudget(), succeeded: false };
      bounded(models, modelsMax).set(name, state);
    }
    return state;
  }
}
