/** The price of the gateway itself, as data: a further plan is a further object. */
export interface Plan {
  name: string;
  feeUsd: number;
  includedTokens: number;
  /** Prices of overage, ascending: each holds for the tokens from where it begins up to where the next does. */
  tiers: readonly { aboveOverageTokens: number; usdPerMtok: number }[];
}

export const pro: Plan = {
  name: 'Pro',
  feeUsd: 99,
  includedTokens: 3_000_000,
  tiers: [{ aboveOverageTokens: 0, usdPerMtok: 35 }],
};

/** By the token, tier by tier. A token at $35 a million is 35 micro-dollars, so dollars keep at most nine decimals. */
export function overageUsd(plan: Plan, overageTokens: number): number {
  let nanos = 0;
  plan.tiers.forEach(({ aboveOverageTokens, usdPerMtok }, i) => {
    const end = Math.min(overageTokens, plan.tiers[i + 1]?.aboveOverageTokens ?? Number.POSITIVE_INFINITY);
    if (end > aboveOverageTokens) nanos += Math.round((end - aboveOverageTokens) * usdPerMtok * 1_000);
  });
  return nanos / 1e9;
}

export function overageTokens(plan: Plan, usedTokens: number): number {
  return Math.max(0, usedTokens - plan.includedTokens);
}

/** The plan counts by calendar months, in UTC. */
export function monthOf(now: Date): { start: Date; end: Date } {
  const monthAt = (month: number): Date => new Date(Date.UTC(now.getUTCFullYear(), month, 1));
  return { start: monthAt(now.getUTCMonth()), end: monthAt(now.getUTCMonth() + 1) };
}

/** A call that began in the old month may end in the new one: the old month is looked at for so long. */
const tailMs = 3 * 86_400_000;

/** The months whose overage may still grow: the one of now, which begins with nothing, and for some days the one before. */
export function monthsToReport(now: Date): { start: Date; end: Date; begins: boolean }[] {
  const thisMonth = monthOf(now);
  const before = monthOf(new Date(thisMonth.start.getTime() - 1));
  const isEarly = now.getTime() - thisMonth.start.getTime() < tailMs;
  return [...(isEarly ? [{ ...before, begins: false }] : []), { ...thisMonth, begins: true }];
}
