import { expect, it } from 'vitest';
import { MapRounds } from './map-rounds.ts';

it('a few entries are looked at each time, and all of them in turn, while others come and go', () => {
  const map = new Map(Array.from({ length: 10 }, (_, n) => [n, `one ${n}`]));
  const rounds = new MapRounds(map);
  const next = () => [...rounds.next(4)].map(([key]) => key);
  expect(next()).toEqual([0, 1, 2, 3]);
  map.delete(5);
  map.set(10, 'one 10');
  expect(next()).toEqual([4, 6, 7, 8]);
  expect(next()).toEqual([9, 10, 0, 1]);
  for (const [key] of rounds.next(4)) map.delete(key);
  expect([...map.keys()]).toEqual([0, 1, 7, 8, 9, 10]);
});

it('a round looks at no entry twice, and at none of an empty map', () => {
  const map = new Map([['one', 1]]);
  const rounds = new MapRounds(map);
  expect([...rounds.next(5)]).toEqual([['one', 1]]);
  map.clear();
  expect([...rounds.next(5)]).toEqual([]);
  map.set('two', 2);
  expect([...rounds.next(5)]).toEqual([['two', 2]]);
});
