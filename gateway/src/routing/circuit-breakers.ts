import {
  type Circuit,
  type CircuitState,
  newCircuit,
  onAbandoned,
  onFailure,
  onProbe,
  onSuccess,
  stateOf,
} from './circuit.ts';
import { mayRetry, newRetryBudget, onTry, type RetryBudget } from './retry-budget.ts';

/** Where a try goes, and for whom. `account` is any name that tells accounts apart. */
export interface AttemptKey {
  account: string;
  model: string;
  workspaceId: string;
}

/**
 * May a place be tried? `refused`: the provider refuses our account, so what else there is comes first; with nothing else it is
 * asked all the same, since only an answer can tell that the refusal is over.
 */
export type Availability = CircuitState | 'refused';

/** One try at a place, from `begin` until it is told how it went. */
export interface Attempt extends AttemptKey {
  isProbe: boolean;
}

export interface FailureReport {
  kind: string;
  /** For the operator, in the vendor's words, with no key in it. */
  message?: string | undefined;
  status?: number | undefined;
  retryAfterSeconds?: number | undefined;
  refusal?: { reason: 'key' | 'credit' | 'access'; ofModel: boolean } | undefined;
}

/** A provider's refusal of an account, or of one model to it. */
export interface Refusal {
  account: string;
  /** Set where only this model is refused. */
  model: string | undefined;
  reason: 'key' | 'credit' | 'access';
  /** In the vendor's words. */
  message: string;
  status: number | undefined;
  sinceMs: number;
}

/** The subject of an outage: a whole account, or one of its models, for all or for one workspace. */
export interface Outage {
  key: string;
  account: string;
  model: string | undefined;
  workspaceId: string | undefined;
  /** Set where the provider refuses the account. */
  refusal: Refusal | undefined;
  openUntilMs: number;
  errorRate: number;
}

interface Breaker {
  circuit: Circuit;
  /** Of the latest tries, a moving average: 1 when all failed. */
  errorRate: number;
}

interface ModelState {
  /** The vendor's own word about the model (429 with a wait), and failures of several workspaces. */
  shared: Breaker;
  /** Failures of the present streak, by workspace. */
  streak: Map<string, number>;
  /** Failures of one workspace's calls, which say nothing about another's. Absent is healthy. */
  own: Map<string, Breaker>;
  retries: RetryBudget;
  /** Has it ever answered this process? */
  succeeded: boolean;
}

interface AccountState {
  models: Map<string, ModelState>;
  /** Refused connections: nobody's call is to blame. */
  line: Breaker;
  refusals: Map<string, Refusal>;
  /** Refusals of the whole account, one after another. */
  refused: Circuit;
  succeededAtMs: number;
}

/** How much the latest try weighs in the error rate. */
const latestWeight = 0.1;
/**
 * Of five failures in a row that rest a model for everybody, one workspace's count for two: it takes three workspaces. A caller
 * can make a model fail at will (time-outs of long answers, schemas a vendor answers with a 500), and rests it for itself only.
 */
