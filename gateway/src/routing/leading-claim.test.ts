import { describe, expect, it } from 'vitest';
import { LeadingClaims, strongModelsOf } from './leading-claim.ts';
import type { StoredClaim } from './task-claim-store.ts';

const day = 86_400_000;
const claim = (strong: string, pairs: number, daysAgo: number, more: Partial<StoredClaim> = {}): StoredClaim => ({
  ...{ task: 'ab', topic: 'classify', weak: 'gpt-6-luna', strong, pairs, agreed: pairs, lower: 0.9, upper: 1 },
  ...{ recent: '', judged: 0, judges: [], isCleared: false, isWithdrawn: false, updatedAt: new Date(-daysAgo * day) },
  ...{ sampled: 0, comparable: 0, promptVersion: null, versionPairs: 0 },
  ...more,
});

/** The strong model whose pairs count; `others` are claims at other tasks. */
function leading(claims: StoredClaim[], strongModels: string[] = [], others: StoredClaim[] = []): string | undefined {
  const choice = new LeadingClaims(strongModels);
  for (const one of [...claims, ...others]) choice.note(one);
  return choice.of(claims.toSorted((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime()))?.strong;
}

describe('of pairs beside several strong models', () => {
  it('a pair beside a fallback, compared in an outage, takes nothing back that is proven beside the first', () => {
    expect(leading([claim('sol', 143, 2), claim('opus', 1, 0)])).toBe('sol');
    expect(leading([claim('sol', 143, 60), claim('opus', 400, 0)], ['sol', 'opus'])).toBe('sol');
  });

  it('those beside a model that was replaced count no more once there are some beside another of the settings', () => {
    const old = claim('sol', 900, 1);
    expect(leading([old, claim('opus', 1, 0)], ['opus'])).toBe('opus');
    // Nothing was compared since, anywhere: names may be written in a way of their own.
    expect(leading([old], ['opus'])).toBe('sol');
    expect(leading([old], ['opus'], [claim('opus', 3, 0)])).toBeUndefined();
  });

  it('those that are a month older than the latest give way where the gateway chooses its classes', () => {
    expect(leading([claim('sol', 900, 31), claim('opus', 20, 0)])).toBe('opus');
    expect(leading([claim('sol', 900, 29), claim('opus', 20, 0)])).toBe('sol');
  });

  it('a task that was taken back beside one of them is not proven beside another', () => {
    expect(leading([claim('sol', 0, 1, { isWithdrawn: true }), claim('opus', 200, 2)])).toBe('sol');
  });
});

it('the strong models of the settings have no account before their names and no date behind', () => {
  const pool = [
    { model: 'gpt-6-luna', class: 'small' },
    { model: 'azure/gpt-6-sol-2026-10-01', class: 'strong' },
    { model: 'opus', class: 'strong' },
  ];
  const at = new Date('2026-12-01');
  expect(strongModelsOf({ auto: { pool } }, at)).toEqual(['azure/gpt-6-sol', 'gpt-6-sol', 'opus']);
  expect(strongModelsOf({ auto: undefined }, at)).toEqual([]);
});

it('a model that its vendor has retired comes behind the one that answers in its place, whose pairs count from the first on', () => {
  const pool = [{ model: 'anthropic/claude-3-opus-20240229', class: 'strong' }];
  const names = strongModelsOf({ auto: { pool } }, new Date('2026-12-01'));
  const [successor = ''] = names;
  expect(names.slice(1)).toEqual(['anthropic/claude-3-opus', 'claude-3-opus']);
  expect(successor).toMatch(/^claude-opus-/);
  const own = [{ model: 'my-server/claude-3-opus-20240229', class: 'strong' }];
  const at = new Date('2026-12-01');
  expect(strongModelsOf({ auto: { pool: own } }, at)).toEqual(['my-server/claude-3-opus', 'claude-3-opus']);
  expect(leading([claim('claude-3-opus-20240229', 900, 1), claim(successor, 1, 0)], [...names])).toBe(successor);
});
