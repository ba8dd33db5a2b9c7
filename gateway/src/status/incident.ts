import { shownState } from '@ai-gateway/shared/incident-state';
import type { NewEvent } from '../events/event.ts';
import type { Incident } from './incident-store.ts';

/** As the API, the page and events show it. */
export function viewIncident(incident: Incident, publicUrl: string) {
  const { id, title, severity, state, openedAt, updatedAt, resolvedAt, startsAt, endsAt, updates } = incident;
  return {
    id,
    title,
    severity,
    state,
    opened_at: openedAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    resolved_at: resolvedAt?.toISOString() ?? null,
    starts_at: startsAt?.toISOString() ?? null,
    ends_at: endsAt?.toISOString() ?? null,
    updates: updates.map(({ state: was, text, at }) => ({ state: was, text, at: at.toISOString() })),
    url: `${publicUrl}/status/incidents/${id}`,
  };
}

/** The state as the page and the feed show it; `was` is that of an update. */
export function stateAt(incident: Incident, atMs: number, was: string = incident.state): string {
  const { severity, startsAt, endsAt } = incident;
  const times = { startsAtMs: startsAt?.getTime(), endsAtMs: endsAt?.getTime() };
  return shownState({ severity, state: was, ...times }, atMs);
}

/** When its state changed last: by an update, or by the start or the end of planned work. */
export function changedAt({ severity, state, updatedAt, startsAt, endsAt }: Incident, atMs: number): Date {
  const times = severity === 'maintenance' && state !== 'resolved' ? [startsAt, endsAt] : [];
  const passed = times.map((time) => time?.getTime() ?? 0).filter((ms) => ms <= atMs);
  return new Date(Math.max(updatedAt.getTime(), ...passed));
}

/** Planned work that has not begun. */
export function isPlanned({ severity, startsAt, resolvedAt }: Incident, atMs: number): boolean {
  return severity === 'maintenance' && resolvedAt === null && startsAt !== null && startsAt.getTime() > atMs;
}

/** Resolved, or planned work whose end has passed: failures count again from there on. */
export function isOver({ severity, endsAt, resolvedAt }: Incident, atMs: number): boolean {
  return resolvedAt !== null || (severity === 'maintenance' && endsAt !== null && endsAt.getTime() <= atMs);
}

/** The same event for each workspace: it says nothing of any. */
export function incidentEvents(
  type: 'incident.opened' | 'incident.updated' | 'incident.resolved',
  incident: Incident,
  { publicUrl, workspaceIds }: { publicUrl: string; workspaceIds: readonly string[] },
): NewEvent[] {
  const { updates, ...shown } = viewIncident(incident, publicUrl);
  const data = { incident: { ...shown, text: updates.at(-1)?.text ?? '' } };
  return workspaceIds.map((workspaceId) => ({ workspaceId, livemode: true, type, data }));
}
