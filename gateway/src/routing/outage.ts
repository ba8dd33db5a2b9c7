import type { CircuitState } from './circuit.ts';

/** Where a try goes, and for whom. `account` is any name that tells accounts apart. */
export interface AttemptKey {
  account: string;
  model: string;
  workspaceId: string;
}

/**
 * May a candidate be tried? `refused`: the provider refuses our account, so what else there is comes first; with nothing else it is
 * asked all the same, since only an answer can tell that the refusal is over.
 */
export type Availability = CircuitState | 'refused';

/** An attempt at a model of an account, from `begin` until its outcome is reported. */
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
  failedAtMs: number;
  errorRate: number;
}

/** Model names may hold anything but a line break. */
export function keyOf(account: string, model = '', workspaceId = '', reason = ''): string {
  return [account, model, workspaceId, reason].join('\n').replace(/\n+$/, '');
}

export function outageOf(key: string): Outage {
  const [account = '', model = '', workspaceId = '', reason = ''] = key.split('\n');
  const named = { account, model: model === '' ? undefined : model };
  const refusal = { ...named, reason: reason as Refusal['reason'], message: '', status: undefined, sinceMs: 0 };
  return {
    key,
    ...named,
    workspaceId: workspaceId === '' ? undefined : workspaceId,
    refusal: reason === '' ? undefined : refusal,
    openUntilMs: 0,
    failedAtMs: 0,
    errorRate: 0,
  };
}

export function percent(rate: number): number {
  return Math.round(rate * 100) / 100;
}
