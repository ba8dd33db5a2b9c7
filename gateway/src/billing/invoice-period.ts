import { GatewayError } from '@ai-gateway/shared/errors';
import { localDay, startOfDay } from '../usage/calendar.ts';

export interface PeriodFields {
  from?: string | undefined;
  to?: string | undefined;
  period?: string | undefined;
}

/** From inclusive, to exclusive; `isMonth` where it is a month by its name, and over. */
export interface InvoicePeriod {
  from: Date;
  to: Date;
  isMonth: boolean;
}

/**
 * Days and months are those of the workspace's time zone; the current month is billed up to now.
 * Throws `invalid_request` for what lies in the future or ends before it begins.
 */
export function invoicePeriod({ period, from, to }: PeriodFields, timezone: string, nowMs: number): InvoicePeriod {
  if (period !== undefined) return monthOf(period, timezone, nowMs);
  const [fromMs, toMs] = [momentMs(from ?? '', timezone), momentMs(to ?? '', timezone)];
  if (fromMs >= toMs) throw new GatewayError('invalid_request', '`to` must be after `from`.', { param: 'to' });
  if (toMs > nowMs)
    throw new GatewayError('invalid_request', '`to` is in the future. Use a time up to now.', { param: 'to' });
  return { from: new Date(fromMs), to: new Date(toMs), isMonth: false };
}

function monthOf(period: string, timezone: string, nowMs: number): InvoicePeriod {
  const today = new Date(localDay(timezone, nowMs) * 86_400_000);
  const [year, month] =
    period === 'last_month' ? [today.getUTCFullYear(), today.getUTCMonth()] : period.split('-').map(Number);
  const first = (months: number): number =>
    startOfDay(Date.UTC(year ?? 0, (month ?? 1) - 1 + months, 1) / 86_400_000, timezone);
  const [fromMs, endMs] = [first(0), first(1)];
  if (fromMs >= nowMs)
    throw new GatewayError('invalid_request', '`period` is in the future. Use a month up to this one.', {
      param: 'period',
    });
  return { from: new Date(fromMs), to: new Date(Math.min(endMs, nowMs)), isMonth: endMs <= nowMs };
}

/** A day begins at midnight of the zone; a moment is what it is. */
function momentMs(text: string, timezone: string): number {
  return /^\d{4}-\d\d-\d\d$/.test(text)
    ? startOfDay(Date.parse(text) / 86_400_000, timezone)
    : new Date(text).getTime();
}

/** The moment `days` later, at the same time of day there: a due date does not slip by an hour of summer time. */
export function daysLater(ms: number, days: number, timezone: string): number {
  const wanted = localDay(timezone, ms) + days;
  const later = ms + days * 86_400_000;
  const off = localDay(timezone, later) - wanted;
  return off === 0 ? later : later - off * 3_600_000;
}

/** The parts of a range, in order, that none of these covers; each of them overlaps it. */
export function partsBeside(range: Stretch, others: readonly Stretch[]): Stretch[] {
  const parts: Stretch[] = [];
  let { from } = range;
  for (const other of others.toSorted((a, b) => a.from.getTime() - b.from.getTime())) {
    if (other.from > from) parts.push({ from, to: other.from });
    if (other.to > from) from = other.to;
  }
  if (from < range.to) parts.push({ from, to: range.to });
  return parts;
}

interface Stretch {
  from: Date;
  to: Date;
}
