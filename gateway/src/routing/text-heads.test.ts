import { describe, expect, it } from 'vitest';
import { hashedWords } from './hashed-words.ts';
import { fitHead, logitOf, seeded, sigmoid } from './logistic-head.ts';
import { fitTextHeads, gainOf, type LabelledCall, probabilities, taskRate } from './text-heads.ts';

const wordsOf: Readonly<Record<string, string>> = {
  mail: 'letter parcel refund complaint greeting customer delivery address',
  code: 'function variable compiler pointer exception branch commit module',
  law: 'clause contract liability court statute tenant notice warranty',
};
/** How often the small model is right. */
const rightOf: Readonly<Record<string, number>> = { mail: 0.95, code: 0.5, law: 0.3 };

function callsOf(n: number, seed = 1): LabelledCall[] {
  const random = seeded(seed);
  return Array.from({ length: n }, () => {
    const task = Object.keys(wordsOf)[Math.floor(random() * 3)] ?? 'mail';
    const weak = random() < (rightOf[task] ?? 0) ? 1 : 0;
    return { ...asked(textOf(task, random)), task, weak, strong: random() < 0.97 ? 1 : 0 };
  });
}

function textOf(task: string, random: () => number): string {
  const words = (wordsOf[task] ?? '').split(' ');
  return Array.from({ length: 6 }, () => words[Math.floor(random() * words.length)]).join(' ');
}

function asked(text: string) {
  return { words: hashedWords(text, ''), structure: [], task: undefined };
}

describe('the heads of a workspace', () => {
  it('judge a task without labels by the tasks whose words it shares', () => {
    const heads = fitTextHeads(callsOf(900));
    const random = seeded(9);
    for (const [task, right] of Object.entries(rightOf)) {
      const rate = taskRate(heads, asked(textOf(task, random)));
      expect(Math.abs(rate.weak - right), task).toBeLessThan(0.1);
      expect(taskRate(heads, { ...asked(textOf('mail', random)), task })).toEqual(heads.rates.get(task));
    }
  });

  it('take the rate of all tasks for words that no task has', () => {
    const heads = fitTextHeads(callsOf(900));
    const { weak } = taskRate(heads, asked('zebra'));
    expect(Math.abs(weak - heads.rate.weak)).toBeLessThan(0.1);
  });

  it('give probabilities that come true on calls that they have not seen', () => {
    const heads = fitTextHeads(callsOf(1_500));
    const unseen = callsOf(3_000, 2);
    for (const task of Object.keys(rightOf)) {
      const some = unseen.filter((call) => call.task === task);
      const mean = (of: (call: LabelledCall) => number): number =>
        some.reduce((sum, call) => sum + of(call), 0) / some.length;
      const said = mean((call) => probabilities(heads, { ...call, task: undefined }).weak);
      expect(Math.abs(said - mean(({ weak }) => weak)), task).toBeLessThan(0.06);
    }
  });

  it('are the same whenever they are fitted', () => {
    expect(fitTextHeads(callsOf(300))).toEqual(fitTextHeads(callsOf(300)));
  });

  it('see no gain where both models are always right', () => {
    const heads = fitTextHeads(callsOf(300).map((call) => ({ ...call, weak: 1, strong: 1 })));
    expect(Math.abs(gainOf(probabilities(heads, asked('contract clause'))))).toBeLessThan(0.02);
  });

  it('trust the words alone where there is one task', () => {
    const heads = fitTextHeads(callsOf(300).map((call) => ({ ...call, task: 'all' })));
    for (const task of ['all', undefined]) {
      const call = { ...asked('contract clause'), task };
      const { weights, bias } = heads.guessed.weak;
      for (const weight of weights.slice(1)) expect(weight).toBeCloseTo(0, 6);
      expect(probabilities(heads, call).weak).toBeCloseTo(
        sigmoid((weights[0] ?? 0) * logitOf(heads.weak, call) + bias),
        6,
      );
    }
  });

  it('say what is always so without words', () => {
    const calls = callsOf(100);
    const head = fitHead(
      calls,
      calls.map(() => 1),
    );
    expect([...head.words].every((weight) => weight === 0)).toBe(true);
    expect(sigmoid(logitOf(head, asked('zebra')))).toBeGreaterThan(0.99);
  });
});
