import { describe, expect, it } from 'vitest';
import { assign, type RunningExperiment, runningExperiment } from './assign.ts';
import { type Arm, type ArmRange, bucketCount, rangesOf, samePhase } from './experiment.ts';

const arms = (...weights: number[]): Arm[] =>
  weights.map((weight, i) => ({ name: 'ABCDE'.charAt(i), weight, model: `model-${i}` }));
const none = {
  callId: 'req_1',
  client: undefined,
  scenario: undefined,
  execution: undefined,
  session: undefined,
  user: undefined,
};

function experiment(given: Partial<RunningExperiment> & { arms?: Arm[]; unit?: 'execution' | 'client' | 'call' } = {}) {
  const list = given.arms ?? arms(50, 50);
  return runningExperiment({
    id: 'exp_1',
    livemode: true,
    spec: {
      name: 'tone',
      when: {},
      unit: given.unit ?? ('client' as const),
      arms: list,
      metric: 'feedback' as const,
      goal: 'up' as const,
      guards: [],
      priority: 100,
    },
    ranges: rangesOf(list),
    salt: Buffer.alloc(32, 7),
    phase: 1,
    stoppedArms: new Set<string>(),
    ...given,
  });
}
const armOf = (one: RunningExperiment, client: string): string | undefined =>
  assign(one, { ...none, client }).arm?.name;
const clients = Array.from({ length: 20_000 }, (_one, i) => `client-${i}`);
const armAt = (ranges: readonly ArmRange[], bucket: number): string | undefined =>
  ranges.find(({ from, to }) => bucket >= from && bucket < to)?.arm;
const buckets = Array.from({ length: bucketCount }, (_one, i) => i);

describe('the arm of a unit', () => {
  it('is the same for every call of the unit, and arms get their shares', () => {
    const uneven = experiment({ arms: arms(70, 20, 10) });
    const counts: Record<string, number> = {};
    for (const client of clients) {
      const arm = armOf(uneven, client) ?? '';
      expect(armOf(uneven, client)).toBe(arm);
      counts[arm] = (counts[arm] ?? 0) + 1;
    }
    expect((counts.A ?? 0) / clients.length).toBeCloseTo(0.7, 1.5);
    expect((counts.B ?? 0) / clients.length).toBeCloseTo(0.2, 1.5);
    expect((counts.C ?? 0) / clients.length).toBeCloseTo(0.1, 1.5);
  });

  it('says nothing about its arm in another experiment', () => {
    const [one, other] = [experiment(), experiment({ id: 'exp_2', salt: Buffer.alloc(32, 8) })];
    const both = clients.filter((client) => armOf(one, client) === 'B' && armOf(other, client) === 'B').length;
    expect(both / clients.length).toBeCloseTo(0.25, 1.5);
  });

  it('is none for a call without the unit, which is counted under its phase', () => {
    expect(assign(experiment({ phase: 3 }), none)).toMatchObject({ arm: undefined, unit: '0003' });
  });

  it('is none once a guard has stopped the arm, and the others keep theirs', () => {
    const [before, after] = [experiment(), experiment({ stoppedArms: new Set(['B']) })];
    for (const client of clients.slice(0, 500))
      expect(armOf(after, client)).toBe(armOf(before, client) === 'B' ? undefined : 'A');
  });

  it('tells runs of two scenarios with one number apart', () => {
    const one = experiment({ unit: 'execution' });
    const unitOf = (scenario: string) => assign(one, { ...none, scenario, execution: '17' }).unit;
    expect(unitOf('mailer')).not.toBe(unitOf('invoices'));
    expect(unitOf('mailer')).toMatch(/^0001[0-9a-f]{28}$/);
  });
});

describe('a changed weight', () => {
  it('only moves units into the arm whose weight is raised', () => {
    for (const [from, to, grown] of [
      [[50, 50], [50, 80], 'B'],
      [[50, 30, 20], [90, 30, 20], 'A'],
      [[10, 10, 10, 10, 10], [10, 10, 11, 10, 10], 'C'],
      [[1, 1, 1], [1, 1, 10_000], 'C'],
    ] as const) {
      const before = rangesOf(arms(...from));
      const after = rangesOf(arms(...to), before);
      for (const bucket of buckets) {
        const [was, is] = [armAt(before, bucket), armAt(after, bucket)];
        expect(is).toBeDefined();
        if (is !== was) expect(is).toBe(grown);
      }
    }
  });

  it('brings every unit back where it is lowered again', () => {
    const first = rangesOf(arms(50, 30, 20));
    const raised = rangesOf(arms(50, 90, 20), first);
    const lowered = rangesOf(arms(50, 30, 20), raised);
    const sizes = (ranges: readonly ArmRange[]) =>
      ['A', 'B', 'C'].map((name) => buckets.filter((bucket) => armAt(ranges, bucket) === name).length);
    expect(sizes(lowered)).toEqual(sizes(first));
    for (const bucket of buckets)
      if (armAt(raised, bucket) !== 'B') expect(armAt(lowered, bucket)).toBe(armAt(raised, bucket));
  });

  it('gives out every bucket once, however often weights change', () => {
    let ranges = rangesOf(arms(1, 1));
    for (const weights of [
      [9, 1],
      [1, 9],
      [3, 7],
      [5_000, 1],
      [1, 1],
    ]) {
      ranges = rangesOf(arms(...weights), ranges);
      expect(ranges.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(bucketCount);
      expect(ranges.every(({ from }, i) => from === (ranges[i - 1]?.to ?? 0))).toBe(true);
    }
  });
});

describe('a phase', () => {
  const { spec } = experiment();
  it('goes on with another weight, name or priority', () => {
    expect(samePhase(spec, { ...spec, name: 'voice', priority: 1, arms: arms(50, 80) })).toBe(true);
  });
  it.each([
    ['conditions', { when: { field: 'client_id', eq: 'acme' } }],
    ['unit', { unit: 'execution' as const }],
    ['metric', { metric: 'cost' as const }],
    ['goal', { goal: 'down' as const }],
    ['guards', { guards: ['error' as const] }],
    ['model of an arm', { arms: [...arms(50), { name: 'B', weight: 50, model: 'another' }] }],
    ['number of arms', { arms: arms(50, 50, 50) }],
  ])('is a new one with other %s', (_name, change) => {
    expect(samePhase(spec, { ...spec, ...change })).toBe(false);
  });
});
