import type { ForecastDay } from '../../components/day-series.ts';
import { addDays, daysBetween } from '../../format/when.ts';

/** How the month goes on. Pure. */

interface Forecast {
  days: readonly ForecastDay[];
  /** The cost of the whole month. */
  low: number;
  middle: number;
  high: number;
}

/** How far back the same weekdays are looked at. */
export const historyDays = 56;
const leastDays = 14;

/**
 * The amount spent, and for each day left the median of the same weekdays before, with their quartiles as a band. `costs` has the days with a cost, of eight
 * weeks. Undefined where they begin less than two weeks ago: two days a weekday are the least.
 */
export function forecastMonth(costs: ReadonlyMap<string, number>, today: string): Forecast | undefined {
  const [first] = [...costs.keys()].sort();
  if (first === undefined || first > addDays(today, -leastDays)) return undefined;
  const past = daysBetween(first, addDays(today, -1));
  const likely = (day: string): ForecastDay => {
    const same = past.filter((one) => weekdayOf(one) === weekdayOf(day)).map((one) => costs.get(one) ?? 0);
    return { at: day, low: quantile(same, 0.25), middle: quantile(same, 0.5), high: quantile(same, 0.75) };
  };
  const lastDay = lastDayOf(today);
  const days = daysBetween(addDays(today, 1), lastDay).map(likely);
  const spent = daysBetween(`${today.slice(0, 7)}-01`, today).reduce((sum, day) => sum + (costs.get(day) ?? 0), 0);
  const restOfToday = likely(today);
  const sumOf = (part: 'low' | 'middle' | 'high'): number =>
    days.reduce((sum, day) => sum + day[part], spent + Math.max(0, restOfToday[part] - (costs.get(today) ?? 0)));
  return { days, low: sumOf('low'), middle: sumOf('middle'), high: sumOf('high') };
}

function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}

function lastDayOf(day: string): string {
  const [year = 1970, month = 1] = day.split('-').map(Number);
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}

/** Between two values where it falls between them. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}

interface Cap {
  name: string;
  limit_usd: number;
  period: string;
  scope: object;
  on_limit: string;
}

/** The tightest budget of the whole workspace as an amount a day, and its words. Undefined where there is none. */
export function dailyCap(
  budgets: readonly Cap[],
  today: string,
  format: (usd: number) => string,
): { value: number; name: string } | undefined {
  const days: Readonly<Record<string, number>> = { day: 1, week: 7, month: Number(lastDayOf(today).slice(8)) };
  const caps = budgets.flatMap(({ name, limit_usd: limit, period, scope, on_limit: onLimit }) => {
    const length = days[period];
    if (length === undefined || onLimit === 'notify' || Object.keys(scope).length > 0) return [];
    const value = limit / length;
    const share = length === 1 ? '' : `, ${format(value)} a day`;
    return [{ value, name: `Limit ${name}: ${format(limit)} a ${period}${share}` }];
  });
  return caps.sort((a, b) => a.value - b.value)[0];
}
