/** Rows of `GET /v1/usage/series` as a chart draws them. Pure. */

export interface SeriesRow {
  at: string;
  group: string | null;
  value: number;
}

export interface DayStack {
  at: string;
  /** One for each group, in the order of `groups`. */
  values: readonly number[];
  total: number;
}

export interface Stacks {
  groups: readonly string[];
  days: readonly DayStack[];
  total: number;
}

/** A day to come: the amount that is most likely, and the band around it. */
export interface ForecastDay {
  at: string;
  low: number;
  middle: number;
  high: number;
}

const others = 'other';

/** A stack a day, also for `allDays` without a row; the largest group at the bottom, the rest of them last. */
export function stacksOf(rows: readonly SeriesRow[], nameless: string, allDays: readonly string[] = []): Stacks {
  const sums = new Map<string, number>();
  const byDay = new Map(allDays.map((day) => [day, new Map<string, number>()]));
  for (const { at, group, value } of rows) {
    const name = group ?? nameless;
    sums.set(name, (sums.get(name) ?? 0) + value);
    const day = byDay.get(at) ?? new Map<string, number>();
    day.set(name, (day.get(name) ?? 0) + value);
    byDay.set(at, day);
  }
  const groups = [...sums]
    .filter(([, sum]) => sum !== 0)
    .sort(([a, x], [b, y]) => Number(a === others) - Number(b === others) || y - x)
    .map(([name]) => name);
  const days = [...byDay]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([at, day]) => {
      const values = groups.map((name) => day.get(name) ?? 0);
      return { at, values, total: values.reduce((sum, value) => sum + value, 0) };
    });
  return { groups, days, total: days.reduce((sum, { total }) => sum + total, 0) };
}

/** The end of an axis: the next 1, 2 or 5 of its power of ten, which is read at a glance. */
export function axisEnd(largest: number): number {
  if (largest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  const step = [1, 2, 5, 10].find((one) => one * power >= largest) ?? 10;
  return step * power;
}
