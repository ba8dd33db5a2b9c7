import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seed, seedVariable } from './seed.ts';

const draws: number[][] = [];

it('a property draws from the seed of the run', () => {
  expect(fc.readConfigureGlobal()).toEqual({ seed: Number(process.env[seedVariable]) });
  for (const _ of [1, 2]) {
    const drawn: number[] = [];
    fc.assert(fc.property(fc.integer(), (number) => void drawn.push(number)));
    draws.push(drawn);
  }
  expect(draws[1]).toEqual(draws[0]);
  expect(fc.sample(fc.integer(), 20)).toEqual(fc.sample(fc.integer(), { seed, numRuns: 20 }));
});
