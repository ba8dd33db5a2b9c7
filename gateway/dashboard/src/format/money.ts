import { numberFormat } from './formatters.ts';

/** Amounts as people read them: from $1 two decimals, below three significant digits. */

/** `$1,234.50`, `$0.0213`, `€41`, `¥120`. */
export function moneyForPeople(amount: number, currency = 'USD'): string {
  const decimals = decimalsOf(currency);
  const small = amount !== 0 && Math.abs(amount) < 1;
  const digits = small ? Math.max(decimals, fractionOf(amount)) : decimals;
  return numberFormat({
    style: 'currency',
    currency,
    minimumFractionDigits: decimals,
    maximumFractionDigits: digits,
  }).format(amount);
}

/** How many digits of it are behind the point: a column is aligned by them. */
export function decimalsForPeople(amount: number): number {
  return /\.(\d+)/.exec(moneyForPeople(amount))?.[1]?.length ?? 0;
}

/** All that is known of it, for a title. */
export function wholeAmount(amount: number, currency = 'USD'): string {
  return `${numberFormat({ maximumFractionDigits: 9 }).format(amount)} ${currency}`;
}

/** `+18 %`, `-3 %`, and nothing where there was nothing before. */
export function changeForPeople(now: number, before: number): string | undefined {
  if (before === 0) return undefined;
  const percent = Math.round(((now - before) / before) * 100);
  return `${percent > 0 ? '+' : ''}${countForPeople(percent)} %`;
}

/** `41,203` */
export function countForPeople(count: number): string {
  return numberFormat().format(count);
}

/** `1 call`, `41,203 calls` */
export function callsForPeople(count: number): string {
  return `${countForPeople(count)} ${count === 1 ? 'call' : 'calls'}`;
}

/** `2.1 M`, `8 K`: for axes and bars. */
export function shortCount(count: number): string {
  return numberFormat({ notation: 'compact', maximumFractionDigits: 1 }).format(count);
}

/** `24 ms`, `3.42 s`, `34.2 s`, `342 s`: within 0.5 % from 100 ms on, since times are compared. */
export function durationForPeople(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`;
  const decimals = ms < 9_995 ? 2 : ms < 99_950 ? 1 : 0;
  return `${(ms / 1_000).toFixed(decimals)} s`;
}

/** Whole percents of a budget: 100 only where nothing is left. */
export function percentUsedForPeople(percent: number): string {
  return `${percent < 100 ? Math.min(99, Math.round(percent)) : Math.round(percent)} %`;
}

/** `100 %`, `99.987 %` */
export function uptimeForPeople(percent: number): string {
  return `${numberFormat({ maximumFractionDigits: 3 }).format(percent)} %`;
}

/** `976 bytes`, `268 MB` */
export function bytesForPeople(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  const step = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  const digits = numberFormat({ maximumSignificantDigits: 3 }).format(bytes / 1_000 ** step);
  return `${digits} ${['', 'kB', 'MB', 'GB'][step] ?? ''}`;
}

function decimalsOf(currency: string): number {
  return numberFormat({ style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** Decimals that three significant digits take, at most nine: nano-dollars are the smallest that is booked. */
function fractionOf(amount: number): number {
  const digits = 2 - Math.floor(Math.log10(Math.abs(amount)));
  const text = amount.toFixed(Math.min(9, Math.max(0, digits)));
  return /\.(\d*?)0*$/.exec(text)?.[1]?.length ?? 0;
}
