import { expect, test } from 'vitest';
import { OfViews } from './of-views.ts';
import { RecentMap } from './recent-map.ts';

const hourMs = 3_600_000;

test('workspaces that do not call for two hours are forgotten, and one that calls is not', () => {
  let nowMs = 0;
  const views = new RecentMap<number>({ now: () => nowMs });
  for (let i = 0; i < 100; i++) views.set(`workspace ${i}`, i);
  for (; nowMs < 3 * hourMs; nowMs += hourMs / 4) {
    expect(views.get('workspace 7')).toBe(7);
    views.set(`new at ${nowMs}`, 0);
  }
  expect(views.get('workspace 8')).toBeUndefined();
  expect(views.size).toBeLessThan(15);
});

test('of any number of workspaces at once the latest are remembered', () => {
  const views = new RecentMap<number>({ now: () => 0, most: 1_000 });
  for (let i = 0; i < 10_000; i++) {
    views.set(`workspace ${i}`, i);
    expect(views.get('workspace 0')).toBe(0);
  }
  expect(views.size).toBeLessThanOrEqual(1_000);
  expect([9_999, 9_700, 1_000].map((i) => views.get(`workspace ${i}`))).toEqual([9_999, 9_700, undefined]);
});

test('what is forgotten or cleared is gone, also what was not used lately', () => {
  const views = new RecentMap<number>({ now: () => 0, most: 4 });
  for (let i = 0; i < 3; i++) views.set(`workspace ${i}`, i);
  for (let i = 0; i < 3; i++) views.delete(`workspace ${i}`);
  expect(views.size).toBe(0);
  for (let i = 0; i < 3; i++) views.set(`workspace ${i}`, i);
  views.clear();
  expect(views.get('workspace 0')).toBeUndefined();
});

test('the values of all views have one bound, whoever has made them up', () => {
  const values = new OfViews<object, number>({ most: 1_000 });
  const views = Array.from({ length: 300 }, () => ({}));
  for (const view of views) for (let i = 0; i < 10; i++) values.set(view, `tags ${i}`, i);
  const kept = views.filter((view) => values.get(view, 'tags 9') === 9).length;
  expect(kept).toBeLessThanOrEqual(100);
  expect(values.get(views[299] ?? {}, 'tags 9')).toBe(9);
});
