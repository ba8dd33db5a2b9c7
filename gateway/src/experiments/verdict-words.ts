import type { ExperimentMetric, ExperimentUnit } from '@ai-gateway/shared/operations/experiments';
import type { ExperimentSpec } from '../routing/experiment.ts';
import type { Interval } from '../routing/sequence.ts';

/*
 * Results in words that a person acts on:
 *
 *     B is better: 4 to 9 points more thumbs up (640 runs). You can adopt it.
 *     Too early: 230 of about 900 runs.
 *     No difference larger than 2 points.
 */

type Words = Readonly<Record<'more' | 'less', string>>;

/** `more` and `less` of a figure; a cost is "cheaper", and not "less cost". */
const metricWords: Readonly<Record<ExperimentMetric, Words>> = {
  feedback: { more: 'more thumbs up', less: 'fewer thumbs up' },
  json_ok: { more: 'more valid JSON', less: 'less valid JSON' },
  error: { more: 'more errors', less: 'fewer errors' },
  cost: { more: 'more expensive', less: 'cheaper' },
  total_ms: { more: 'slower', less: 'faster' },
  ttft_ms: { more: 'slower to the first byte', less: 'faster to the first byte' },
  output_tokens: { more: 'more output tokens', less: 'fewer output tokens' },
};
const rates: ReadonlySet<ExperimentMetric> = new Set(['feedback', 'json_ok', 'error']);

const unitWords: Readonly<Record<ExperimentUnit, string>> = {
  execution: 'runs',
  client: 'clients',
  scenario: 'scenarios',
  session: 'sessions',
  user: 'users',
  call: 'calls',
};

export function unitsWord(unit: ExperimentUnit, count: number): string {
  return count === 1 ? unitWords[unit].slice(0, -1) : unitWords[unit];
}

function counted(count: number, unit: ExperimentUnit): string {
  return `${count.toLocaleString('en')} ${unitsWord(unit, count)}`;
}

interface BetterWords {
  spec: ExperimentSpec;
  /** There are other arms than these two. */
  hasMore: boolean;
  units: number;
  /** The winner is the arm that the others are compared with: it is there already. */
  isFirst: boolean;
}

/** `distance`: from the loser to the winner. */
export function betterWords(winner: string, loser: string, distance: Interval, words: BetterWords): string {
  const { spec, hasMore, units, isFirst } = words;
  const than = !hasMore ? '' : isFirst ? ' than every other arm' : ` than ${loser}`;
  const range = rangeWords(distance, spec.metric);
  const advice = isFirst ? 'Keep it.' : 'You can adopt it.';
  return `${winner} is better${than}: ${range} (${counted(units, spec.unit)}). ${advice}`;
}

export function tooEarlyWords(units: number, expected: number, { unit }: Pick<ExperimentSpec, 'unit'>): string {
  return `Too early: ${units.toLocaleString('en')} of about ${counted(expected, unit)}.`;
}

/** `most`: the largest difference that is possible still, as a share or as a factor less one. */
export function noDifferenceWords(most: number, { metric }: Pick<ExperimentSpec, 'metric'>): string {
  const size = Math.max(1, Math.ceil(most * 100 - 1e-9));
  return `No difference larger than ${rates.has(metric) ? points(size) : `${size} %`}.`;
}

/** Of a guard: `distance` from the other arm to the one that was stopped. */
export function worseWords(
  arm: string,
  other: string,
  distance: Interval,
  { guard, spec, units }: { guard: ExperimentMetric; spec: ExperimentSpec; units: number },
): string {
  return `${arm} is stopped: ${rangeWords(distance, guard)} than ${other} (${counted(units, spec.unit)}).`;
}

/** The difference that a size is told for. */
export function effectWords(effect: number, { metric }: Pick<ExperimentSpec, 'metric'>): string {
  const word = metricWords[metric][effect > 0 ? 'more' : 'less'];
  return rates.has(metric)
    ? `${points(Math.round(Math.abs(effect) * 100))} ${word}`
    : `${Math.round(Math.abs(Math.expm1(effect)) * 100)} % ${word}`;
}

/** "4 to 9 points more thumbs up", "18 to 34 % cheaper". */
function rangeWords({ lower, upper }: Interval, metric: ExperimentMetric): string {
  const word = metricWords[metric][lower + upper > 0 ? 'more' : 'less'];
  const sizes = [lower, upper].map((bound) => Math.abs(rates.has(metric) ? bound : Math.expm1(bound)) * 100);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const digits = least < 1 ? 1 : 0;
  const [from, to] = [shown(least, digits), shown(most, digits)];
  const range = from === to ? from : `${from} to ${to}`;
  return rates.has(metric) ? `${range} ${range === '1' ? 'point' : 'points'} ${word}` : `${range} % ${word}`;
}

/** The bound that is nearer to nothing is not rounded to nothing. */
function shown(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? '0.1' : String(Number(text));
}

function points(count: number): string {
  return count === 1 ? '1 point' : `${count} points`;
}
