import { readAutoSettings } from './auto-settings.ts';
import { readModelName } from './model-name.ts';
import type { RoutingDocument } from './routing-version-store.ts';
import type { StoredClaim } from './task-claim-store.ts';

/** Vendors answer as `gpt-4o-2024-08-06` where `gpt-4o` was asked for. */
export function undated(model: string): string {
  // Most names have no hyphen where a date begins, and a call asks for a dozen.
  const hasHyphen = model.charCodeAt(model.length - 11) === 45 || model.charCodeAt(model.length - 9) === 45;
  return !hasHyphen ? model : model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8})$/, '');
}

/**
 * The strong models of the settings in their order, without the names of accounts before them and dates behind; none where the gateway chooses. A model
 * that its vendor has retired comes behind the one that answers in its place; a server of one's own may serve it still.
 */
export function strongModelsOf({ auto }: Pick<RoutingDocument, 'auto'>, at: Date): readonly string[] {
  if (auto === undefined) return [];
  const { pool } = readAutoSettings(auto);
  const strong = pool.filter((one) => one.class === 'strong').map(({ model }) => model);
  return [
    ...new Set(
      strong.flatMap((name) => {
        const bare = name.slice(name.indexOf('/') + 1);
        const named = readModelName(name, { accounts: [], at, pool });
        const successor = named?.successor?.model ?? (named?.inPlaceOf === undefined ? undefined : named.model);
        return [...(successor === undefined ? [] : [undated(successor)]), undated(name), undated(bare)];
      }),
    ),
  ];
}

/** Pairs that are older than the latest by more than this give way: the default strong models of the gateway change, too. */
const givesWayAfterMs = 30 * 86_400_000;

/**
 * Which claim of a small model at a task counts, of those beside several strong models? A pair beside a fallback, compared during an outage of the
 * first model, takes nothing back that is proven beside that one. Pairs beside a model that was replaced count no more once there are pairs beside
 * another of the settings. The evidence of savings chooses in the same way, in SQL.
 */
export class LeadingClaims {
  readonly #ranks = new Map<string, number>();
  #hasRanked = false;

  constructor(strongModels: readonly string[]) {
    for (const [rank, name] of strongModels.entries()) this.#ranks.set(name, rank);
  }

  /** All claims of the workspace are noted before the first one is chosen. */
  note({ strong, pairs }: StoredClaim): void {
    if (pairs > 0 && this.#rankOf(strong) !== undefined) this.#hasRanked = true;
  }

  /** `claims`: the latest first. */
  of(claims: readonly StoredClaim[]): StoredClaim | undefined {
    const [latest] = claims;
    if (latest === undefined || (claims.length === 1 && !this.#hasRanked)) return latest;
    const sinceMs = latest.updatedAt.getTime() - givesWayAfterMs;
    let leading: StoredClaim | undefined;
    for (const one of claims) {
      if (this.#hasRanked && this.#rankOf(one.strong) === undefined) continue;
      if (leading === undefined || this.#outranks(one, leading, sinceMs)) leading = one;
    }
    return leading;
  }

  /** `other` is the newer one. */
  #outranks(one: StoredClaim, other: StoredClaim, sinceMs: number): boolean {
    const [rank, otherRank] = [this.#rankOf(one.strong) ?? 0, this.#rankOf(other.strong) ?? 0];
    if (rank !== otherRank) return rank < otherRank;
    if (one.updatedAt.getTime() < sinceMs) return false;
    if (one.isWithdrawn !== other.isWithdrawn) return one.isWithdrawn;
    return one.pairs > other.pairs;
  }

  #rankOf(strong: string): number | undefined {
    return this.#ranks.get(undated(strong));
  }
}
