/** The Pro plan, as docs/billing.md has it. */
const plan = { feeUsd: 99, includedMillions: 3, overageUsd: 35 };
const secondsPerInvoice = 30;

/**
 * @param {{ millionTokens: number, usdPerMillion: number, clients: number, hoursByHand: number, usdPerHour: number }} given
 */
export function costs({ millionTokens, usdPerMillion, clients, hoursByHand, usdPerHour }) {
  const provider = millionTokens * usdPerMillion;
  const over = Math.max(0, millionTokens - plan.includedMillions);
  const byHand = provider + hoursByHand * usdPerHour;
  const minutes = (clients * secondsPerInvoice) / 60;
  const withPlan = plan.feeUsd + over * plan.overageUsd + provider + (minutes / 60) * usdPerHour;
  const selfHosted = provider + (minutes / 60) * usdPerHour;
  return { provider, byHand, withPlan, selfHosted, minutes };
}
