import { describe, expect, it } from 'vitest';
import { holdRows } from '../../gateway/dashboard/src/components/held-rows.ts';
import { addDays, daysBetween } from '../../gateway/dashboard/src/format/when.ts';
import { dailyCap, forecastMonth } from '../../gateway/dashboard/src/screens/home/forecast.ts';

describe('a list under the eyes of a reader', () => {
  const row = (id: string, status = 'open') => ({ id, status });

  it('keeps its order and counts the newer rows, also where they push others off the page', () => {
    const held = holdRows([row('b'), row('a')], [row('d'), row('c'), row('b', 'succeeded')]);
    expect(held).toEqual({ rows: [row('b', 'succeeded'), row('a')], newer: 2 });
  });

  it('counts nothing while nothing is new', () => {
    expect(holdRows([row('b'), row('a')], [row('b'), row('a')]).newer).toBe(0);
  });
});

describe('the forecast of a month', () => {
  const today = '2026-11-20';
  // A Friday; weekdays cost $2, and weekends nothing.
  const costs = (from: string): Map<string, number> =>
    new Map(
      daysBetween(from, addDays(today, -1))
        .filter((day) => ![0, 6].includes(new Date(day).getUTCDay()))
        .map((day) => [day, 2]),
    );

  it('adds the usual amount of each weekday left to the amount spent', () => {
    const forecast = forecastMonth(costs('2026-09-25'), today);
    expect(forecast?.days.map(({ middle }) => middle)).toEqual([0, 0, 2, 2, 2, 2, 2, 0, 0, 2]);
    expect(forecast?.middle).toBe(14 * 2 + 2 + 6 * 2);
    expect([forecast?.low, forecast?.high]).toEqual([forecast?.middle, forecast?.middle]);
  });

  it('counts what today has cost already once', () => {
    const spent = costs('2026-09-25').set(today, 5);
    expect(forecastMonth(spent, today)?.middle).toBe(14 * 2 + 5 + 6 * 2);
  });

  it('is not made of less than two weeks', () => {
    expect(forecastMonth(costs('2026-11-10'), today)).toBeUndefined();
    expect(forecastMonth(new Map(), today)).toBeUndefined();
  });
});

describe('the limit of the chart on Home', () => {
  const budget = { name: 'Everything', limit_usd: 60, period: 'month', scope: {}, on_limit: 'block' };

  it('is the tightest budget of the whole workspace, as an amount a day', () => {
    const budgets = [budget, { ...budget, name: 'Daily', limit_usd: 1, period: 'day' }];
    expect(dailyCap(budgets.slice(0, 1), '2026-11-20', String)).toEqual({
      value: 2,
      name: 'Limit Everything: 60 a month, 2 a day',
    });
    expect(dailyCap(budgets, '2026-11-20', String)).toEqual({ value: 1, name: 'Limit Daily: 1 a day' });
  });

  it('is no budget of one client, and none that refuses nothing', () => {
    const others = [
      { ...budget, scope: { client_id: 'acme' } },
      { ...budget, on_limit: 'notify' },
    ];
    expect(dailyCap(others, '2026-11-20', String)).toBeUndefined();
  });
});
