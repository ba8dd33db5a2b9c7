import { expect, it } from 'vitest';
import { newestHeads } from './newest-heads.ts';

const promoted = { outcome: 'promoted', reason: 'better' } as const;
const chosen = { outcome: 'promoted', reason: 'chosen' } as const;
const withdrawn = { outcome: 'withdrawn', reason: 'broken_promise' } as const;
const candidate = { outcome: 'candidate', reason: 'comparing' } as const;

it.each([
  ['none of none', [], 0],
  ['the one that was promoted last', [candidate, promoted, promoted], 2],
  ['the one before a candidate that somebody promoted by hand', [chosen, promoted], 1],
  ['none once the last one was withdrawn, whoever uses it since', [withdrawn, promoted], 0],
  ['one that was promoted after a withdrawal', [promoted, withdrawn], 2],
  ['none where a person alone promoted one', [chosen], 0],
] as const)('the newest heads are %s', (_, newestFirst, version) => {
  const versions = newestFirst.map((one, index) => ({ ...one, version: newestFirst.length - index }));
  expect(newestHeads(versions)).toBe(version);
});
