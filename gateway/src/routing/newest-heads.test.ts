import { expect, it } from 'vitest';
import { newestHeads } from './newest-heads.ts';

const isReadable = true;
const promoted = { outcome: 'promoted', reason: 'better', isReadable } as const;
const chosen = { outcome: 'promoted', reason: 'chosen', isReadable } as const;
const withdrawn = { outcome: 'withdrawn', reason: 'broken_promise', isReadable } as const;
const candidate = { outcome: 'candidate', reason: 'comparing', isReadable } as const;
const foreign = { ...promoted, isReadable: false } as const;
const withdrawnForeign = { ...withdrawn, isReadable: false } as const;

it.each([
  ['none of none', [], 0],
  ['the one that was promoted last', [candidate, promoted, promoted], 2],
  ['the one before a candidate that somebody promoted by hand', [chosen, promoted], 1],
  ['none once the last one was withdrawn, whoever uses it since', [withdrawn, promoted], 0],
  ['one that was promoted after a withdrawal', [promoted, withdrawn], 2],
  ['none where a person alone promoted one', [chosen], 0],
  ['the one before those that this version of the gateway cannot read', [foreign, promoted], 1],
  ['none once one was withdrawn that this version cannot read', [withdrawnForeign, promoted], 0],
] as const)('the newest heads are %s', (_, newestFirst, version) => {
  const versions = newestFirst.map((one, index) => ({ ...one, version: newestFirst.length - index }));
  expect(newestHeads(versions)).toBe(version);
});
