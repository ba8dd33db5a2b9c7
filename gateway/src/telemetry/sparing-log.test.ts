import { expect, it } from 'vitest';
import { faultOf, SparingLog } from './sparing-log.ts';

const refused = (): Error => Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });

function watched() {
  const lines: unknown[][] = [];
  let nowMs = 0;
  const log = new SparingLog({ log: { warn: (...line: unknown[]) => void lines.push(line) }, now: () => nowMs });
  const fail = (error: unknown, job: string): void => log.warn(error, job, { job }, 'a job failed');
  return {
    lines,
    fail,
    pass: (ms: number): void => {
      nowMs += ms;
    },
  };
}

it('a database that is away has one line a minute, whichever jobs meet it, with the number of repeats', () => {
  const { lines, fail, pass } = watched();
  for (let second = 0; second < 60; second++) {
    for (const job of ['a', 'b', 'c']) fail(refused(), job);
    pass(1_000);
  }
  expect(lines).toEqual([[{ job: 'a' }, 'a job failed']]);
  fail(refused(), 'b');
  expect(lines.slice(1)).toEqual([[{ job: 'b', repeats: 179 }, 'a job failed']]);
});

it('each other fault of each job has a line', () => {
  const { lines, fail } = watched();
  for (const job of ['a', 'b']) for (const text of ['division by zero', 'out of memory']) fail(new Error(text), job);
  fail(new Error('division by zero'), 'a');
  expect(lines.length).toBe(4);
});

it('a text that never repeats fills no memory', () => {
  const { lines, fail } = watched();
  for (let i = 0; i < 1_000; i++) fail(new Error(`row ${i}`), 'a');
  expect(lines.length).toBe(1_000);
});

it.each([
  [new Error('the disk is full'), 'the disk is full'],
  [Object.assign(new Error(''), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  [{ message: 'Connection terminated', queue: 'deliveries', worker: 'w1' }, 'Connection terminated'],
  ['a text', 'a text'],
  [undefined, 'undefined'],
])('%o is put in words', (error, words) => {
  expect(faultOf(error)).toBe(words);
});
