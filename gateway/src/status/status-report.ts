import type { Pool } from 'pg';
import { providerName } from '../providers/providers.ts';
import type { CircuitBreakers } from '../routing/circuit-breakers.ts';
import { type ComponentDay, type Condition, gatewayParts, lastDays, partNames, uptimePercent } from './component.ts';
import { isOver, isPlanned } from './incident.ts';
import type { Incident } from './incident-store.ts';
import { selectIncidents } from './incident-store.ts';
import { isDeliveryLate, selectDays } from './status-store.ts';
import { failingProviders, type WatchStatusPorts } from './watch-status-job.ts';

export interface ReportPorts extends WatchStatusPorts {
  db: Pool;
  now: () => number;
  /** This process's own look at an account: it knows of a failure a moment earlier than the others. */
  circuits: Pick<CircuitBreakers, 'statusOf'>;
}

export interface ComponentReport {
  id: string;
  name: string;
  group: 'gateway' | 'providers';
  condition: Condition;
  words: string;
  uptimePercent: number | null;
  /** The last ninety, the oldest first; null where nobody looked. */
  days: { day: string; uptimePercent: number | null }[];
}

export interface StatusReport {
  atMs: number;
  sentence: string;
  condition: Condition;
  components: ComponentReport[];
  /** Open ones, and those of the last two weeks; the newest first. */
  incidents: Incident[];
}

export const daysShown = 90;
const incidentDays = 14;
const words: Readonly<Record<Condition, string>> = { up: 'working', degraded: 'partly failing', down: 'failing' };
const accountWords: ReadonlyMap<ReturnType<CircuitBreakers['statusOf']>, string> = new Map([
  ['resting', 'cooling down after failures'],
  ['refused', 'refuses the gateway’s account'],
]);

/** The whole of the status page. With a database that is away, the little that is known without it. */
export async function reportStatus(services: ReportPorts): Promise<StatusReport> {
  const atMs = services.now();
  const dayNames = lastDays(atMs, daysShown);
  try {
    const [days, failing, isLate, incidents] = await Promise.all([
      selectDays(services.db, { from: dayNames[0] ?? '', to: dayNames.at(-1) ?? '' }),
      failingProviders(services.db, services),
      isDeliveryLate(services.db),
      selectIncidents(services.db, { from: new Date(atMs - incidentDays * 86_400_000), to: new Date(atMs + 60_000) }),
    ]);
    const conditions: Record<(typeof gatewayParts)[number], Condition> = {
      accepting: 'up',
      settling: services.journal.available ? 'up' : 'down',
      delivering: isLate ? 'degraded' : 'up',
    };
    const components = [
      ...gatewayParts.map((id) => part(id, conditions[id], { dayNames, days })),
      ...services.workspaces.operators.map(({ id }) => {
        const own = services.circuits.statusOf(id);
        const condition = own === 'ok' ? (failing.get(id)?.condition ?? 'up') : 'down';
        return {
          ...component(id, condition, { dayNames, days }),
          name: providerName(id),
          group: 'providers' as const,
          words: accountWords.get(own) ?? words[condition],
        };
      }),
    ];
    return { atMs, components, incidents, ...summary(atMs, components, incidents) };
  } catch {
    const components = gatewayParts.map((id) => part(id, 'down', { dayNames, days: [] }));
    return { atMs, components, incidents: [], condition: 'down', sentence: 'The gateway cannot reach its database.' };
  }
}

function part(
  id: (typeof gatewayParts)[number],
  condition: Condition,
  known: { dayNames: readonly string[]; days: readonly ComponentDay[] },
): ComponentReport {
  return { ...component(id, condition, known), name: partNames[id], group: 'gateway', words: words[condition] };
}

function component(
  id: string,
  condition: Condition,
  { dayNames, days }: { dayNames: readonly string[]; days: readonly ComponentDay[] },
) {
  const own = new Map(days.filter((day) => day.component === id).map((day) => [day.day, day]));
  return {
    id,
    condition,
    uptimePercent: uptimePercent([...own.values()]),
    days: dayNames.map((day) => {
      const known = own.get(day);
      return { day, uptimePercent: known === undefined ? null : uptimePercent([known]) };
    }),
  };
}

function summary(
  atMs: number,
  components: readonly ComponentReport[],
  incidents: readonly Incident[],
): { sentence: string; condition: Condition } {
  const bad = components.filter(({ condition }) => condition !== 'up');
  const condition = bad.some(({ condition: one }) => one === 'down') ? 'down' : bad.length > 0 ? 'degraded' : 'up';
  const open = incidents.filter((incident) => !isOver(incident, atMs) && !isPlanned(incident, atMs));
  if (open.some(({ severity }) => severity === 'maintenance'))
    return { sentence: 'Planned work is under way.', condition };
  const [first] = open;
  if (first !== undefined) return { sentence: first.title.replace(/\.?$/, '.'), condition };
  if (bad.length === 0) return { sentence: 'Everything works.', condition };
  return { sentence: `Not working as usual: ${bad.map(({ name }) => name).join(', ')}.`, condition };
}
