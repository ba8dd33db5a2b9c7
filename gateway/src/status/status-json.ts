import type { Condition } from './component.ts';
import { viewIncident } from './incident.ts';
import type { StatusReport } from './status-report.ts';

const statuses: Readonly<Record<Condition, 'ok' | 'degraded' | 'down'>> = {
  up: 'ok',
  degraded: 'degraded',
  down: 'down',
};

/** `/status.json`: the page for programs. */
export function statusJson({ atMs, condition, sentence, components, incidents }: StatusReport, publicUrl: string) {
  return {
    status: statuses[condition],
    description: sentence,
    updated_at: new Date(atMs).toISOString(),
    components: components.map(({ id, name, group, condition: own, uptimePercent, days }) => ({
      id,
      name,
      group,
      status: statuses[own],
      uptime_percent: uptimePercent,
      days: days.map((day) => ({ day: day.day, uptime_percent: day.uptimePercent })),
    })),
    incidents: incidents.map((incident) => viewIncident(incident, publicUrl)),
  };
}
