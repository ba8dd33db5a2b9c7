import type { ExperimentMetric, ExperimentUnit } from '@ai-gateway/shared/operations/experiments';
import type { Condition } from '@ai-gateway/shared/rules';
import type { ReasoningEffort } from '../dialects/neutral.ts';

/** The settings that an arm gives a call. An arm without settings leaves it as it is. */
interface ArmSettings {
  model?: string | undefined;
  prompt?: { id: string; version: number } | undefined;
  effort?: ReasoningEffort | undefined;
  dial?: 'quality' | 'balanced' | 'cost' | undefined;
}

export interface Arm extends ArmSettings {
  name: string;
  weight: number;
}

/** An experiment as it was given. */
export interface ExperimentSpec {
  name: string;
  when: Condition;
  unit: ExperimentUnit;
  /** The first is what the others are compared with. */
  arms: readonly Arm[];
  metric: ExperimentMetric;
  goal: 'up' | 'down';
  guards: readonly ExperimentMetric[];
  priority: number;
}

/** Buckets from `from` up to but not including `to` belong to an arm. */
export interface ArmRange {
  arm: string;
  from: number;
  to: number;
}

export const bucketCount = 10_000;

/**
 * Which buckets belong to which arm. With the ranges of before, a raised weight takes buckets from the other arms and moves none between
 * them: a unit that was in an arm stays there or moves into one that has grown.
 */
export function rangesOf(arms: readonly Pick<Arm, 'name' | 'weight'>[], before: readonly ArmRange[] = []): ArmRange[] {
  const sizes = sizesOf(arms, before);
  const kept: ArmRange[] = [];
  const free: [from: number, to: number][] = before.length === 0 ? [[0, bucketCount]] : [];
  for (const { arm, from, to } of before) {
    // Arms give buckets back from their end.
    const left = Math.min(to - from, sizes.get(arm) ?? 0);
    if (left > 0) kept.push({ arm, from, to: from + left });
    if (left < to - from) free.push([from + left, to]);
    if (sizes.has(arm)) sizes.set(arm, (sizes.get(arm) ?? 0) - left);
  }
  for (const { name } of arms)
    for (let missing = sizes.get(name) ?? 0; missing > 0; ) {
      const next = free.shift();
      if (next === undefined) break;
      const taken = Math.min(missing, next[1] - next[0]);
      kept.push({ arm: name, from: next[0], to: next[0] + taken });
      if (taken < next[1] - next[0]) free.unshift([next[0] + taken, next[1]]);
      missing -= taken;
    }
  return joined(kept);
}

/** Buckets of each arm, all of them together. An arm whose share falls never gains one by rounding. */
function sizesOf(arms: readonly Pick<Arm, 'name' | 'weight'>[], before: readonly ArmRange[]): Map<string, number> {
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  const held = (name: string): number =>
    before.reduce((sum, { arm, from, to }) => sum + (arm === name ? to - from : 0), 0);
  const sizes = new Map<string, number>();
  let rest = bucketCount;
  let restWeight = total;
  for (const { name, weight } of arms) {
    const exact = (weight / total) * bucketCount;
    if (before.length === 0 || exact > held(name)) continue;
    sizes.set(name, Math.floor(exact));
    rest -= Math.floor(exact);
    restWeight -= weight;
  }
  for (const { name, weight } of arms) {
    if (sizes.has(name)) continue;
    const size = Math.round((weight / restWeight) * rest);
    sizes.set(name, size);
    rest -= size;
    restWeight -= weight;
  }
  return sizes;
}

/** In order, with neighbours of one arm as one. */
function joined(ranges: readonly ArmRange[]): ArmRange[] {
  const found: ArmRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last?.arm === range.arm && last.to === range.from) last.to = range.to;
    else found.push({ ...range });
  }
  return found;
}

/** Is it a change of nothing but weights, name and priority? Then sums go on. */
export function samePhase(a: ExperimentSpec, b: ExperimentSpec): boolean {
  return JSON.stringify(phaseParts(a)) === JSON.stringify(phaseParts(b));
}

function phaseParts({ when, unit, arms, metric, goal, guards }: ExperimentSpec): unknown {
  const settings = arms.map(({ name, model, prompt, effort, dial }) => [
    name,
    model ?? null,
    prompt === undefined ? null : [prompt.id, prompt.version],
    effort ?? null,
    dial ?? null,
  ]);
  return [sorted(when), unit, settings, metric, goal, guards.toSorted()];
}

/** Postgres keeps the members of a `jsonb` in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)]);
}

/** More is better of these; less of all others. */
export function usualGoal(metric: ExperimentMetric): 'up' | 'down' {
  return metric === 'feedback' || metric === 'json_ok' ? 'up' : 'down';
}
