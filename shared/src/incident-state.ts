/*
 * The state of an incident as people read it.
 *
 * ```ts
 * import { shownState } from '@ai-gateway/shared/incident-state';
 *
 * const startsAtMs = Date.parse('2026-09-01T22:00:00Z');
 * const work = { severity: 'maintenance', state: 'investigating', startsAtMs, endsAtMs: undefined } as const;
 * console.log(shownState(work, startsAtMs - 60_000)); // planned
 * ```
 */

interface IncidentTimes {
  severity: 'minor' | 'major' | 'maintenance';
  state: string;
  startsAtMs: number | undefined;
  endsAtMs: number | undefined;
}

/**
 * The state as people read it. Nobody investigates planned work: until it is resolved, its times say whether it is planned, in progress, or over.
 */
export function shownState({ severity, state, startsAtMs, endsAtMs }: IncidentTimes, atMs: number): string {
  if (severity !== 'maintenance' || state === 'resolved') return state;
  if (startsAtMs !== undefined && startsAtMs > atMs) return 'planned';
  return endsAtMs !== undefined && endsAtMs <= atMs ? 'over' : 'in progress';
}
