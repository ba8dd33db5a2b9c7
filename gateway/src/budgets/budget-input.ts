import { GatewayError } from '@ai-gateway/shared/errors';
import { parseUsd } from '@ai-gateway/shared/money';
import { badCursor, readInteger, readTexts } from '../usage/cursor.ts';
import type { Budget } from './budget.ts';
import { periodAt } from './period.ts';

export function amount(usd: number | string, param: string): bigint {
  const nanos = parseUsd(usd);
  if (nanos === undefined || nanos <= 0n)
    throw new GatewayError('invalid_request', `\`${param}\` must be at least 0.000000001.`, { param });
  return nanos;
}

/** The highest limit: sums of a few of them still fit the database's integers. */
const mostNanos = 1_000_000_000_000_000_000n;

export function within(nanos: bigint): bigint {
  if (nanos > mostNanos)
    throw new GatewayError(
      'invalid_request',
      '`by_usd` would raise the budget above $1,000,000,000. Use a smaller amount.',
      {
        param: 'by_usd',
      },
    );
  return nanos;
}

export function ascending(percents: readonly number[]): number[] {
  return [...new Set(percents)].sort((a, b) => a - b);
}

export const noRaise = { extraNanos: 0n, extraUntilMs: undefined };

/** A raise for this period stays in another time zone. It was not meant for a day, or a month, instead. */
export function raiseIn(
  next: Pick<Budget, 'period' | 'timezone'>,
  old: Budget,
  nowMs: number,
): Pick<Budget, 'extraNanos' | 'extraUntilMs'> {
  const endOf = ({ period, timezone }: Pick<Budget, 'period' | 'timezone'>): number | undefined =>
    periodAt(period, timezone, nowMs, old.createdAtMs).endMs;
  if (next.period !== old.period) return noRaise;
  return { extraNanos: old.extraNanos, extraUntilMs: old.extraUntilMs === endOf(old) ? endOf(next) : old.extraUntilMs };
}

export function readIdCursor(cursor: string): string {
  const [id = ''] = readTexts(cursor, 1);
  if (!id.startsWith('bud_')) throw badCursor();
  return id;
}

export function readBalanceCursor(cursor: string): { spentNanos: bigint; id: bigint } {
  const [spentNanos = 0n, id = 0n] = readTexts(cursor, 2).map(readInteger);
  if (id < 1n) throw badCursor();
  return { spentNanos, id };
}
