import type { RouteCandidate } from './candidate.ts';
import { only } from './only.ts';

/** A model without a price leads at its provider only where no other does. */
export function ledByPriced(able: readonly RouteCandidate[]): RouteCandidate[] {
  const providers = [...new Set(able.map(({ provider }) => provider))];
  return providers.flatMap((provider) => {
    const own = able.filter((candidate) => candidate.provider === provider);
    const priced = own.filter(({ price }) => price !== undefined);
    const rest = own.filter(({ price }) => price === undefined);
    return [...priced, ...rest].map((candidate, i) => ({ ...candidate, spare: i > 0 }));
  });
}

/** Where the call does not fit into the first of a class, the next one leads at that account. */
export function ledByOne(candidates: readonly RouteCandidate[]): readonly RouteCandidate[] {
  return candidates.every((candidate) => !candidate.spare || isLed(candidate, candidates))
    ? candidates
    : candidates.map((candidate, i) =>
        candidate.spare &&
        !isLed(candidate, candidates) &&
        candidates.findIndex(({ account }) => account === candidate.account) === i
          ? { ...candidate, spare: false }
          : candidate,
      );
}

/** A model that rests is followed by another vendor; by another of its class at the same account only where there is no other. */
export function behindUsable(usable: readonly RouteCandidate[]): readonly RouteCandidate[] {
  const led = only(usable, (candidate) => isLed(candidate, usable));
  return led.length === 0 ? usable : led;
}

function isLed({ account }: RouteCandidate, candidates: readonly RouteCandidate[]): boolean {
  return candidates.some((one) => !one.spare && one.account === account);
}
