import { providerOf } from '../providers/providers.ts';
import type { Candidate } from './candidate.ts';

/** A provider's cache of a conversation's beginning is at one account, for one model. */
interface Warm {
  account: string;
  model: string;
  /** By `performance.now()`. */
  until: number;
}

const sessionsMax = 100_000;

/**
 * Where the sessions of each workspace were answered last, while a provider may still have their beginnings in its cache. In memory: a process
 * that does not know a session pays once for reading its beginning again.
 */
export class SessionAffinity {
  readonly #warm = new Map<string, Warm>();

  /**
   * The candidates with the one that answered the session last in front. It must answer with the same model as the first: neither the model
   * that a caller named nor one that was chosen is replaced, and a candidate that is not among them is not healthy or not allowed.
   */
  prefer(session: string, candidates: readonly Candidate[], now: number): readonly Candidate[] {
    const warm = this.#warm.get(session);
    const [first] = candidates;
    if (warm === undefined || first === undefined || warm.until <= now) return candidates;
    if (first.account === warm.account || first.model !== warm.model) return candidates;
    const found = candidates.find((one) => one.account === warm.account && one.model === warm.model && !one.spare);
    if (found === undefined) return candidates;
    return [{ ...found, reason: warmReason }, ...candidates.filter((one) => one !== found)];
  }

  /** The session was answered there. `isLong`: its beginning is kept for an hour. */
  note(session: string, { account, model, kind }: Candidate, { isLong, now }: { isLong: boolean; now: number }): void {
    this.#warm.delete(session);
    const minutes = isLong ? 60 : kind === 'sandbox' ? 5 : providerOf(kind).cacheMinutes(model);
    this.#warm.set(session, { account, model, until: now + minutes * 60_000 });
    if (this.#warm.size <= sessionsMax) return;
    const [oldest] = this.#warm.keys();
    if (oldest !== undefined) this.#warm.delete(oldest);
  }
}

export const warmReason = 'session, its prompt is in the cache of this account';
