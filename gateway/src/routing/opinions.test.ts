import { describe, expect, it } from 'vitest';
import { seeded, sigmoid } from './logistic-head.ts';
import { fitMixInPieces, type Mix, mixed, type Opinions } from './opinions.ts';
import { finish } from './pieces.ts';

/** Calls whose words know the truth, whose task guesses, and of whose strong model nothing is known. */
function calls(n: number, { sure }: { sure: number }): { opinions: Opinions[]; labels: number[] } {
  const random = seeded(11);
  const opinions: Opinions[] = [];
  const labels: number[] = [];
  for (let i = 0; i < n; i++) {
    const truth = random() * 4 - 2;
    labels.push(random() < sigmoid(truth) ? 1 : 0);
    opinions.push([truth * sure, random() * 4 - 2, random() * 4 - 2, 1.5]);
  }
  return { opinions, labels };
}

const fitted = (of: 'weak' | 'strong', n: number, tasks: 'one' | 'many', sure = 1): Mix =>
  finish(fitMixInPieces(of, { ...calls(n, { sure }), tasks }));

describe('the opinions of words and of tasks', () => {
  it('count by how often they came true, also those of words that are far too sure', () => {
    const mix = fitted('weak', 20_000, 'many', 3);
    for (const [j, weight] of [1 / 3, 0, 0].entries()) expect(mix.weights[j], `opinion ${j}`).toBeCloseTo(weight, 1);
    expect(mixed(mix, [3, 2, -2, 1.5])).toBeCloseTo(sigmoid(1), 1);
  });

  it('of the model itself count the same before there are labels enough to say otherwise', () => {
    const { weights } = fitted('strong', 4, 'many');
    for (const [j, weight] of [0, 0, 0.5, 0.5].entries()) expect(weights[j], `opinion ${j}`).toBeCloseTo(weight, 1);
  });

  it('are those of the words alone where there is one task', () => {
    const { weights } = fitted('weak', 20_000, 'one', 2);
    for (const [j, weight] of [0.5, 0, 0, 0].entries()) expect(weights[j], `opinion ${j}`).toBeCloseTo(weight, 1);
    // Words that are wrong more often than right say nothing.
    expect(fitted('weak', 2_000, 'one', -1).weights).toEqual([0, 0, 0, 0]);
  });

  it('say nothing where all answers are good, or none', () => {
    for (const [label, p] of [
      [1, 101 / 102],
      [0, 1 / 102],
    ] as const) {
      const { opinions } = calls(100, { sure: 1 });
      const mix = finish(fitMixInPieces('strong', { opinions, labels: opinions.map(() => label), tasks: 'many' }));
      expect(mixed(mix, [4, -4, 4, -4])).toBeCloseTo(p, 9);
    }
  });
});
