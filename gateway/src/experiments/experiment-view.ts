import type { OutputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import { type ArmRange, bucketCount, type ExperimentSpec } from '../routing/experiment.ts';
import type { Interval } from '../routing/sequence.ts';
import type { ArmFigures } from '../usage/experiment-units-store.ts';
import type { ExpectedSize } from './expected-size.ts';
import type { StoppedArm, StoredExperiment } from './experiment-store.ts';
import { type Judgement, scaleOf } from './judge.ts';

export function viewExperiment(experiment: StoredExperiment, expected: ExpectedSize): OutputOf<'experiments.get'> {
  const { spec, ranges, stoppedArms } = experiment;
  return {
    id: experiment.id,
    ...spec,
    when: { ...spec.when },
    guards: [...spec.guards],
    state: experiment.state,
    livemode: experiment.livemode,
    arms: spec.arms.map((arm) => ({
      ...arm,
      share_percent: shareOf(ranges, arm.name),
      stopped: viewStopped(stoppedArms, arm.name),
    })),
    phase: experiment.phase,
    created_at: experiment.createdAt.toISOString(),
    started_at: experiment.startedAt?.toISOString() ?? null,
    stopped_at: experiment.stoppedAt?.toISOString() ?? null,
    verdict: experiment.verdict,
    adopted: experiment.adopted,
    expected,
  } as OutputOf<'experiments.get'>;
}

function shareOf(ranges: readonly ArmRange[], name: string): number {
  const buckets = ranges.reduce((sum, { arm, from, to }) => sum + (arm === name ? to - from : 0), 0);
  return (buckets * 100) / bucketCount;
}

function viewStopped(stopped: readonly StoppedArm[], name: string): Omit<StoppedArm, 'arm'> | null {
  const found = stopped.find(({ arm }) => arm === name);
  if (found === undefined) return null;
  const { arm: _arm, ...rest } = found;
  return rest;
}

export function viewResults(
  experiment: StoredExperiment,
  figures: readonly ArmFigures[],
  judgement: Judgement,
): OutputOf<'experiments.results'> {
  const { spec, verdict } = experiment;
  const outside = figures.find(({ arm }) => arm === '');
  return {
    id: experiment.id,
    name: spec.name,
    state: experiment.state,
    // A decision stays: an interval that holds at every look held then.
    verdict: verdict?.kind ?? judgement.verdict,
    winner: verdict === null ? judgement.winner : verdict.winner,
    text: verdict?.text ?? judgement.text,
    phase: experiment.phase,
    since: experiment.phaseAt?.toISOString() ?? null,
    unit: spec.unit,
    metric: spec.metric,
    goal: spec.goal,
    units: judgement.units,
    expected_units: judgement.expectedUnits,
    arms: spec.arms.map(({ name }) => ({
      ...viewArm(
        spec,
        figures.find(({ arm }) => arm === name),
      ),
      name,
      difference: viewDifference(spec, judgement.differences.get(name)),
      stopped: viewStopped(experiment.stoppedArms, name),
    })),
    without_unit_calls: outside?.calls ?? 0,
    downgraded_calls: figures.reduce((sum, { downgraded }) => sum + downgraded, 0),
  };
}

function viewArm({ metric }: ExperimentSpec, figures: ArmFigures | undefined) {
  if (figures === undefined)
    return {
      units: 0,
      calls: 0,
      value: null,
      cost_usd: 0,
      error_percent: null,
      fallback_percent: null,
      downgraded_calls: 0,
    };
  const { calls, errors, fallbacks, downgraded, costNanos } = figures;
  const { n, mean } = figures[metric];
  const percent = (part: number): number | null => (calls === 0 ? null : (part * 100) / calls);
  return {
    units: n,
    calls,
    value: n === 0 ? null : shownValue(metric, mean),
    cost_usd: toUsd(costNanos),
    error_percent: percent(errors),
    fallback_percent: percent(fallbacks),
    downgraded_calls: downgraded,
  };
}

/** A share; else the geometric mean in the unit that people know. */
function shownValue(metric: ExperimentSpec['metric'], mean: number): number {
  if (scaleOf(metric) === 'rate') return mean;
  return metric === 'cost' ? Math.round(Math.exp(mean)) / 1e9 : Math.exp(mean);
}

function viewDifference({ metric }: ExperimentSpec, found: Interval | undefined): Interval | null {
  if (found === undefined) return null;
  if (scaleOf(metric) === 'rate') return found;
  return { estimate: Math.expm1(found.estimate), lower: Math.expm1(found.lower), upper: Math.expm1(found.upper) };
}
