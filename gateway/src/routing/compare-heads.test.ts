import { describe, expect, it } from 'vitest';
import { brokenPromise, comparedMax, compareHeads, verdictOf } from './compare-heads.ts';
import { hashedWords } from './hashed-words.ts';
import { type LearnedHeads, learnHeads } from './learned-heads.ts';
import { seeded } from './logistic-head.ts';
import { fitTextHeads, type LabelledCall } from './text-heads.ts';

const words =
  'parcel invoice delay colour meeting budget printer holiday garden window report train coffee ladder'.split(' ');
const usual = { easy: 0.99, hard: 0.3 };

/** Calls of one task; a contract makes a call hard for the small model. */
function traffic(n: number, seed: number, right = usual): LabelledCall[] {
  const random = seeded(seed);
  const pick = (): string => words[Math.floor(random() * words.length)] ?? '';
  return Array.from({ length: n }, () => {
    const isHard = random() < 0.4;
    const text = `${pick()} ${isHard ? 'contract clause' : 'newsletter'} ${pick()}`;
    const weak = random() < (isHard ? right.hard : right.easy) ? 1 : 0;
    return { words: hashedWords(text), structure: [], task: 'mail', weak, strong: 1 };
  });
}

function headsOf(calls: readonly LabelledCall[]): LearnedHeads {
  return { heads: fitTextHeads(calls), gainMost: {}, report: { calls: calls.length, judged: 0, better: 0, lower: 0 } };
}

const blind = headsOf(traffic(500, 3, { easy: 0.7, hard: 0.7 }));
const sighted = headsOf(traffic(500, 1));
const twin = headsOf(traffic(500, 2));
const seeds = Array.from({ length: 40 }, (_, i) => 100 + i);

/** The verdict on a candidate that is looked at every hundred calls, and after how many. */
function fate(active: LearnedHeads, candidate: LearnedHeads, seed: number): { verdict: string; calls: number } {
  const calls = traffic(comparedMax, seed);
  for (let n = 100; ; n += 100) {
    const verdict = verdictOf(compareHeads({ active, candidate }, calls.slice(0, n)));
    if (verdict !== 'open') return { verdict, calls: n };
  }
}

describe('a candidate beside the active heads', () => {
  it('replaces heads that are as good in at most 6 of 100 cases', () => {
    const unseen = traffic(10_000, 9);
    const isBetter = compareHeads({ active: sighted, candidate: twin }, unseen).mean > 0;
    const [active, candidate] = isBetter ? [twin, sighted] : [sighted, twin];
    const promoted = seeds.filter((seed) => fate(active, candidate, seed).verdict === 'better').length;
    expect(promoted / seeds.length).toBeLessThanOrEqual(0.06);
  });

  it('that is truly better replaces them within 300 calls', () => {
    for (const seed of seeds) {
      const { verdict, calls } = fate(blind, sighted, seed);
      expect(verdict, `seed ${seed}`).toBe('better');
      expect(calls, `seed ${seed}`).toBeLessThanOrEqual(300);
    }
  });

  it('that is worse never replaces them', () => {
    for (const seed of seeds) expect(fate(sighted, blind, seed).verdict, `seed ${seed}`).toBe('worse');
  });

  it('that knows what has changed replaces them soon, and the same heads never do', () => {
    const changed = { easy: 0.3, hard: 0.99 };
    const candidate = headsOf(traffic(500, 5, changed));
    const calls = traffic(200, 6, changed);
    expect(verdictOf(compareHeads({ active: sighted, candidate }, calls))).toBe('better');
    expect(fate(sighted, sighted, 7)).toEqual({ verdict: 'no_difference', calls: comparedMax });
  });
});

describe('the promise of active heads', () => {
  const learned = learnHeads(traffic(2_400, 4));
  if (learned === undefined) throw new Error('the heads were not better than the rate of the task');

  it('is broken within 200 calls once easy calls are so no longer, by nothing else in at most 6 of 100 cases', () => {
    expect(Object.keys(learned.gainMost)).toContain('0.95');
    const isBroken = (seed: number, n: number, right = usual) =>
      brokenPromise(learned, traffic(n, seed, right)) !== undefined;
    expect(seeds.filter((seed) => isBroken(seed, 1_000)).length / seeds.length).toBeLessThanOrEqual(0.06);
    for (const seed of seeds) expect(isBroken(seed, 200, { easy: 0.7, hard: 0.3 }), `seed ${seed}`).toBe(true);
  });
});
