import { listHeads } from '@ai-gateway/shared/operations/heads';
import { describe, expect, it } from 'vitest';
import {
  type Head,
  headAfter,
  headStateOf,
  sayEnd,
  versionStateOf,
  withdrawnOf,
} from '../../gateway/dashboard/src/screens/routing/head-words.ts';

const [sample] = listHeads.sample.output.data as Head[];

function head(version: number, state: Head['state'], change: Partial<Head> = {}): Head {
  if (sample === undefined) throw new Error('The operation has no sample.');
  return { ...sample, version, state, active: state === 'active', ...change };
}

describe('the words of heads', () => {
  const collected = { ...listHeads.sample.output.collected, calls: 420, needed: 400 };

  it.each([
    [true, [head(1, 'active')], true, 420, 'active'],
    [false, [head(1, 'inactive')], true, 420, 'retired'],
    [true, [head(1, 'no_better')], true, 420, 'waiting'],
    [true, [], true, 120, 'learning'],
    [true, [], false, 120, 'off'],
    [true, [head(1, 'withdrawn')], false, 420, 'off'],
  ] as const)('say where the workspace stands: follows %s, %j', (follows, data, isLearning, calls, state) => {
    expect(headStateOf({ data: [...data], follows, collected: { ...collected, calls } }, isLearning)).toBe(state);
  });

  it('say where the workspace stands by the answer of an earlier gateway, too', () => {
    expect(headStateOf({ data: [], follows: true }, true)).toBe('waiting');
  });

  it.each([
    ['active', {}, 'active'],
    ['inactive', { active_until: null }, 'proven'],
    ['inactive', { active_until: '2026-11-02T08:00:00.000Z' }, 'retired'],
    ['no_better', { better: false }, 'unproven'],
    // It is better than the tasks, and proves less than the version that was active.
    ['no_better', { better: true }, 'unused'],
    ['withdrawn', {}, 'withdrawn'],
  ] as const)('name the state %s of a version with %j', (state, change, name) => {
    expect(versionStateOf(head(1, state, change))).toBe(name);
  });

  it('name the version that the gateway says is the newest, whatever the list looks like', () => {
    const byHand = [head(6, 'active'), head(5, 'inactive')];
    expect(headAfter({ data: byHand, newest: 5 }, { to: 'latest' })?.version).toBe(5);
    expect(headAfter({ data: [head(4, 'active')], newest: null }, { to: 'latest' })).toBeUndefined();
    expect(headAfter({ data: byHand, newest: 5 }, { to: 'none' })).toBeUndefined();
  });

  it('say that a choice ends the comparison of a candidate', () => {
    const data = [head(6, 'candidate', { compared: null }), head(5, 'active'), head(4, 'inactive')];
    const [candidate, active, older] = data as [Head, Head, Head];
    const of = { data, newest: 5 };
    expect(sayEnd(of, { to: 'version', head: candidate })).toBe(
      'This ends its comparison with version 5, and going back to version 5 does not take it up again.',
    );
    expect(sayEnd(of, { to: 'version', head: older })).toContain('Version 6 is compared with version 5 no more');
    expect(sayEnd(of, { to: 'none' })).toContain('Version 6 is compared with version 5 no more');
    expect(sayEnd(of, { to: 'latest' })).toBeUndefined();
    expect(sayEnd({ data: [active, older], newest: 5 }, { to: 'none' })).toBeUndefined();
  });

  it('mention a withdrawal until a newer version is in use', () => {
    expect(withdrawnOf({ data: [head(6, 'no_better'), head(5, 'withdrawn')] })?.version).toBe(5);
    expect(withdrawnOf({ data: [head(6, 'active'), head(5, 'withdrawn')] })).toBeUndefined();
  });
});
