import { type Circuit, type CircuitState, newCircuit, onFailure, stateOf } from './circuit.ts';
import type { AttemptKey, Refusal } from './outage.ts';
import type { RetryBudget } from './retry-budget.ts';

export interface Breaker {
  circuit: Circuit;
  /** Of the latest tries, a moving average: 1 when all failed. */
  errorRate: number;
}

export interface ModelState {
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

export interface AccountState {
  models: Map<string, ModelState>;
  /** Refused connections: nobody's call is to blame. */
  line: Breaker;
  refusals: Map<string, Refusal>;
  /** Refusals of the whole account, one after another. */
  refused: Circuit;
  succeededAtMs: number;
}

/** How much the latest try weighs in the error rate. */
export const latestWeight = 0.1;

/**
 * Of five failures in a row that rest a model for everybody, one workspace's count for two: it takes three workspaces. A caller
 * can make a model fail at will (time-outs of long answers, schemas a vendor answers with a 500), and rests it for itself only.
 */
export const streakShare = 2;

/** Names of models come from callers. */
export const modelsMax = 2_000;

export const workspacesMax = 2_000;

export function newBreaker(): Breaker {
  return { circuit: newCircuit(), errorRate: 0 };
}

export function fail(breaker: Breaker, nowMs: number, waitMs?: number): void {
  breaker.errorRate += (1 - breaker.errorRate) * latestWeight;
  breaker.circuit = onFailure(breaker.circuit, nowMs, waitMs);
}

export function breakersOf({ line, models }: AccountState, { model: name, workspaceId }: AttemptKey): Breaker[] {
  const model = models.get(name);
  const own = model?.own.get(workspaceId);
  return [line, ...(model === undefined ? [] : [model.shared]), ...(own === undefined ? [] : [own])];
}

/** The strictest of the breakers before a candidate. On every call's way, so without a list of them. */
export function strictestOf({ line, models }: AccountState, candidate: AttemptKey, nowMs: number): CircuitState {
  const ofLine = stateOf(line.circuit, nowMs);
  if (ofLine === 'open') return 'open';
  const model = models.get(candidate.model);
  if (model === undefined) return ofLine;
  const shared = stateOf(model.shared.circuit, nowMs);
  if (shared === 'open') return 'open';
  const own = model.own.size === 0 ? undefined : model.own.get(candidate.workspaceId);
  const mine = own === undefined ? 'closed' : stateOf(own.circuit, nowMs);
  if (mine === 'open') return 'open';
  return ofLine === 'half-open' || shared === 'half-open' || mine === 'half-open' ? 'half-open' : 'closed';
}

/** By which failures second tries are counted: the workspace's own, or those of several. */
export function streakOf({ shared, streak }: ModelState, own: Breaker | undefined): Circuit {
  if (own !== undefined) return own.circuit;
  return streak.size > 1 || shared.circuit.timesOpened > 0 ? shared.circuit : healthy;
}

const healthy = newCircuit();

/** An answer of a model ends every refusal of the account, and those of that model. */
export function forgive({ refusals }: AccountState, model: string): void {
  for (const [key, refusal] of refusals) {
    if (refusal.model === undefined || refusal.model === model) refusals.delete(key);
  }
}

/** Makes room: the oldest entry goes first. */
export function bounded<V>(map: Map<string, V>, most: number): Map<string, V> {
  if (map.size >= most)
    for (const first of map.keys()) {
      map.delete(first);
      break;
    }
  return map;
}
