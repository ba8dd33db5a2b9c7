/** How a part of the gateway, or a provider, does. */
export type Condition = 'up' | 'degraded' | 'down';

export interface ComponentDay {
  component: string;
  /** `2026-11-01`, in UTC. */
  day: string;
  upMs: number;
  degradedMs: number;
  downMs: number;
}

export const gatewayParts = ['accepting', 'settling', 'delivering'] as const;

export const partNames: Readonly<Record<(typeof gatewayParts)[number], string>> = {
  accepting: 'Accepting calls',
  settling: 'Settling costs',
  delivering: 'Delivering webhooks',
};

const dayMs = 86_400_000;

/** Degraded time counts half. Null for days on which nobody looked. */
export function uptimePercent(days: readonly Omit<ComponentDay, 'component' | 'day'>[]): number | null {
  const sum = (field: 'upMs' | 'degradedMs' | 'downMs'): number => days.reduce((total, day) => total + day[field], 0);
  const [up, degraded, down] = [sum('upMs'), sum('degradedMs'), sum('downMs')];
  const total = up + degraded + down;
  // Rounded down, so that an hour of failure in a year is not shown as none.
  return total === 0 ? null : Math.floor(((up + degraded / 2) / total) * 100_000) / 1_000;
}

/** The parts of a stretch by its days in UTC. */
export function daysOfStretch(fromMs: number, toMs: number): { day: string; ms: number }[] {
  const days: { day: string; ms: number }[] = [];
  for (let at = fromMs; at < toMs; ) {
    const end = Math.min(toMs, Math.floor(at / dayMs) * dayMs + dayMs);
    days.push({ day: dayOf(at), ms: end - at });
    at = end;
  }
  return days;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The names of the last days, the oldest first. */
export function lastDays(nowMs: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => dayOf(nowMs - (count - 1 - i) * dayMs));
}
