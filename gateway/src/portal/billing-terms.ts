import { amountsThatAddUp, amountUnits, unitsToAmount } from '../usage/amount.ts';

/** How cost becomes what a client is billed. Both factors stay on this side of the portal. */
export interface BillingTerms {
  currency: string;
  markupPercent: number;
  exchangeRate: number;
}

/** Amounts of single calls are far below a cent, so the portal's have as many decimals as dollars have elsewhere. */
const digits = 9;

export function billedAmount(costNanos: bigint, terms: BillingTerms): number {
  return unitsToAmount(amountUnits(costNanos, { ...terms, digits }), digits);
}

/** Amounts of parts that add up to the amount of the whole. */
export function billedParts(costs: readonly bigint[], terms: BillingTerms): number[] {
  return amountsThatAddUp(costs, { ...terms, digits }).map((units) => unitsToAmount(units, digits));
}
