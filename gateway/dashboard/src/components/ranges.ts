import { useToday } from '../api/today.ts';
import { addDays, addMonths } from '../format/when.ts';

/** The stretches of time that screens offer, in the order of their buttons. */
export const ranges = {
  today: 'Today',
  yesterday: 'Yesterday',
  week: 'Last 7 days',
  month: 'This month',
  last_month: 'Last month',
} as const;

export type Range = keyof typeof ranges;
export const rangeNames = Object.keys(ranges) as [Range, ...Range[]];

/** The first and the last day, both included, as the API takes them. `today` is a day as the API writes it. */
export function daysOf(range: Range, today: string): { from: string; to: string } {
  switch (range) {
    case 'today':
      return { from: today, to: today };
    case 'yesterday':
      return { from: addDays(today, -1), to: addDays(today, -1) };
    case 'week':
      return { from: addDays(today, -6), to: today };
    case 'month':
      return { from: addMonths(today, 0), to: today };
    case 'last_month':
      return { from: addMonths(today, -1), to: addDays(addMonths(today, 0), -1) };
  }
}

/** The days of a range on the workspace's clock. */
export function useDays(range: Range): { from: string; to: string } {
  return daysOf(range, useToday());
}
