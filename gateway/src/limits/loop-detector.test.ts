import { expect, test } from 'vitest';
import { LoopDetector } from './loop-detector.ts';

const startMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;
const limits = { maxCallsPerMinute: 30, maxNanosPerHour: 1_000n, maxRepeats: 20 };

// A little less than an hour is less than the window in which money is counted.
test.each([
  ['an hour', hourMs],
  ['almost an hour', hourMs - 90_000],
  ['half an hour', hourMs / 2],
])('a scenario that does nothing unusual is not paused after the clock was %s ahead for a moment', (_, aheadMs) => {
  const loopDetector = new LoopDetector();
  loopDetector.admit('news', limits, startMs + aheadMs);
  loopDetector.repeat('news', limits, 'prompt', startMs + aheadMs);
  loopDetector.spent('news', limits, 1n, startMs + aheadMs);
  // One call each 40 seconds with one prompt, ten nanodollars each: all below its limits (900 of 1,000 an hour), for two hours.
  for (let ms = 0; ms < 2 * hourMs; ms += 40_000) {
    expect(loopDetector.admit('news', limits, startMs + ms)).toBeUndefined();
    expect(loopDetector.repeat('news', limits, 'prompt', startMs + ms)).toBeUndefined();
    expect(loopDetector.spent('news', limits, 10n, startMs + ms)).toBeUndefined();
  }
});

test('a loop is still seen after the clock was an hour ahead for a moment', () => {
  const loopDetector = new LoopDetector();
  loopDetector.admit('loop', limits, startMs + hourMs);
  const tripped = Array.from({ length: 40 }, (_, i) => loopDetector.admit('loop', limits, startMs + i * 100));
  // With the one before the clock came back it is the 31st in a minute.
  expect(tripped.findIndex((one) => one !== undefined)).toBe(29);
});

test('of any number of made-up scenarios the latest are remembered, and those that go on calling', () => {
  const loopDetector = new LoopDetector();
  loopDetector.admit('old', limits, startMs);
  loopDetector.admit('busy', limits, startMs);
  for (let i = 0; i < 20_000; i++) {
    loopDetector.admit(`made up ${i}`, limits, startMs + i * 100);
    if (i % 5_000 === 0) loopDetector.admit('busy', limits, startMs + i * 100);
  }
  expect(['old', 'busy', 'made up 10000'].map((key) => loopDetector.knows(key))).toEqual([false, true, true]);
});

// A thousand prompts of each of 20,000 scenarios took 14 GB: a scenario that calls once an hour kept all of its own.
test('prompts are forgotten once they count no longer, also of a scenario that goes on calling', () => {
  const loopDetector = new LoopDetector();
  for (let i = 0; i < 900; i++) loopDetector.repeat('news', limits, `prompt ${i}`, startMs + i);
  loopDetector.repeat('news', limits, 'the latest', startMs + 599_000);
  expect(loopDetector.prompts).toBe(901);
  loopDetector.sweep(startMs + 631_000);
  expect([loopDetector.prompts, loopDetector.knows('news')]).toEqual([1, true]);
});

test('of any number of scenarios with any number of prompts the latest prompts are remembered', () => {
  const loopDetector = new LoopDetector();
  for (let scenario = 0; scenario < 300; scenario++)
    for (let prompt = 0; prompt < 1_000; prompt++)
      loopDetector.repeat(`scenario ${scenario}`, limits, `prompt ${prompt}`, startMs + scenario * 1_000);
  expect(loopDetector.prompts).toBeLessThanOrEqual(200_000);
  // One repeat is on record of the latest, and none of the first.
  const again = (key: string) => loopDetector.repeat(key, { maxRepeats: 1 }, 'prompt 0', startMs + 300_000);
  expect([again('scenario 299')?.limit, again('scenario 0')]).toEqual(['max_repeats', undefined]);
  for (let scenario = 0; scenario < 300; scenario++) loopDetector.clear(`scenario ${scenario}`);
  expect(loopDetector.prompts).toBe(0);
});

test('a slow loop is seen among scenarios that have a new prompt for each call', () => {
  const loopDetector = new LoopDetector();
  let [call, ms] = [0, 0];
  const tripped = () => {
    ms += 20_000;
    for (const until = call + 20_000; call < until; call++)
      loopDetector.repeat(`scenario ${call % 300}`, limits, `prompt ${call}`, startMs + ms);
    return loopDetector.repeat('loop', limits, 'the same', startMs + ms);
  };
  const repeats = Array.from({ length: 25 }, tripped);
  expect(loopDetector.prompts).toBeLessThanOrEqual(200_000);
  expect(repeats.findIndex((one) => one !== undefined)).toBe(20);
});

test('a scenario that goes on calling is remembered after the clock was an hour ahead for a moment, and one that does not is forgotten', () => {
  const loopDetector = new LoopDetector();
  for (const key of ['over', 'busy']) loopDetector.admit(key, limits, startMs + 2 * hourMs);
  loopDetector.admit('busy', limits, startMs);
  loopDetector.sweep(startMs + 60_000);
  expect(['over', 'busy'].map((key) => loopDetector.knows(key))).toEqual([false, true]);
});
