import type { CallTags } from '../accounts/call-tags.ts';
import type { PeriodKind } from './period.ts';

/** The tags and the key a budget may be bound to; `'*'` gives each value a balance of its own. */
export interface Scope {
  client_id?: string;
  project?: string;
  scenario_id?: string;
  key_id?: string;
}

export const scopeNames = ['client_id', 'project', 'scenario_id', 'key_id'] as const;

export interface Budget {
  workspaceId: string;
  id: string;
  livemode: boolean;
  name: string;
  scope: Scope;
  limitNanos: bigint;
  period: PeriodKind;
  timezone: string;
  /** Percents, ascending, each once. */
  thresholds: readonly number[];
  onLimit: 'block' | 'notify' | 'downgrade';
  extraNanos: bigint;
  extraUntilMs: number | undefined;
  createdAtMs: number;
}

/** The tags and key of a call, by the names of a budget's scope. */
export type Subject = Scope;

export function subjectOf(tags: CallTags, keyId: string): Subject {
  const subject: Subject = { key_id: keyId };
  if (tags.client !== undefined) subject.client_id = tags.client;
  if (tags.project !== undefined) subject.project = tags.project;
  if (tags.scenario !== undefined) subject.scenario_id = tags.scenario;
  return subject;
}

/**
 * The instance of the budget that a call falls under: the JSON of the values of its `'*'` tags, `''` where it has none, undefined where
 * the budget does not concern the call.
 */
export function instanceFor({ scope }: Budget, subject: Subject): string | undefined {
  let each: Scope | undefined;
  for (const name of scopeNames) {
    const wanted = scope[name];
    if (wanted === undefined) continue;
    const has = subject[name];
    if (has === undefined) return undefined;
    if (wanted === '*') each = { ...each, [name]: has };
    else if (wanted !== has) return undefined;
  }
  return each === undefined ? '' : JSON.stringify(each);
}

export function hasEach({ scope }: Pick<Budget, 'scope'>): boolean {
  return scopeNames.some((name) => scope[name] === '*');
}

/** The scope of one instance: its values in place of `'*'`. */
export function scopeOfInstance({ scope }: Pick<Budget, 'scope'>, instance: string): Scope {
  return instance === '' ? scope : { ...scope, ...(JSON.parse(instance) as Scope) };
}

/** The limit in one period, a raise for that period included. */
export function limitIn(budget: Budget, periodEndMs: number | undefined): bigint {
  const raised = budget.extraUntilMs !== undefined && budget.extraUntilMs === periodEndMs;
  return budget.limitNanos + (raised ? budget.extraNanos : 0n);
}

/** The percents that are notified: the budget's own, and 100 always. */
function percentsOf(thresholds: readonly number[]): number[] {
  return [...new Set([...thresholds, 100])].sort((a, b) => a - b);
}

/** The percents that `spent` has reached and that are not notified yet. */
export function crossed(options: {
  thresholds: readonly number[];
  notifiedThresholds: readonly number[];
  spentNanos: bigint;
  limitNanos: bigint;
}): number[] {
  const { thresholds, notifiedThresholds, spentNanos, limitNanos } = options;
  return percentsOf(thresholds).filter(
    (percent) => !notifiedThresholds.includes(percent) && spentNanos * 100n >= limitNanos * BigInt(percent),
  );
}

/** The amount spent at which the next percent is notified; undefined when all are. */
export function nextThresholdOf(
  thresholds: readonly number[],
  notifiedThresholds: readonly number[],
  limitNanos: bigint,
): bigint | undefined {
  const next = percentsOf(thresholds).find((percent) => !notifiedThresholds.includes(percent));
  return next === undefined ? undefined : (limitNanos * BigInt(next) + 99n) / 100n;
}

/** After a raise the percents above the amount spent may be notified again. */
export function notifiedAfterChange(
  notifiedThresholds: readonly number[],
  spentNanos: bigint,
  limitNanos: bigint,
): number[] {
  return notifiedThresholds.filter((percent) => spentNanos * 100n >= limitNanos * BigInt(percent));
}

export type Status = 'ok' | 'warning' | 'exceeded';

export function statusOf(options: {
  thresholds: readonly number[];
  notifiedThresholds: readonly number[];
  spentNanos: bigint;
  limitNanos: bigint;
}): Status {
  const { thresholds, notifiedThresholds, spentNanos, limitNanos } = options;
  // A budget that refused a call is exceeded too, though a last cent may be left.
  if (spentNanos >= limitNanos || notifiedThresholds.includes(100)) return 'exceeded';
  const first = percentsOf(thresholds)[0] ?? 100;
  return spentNanos * 100n >= limitNanos * BigInt(first) ? 'warning' : 'ok';
}

/** From its first threshold on a `downgrade` budget wants the cheapest model. */
export function wantsCheapest(budget: Budget, spentNanos: bigint, limitNanos: bigint): boolean {
  if (budget.onLimit !== 'downgrade') return false;
  const first = percentsOf(budget.thresholds)[0] ?? 100;
  return spentNanos * 100n >= limitNanos * BigInt(first === 100 ? 80 : first);
}
