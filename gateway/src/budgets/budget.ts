import type { CallTags } from '../accounts/call-tags.ts';
import type { PeriodKind } from './period.ts';

/** The tags and the key a budget may be bound to; `'*'` means: each value has a count of its own. */
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

/** Whose call it is, in a budget's words. */
export type Subject = Scope;

export function subjectOf(tags: CallTags, keyId: string): Subject {
  const subject: Subject = { key_id: keyId };
  if (tags.client !== undefined) subject.client_id = tags.client;
  if (tags.project !== undefined) subject.project = tags.project;
  if (tags.scenario !== undefined) subject.scenario_id = tags.scenario;
  return subject;
}

/**
 * Which count of the budget a call falls under: the JSON of the values its `'*'` tags have, `''` where it has none, undefined
 * where the budget does not concern the call.
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

/** The scope of one count: `'*'` replaced by what it stands for there. */
export function scopeOfInstance({ scope }: Pick<Budget, 'scope'>, instance: string): Scope {
  return instance === '' ? scope : { ...scope, ...(JSON.parse(instance) as Scope) };
}

/** The limit in one period, what it was raised by for that period included. */
export function limitIn(budget: Budget, periodEndMs: number | undefined): bigint {
  const raised = budget.extraUntilMs !== undefined && budget.extraUntilMs === periodEndMs;
  return budget.limitNanos + (raised ? budget.extraNanos : 0n);
}

/** Percents at which to tell: the budget's own, and 100 always. */
function percentsOf(thresholds: readonly number[]): number[] {
  return [...new Set([...thresholds, 100])].sort((a, b) => a - b);
}

/** The percents that `spent` has reached and nobody was told of yet. */
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

/** From how much spent on the next percent is to be told; undefined when all were. */
export function nextThresholdOf(
  thresholds: readonly number[],
  notifiedThresholds: readonly number[],
  limitNanos: bigint,
): bigint | undefined {
  const next = percentsOf(thresholds).find((percent) => !notifiedThresholds.includes(percent));
  return next === undefined ? undefined : (limitNanos * BigInt(next) + 99n) / 100n;
}

/** After a raise what lies above again may be told again. */
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
  // Refused for want of money is exceeded too, though a last cent may be left.
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
