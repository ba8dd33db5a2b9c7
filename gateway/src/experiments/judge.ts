import type { ExperimentMetric } from '@ai-gateway/shared/operations/experiments';
import type { ExperimentSpec } from '../routing/experiment.ts';
import {
  difference,
  expectedUnits,
  type Interval,
  leastUnits,
  type Sample,
  type Scale,
  spread,
} from '../routing/sequence.ts';
import type { ArmFigures } from '../usage/experiment-units-store.ts';
import { betterWords, noDifferenceWords, tooEarlyWords, worseWords } from './verdict-words.ts';

/** The meaning of the figures of a phase. */
export interface Judgement {
  verdict: 'too_early' | 'better' | 'no_difference';
  winner: string | null;
  text: string;
  /** With the metric, in all arms that run. */
  units: number;
  expectedUnits: number;
  /** From the first arm, by name of the arm. */
  differences: ReadonlyMap<string, Interval>;
}

const alpha = 0.05;
const guardAlpha = 0.01;

export function scaleOf(metric: ExperimentMetric): Scale {
  return metric === 'feedback' || metric === 'json_ok' || metric === 'error' ? 'rate' : 'log';
}

/** Does the interval say that the second is better? Does it say so of the first? */
function sideOf({ lower, upper }: Interval, goal: 'up' | 'down'): 'second' | 'first' | undefined {
  if (lower > 0) return goal === 'up' ? 'second' : 'first';
  if (upper < 0) return goal === 'up' ? 'first' : 'second';
  return undefined;
}

const none: Sample = { n: 0, mean: 0, variance: 0 };

/** `figures`: of the arms that run, by name. */
export function judge(
  spec: ExperimentSpec,
  figures: ReadonlyMap<string, ArmFigures>,
  running: readonly string[],
): Judgement {
  const { metric, goal } = spec;
  const scale = scaleOf(metric);
  const sampleOf = (arm: string): Sample => figures.get(arm)?.[metric] ?? none;
  const [first = '', ...others] = running;
  // Whatever guards have stopped: intervals that were looked at before stay as wide. Another first arm is one that data chose, so any two
  // arms may be the ones that are compared.
  const arms = spec.arms.length;
  const each = alpha / (first === spec.arms[0]?.name ? arms - 1 : (arms * (arms - 1)) / 2);
  const differences = new Map<string, Interval>();
  for (const arm of others) {
    const found = difference(sampleOf(first), sampleOf(arm), { scale, alpha: each });
    if (found !== undefined) differences.set(arm, found);
  }
  const units = running.reduce((sum, arm) => sum + sampleOf(arm).n, 0);
  const unitsOf = (arm: string): number => sampleOf(first).n + sampleOf(arm).n;
  const base = { units, differences };
  const expected = sizeFor(spec, { first: sampleOf(first), units });
  const sides = others.map((arm) => {
    const found = differences.get(arm);
    return { arm, found, side: found && sideOf(found, goal) };
  });
  const best = sides
    .filter(({ side }) => side === 'second')
    .toSorted((a, b) => (goal === 'up' ? -1 : 1) * ((a.found?.estimate ?? 0) - (b.found?.estimate ?? 0)))[0];
  const words = { spec, hasMore: others.length > 1 };
  if (best?.found !== undefined)
    return {
      ...base,
      verdict: 'better',
      winner: best.arm,
      expectedUnits: expected,
      text: betterWords(best.arm, first, best.found, { ...words, units: unitsOf(best.arm), isFirst: false }),
    };
  const [worst] = sides.toSorted((a, b) => Math.abs(a.found?.estimate ?? 0) - Math.abs(b.found?.estimate ?? 0));
  if (worst?.found !== undefined && sides.every(({ side }) => side === 'first'))
    return {
      ...base,
      verdict: 'better',
      winner: first,
      expectedUnits: expected,
      text: betterWords(first, worst.arm, mirrored(worst.found), {
        ...words,
        units: unitsOf(worst.arm),
        isFirst: true,
      }),
    };
  const largest = Math.max(
    ...sides.map(({ found }) => (found === undefined ? Number.POSITIVE_INFINITY : widest(found, scale))),
  );
  if (largest <= smallEffect(spec, sampleOf(first)))
    return {
      ...base,
      verdict: 'no_difference',
      winner: null,
      expectedUnits: expected,
      text: noDifferenceWords(largest, spec),
    };
  return {
    ...base,
    verdict: 'too_early',
    winner: null,
    expectedUnits: expected,
    text: tooEarlyWords(units, expected, spec),
  };
}

function mirrored({ estimate, lower, upper }: Interval): Interval {
  return { estimate: -estimate, lower: -upper, upper: -lower };
}

