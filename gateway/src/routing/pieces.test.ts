import { describe, expect, it } from 'vitest';
import { brokenPromiseInPieces, compareHeadsInPieces } from './compare-heads.ts';
import { hashedWords } from './hashed-words.ts';
import { learnHeads, learnHeadsInPieces } from './learned-heads.ts';
import { seeded } from './logistic-head.ts';
import { pairedBoundInPieces } from './paired-bound.ts';
import { callsInPiece, finish, mapInPieces, type Pieces } from './pieces.ts';
import type { LabelledCall } from './text-heads.ts';

/** Of two tasks, so that tasks are guessed too; contracts are hard. */
function callsOf(n: number): LabelledCall[] {
  const random = seeded(11);
  return Array.from({ length: n }, (_, i) => {
    const isHard = random() < 0.4;
    const words = hashedWords(`${isHard ? 'contract clause' : 'newsletter'} of ${i % 2 === 0 ? 'mail' : 'notes'}`, '');
    const weak = random() < (isHard ? 0.3 : 0.99) ? 1 : 0;
    return { words, structure: [random(), random()], task: i % 2 === 0 ? 'mail' : 'notes', weak, strong: 1 };
  });
}

/** How many calls each piece looks at: the calls take it down themselves. */
function looksOf(n: number, work: (calls: readonly LabelledCall[]) => Pieces<unknown>): number[] {
  const seen = new Set<number>();
  const calls = callsOf(n).map((call, i) => {
    const watched = { ...call };
    for (const field of ['words', 'structure'] as const)
      Object.defineProperty(watched, field, {
        enumerable: true,
        get: () => {
          seen.add(i);
          return call[field];
        },
      });
    return watched;
  });
  const pieces = work(calls);
  const looks: number[] = [];
  for (let isDone = false; !isDone; ) {
    seen.clear();
    isDone = pieces.next().done === true;
    looks.push(seen.size);
  }
  return looks;
}

const learned = learnHeads(callsOf(1_500));
if (learned === undefined) throw new Error('the heads were not better than the rates of the tasks');

describe('work in pieces', () => {
  it.each([
    ['learning heads', (calls: readonly LabelledCall[]) => learnHeadsInPieces(calls)],
    ['checking the promise of heads', (calls: readonly LabelledCall[]) => brokenPromiseInPieces(learned, calls)],
    [
      'comparing heads',
      (calls: readonly LabelledCall[]) => compareHeadsInPieces({ active: learned, candidate: learned }, calls),
    ],
  ])('looks at no more calls in one piece the more there are: %s', (_, work) => {
    for (const n of [1_500, 3_000]) {
      const looks = looksOf(n, work);
      // A piece ends within the calls of one step, and may begin within those of the step before.
      expect(Math.max(...looks)).toBeLessThanOrEqual(2 * callsInPiece);
      expect(looks.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(n);
    }
  });

  it('bounds the mean of differences by one pass over them in each piece', () => {
    let passes = 0;
    const differences = new Proxy([0.1, -0.2, 0.3], {
      get: (all, name) => {
        if (name === Symbol.iterator) passes += 1;
        return Reflect.get(all, name);
      },
    });
    const pieces = pairedBoundInPieces(differences);
    let most = 0;
    for (let isDone = false; !isDone; most = Math.max(most, passes)) {
      passes = 0;
      isDone = pieces.next().done === true;
    }
    // One for each size of bets.
    expect(most).toBe(6);
  });

  it('makes of each what it would make in one go', () => {
    const all = Array.from({ length: 1_001 }, (_, i) => i);
    expect(finish(mapInPieces(all, (one) => one * 2))).toEqual(all.map((one) => one * 2));
  });
});
