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
