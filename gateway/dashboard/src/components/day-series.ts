import { dayForPeople } from '../format/when.ts';

/** Rows of `GET /v1/usage/series` as a chart draws them. Pure. */

export interface SeriesRow {
  at: string;
  group: string | null;
  /** It adds up all smaller groups. */
  rest?: true | undefined;
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
  /** The words for amounts without a group: "No client". */
  nameless: string;
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

/** The groups that no tag names, since tags have no such character: a client may be called "other" or "No client". */
export const others = '\0others';
const none = '\0none';

/** The groups that have a name of their own. Pure. */
export function groupsIn(rows: readonly SeriesRow[] = []): readonly string[] {
  return [...new Set(rows.flatMap(({ group, rest }) => (group === null || rest === true ? [] : [group])))];
}

/** A sentence after another one; nothing where there is one day only, as on the first of a month. */
export function sayHighest({ days }: Stacks, format: (value: number) => string): string {
  if (days.length < 2) return '';
  const { at, total } = days.reduce((a, b) => (b.total > a.total ? b : a));
  return ` The highest day is ${dayForPeople(at)} with ${format(total)}.`;
}

/** A stack a day, also for `allDays` without a row; the largest group at the bottom, the rest of them last. */
export function stacksOf(rows: readonly SeriesRow[], nameless: string, allDays: readonly string[] = []): Stacks {
  const sums = new Map<string, number>();
  const byDay = new Map(allDays.map((day) => [day, new Map<string, number>()]));
  for (const { at, group, rest, value } of rows) {
    const name = rest === true ? others : (group ?? none);
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
  return { groups, nameless, days, total: days.reduce((sum, { total }) => sum + total, 0) };
}

const rest = 'All others';

/** Names a group for people. A name that the rest or calls without a group have, too, is followed by its id. */
export function groupName(
  group: string,
  { nameless }: Pick<Stacks, 'nameless'>,
  nameOf?: (id: string) => string,
): string {
  if (group === others) return rest;
  if (group === none) return nameless;
  const name = nameOf?.(group) ?? group;
  return name === nameless || name === rest ? `${name} (${group})` : name;
}

interface DayRow {
  group: string;
  /** Its place among the groups, which has its colour. */
  index: number;
  value: number;
}

/** The groups of a day, the largest first; those beyond `most` are a count and a sum. Pure. */
export function largestOf(
  { values }: DayStack,
  groups: readonly string[],
  most: number,
): { rows: readonly DayRow[]; rest: { count: number; value: number } } {
  const all = groups
    .map((group, index) => ({ group, index, value: values[index] ?? 0 }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value);
  const small = all.slice(most);
  return {
    rows: all.slice(0, most),
    rest: { count: small.length, value: small.reduce((sum, { value }) => sum + value, 0) },
  };
}

/** The values of the lines of an axis, from 0 to its end: two to four steps of 1, 2, 2.5 or 5 of a power of ten, as few above the largest as that allows. */
export function axisTicks(largest: number): readonly number[] {
  if (largest <= 0) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(largest / 4));
  const step = power * ([1, 2, 2.5, 5, 10].find((one) => largest / (one * power) <= 4) ?? 10);
  const count = Math.ceil(largest / step - 1e-9);
  // Powers of ten below 1 are not whole in binary: 3 * 0.1 is 0.30000000000000004.
  return Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(12)));
}
