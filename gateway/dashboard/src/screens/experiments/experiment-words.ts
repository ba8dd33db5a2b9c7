import type { OutputOf } from '@ai-gateway/shared/contract';
import { countForPeople, durationForPeople, moneyForPeople } from '../../format/money.ts';
import { pointRange, signedPoints } from '../../format/points.ts';

/** Figures of an experiment in words. Pure. */

export type Experiment = OutputOf<'experiments.get'>;
export type Results = OutputOf<'experiments.results'>;
export type Metric = Experiment['metric'];
export type Unit = Experiment['unit'];
type Arm = Pick<Experiment['arms'][number], 'model' | 'prompt' | 'effort' | 'dial'>;

export const metricLabels: Readonly<Record<Metric, string>> = {
  feedback: 'Feedback',
  json_ok: 'Valid JSON',
  error: 'Errors',
  cost: 'Cost',
  total_ms: 'Total time',
  ttft_ms: 'Time to the first byte',
  output_tokens: 'Output tokens',
};

export const unitLabels: Readonly<Record<Unit, string>> = {
  execution: 'Run of a scenario',
  client: 'Client',
  scenario: 'Scenario',
  session: 'Session',
  user: 'User',
  call: 'Single call',
};

export const unitPlurals: Readonly<Record<Unit, string>> = {
  execution: 'runs',
  client: 'clients',
  scenario: 'scenarios',
  session: 'sessions',
  user: 'users',
  call: 'calls',
};

export const states = {
  draft: ['plain', 'Draft'],
  running: ['good', 'Running'],
  stopped: ['plain', 'Stopped'],
  adopted: ['good', 'Adopted'],
} as const;

const shares: ReadonlySet<Metric> = new Set(['feedback', 'json_ok', 'error']);

export function sayArm({ model, prompt, effort, dial }: Arm): string {
  const parts = [
    model,
    prompt === undefined ? undefined : `${prompt.id}, version ${prompt.version}`,
    effort === undefined ? undefined : `effort ${effort}`,
    dial === undefined ? undefined : `auto, ${dial}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'as calls are now' : parts.join(', ');
}

export function sayValue(metric: Metric, value: number | null): string {
  if (value === null) return '–';
  if (shares.has(metric)) return `${(value * 100).toFixed(1)} %`;
  if (metric === 'cost') return moneyForPeople(value);
  return metric === 'output_tokens' ? countForPeople(Math.round(value)) : durationForPeople(value);
}

/** `+6.5 points (4.0 to 9.0)` for shares; `−30 % (−35 to −24)` for everything that is compared as a factor. */
export function sayDifference(
  metric: Metric,
  difference: { estimate: number; lower: number; upper: number } | null,
): string {
  if (difference === null) return '–';
  const unit = shares.has(metric) ? 'points' : '%';
  return `${signedPoints(difference.estimate)} ${unit} (${pointRange(difference.lower, difference.upper)})`;
}
