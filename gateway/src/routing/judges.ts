import { hash } from 'node:crypto';
import { type AutoSettings, type ModelJudge, readAutoSettings } from './auto-settings.ts';
import type { RoutingDocument } from './routing-version-store.ts';

/** The same for the same model and rubric: another rubric is another judge. */
export function judgeHash({ model, rubric }: ModelJudge): string {
  return hash('sha256', JSON.stringify([model, rubric]), 'hex').slice(0, 16);
}

/** The judges that the settings name now, for the workspace, a client or a key. */
export function judgesOf({ auto }: Pick<RoutingDocument, 'auto'>): ReadonlySet<string> {
  if (auto === undefined) return new Set();
  const { learning, per_client: clients, per_key: keys }: AutoSettings = readAutoSettings(auto);
  const all = [learning, ...[...Object.values(clients), ...Object.values(keys)].map((own) => own.learning)];
  return new Set(all.flatMap((one) => (typeof one?.judge === 'object' ? [judgeHash(one.judge)] : [])));
}

/** Nothing in the claim comes from a judge that was changed since. */
export function isCurrent(claim: { judged: number; judges: readonly string[] }, now: ReadonlySet<string>): boolean {
  return claim.judged === 0 || (claim.judges.length > 0 && claim.judges.every((one) => now.has(one)));
}
