import { describe, expect, it } from 'vitest';
import { structureSize } from './call-structure.ts';
import { hashedWords } from './hashed-words.ts';
import type { LearnedHeads } from './learned-heads.ts';
import { logitOf, seeded, sigmoid } from './logistic-head.ts';
import { packHeads, unpackHeads } from './packed-heads.ts';
import { fitTextHeads, type LabelledCall, probabilities, taskRate } from './text-heads.ts';

/** Of a workspace with many tasks, each call with many words of its own. */
function learned({ tasks, calls, width }: { tasks: number; calls: number; width: number }): LearnedHeads {
  const random = seeded(6);
  const labelled = Array.from({ length: calls }, (_, i): LabelledCall => {
    const text = Array.from({ length: 150 }, () => `w${Math.floor(random() * 20_000).toString(36)}x`).join(' ');
    return {
      words: hashedWords(text.replace(/\d/g, 'y')),
      structure: Array.from({ length: width }, () => random()),
      task: (i % tasks).toString(16).padStart(32, '0'),
      weak: random() < 0.7 ? 1 : 0,
      strong: 1,
    };
  });
  return {
    heads: fitTextHeads(labelled),
    gainMost: { '0.95': 0.012345 },
    report: { calls, judged: 1, better: 0.1, lower: 0.01 },
  };
}

describe('heads as they are stored', () => {
  it('take 300 KiB at most, however many tasks a workspace has', () => {
    const most = learned({ tasks: 90, calls: 900, width: structureSize });
    const rates = new Map(
      Array.from({ length: 5_000 }, (_, i) => [i.toString(16).padStart(32, 'f'), { weak: 1 / 3, strong: 2 / 3 }]),
    );
    const packed = packHeads({ ...most, heads: { ...most.heads, rates } });
    expect(most.heads.guess?.levels.length).toBeGreaterThan(100_000);
    expect(packed.length).toBeGreaterThan(250 * 1024);
    expect(packed.length).toBeLessThanOrEqual(300 * 1024);
  });

  it('say the same of a call after they were stored', () => {
    const some = learned({ tasks: 3, calls: 90, width: structureSize });
    const stored = unpackHeads(packHeads(some));
    if (stored === undefined) throw new Error('the heads were not read');
    expect(stored.gainMost).toEqual(some.gainMost);
    expect(stored.report).toEqual(some.report);
    expect(stored.heads.guess).toEqual(some.heads.guess);
    const structure = Array.from({ length: structureSize }, () => 0.1);
    for (const task of ['0'.repeat(32), undefined]) {
      const call = { words: hashedWords('wayx wbyx wcyx'), structure, task };
      const [before, after] = [some.heads, stored.heads].map((heads) => probabilities(heads, call));
      expect(after?.weak).toBeCloseTo(before?.weak ?? 0, 3);
      expect(after?.strong).toBeCloseTo(before?.strong ?? 0, 3);
    }
  });

  it('are read without a guess where there is one task', () => {
    const one = learned({ tasks: 1, calls: 60, width: structureSize });
    expect(unpackHeads(packHeads(one))?.heads.guess).toBeUndefined();
  });

  it('are left alone where an earlier version of the gateway fitted them to other features', () => {
    expect(unpackHeads(packHeads(learned({ tasks: 3, calls: 90, width: 13 })))).toBeUndefined();
  });

  it.each([1, 3])('say what they said where an earlier version of the gateway learned them of %i tasks', (tasks) => {
    const { heads, gainMost, report } = learned({ tasks, calls: 90, width: structureSize });
    const scales = { weakScale: { slope: 0.4, offset: 0.3 }, strongScale: { slope: 0.2, offset: 2 } };
    const stored = unpackHeads(packedBefore({ heads, gainMost, report }, scales));
    if (stored === undefined) throw new Error('the heads were not read');
    expect(stored).toMatchObject({ gainMost, report });
    const call = { words: hashedWords('wayx wbyx wcyx'), structure: Array.from({ length: structureSize }, () => 0.1) };
    for (const task of ['0'.repeat(32), undefined]) {
      const now = probabilities(stored.heads, { ...call, task });
      const byTask = taskRate(heads, { ...call, task });
      for (const of of ['weak', 'strong'] as const) {
        const { slope, offset } = scales[`${of}Scale`];
        const byWords = sigmoid(slope * logitOf(heads[of], call) + offset);
        expect(now[of]).toBeCloseTo(tasks === 1 ? byWords : (byWords + byTask[of]) / 2, 3);
      }
    }
  });

  it('are left alone by an earlier version of the gateway, which reads them by the length of their structure', () => {
    const packed = packHeads(learned({ tasks: 3, calls: 90, width: structureSize }));
    const { weak, strong } = JSON.parse(packed.subarray(4, 4 + packed.readUInt32LE(0)).toString('utf8'));
    for (const { structure } of [weak, strong]) expect(structure.length).not.toBe(structureSize);
    expect(unpackHeads(packed)?.heads.weak.structure).toHaveLength(structureSize);
  });
});

/** As heads were stored before what words and tasks say was weighed. */
function packedBefore({ heads, gainMost, report }: LearnedHeads, scales: object): Buffer {
  const { weak, strong, rate, rates, guess } = heads;
  const json = Buffer.from(
    JSON.stringify({
      ...scales,
      ...{ rate, gainMost, report },
      rates: [...rates].map(([task, of]) => [task, of.weak, of.strong]),
      weak: { ...weak, words: undefined },
      strong: { ...strong, words: undefined },
      guess: guess && { tasks: guess.tasks, shares: guess.shares, sizes: guess.sizes, buckets: guess.rarity.length },
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const ofGuess = guess === undefined ? [] : [guess.rarity, guess.levels];
  const words = [weak, strong].map((head) => Buffer.from(Int8Array.from(head.words).buffer));
  return Buffer.concat([length, json, ...words, ...ofGuess]);
}
