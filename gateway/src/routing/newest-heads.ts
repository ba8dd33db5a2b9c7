import type { HeadVersion } from './head-choice-store.ts';

/**
 * The version that the gateway would have active, were nobody's choice in its way; 0 for none. It is one that this gateway can read. A withdrawal
 * counts for all versions before it, whichever gateway learned the withdrawn one.
 */
export function newestHeads(
  versions: readonly Pick<HeadVersion, 'version' | 'outcome' | 'reason' | 'isReadable'>[],
): number {
  const decided = versions.find(
    ({ outcome, reason, isReadable }) =>
      outcome === 'withdrawn' || (outcome === 'promoted' && reason !== 'chosen' && isReadable),
  );
  return decided?.outcome === 'promoted' ? decided.version : 0;
}