/** The largest difference that the interval leaves possible: as a share, or as a factor less one. */
function widest({ lower, upper }: Interval, scale: Scale): number {
  const most = Math.max(Math.abs(lower), Math.abs(upper));
  return scale === 'rate' ? most : Math.expm1(most);
}

/** Where nothing is known yet: of a thumb, of valid JSON, of failures. */
const usualRates: Partial<Record<ExperimentMetric, number>> = { feedback: 0.8, json_ok: 0.95, error: 0.05 };
/** The spread of the logarithm of a unit's mean. */
const usualSpread = 1.14 ** 2;

/** The difference an experiment is planned for: 5 points of a rate near its end, else 10; 30 % of a cost, a time or a length. */
export function plannedEffect(
  { metric, goal }: Pick<ExperimentSpec, 'metric' | 'goal'>,
  rate = usualRates[metric] ?? 0.5,
): number {
  if (scaleOf(metric) === 'log') return goal === 'down' ? Math.log(0.7) : Math.log(1.3);
  const points = rate >= 0.9 || rate <= 0.1 ? 0.05 : 0.1;
  const up = goal === 'up' ? rate + points <= 1 : rate - points < 0;
  return up ? points : -points;
}

/** Half of it is small enough to say that there is none. */
function smallEffect(spec: ExperimentSpec, first: Sample): number {
  const effect = Math.abs(plannedEffect(spec, first.mean)) / 2;
  return scaleOf(spec.metric) === 'rate' ? effect : 0.1;
}

/**
 * About how many units it takes, in all arms together. Once that many are there and nothing was decided, the difference is smaller: the next
 * size is the one for half of it.
 */
export function sizeFor(
  spec: ExperimentSpec,
  { first = none, units = 0 }: { first?: Sample; units?: number } = {},
): number {
  const known = first.n >= leastUnits;
  const scale = scaleOf(spec.metric);
  const total = spec.arms.reduce((sum, { weight }) => sum + weight, 0);
  const shares = spec.arms.map(({ weight }) => weight / total);
  const rate = known ? first.mean : (usualRates[spec.metric] ?? 0.5);
  for (let effect = plannedEffect(spec, rate); ; effect /= 2) {
    const spreads = spreadsFor({ scale, rate, effect, known: known ? spread(first, scale) : undefined });
    const sizes = shares.slice(1).map((share) =>
      // Of all units, those of the two arms are a part.
      Math.ceil(
        expectedUnits(effect, { spreads, alpha: alpha / (shares.length - 1), shares: [shares[0] ?? share, share] }) /
          ((shares[0] ?? share) + share),
      ),
    );
    const size = Math.max(...sizes);
    if (size > units || size > 1e9) return rounded(size);
  }
}

function spreadsFor(given: {
  scale: Scale;
  rate: number;
  effect: number;
  known: number | undefined;
}): [number, number] {
  const { scale, rate, effect, known } = given;
  if (scale === 'log') return [known ?? usualSpread, known ?? usualSpread];
  const second = Math.min(1, Math.max(0, rate + effect));
  return [known ?? rate * (1 - rate), Math.max(second * (1 - second), known === undefined ? 0 : known / 4)];
}

/** Two digits: it is an estimate. */
function rounded(size: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(size)) - 1);
  return Math.ceil(size / step) * step;
}

export interface TrippedGuard {
  arm: string;
  guard: ExperimentMetric;
  text: string;
}

/** Arms that are clearly worse by a guard than the best of the others: each guard looks for harm only, so the metric's goal is its own. */
export function trippedGuards(
  spec: ExperimentSpec,
  figures: ReadonlyMap<string, ArmFigures>,
  running: readonly string[],
): TrippedGuard[] {
  const found: TrippedGuard[] = [];
  const [first = '', ...others] = running;
  for (const guard of spec.guards)
    for (const arm of others) {
      const scale = scaleOf(guard);
      const [a, b] = [figures.get(first)?.[guard] ?? none, figures.get(arm)?.[guard] ?? none];
      const interval = difference(a, b, { scale, alpha: guardAlpha });
      if (interval === undefined) continue;
      const side = sideOf(interval, guard === spec.metric ? spec.goal : harmless(guard));
      const worse = side === 'first' ? arm : side === 'second' ? first : undefined;
      if (worse === undefined || found.some((one) => one.arm === worse)) continue;
      const other = worse === arm ? first : arm;
      const distance = worse === arm ? interval : mirrored(interval);
      found.push({ arm: worse, guard, text: worseWords(worse, other, distance, { guard, spec, units: a.n + b.n }) });
    }
  return found;
}

function harmless(guard: ExperimentMetric): 'up' | 'down' {
  return guard === 'feedback' || guard === 'json_ok' ? 'up' : 'down';
}
