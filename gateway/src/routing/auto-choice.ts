import { toUsd } from '@ai-gateway/shared/money';
import type { Dial } from './auto-settings.ts';
import { unclear } from './task-types.ts';
import { sayPairs, type Weighed } from './weigh-models.ts';
import type { Work } from './work.ts';

/** A model, and the reason that people read in `x-gateway-route`. */
export interface Taken {
  model: Weighed;
  reason: string;
}

/** The cheapest model that may answer, and where none of the small ones may, the first of the strong class. */
export function cheapest(models: readonly Weighed[], { dial, work }: { dial: Dial; work: Work }): Taken | undefined {
  const strong = first(models, 'strong');
  const small = cheapestSmall(models);
  if (strong === undefined) {
    const only = small ?? first(models, 'small');
    return only && { model: only, reason: reasonFor(only, { dial, work }) };
  }
  if (small === undefined) return { model: strong, reason: strongReason(models, { dial, work }) };
  if (costs(strong) < costs(small)) {
    small.leftOut = `${strong.candidate.model} is expected to cost less`;
    return { model: strong, reason: `auto: ${strong.candidate.model} is expected to cost less` };
  }
  return { model: small, reason: reasonFor(small, { dial, work }) };
}

/**
 * The cheapest of those that are proven, and of the others the first in the order of the workspace: where evidence speaks against that
 * one, nothing speaks for the next. A model without a price is never first.
 */
function cheapestSmall(models: readonly Weighed[]): Weighed | undefined {
  let [leading, found]: (Weighed | undefined)[] = [];
  for (const one of models) {
    if (one.class !== 'small') continue;
    if (one.expectedNanos === undefined) {
      one.leftOut = 'its price is unknown';
      continue;
    }
    leading ??= one;
    if (one.because === undefined || (one.because !== 'proven' && one !== leading)) continue;
    if (found === undefined || costs(one) < costs(found)) found = one;
  }
  return found;
}

/** The first with a price; one without only where there is no other. */
function first(models: readonly Weighed[], strength: Weighed['class']): Weighed | undefined {
  const isPriced = (one: Weighed): boolean => one.class === strength && one.expectedNanos !== undefined;
  return models.find(isPriced) ?? models.find((one) => one.class === strength);
}

function costs({ expectedNanos }: Weighed): bigint {
  return expectedNanos ?? unknownCost;
}

const unknownCost = 1n << 62n;

function reasonFor({ because, candidate, standing }: Weighed, { dial, work }: { dial: Dial; work: Work }): string {
  // Neither its type nor the dial asks for it: it is what `max_usd` leaves, or all there is.
  if (because === undefined) return `auto: ${candidate.model} is what is left`;
  if (because === 'proven' && standing.pairs > 0) return `auto: ${sayPairs(standing)}`;
  if (because === 'words') return 'auto: its words are those of calls that small models do';
  if (because === 'type' || because === 'proven') return typeReason(work.label);
  return `auto:${dial}, default of the small class`;
}

/** By its label, of which there are some dozens: the plan of a call is looked up by its reason, and a text made anew must be hashed anew. */
const typeReasons = new Map<string, string>();

function typeReason(label: string): string {
  const known = typeReasons.get(label);
  if (known !== undefined) return known;
  const reason = `auto: ${label} goes to small models`;
  typeReasons.set(label, reason);
  return reason;
}

function strongReason(models: readonly Weighed[], { dial, work }: { dial: Dial; work: Work }): string {
  const refused = models.find(
    ({ class: strength, standing, leftOut }) => strength === 'small' && isBad(standing, leftOut),
  );
  if (refused !== undefined && (dial === 'cost' || (dial === 'balanced' && work.class === 'small')))
    return `auto: evidence speaks against ${refused.candidate.model}`;
  if (dial !== 'balanced' || work.topic === unclear.id || work.class === 'small')
    return `auto:${dial}, default of the strong class`;
  return `auto: ${work.label} goes to strong models`;
}

function isBad({ n, withdrawn }: Weighed['standing'], leftOut: string | undefined): boolean {
  return leftOut !== undefined && (withdrawn || n > 0);
}

/** The models that are expected to cost no more; where that is none of them, the cheapest there is. */
export function within(models: readonly Weighed[], maxUsd: number): readonly Weighed[] {
  const priced = models.filter(({ expectedNanos }) => expectedNanos !== undefined);
  const fitting = priced.filter((one) => toUsd(costs(one)) <= maxUsd);
  for (const one of models) if (!fitting.includes(one)) one.leftOut = `it is expected to cost more than $${maxUsd}`;
  if (fitting.length > 0) return fitting;
  const [least] = [...priced].sort((a, b) => (costs(a) < costs(b) ? -1 : 1));
  return least === undefined ? models : [least];
}
