import { describe, expect, it } from 'vitest';
import { hashedWords } from './hashed-words.ts';
import { isEasy, labelsMin, learnHeads } from './learned-heads.ts';
import { seeded } from './logistic-head.ts';
import { type LabelledCall, probabilities } from './text-heads.ts';

const words =
  'parcel invoice delay colour meeting budget printer holiday garden window report train coffee ladder'.split(' ');

/** Calls of one task, of which those that mention a contract are too hard for the small model. */
function calls(n: number, { hardFails }: { hardFails: boolean }): LabelledCall[] {
  const random = seeded(4);
  const pick = (): string => words[Math.floor(random() * words.length)] ?? '';
  return Array.from({ length: n }, () => {
    const isHard = random() < 0.4;
    const text = `${pick()} ${pick()} ${isHard ? 'contract clause' : 'newsletter'} ${pick()}`;
    return {
      words: hashedWords(text),
      structure: [],
      task: 'mail',
      weak: random() < (isHard && hardFails ? 0.4 : 0.995) ? 1 : 0,
      strong: 1,
    };
  });
}

const asked = (text: string) => ({ words: hashedWords(text), structure: [], task: 'mail' });

describe('heads that a workspace learns', () => {
  it('split a task into calls that are easy and calls that are not', () => {
    const learned = learnHeads(calls(2_400, { hardFails: true }));
    if (learned === undefined) throw new Error('the heads were not better than the rate of the task');
    expect(learned.report.lower).toBeGreaterThan(0);
    expect(isEasy(learned, asked('newsletter garden'), 0.95)).toBe(true);
    expect(isEasy(learned, asked('contract clause garden'), 0.95)).toBe(false);
    expect(isEasy(learned, asked('newsletter garden'), 0.999)).toBe(false);
  });

  it('know the newest calls too once they are promoted', () => {
    const old = calls(2_400, { hardFails: true });
    // A word that only the newest calls have, and that the small model always fails.
    const fresh = calls(600, { hardFails: true }).map((call, i) =>
      i % 3 === 0 ? { ...call, words: hashedWords('subpoena garden'), weak: 0 } : call,
    );
    const learned = learnHeads([...old, ...fresh]);
    if (learned === undefined) throw new Error('the heads were not better than the rate of the task');
    expect(probabilities(learned.heads, asked('subpoena garden')).weak).toBeLessThan(0.3);
    expect(probabilities(learned.heads, asked('newsletter garden')).weak).toBeGreaterThan(0.9);
  });

  it('are not promoted where the words say nothing, nor by too few calls', () => {
    expect(learnHeads(calls(2_400, { hardFails: false }))).toBeUndefined();
    expect(learnHeads(calls(labelsMin - 1, { hardFails: true }))).toBeUndefined();
  });

  it('need a clearer lead at each of many looks, and once they are in use only keep theirs', () => {
    const few = calls(500, { hardFails: true });
    expect(learnHeads(few, { look: 1, isProven: false })).toBeDefined();
    expect(learnHeads(few, { look: 100_000, isProven: false })).toBeUndefined();
    expect(learnHeads(few, { look: 100_000, isProven: true })).toBeDefined();
  });
});
