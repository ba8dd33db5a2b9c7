import type { HeadVersion } from './head-choice-store.ts';

/** The version that the gateway would have active, were nobody's choice in its way; 0 for none. */
export function newestHeads(versions: readonly Pick<HeadVersion, 'version' | 'outcome' | 'reason'>[]): number {
  const decided = versions.find(
    ({ outcome, reason }) => outcome === 'withdrawn' || (outcome === 'promoted' && reason !== 'chosen'),
  );
  return decided?.outcome === 'promoted' ? decided.version : 0;
}
