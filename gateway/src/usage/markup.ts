import { parseUsd, toUsd } from '@ai-gateway/shared/money';
import type { Caller } from '../accounts/api-key.ts';
import { seesMargin } from '../accounts/own-tags.ts';

/** The factor from cost to billed amount, as a fraction: no float is involved. */
export interface Markup {
  numerator: bigint;
  denominator: bigint;
}

/** Of the clients that have one, by id. */
export type Markups = ReadonlyMap<string, Markup>;

/** Where a workspace's markups are remembered, of each of its two modes. */
export interface MarkupCache {
  of(workspaceId: string, livemode: boolean): { markups: Markups } | Promise<{ markups: Markups }>;
}

/** 20 percent: 120/100. The shortest text of a double is the decimal somebody typed. */
export function markupOf(percent: number): Markup | undefined {
  if (percent === 0) return undefined;
  const [mantissa = '0', exponent = '0'] = String(percent).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const places = fraction.length - Number(exponent);
  const digits = BigInt(`${whole}${fraction}`);
  const scale = 10n ** BigInt(Math.abs(places));
  return places < 0
    ? { numerator: 100n + digits * scale, denominator: 100n }
    : { numerator: 100n * scale + digits, denominator: 100n * scale };
}

/** The markup to show amounts with: none for a caller that sees the margin. */
export function shownMarkup(markups: Markups, caller: Caller, client: string | null | undefined): Markup | undefined {
  if (markups.size === 0 || client === undefined || client === null || seesMargin(caller)) return undefined;
  return markups.get(client);
}

/** As usage and invoices round: half away from zero. */
export function billed(nanos: bigint, markup: Markup | undefined): bigint {
  return markup === undefined ? nanos : divide(nanos * markup.numerator, markup.denominator);
}

/** Of an amount that was made dollars already; credit notes have negative ones. */
export function billedUsd(usd: number, markup: Markup | undefined): number {
  if (markup === undefined) return usd;
  const size = toUsd(billed(parseUsd(Math.abs(usd)) ?? 0n, markup));
  return usd < 0 ? -size : size;
}

/** The cost of an amount that a client's own key gives: it sees billed dollars, and sets limits in them. */
export function unbilled(nanos: bigint, markup: Markup | undefined): bigint {
  if (markup === undefined || markup.numerator <= 0n) return nanos;
  return divide(nanos * markup.denominator, markup.numerator);
}

/** The least cost whose billed amount is at least this, which is more than nothing. */
export function leastCostOf(billedNanos: bigint, markup: Markup | undefined): bigint {
  if (markup === undefined) return billedNanos;
  const { numerator, denominator } = markup;
  // Nothing is billed at all: no cost is enough.
  if (numerator <= 0n) return 2n ** 63n - 1n;
  // `billed` rounds half up, so it reaches n where the exact amount reaches n - 1/2.
  return ((2n * billedNanos - 1n) * denominator + 2n * numerator - 1n) / (2n * numerator);
}

function divide(numerator: bigint, denominator: bigint): bigint {
  const half = denominator / 2n;
  return numerator < 0n ? -((-numerator + half) / denominator) : (numerator + half) / denominator;
}

interface Amounts {
  limit_usd: number;
  spent_usd: number;
  held_usd: number;
  remaining_usd: number;
}

/** A budget in billed dollars: what is left of it, and the share that is used, stay what they are. */
export function billedBudget<Shown extends Amounts>(budget: Shown, markup: Markup | undefined): Shown {
  if (markup === undefined) return budget;
  return {
    ...budget,
    // To the hundred-millionth: what a client's key set comes back as it was set, whatever was rounded between.
    limit_usd: Math.round(billedUsd(budget.limit_usd, markup) * 1e8) / 1e8,
    spent_usd: billedUsd(budget.spent_usd, markup),
    held_usd: billedUsd(budget.held_usd, markup),
    remaining_usd: billedUsd(budget.remaining_usd, markup),
  };
}

/** The same of what an event tells. */
export function billedEventData(data: Record<string, unknown>, markup: Markup | undefined): Record<string, unknown> {
  const { budget } = data as { budget?: Amounts };
  return markup === undefined || budget === undefined ? data : { ...data, budget: billedBudget(budget, markup) };
}
