import { describe, expect, it } from 'vitest';
import { headsOfFormat } from '../../../test/support/heads-of-format.ts';
import { structureSize } from './call-structure.ts';
import { hashedWords } from './hashed-words.ts';
import type { LearnedHeads } from './learned-heads.ts';
import { seeded } from './logistic-head.ts';
import { areOfLaterGateway, headsFormat, packHeads, unpackHeads } from './packed-heads.ts';
import { fitTextHeads, type LabelledCall, probabilities } from './text-heads.ts';

/** Of a workspace with many tasks, each call with many words of its own. */
function learned({ tasks, calls, width }: { tasks: number; calls: number; width: number }): LearnedHeads {
  const random = seeded(6);
  const labelled = Array.from({ length: calls }, (_, i): LabelledCall => {
    const text = Array.from({ length: 150 }, () => `w${Math.floor(random() * 20_000).toString(36)}x`).join(' ');
    return {
      words: hashedWords(text.replace(/\d/g, 'y'), ''),
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
      const call = { words: hashedWords('wayx wbyx wcyx', ''), structure, task };
      const [before, after] = [some.heads, stored.heads].map((heads) => probabilities(heads, call));
      expect(after?.weak).toBeCloseTo(before?.weak ?? 0, 3);
      expect(after?.strong).toBeCloseTo(before?.strong ?? 0, 3);
    }
  });

  it('are read without a guess where there is one task', () => {
    const one = learned({ tasks: 1, calls: 60, width: structureSize });
    expect(unpackHeads(packHeads(one))?.heads.guess).toBeUndefined();
  });

  it('are learned again where another version of the gateway saw calls differently, and left to it where it is a later one', () => {
    const own = packHeads(learned({ tasks: 3, calls: 90, width: structureSize }));
    expect(areOfLaterGateway(own)).toBe(false);
    const later = headsOfFormat(own, headsFormat + 1);
    expect([unpackHeads(later), areOfLaterGateway(later)]).toEqual([undefined, true]);
    for (const format of [undefined, headsFormat - 1]) {
      const earlier = headsOfFormat(own, format);
      expect([unpackHeads(earlier), areOfLaterGateway(earlier)]).toEqual([undefined, false]);
    }
    expect([unpackHeads(Buffer.alloc(0)), areOfLaterGateway(Buffer.alloc(0))]).toEqual([undefined, false]);
  });

  it('begin with their format, and have a length of structure that no version of before formats takes for its own', () => {
    const packed = packHeads(learned({ tasks: 3, calls: 90, width: structureSize }));
    expect(packed.subarray(4).toString('latin1').startsWith(`{"format":${headsFormat},`)).toBe(true);
    const { weak, strong } = JSON.parse(packed.subarray(4, 4 + packed.readUInt32LE(0)).toString('utf8'));
    for (const { structure } of [weak, strong]) expect([13, 30, 31]).not.toContain(structure.length);
    expect(unpackHeads(packed)?.heads.weak.structure).toHaveLength(structureSize);
  });
});
