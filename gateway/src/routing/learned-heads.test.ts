import { describe, expect, it } from 'vitest';
import { hashedWords } from './hashed-words.ts';
import { isEasy, labelsMin, learnHeads, learnHeadsInPieces } from './learned-heads.ts';
import { seeded } from './logistic-head.ts';
import { finish } from './pieces.ts';
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
      words: hashedWords(text, ''),
      structure: [],
      task: 'mail',
      weak: random() < (isHard && hardFails ? 0.4 : 0.995) ? 1 : 0,
      strong: 1,
    };
  });
}

/** How often the small model is right on the easy and on the hard calls of a task; a task that is named more often comes more often. */
type Traffic = readonly (readonly [task: string, right: { easy: number; hard: number }])[];
const noTask: Traffic[number] = ['none', { easy: 1, hard: 1 }];
const before: Traffic = [
  ['mail', { easy: 0.9, hard: 0.2 }],
  ['notes', { easy: 0.6, hard: 0.3 }],
];
const poems: Traffic[number] = ['poems', { easy: 1, hard: 0.8 }];
const since: Traffic = [['mail', { easy: 0.99, hard: 0.5 }], ['notes', { easy: 0.9, hard: 0.5 }], poems, poems, poems];

/** Calls of several tasks, each with a word of its own and four hard calls in ten. */
function tasksOf(n: number, traffic: Traffic, seed: number): LabelledCall[] {
  const random = seeded(seed);
  const pick = (): string => words[Math.floor(random() * words.length)] ?? '';
  return Array.from({ length: n }, () => {
    const [task, { easy, hard }] = traffic[Math.floor(random() * traffic.length)] ?? noTask;
    const isHard = random() < 0.4;
    const text = `${pick()} ${task} ${isHard ? 'contract' : 'newsletter'} ${pick()}`;
    const weak = random() < (isHard ? hard : easy) ? 1 : 0;
    return { words: hashedWords(text, ''), structure: [], task, weak, strong: 1 };
  });
}

const asked = (text: string) => ({ words: hashedWords(text, ''), structure: [], task: 'mail' });

describe('heads that a workspace learns', () => {
  it('split a task into calls that are easy and calls that are not', () => {
    const learned = learnHeads(calls(2_400, { hardFails: true }));
    if (learned === undefined) throw new Error('the heads were not better than the rate of the task');
    expect(learned.report).toMatchObject({ calls: 2_400, judged: 800, tasks: 1 });
    expect(learned.report.lower).toBeGreaterThan(0);
    // Three calls of five are newsletters.
    expect(learned.report.easy?.['0.95']).toBeGreaterThan(0.5);
    expect(learned.report.easy?.['0.95']).toBeLessThan(0.7);
    expect(isEasy(learned, asked('newsletter garden'), 0.95)).toBe(true);
    expect(isEasy(learned, asked('contract clause garden'), 0.95)).toBe(false);
    expect(isEasy(learned, asked('newsletter garden'), 0.999)).toBe(false);
  });

  it('know the newest calls too once they are promoted', () => {
    const old = calls(2_400, { hardFails: true });
    // A word that only the newest calls have, and that the small model always fails.
    const fresh = calls(600, { hardFails: true }).map((call, i) =>
      i % 3 === 0 ? { ...call, words: hashedWords('subpoena garden', ''), weak: 0 } : call,
    );
    const learned = learnHeads([...old, ...fresh]);
    if (learned === undefined) throw new Error('the heads were not better than the rate of the task');
    expect(probabilities(learned.heads, asked('subpoena garden')).weak).toBeLessThan(0.3);
    expect(probabilities(learned.heads, asked('newsletter garden')).weak).toBeGreaterThan(0.9);
  });

  it('keep their promise where a new task comes and the small model gets better, by what all calls say', () => {
    const learned = learnHeads([...tasksOf(2_400, before, 1), ...tasksOf(1_200, since, 51)]);
    if (learned === undefined) throw new Error('the heads were not better than the rates of the tasks');
    expect(Object.keys(learned.gainMost)).toContain('0.95');
    const unseen = tasksOf(6_000, since, 100);
    for (const level of Object.keys(learned.gainMost).map(Number)) {
      const easy = unseen.filter((call) => isEasy(learned, call, level));
      expect(easy.length, `calls at ${level}`).toBeGreaterThan(600);
      expect(easy.reduce((sum, { weak }) => sum + weak, 0) / easy.length).toBeGreaterThanOrEqual(level);
    }
  });

  it('are not promoted where the words say nothing, nor by too few calls', () => {
    expect(learnHeads(calls(2_400, { hardFails: false }))).toBeUndefined();
    expect(learnHeads(calls(labelsMin - 1, { hardFails: true }))).toBeUndefined();
  });

  it('say how far they were from being better, where they are not promoted', () => {
    const attempt = finish(learnHeadsInPieces(calls(500, { hardFails: true }), { look: 100_000, isProven: false }));
    expect(attempt).toMatchObject({ learned: undefined, report: { calls: 500, judged: 167, tasks: 1 } });
    expect(attempt?.report.lower).toBeLessThanOrEqual(0);
    expect(attempt?.report.better).toBeGreaterThan(0);
  });

  it('need a clearer lead at each of many looks, and once they are in use only keep theirs', () => {
    const few = calls(500, { hardFails: true });
    expect(learnHeads(few, { look: 1, isProven: false })).toBeDefined();
    expect(learnHeads(few, { look: 100_000, isProven: false })).toBeUndefined();
    expect(learnHeads(few, { look: 100_000, isProven: true })).toBeDefined();
  });
});
