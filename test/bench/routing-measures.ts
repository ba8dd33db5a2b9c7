import { seeded } from '../../gateway/src/routing/logistic-head.ts';
import type { JudgedCall } from './routing-data.ts';

/** A call and what was said of it by heads that had not seen it. */
export interface Forecast {
  call: JudgedCall;
  gain: number;
}

interface Recovered {
  apgr: number;
  cpt80: number;
}

/**
 * APGR: the part of the gap between the two models that is recovered, averaged over all shares of calls that the strong one answers; 0.5
 * is chance. CPT80: the share of calls to the strong one that recovers four fifths of the gap.
 */
export function recovered(forecasts: readonly Forecast[]): Recovered {
  return recoveredBy(sorted(forecasts), () => 1);
}

const draws = 400;

/** The interval of 95 percent, by drawing questions with replacement. */
export function apgrInterval(forecasts: readonly Forecast[]): [low: number, high: number] {
  const order = sorted(forecasts);
  const questions = [...new Set(order.map(({ question }) => question))];
  const indexOf = new Map(questions.map((question, i) => [question, i]));
  const asked = order.map(({ question }) => indexOf.get(question) ?? 0);
  const random = seeded(5);
  const found = Array.from({ length: draws }, () => {
    const times = new Uint8Array(questions.length);
    for (let i = 0; i < questions.length; i++) {
      const drawn = Math.floor(random() * questions.length);
      times[drawn] = (times[drawn] ?? 0) + 1;
    }
    return recoveredBy(order, (i) => times[asked[i] ?? 0] ?? 0).apgr;
  }).sort((a, b) => a - b);
  return [found[Math.floor(draws * 0.025)] ?? 0, found[Math.floor(draws * 0.975)] ?? 0];
}

/** The calls with the highest gain first. */
function sorted(forecasts: readonly Forecast[]): JudgedCall[] {
  return [...forecasts].sort((a, b) => b.gain - a.gain).map(({ call }) => call);
}

function recoveredBy(order: readonly JudgedCall[], timesOf: (i: number) => number): Recovered {
  let [gap, all] = [0, 0];
  order.forEach(({ weak, strong }, i) => {
    gap += timesOf(i) * (strong - weak);
    all += timesOf(i);
  });
  let [won, seen, area, cpt80] = [0, 0, 0, 1];
  order.forEach(({ weak, strong }, i) => {
    const times = timesOf(i);
    const before = won / gap;
    won += times * (strong - weak);
    seen += times;
    area += (times * (before + won / gap)) / 2 / all;
    if (won / gap >= 0.8 && cpt80 === 1) cpt80 = seen / all;
  });
  return { apgr: area, cpt80 };
}

/** How far probabilities are from what comes true: ten bins of equal width, weighted by how many fall in each. */
export function calibrationError(forecasts: readonly { p: number; label: number }[]): number {
  const bins = Array.from({ length: 10 }, () => ({ p: 0, label: 0 }));
  for (const { p, label } of forecasts) {
    const bin = bins[Math.min(9, Math.floor(p * 10))];
    if (bin === undefined) continue;
    bin.p += p;
    bin.label += label;
  }
  return bins.reduce((sum, { p, label }) => sum + Math.abs(p - label), 0) / forecasts.length;
}