const streakShare = 2;
/** Names of models come from callers. */
const modelsMax = 2_000;
const workspacesMax = 2_000;

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

  stateOf(place: AttemptKey): Availability {
    const account = this.#accounts.get(place.account);
    if (account === undefined) return 'closed';
    const nowMs = this.#now();
    const state = strictestOf(account, place, nowMs);
    return state !== 'open' && stateOf(account.refused, nowMs) === 'open' ? 'refused' : state;
  }

  /** Until it may be tried again; nought where only a probe is out, which may be back at any moment. */
  openMs(place: AttemptKey): number {
    const account = this.#accounts.get(place.account);
    if (account === undefined) return 0;
    const until = breakersOf(account, place).map(({ circuit }) => circuit.openUntilMs);
    return Math.max(0, ...until.map((ms) => ms - this.#now()));
  }

  /** Takes a place for a try; undefined when it is resting, or has had its share of second tries. */
  begin(place: AttemptKey, isRetry: boolean): Attempt | undefined {
    const { account: name, model: modelName, workspaceId } = place;
    const account = this.#account(name);
    const model = this.#model(account, modelName);
    const nowMs = this.#now();
    const state = strictestOf(account, place, nowMs);
    if (state === 'open') return undefined;
    const own = model.own.get(workspaceId);
    if (isRetry && !mayRetry(model.retries, streakOf(model, own), nowMs)) return undefined;
    if (state === 'half-open')
      for (const breaker of breakersOf(account, place))
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
        // A wait the vendor names is its word about the model, whoever's call met it.
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

  /** A try that says nothing about the account: its caller hung up. One from before the rest has no probe's place to free. */
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
    const now = new Map(this.#outages().map((outage) => [outage.key, outage]));
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

  #outages(): Outage[] {
    const found: Outage[] = [];
    for (const [account, state] of this.#accounts) {
      const add = (breaker: Breaker, model?: string, workspaceId?: string): void => {
        if (breaker.circuit.timesOpened === 0) return;
        found.push({
          key: keyOf(account, model, workspaceId),
          account,
          model,
          workspaceId,
          refusal: undefined,
          openUntilMs: breaker.circuit.openUntilMs,
          errorRate: percent(breaker.errorRate),
        });
      };
      add(state.line);
      for (const [model, { shared, own }] of state.models) {
        add(shared, model);
        for (const [workspaceId, breaker] of own) add(breaker, model, workspaceId);
      }
      for (const refusal of state.refusals.values())
        found.push({
          key: keyOf(account, refusal.model, '', refusal.reason),
          account,
          model: refusal.model,
          workspaceId: undefined,
          refusal,
          openUntilMs: state.refused.openUntilMs,
          errorRate: 1,
        });
    }
    return found;
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

function newBreaker(): Breaker {
  return { circuit: newCircuit(), errorRate: 0 };
}

function fail(breaker: Breaker, nowMs: number, waitMs?: number): void {
  breaker.errorRate += (1 - breaker.errorRate) * latestWeight;
  breaker.circuit = onFailure(breaker.circuit, nowMs, waitMs);
}

function breakersOf({ line, models }: AccountState, { model: name, workspaceId }: AttemptKey): Breaker[] {
  const model = models.get(name);
  const own = model?.own.get(workspaceId);
  return [line, ...(model === undefined ? [] : [model.shared]), ...(own === undefined ? [] : [own])];
}

/** The strictest of the breakers before a place. On every call's way, so without a list of them. */
function strictestOf({ line, models }: AccountState, place: AttemptKey, nowMs: number): CircuitState {
  const ofLine = stateOf(line.circuit, nowMs);
  if (ofLine === 'open') return 'open';
  const model = models.get(place.model);
  if (model === undefined) return ofLine;
  const shared = stateOf(model.shared.circuit, nowMs);
  if (shared === 'open') return 'open';
  const own = model.own.size === 0 ? undefined : model.own.get(place.workspaceId);
  const mine = own === undefined ? 'closed' : stateOf(own.circuit, nowMs);
  if (mine === 'open') return 'open';
  return ofLine === 'half-open' || shared === 'half-open' || mine === 'half-open' ? 'half-open' : 'closed';
}

/** By which failures second tries are counted: the workspace's own, or those of several. */
function streakOf({ shared, streak }: ModelState, own: Breaker | undefined): Circuit {
  if (own !== undefined) return own.circuit;
  return streak.size > 1 || shared.circuit.timesOpened > 0 ? shared.circuit : healthy;
}

const healthy = newCircuit();

/** An answer of a model ends every refusal of the account, and those of that model. */
function forgive({ refusals }: AccountState, model: string): void {
  for (const [key, refusal] of refusals) {
    if (refusal.model === undefined || refusal.model === model) refusals.delete(key);
  }
}

/** Makes room: what came first goes first. */
function bounded<V>(map: Map<string, V>, most: number): Map<string, V> {
  if (map.size >= most)
    for (const first of map.keys()) {
      map.delete(first);
      break;
    }
  return map;
}

/** Model names may hold anything but a line break. */
function keyOf(account: string, model = '', workspaceId = '', reason = ''): string {
  return [account, model, workspaceId, reason].join('\n').replace(/\n+$/, '');
}

function outageOf(key: string): Outage {
  const [account = '', model = '', workspaceId = '', reason = ''] = key.split('\n');
  const named = { account, model: model === '' ? undefined : model };
  const refusal = { ...named, reason: reason as Refusal['reason'], message: '', status: undefined, sinceMs: 0 };
  return {
    key,
    ...named,
    workspaceId: workspaceId === '' ? undefined : workspaceId,
    refusal: reason === '' ? undefined : refusal,
    openUntilMs: 0,
    errorRate: 0,
  };
}

function percent(rate: number): number {
  return Math.round(rate * 100) / 100;
}
