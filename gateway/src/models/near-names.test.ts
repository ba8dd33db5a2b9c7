import { describe, expect, it } from 'vitest';
import { nearNames } from './near-names.ts';

const known = ['gpt-4o', 'gpt-4o-mini', 'claude-3-5-sonnet-20241022', 'gemini-1.5-pro', 'o1'];

describe('a mistyped name', () => {
  it.each([
    ['gpt4o', ['gpt-4o']],
    ['GPT-4o', ['gpt-4o']],
    ['gpt-4o-mni', ['gpt-4o-mini']],
    ['claude-3.5-sonnet-20241022', ['claude-3-5-sonnet-20241022']],
    ['gemini-1.5pro', ['gemini-1.5-pro']],
    ['o2', ['o1']],
  ])('%s is likest %j', (typed, likest) => {
    expect(nearNames(typed, known).slice(0, 1)).toEqual(likest);
  });

  it.each(['definitely-not-a-model', 'llama', '', 'x'.repeat(200)])('%s is like none', (typed) => {
    expect(nearNames(typed, known)).toEqual([]);
  });

  it('is like three at the most, likest first', () => {
    expect(nearNames('aaaaaa', ['aaabbb', 'aaaabb', 'aaaaab', 'aaaaaa', 'aaaaac'])).toEqual([
      'aaaaaa',
      'aaaaab',
      'aaaaac',
    ]);
  });
});
