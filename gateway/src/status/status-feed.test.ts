import { expect, test } from 'vitest';
import type { Incident } from './incident-store.ts';
import { statusFeed } from './status-feed.ts';

const work: Incident = {
  id: 'inc_1',
  title: 'New disks',
  severity: 'maintenance',
  state: 'identified',
  component: null,
  openedAt: new Date('2026-11-01T08:00:00Z'),
  updatedAt: new Date('2026-11-02T08:00:00Z'),
  resolvedAt: null,
  startsAt: new Date('2026-11-10T08:00:00Z'),
  endsAt: new Date('2026-11-10T10:00:00Z'),
  mergedInto: null,
  updates: [],
};

function shownAt(at: string, incident = work): unknown[] {
  const feed = statusFeed([incident], { publicUrl: 'https://gateway.example', atMs: Date.parse(at) });
  const entry = feed.split('<entry>')[1] ?? '';
  return [/New disks \((.*?)\)/.exec(entry)?.[1], ...[entry, feed].map((text) => /<updated>(.*?)</.exec(text)?.[1])];
}

test('an entry of planned work is new again in the feed when the work begins and when it is over', () => {
  const [announced, begun, over] = ['2026-11-02T08', '2026-11-10T08', '2026-11-10T10'].map((at) => `${at}:00:00.000Z`);
  expect(shownAt('2026-11-09T00:00:00Z')).toEqual(['planned', announced, announced]);
  expect(shownAt('2026-11-10T09:00:00Z')).toEqual(['in progress', begun, begun]);
  expect(shownAt('2026-11-11T00:00:00Z')).toEqual(['over', over, over]);
});

test('an entry of work that is resolved early keeps the time of its last words', () => {
  const resolved: Incident = { ...work, state: 'resolved', resolvedAt: work.updatedAt };
  const last = '2026-11-02T08:00:00.000Z';
  expect(shownAt('2026-11-11T00:00:00Z', resolved)).toEqual(['resolved', last, last]);
});
