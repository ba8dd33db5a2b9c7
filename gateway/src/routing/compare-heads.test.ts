import { describe, expect, it } from 'vitest';
import { brokenPromise, comparedMax, compareHeads, verdictOf } from './compare-heads.ts';
import { hashedWords } from './hashed-words.ts';
import { type LearnedHeads, learnHeads } from './learned-heads.ts';
import { seeded } from './logistic-head.ts';
import { fitTextHeads, type LabelledCall, probabilities } from './text-heads.ts';

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
    return { words: hashedWords(text, ''), structure: [], task: 'mail', weak, strong: 1 };
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

/** As the job looks: each hour. */
const callsInHour = 50;
const refitAfter = 100;
const refits = [2, 21, 22].map((seed) => headsOf(traffic(500, seed)));

/** Calls whose truth is half way between what two heads say: neither is nearer to it, on any call. */
function evenCalls(n: number, heads: readonly [LearnedHeads, LearnedHeads], seed: number): LabelledCall[] {
  const random = seeded(seed);
  return traffic(n, seed + 7_000).map((call) => {
    const [one = 0, other = 0] = heads.map((of) => probabilities(of.heads, call).weak);
    return { ...call, weak: random() < (one + other) / 2 ? 1 : 0 };
  });
}

/**
 * The verdicts on all candidates of a workspace that compares 2,500 calls: each is compared every hour with the calls since it was fit, and one that
 * is dropped makes room for the next, a hundred calls later. Every candidate is as good as the active heads.
 */
function walk(seed: number): string[] {
  const verdicts: string[] = [];
  for (let left = 2_500; left > 0; left -= refitAfter) {
    const candidate = refits[verdicts.length % refits.length] ?? twin;
    const calls = evenCalls(Math.min(left, comparedMax), [sighted, candidate], seed * 10 + verdicts.length);
    let verdict = 'open';
    for (let n = 0; verdict === 'open' && n < calls.length; left -= callsInHour) {
      n += callsInHour;
      verdict = verdictOf(compareHeads({ active: sighted, candidate }, calls.slice(0, n)));
    }
    verdicts.push(verdict);
    if (verdict === 'better') break;
  }
  return verdicts;
}

describe('a candidate beside the active heads', () => {
  it('replaces heads that are as good in at most 5 of 100 cases, looked at every hour until it is dropped', () => {
    const walks = seeds.map(walk);
    const verdicts = walks.flat();
    expect(verdicts.length).toBeGreaterThan(2 * seeds.length);
    expect(verdicts.filter((one) => one === 'better').length / verdicts.length).toBeLessThanOrEqual(0.05);
  }, 300_000);

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

  it('is broken within 200 calls once easy calls are so no longer, by nothing else in at most 5 of 100 cases, looked at every hour', () => {
    expect(Object.keys(learned.gainMost)).toContain('0.95');
    const isBroken = (seed: number, n: number, right = usual) =>
      brokenPromise(learned, traffic(n, seed, right)) !== undefined;
    const isEverBroken = (seed: number): boolean => {
      const calls = traffic(1_000, seed);
      for (let n = callsInHour; n <= calls.length; n += callsInHour)
        if (brokenPromise(learned, calls.slice(0, n)) !== undefined) return true;
      return false;
    };
    expect(seeds.filter(isEverBroken).length / seeds.length).toBeLessThanOrEqual(0.05);
    for (const seed of seeds) expect(isBroken(seed, 200, { easy: 0.7, hard: 0.3 }), `seed ${seed}`).toBe(true);
  }, 300_000);
});
