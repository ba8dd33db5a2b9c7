import { expect, it } from 'vitest';
import type { Candidate } from './candidate.ts';
import { SessionAffinity } from './session-affinity.ts';

const minute = 60_000;
const at = (account: string, model = 'gpt-4o', kind: Candidate['kind'] = 'openai'): Candidate => ({
  provider: account,
  account,
  kind,
  baseUrl: '',
  apiKey: '',
  trusted: false,
  model,
  price: undefined,
  reason: 'asked for',
  named: true,
  spare: false,
});
const namesOf = (candidates: readonly Candidate[]): string[] => candidates.map(({ account }) => account);

it('a session stays at the account that answered it, for as long as its prompt is kept there', () => {
  const affinity = new SessionAffinity();
  affinity.note('s', at('b'), { isLong: false, now: 0 });
  const candidates = [at('a'), at('b')];
  expect(namesOf(affinity.prefer('s', candidates, 4 * minute))).toEqual(['b', 'a']);
  expect(namesOf(affinity.prefer('s', candidates, 6 * minute))).toEqual(['a', 'b']);
  expect(namesOf(affinity.prefer('another', candidates, 0))).toEqual(['a', 'b']);
});

it('an account that is not among the candidates is not asked, as one that is down', () => {
  const affinity = new SessionAffinity();
  affinity.note('s', at('b'), { isLong: false, now: 0 });
  expect(namesOf(affinity.prefer('s', [at('a'), at('c')], 0))).toEqual(['a', 'c']);
});

it('the model that was asked for is never replaced by the one of the session', () => {
  const affinity = new SessionAffinity();
  affinity.note('s', at('b', 'gpt-4o-mini'), { isLong: false, now: 0 });
  expect(namesOf(affinity.prefer('s', [at('a'), at('b', 'gpt-4o-mini')], 0))).toEqual(['a', 'b']);
});

it('a prompt is kept for 30 minutes from gpt-5.6 on, and for an hour where the caller’s marks say so', () => {
  const affinity = new SessionAffinity();
  const stays = (minutes: number, name: string, candidate: Candidate, isLong = false): boolean => {
    affinity.note(name, candidate, { isLong, now: 0 });
    const [first] = affinity.prefer(name, [at('a', candidate.model), candidate], minutes * minute);
    return first?.account === candidate.account;
  };
  expect([
    stays(29, '1', at('b', 'gpt-5.6-terra')),
    stays(31, '2', at('b', 'gpt-6-sol')),
    stays(6, '3', at('b', 'gpt-5.5')),
  ]).toEqual([true, false, false]);
  expect([stays(59, '4', at('b', 'claude-opus-4-8', 'anthropic'), true), stays(61, '5', at('b', 'x'), true)]).toEqual([
    true,
    false,
  ]);
});

it('of any number of sessions the latest hundred thousand are remembered', () => {
  const affinity = new SessionAffinity();
  for (let i = 0; i <= 100_000; i++) affinity.note(`s${i}`, at('b'), { isLong: false, now: 0 });
  const candidates = [at('a'), at('b')];
  expect(namesOf(affinity.prefer('s0', candidates, 1))).toEqual(['a', 'b']);
  expect(namesOf(affinity.prefer('s1', candidates, 1))).toEqual(['b', 'a']);
});
