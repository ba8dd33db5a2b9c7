import { describe, expect, it } from 'vitest';
import { hashedWords } from './hashed-words.ts';
import { seeded } from './logistic-head.ts';
import { finish } from './pieces.ts';
import { fitGuessInPieces, guessTasks, type TaskGuess } from './task-guess.ts';

/** Calls of so many tasks, each with words of its own and words that all share. */
function callsOf({ tasks, each, seed = 1 }: { tasks: number; each: number; seed?: number }) {
  const random = seeded(seed);
  const some = (n: number, of: () => string): string => Array.from({ length: n }, of).join(' ');
  const word = (n: number): string => n.toString(36).replace(/\d/g, (digit) => 'qwertzuiop'[Number(digit)] ?? 'x');
  return Array.from({ length: tasks * each }, (_, i) => {
    const task = i % tasks;
    const text = `${some(8, () => word(Math.floor(random() * 900) + 100_000))} ${some(4, () => word(task * 50 + Math.floor(random() * 20) + 900_000))}`;
    return { words: hashedWords(text, ''), structure: [], task: `task ${task}` };
  });
}

const fit = (calls: ReturnType<typeof callsOf>): TaskGuess | undefined => finish(fitGuessInPieces(calls));

describe('the guess of a task', () => {
  it('is right for most texts that it has not seen, and its probabilities add up', () => {
    const guess = fit(callsOf({ tasks: 12, each: 60 }));
    if (guess === undefined) throw new Error('nothing was fitted');
    const unseen = callsOf({ tasks: 12, each: 20, seed: 2 });
    const right = unseen.filter((call) => {
      const likely = guessTasks(guess, call);
      expect(likely.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1);
      return guess.tasks[likely.indexOf(Math.max(...likely))] === call.task;
    });
    expect(right.length / unseen.length).toBeGreaterThan(0.9);
  });

  it('takes two tasks at least, each with a few calls', () => {
    expect(fit(callsOf({ tasks: 1, each: 100 }))).toBeUndefined();
    expect(fit(callsOf({ tasks: 50, each: 2 }))).toBeUndefined();
    expect(fit([])).toBeUndefined();
    const some = [...callsOf({ tasks: 2, each: 30 }), ...callsOf({ tasks: 40, each: 1 }).slice(2)];
    expect(fit(some)?.tasks).toEqual(['task 0', 'task 1']);
  });

  it('knows the 58 most frequent tasks, and takes 125 KiB at most', () => {
    const guess = fit(callsOf({ tasks: 90, each: 10 }));
    if (guess === undefined) throw new Error('nothing was fitted');
    expect(guess.tasks).toHaveLength(58);
    expect(guess.levels.length + guess.rarity.length).toBeLessThanOrEqual(125 * 1024);
  });

  it('says something of every text', () => {
    const guess = fit(callsOf({ tasks: 3, each: 20 }));
    if (guess === undefined) throw new Error('nothing was fitted');
    for (const text of ['', '\u0000', 'x'.repeat(10_000)]) {
      const likely = guessTasks(guess, { words: hashedWords(text, ''), structure: [] });
      expect([...likely].every((one) => one > 0 && one < 1)).toBe(true);
    }
  });
});
