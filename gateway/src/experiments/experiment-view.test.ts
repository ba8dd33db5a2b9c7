import { describe, expect, it } from 'vitest';
import type { ArmFigures } from '../usage/experiment-units-store.ts';
import type { StoredExperiment } from './experiment-store.ts';
import { viewExperiment, viewResults } from './experiment-view.ts';

const none = { n: 0, mean: 0, variance: 0 };
const at = new Date('2026-11-30T00:00:00Z');

const experiment: StoredExperiment = {
  ...{ workspaceId: 'ws_1', id: 'exp_1', livemode: true, salt: Buffer.alloc(0), phase: 1 },
  state: 'running',
  spec: {
    ...{ name: 'tone', when: {}, guards: [], priority: 100 },
    unit: 'execution',
    metric: 'cost',
    goal: 'down',
    arms: [
      { name: 'A', weight: 93, model: 'gpt-6-sol' },
      { name: 'B', weight: 7, model: 'gpt-6-luna' },
    ],
  },
  ranges: [
    { arm: 'A', from: 0, to: 9_300 },
    { arm: 'B', from: 9_300, to: 10_000 },
  ],
  ...{ createdAt: at, startedAt: at, phaseAt: at, stoppedAt: null, verdict: null, stoppedArms: [], adopted: null },
};

function results(figures: Partial<ArmFigures>): unknown {
  const arm: ArmFigures = {
    ...{ arm: 'A', calls: 100, downgraded: 0, fallbacks: 0, errors: 7, costNanos: 0n, feedback: none, json_ok: none },
    ...{ error: none, cost: none, total_ms: none, ttft_ms: none, output_tokens: none },
    ...figures,
  };
  const judged = { winner: null, text: '', units: 13, expectedUnits: 360, differences: new Map() };
  return viewResults(experiment, [arm], { ...judged, verdict: 'too_early' }).arms[0];
}

describe('the view of an experiment', () => {
  // The mean of logarithms came as 0.00007499999999999995.
  it('shows what an arm costs with at most nine decimals', () => {
    expect(results({ cost: { n: 13, mean: Math.log(75_000), variance: 0 } })).toMatchObject({ value: 0.000075 });
  });

  it('shows whole percents as whole numbers', () => {
    expect(results({})).toMatchObject({ error_percent: 7 });
    const expected = { units: 360, difference: '10 %', units_per_30_days: null, text: 'About 360 runs.' };
    expect(viewExperiment(experiment, expected).arms).toMatchObject([{ share_percent: 93 }, { share_percent: 7 }]);
  });
});
