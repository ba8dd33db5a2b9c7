import { describe, expect, it } from 'vitest';
import { seeded } from './logistic-head.ts';
import {
  afterPairOf,
  isRepresentative,
  noClaim,
  shadowPercent,
  type TaskClaim,
  type VersionSeen,
  withPair,
} from './task-claim.ts';

/** The claim after so many pairs of models that truly agree so often. */
function after(
  pairs: number,
  share: number,
  { from = noClaim, seed = 1 }: { from?: TaskClaim; seed?: number } = {},
): TaskClaim {
  const random = seeded(seed);
  let claim = from;
  for (let i = 0; i < pairs; i++) claim = withPair(claim, random() < share);
  return claim;
}

describe('the claim about a task', () => {
  it('reaches the level of "balanced" once the models have agreed often enough', () => {
    expect(after(70, 1).lower).toBeLessThan(0.95);
    expect(after(80, 1).lower).toBeGreaterThanOrEqual(0.95);
    expect(after(400, 0.99).lower).toBeGreaterThanOrEqual(0.95);
    expect(after(400, 0.9).lower).toBeLessThan(0.95);
  });

  it('keeps its best bound: a few pairs that differ do not take back what is proved', () => {
    const proved = after(80, 1);
    const later = withPair(withPair(proved, false), true);
    expect(later.lower).toBe(proved.lower);
  });

  it('falls when a task stops being easy, within a hundred pairs', () => {
    for (let seed = 1; seed <= 50; seed++) {
      let claim = after(1_000, 0.99, { seed });
      expect(claim.lower).toBeGreaterThanOrEqual(0.95);
      let pairs = 0;
      const random = seeded(seed + 1_000);
      while (claim.lower >= 0.95 && pairs < 200) {
        claim = withPair(claim, random() < 0.75);
        pairs += 1;
      }
      expect(pairs).toBeLessThanOrEqual(100);
    }
  });

  it('is withdrawn from a task that is as good as ever in at most 6 of 100, over four thousand pairs', () => {
    let withdrawn = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const random = seeded(seed);
      let claim = noClaim;
      let reached = false;
      for (let i = 0; i < 4_000; i++) {
        claim = withPair(claim, random() < 0.985);
        if (reached && claim.lower < 0.95) {
          withdrawn += 1;
          break;
        }
        reached ||= claim.lower >= 0.95;
      }
    }
    expect(withdrawn / 40).toBeLessThanOrEqual(0.06);
  });

  it('counts from its withdrawal on, so that the past does not clear the task again', () => {
    let claim = after(5_000, 1);
    while (claim.lower > 0) claim = withPair(claim, false);
    expect(claim).toEqual(noClaim);
    expect(after(60, 1, { from: claim }).lower).toBeLessThan(0.95);
    expect(after(80, 1, { from: claim }).lower).toBeGreaterThanOrEqual(0.95);
  });

  it('is withdrawn as a whole where the latest pairs refute its level and leave a lower one', () => {
    const proved = after(600, 1);
    expect(proved.lower).toBeGreaterThanOrEqual(0.99);
    for (let seed = 1; seed <= 5; seed++) {
      let claim = proved;
      const random = seeded(seed);
      while (claim.lower >= proved.lower) claim = withPair(claim, random() < 0.92);
      expect(claim).toEqual(noClaim);
    }
  });

  it('begins again where a task that was refuted has become easy, and clears it by the pairs since then', () => {
    for (let seed = 1; seed <= 20; seed++) {
      let claim = after(400, 0.6, { seed });
      expect(claim.upper).toBeLessThan(0.8);
      const random = seeded(seed + 1_000);
      let pairs = 0;
      while (claim.lower < 0.95 && pairs < 1_000) {
        claim = withPair(claim, random() < 0.995);
        pairs += 1;
      }
      expect(pairs).toBeLessThanOrEqual(400);
    }
  });

  it('begins again at a task that is as hard as ever in at most 6 of 100, over four thousand pairs', () => {
    let again = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed);
      let claim = noClaim;
      let isRefuted = false;
      for (let i = 0; i < 4_000; i++) {
        claim = withPair(claim, random() < 0.9);
        if (isRefuted && claim.pairs === 0) {
          again += 1;
          break;
        }
        isRefuted ||= claim.upper < 0.95;
      }
    }
    expect(again / 60).toBeLessThanOrEqual(0.06);
  });

  it('takes the space of two hundred pairs, however many there are', () => {
    expect(after(3_000, 0.97).recent).toHaveLength(200);
  });
});

describe('the share of calls that are answered twice', () => {
  it('is the sample of the settings until the question is answered, and a fifth of a percent from then on', () => {
    expect(shadowPercent(undefined, { level: 0.95, samplePercent: 2 })).toBe(2);
    expect(shadowPercent(after(20, 1), { level: 0.95, samplePercent: 2 })).toBe(2);
    expect(shadowPercent(after(80, 1), { level: 0.95, samplePercent: 2 })).toBe(0.2);
    expect(shadowPercent(after(80, 0.5), { level: 0.95, samplePercent: 2 })).toBe(0.2);
    expect(shadowPercent(after(80, 1), { level: 0.95, samplePercent: 0.1 })).toBe(0.1);
  });

  it('is the sample again while a task that was cleared is in doubt', () => {
    let claim = after(200, 1);
    for (let i = 0; i < 3; i++) claim = withPair(claim, false);
    expect(claim.lower).toBeGreaterThanOrEqual(0.95);
    expect(shadowPercent(claim, { level: 0.95, samplePercent: 2 })).toBe(2);
    expect(shadowPercent(after(20, 1, { from: claim }), { level: 0.95, samplePercent: 2 })).toBe(0.2);
  });

  it('is the sample again while a task that was refuted may have become easy', () => {
    const claim = after(400, 0.6);
    expect(shadowPercent(claim, { level: 0.95, samplePercent: 2 })).toBe(0.2);
    expect(shadowPercent(after(20, 1, { from: claim }), { level: 0.95, samplePercent: 2 })).toBe(2);
  });

  it('is the sample again for the first fifty pairs of a new version of the prompt, and not for an earlier one', () => {
    const claim = after(80, 1);
    let seen: VersionSeen = { promptVersion: null, versionPairs: 0 };
    const percent = (version: number) =>
      shadowPercent({ ...claim, ...seen }, { level: 0.95, samplePercent: 2, version });
    // Claims of an earlier gateway know no version.
    expect(percent(6)).toBe(0.2);
    seen = afterPairOf(seen, 6);
    expect([percent(6), percent(7), percent(5)]).toEqual([0.2, 2, 0.2]);
    for (let pair = 1; pair <= 49; pair++) seen = afterPairOf(seen, 7);
    expect([percent(7), percent(6)]).toEqual([2, 0.2]);
    seen = afterPairOf(afterPairOf(seen, 6), 7);
    expect([percent(7), percent(8)]).toEqual([0.2, 2]);
  });
});

it('pairs speak for a task where nine in ten of its calls can be compared', () => {
  expect(isRepresentative({ sampled: 0, comparable: 0 })).toBe(true);
  expect(isRepresentative({ sampled: 100, comparable: 90 })).toBe(true);
  expect(isRepresentative({ sampled: 100, comparable: 89 })).toBe(false);
});
