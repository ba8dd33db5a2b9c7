import type { ExperimentMetric } from '@ai-gateway/shared/operations/experiments';
import { describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../routing/experiment.ts';
import type { ArmFigures } from '../usage/experiment-units-store.ts';
import { judge, sizeFor, trippedGuards } from './judge.ts';

const none = { n: 0, mean: 0, variance: 0 };
const rate = (n: number, mean: number) => ({ n, mean, variance: mean * (1 - mean) });
const log = (n: number, mean: number, variance = 1) => ({ n, mean, variance });

function spec(metric: ExperimentMetric, goal: 'up' | 'down', names = 'AB'): ExperimentSpec {
  return {
    name: 'tone',
    when: {},
    unit: 'execution',
    arms: [...names].map((name) => ({ name, weight: 50, model: name })),
    metric,
    goal,
    guards: ['error'],
    priority: 100,
  };
}
function figures(metric: ExperimentMetric, arms: Record<string, ArmFigures['cost']>): Map<string, ArmFigures> {
  return new Map(
    Object.entries(arms).map(([arm, moments]) => [
      arm,
      {
        ...{ arm, calls: moments.n, downgraded: 0, fallbacks: 0, errors: 0, costNanos: 0n },
        ...{
          feedback: none,
          json_ok: none,
          error: none,
          cost: none,
          total_ms: none,
          ttft_ms: none,
          output_tokens: none,
        },
        [metric]: moments,
      },
    ]),
  );
}
const judged = (metric: ExperimentMetric, goal: 'up' | 'down', arms: Record<string, ArmFigures['cost']>) => {
  const names = Object.keys(arms);
  return judge(spec(metric, goal, names.join('')), figures(metric, arms), names);
};

describe('a result', () => {
  it.each([
    [
      'feedback',
      'up',
      { A: rate(320, 0.7), B: rate(320, 0.9) },
      'B is better: 11 to 29 points more thumbs up (640 runs). You can adopt it.',
    ],
    [
      'feedback',
      'up',
      { A: rate(320, 0.9), B: rate(320, 0.7) },
      'A is better: 11 to 29 points more thumbs up (640 runs). Keep it.',
    ],
    [
      'error',
      'down',
      { A: rate(500, 0.2), B: rate(500, 0.05) },
      'B is better: 9 to 21 points fewer errors (1,000 runs). You can adopt it.',
    ],
    [
      'cost',
      'down',
      { A: log(500, 10), B: log(500, 9.5) },
      'B is better: 27 to 50 % cheaper (1,000 runs). You can adopt it.',
    ],
    [
      'total_ms',
      'down',
      { A: log(500, 7, 0.2), B: log(500, 6.8, 0.2) },
      'B is better: 11 to 25 % faster (1,000 runs). You can adopt it.',
    ],
    ['feedback', 'up', { A: rate(50, 0.7), B: rate(50, 0.9) }, 'Too early: 100 of about 420 runs.'],
    ['json_ok', 'up', { A: rate(20_000, 0.95), B: rate(20_000, 0.951) }, 'No difference larger than 1 point.'],
    ['cost', 'down', { A: log(9_000, 10), B: log(9_000, 10) }, 'No difference larger than 6 %.'],
  ] as const)('of %s is told in words that a person acts on', (metric, goal, arms, text) => {
    expect(judged(metric, goal, arms).text).toBe(text);
  });

  it('of several arms names the best one and compares each with the first', () => {
    const found = judged('feedback', 'up', { A: rate(400, 0.6), B: rate(400, 0.75), C: rate(400, 0.85) });
    expect(found).toMatchObject({ verdict: 'better', winner: 'C', units: 1_200 });
    expect(found.text).toMatch(
      /^C is better than A: 1\d to 3\d points more thumbs up \(800 runs\)\. You can adopt it\.$/,
    );
  });

  it('is told as surely after a guard has stopped an arm as before, and more carefully where it was the first', () => {
    const three = spec('feedback', 'up', 'ABC');
    const all = figures('feedback', { A: rate(400, 0.6), B: rate(400, 0.75), C: rate(400, 0.7) });
    const of = (running: string[], arm: string) => judge(three, all, running).differences.get(arm);
    const width = ({ lower, upper } = { lower: 0, upper: 0 }): number => upper - lower;
    expect(of(['A', 'B'], 'B')).toEqual(of(['A', 'B', 'C'], 'B'));
    const two = judge(spec('feedback', 'up', 'BC'), all, ['B', 'C']).differences.get('C');
    expect(width(of(['B', 'C'], 'C'))).toBeGreaterThan(width(two));
  });

  it('expects more units once those that were expected are there and nothing is decided', () => {
    const one = spec('feedback', 'up');
    const first = sizeFor(one);
    expect(sizeFor(one, { units: first })).toBeGreaterThan(first);
  });
});

describe('a guard', () => {
  it('stops the arm that is clearly worse, whichever it is, and none of two alike', () => {
    const one = spec('feedback', 'up');
    const tripped = (a: number, b: number) =>
      trippedGuards(one, figures('error', { A: rate(300, a), B: rate(300, b) }), ['A', 'B']).map(({ arm }) => arm);
    expect(tripped(0.01, 0.3)).toEqual(['B']);
    expect(tripped(0.3, 0.01)).toEqual(['A']);
    expect(tripped(0.1, 0.1)).toEqual([]);
  });

  it('says nothing below a hundred units', () => {
    const one = spec('feedback', 'up');
    expect(trippedGuards(one, figures('error', { A: rate(99, 0), B: rate(500, 1) }), ['A', 'B'])).toEqual([]);
  });
});
