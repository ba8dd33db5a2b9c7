import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool, PoolClient } from 'pg';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { withTransaction } from '../db/transaction.ts';
import type { Outbox } from '../events/outbox.ts';
import { incidentEvents, viewIncident } from './incident.ts';
import {
  findIncident,
  type Incident,
  insertIncident,
  lockIncidents,
  mergeIncident,
  selectIncidents,
  updateIncident,
} from './incident-store.ts';
import { listWorkspaceIds } from './status-store.ts';

interface IncidentPorts {
  db: Pool;
  now: () => number;
  publicUrl: string;
  outbox: Outbox;
}

const listedDays = 90;

export const incidentHandlers: Pick<
  Handlers<Context<IncidentPorts>>,
  'incidents.list' | 'incidents.create' | 'incidents.update'
> = {
  'incidents.list': async (_input, { services }) => {
    const atMs = services.now();
    const incidents = await selectIncidents(services.db, {
      from: new Date(atMs - listedDays * 86_400_000),
      to: new Date(atMs + 60_000),
    });
    return { data: incidents.map((incident) => viewIncident(incident, services.publicUrl)), next_cursor: null };
  },

  'incidents.create': async ({ title, text, severity, starts_at, ends_at }, { services, audit }) => {
    const at = new Date(services.now());
    if (ends_at !== undefined && Date.parse(ends_at) <= at.getTime())
      throw new GatewayError('invalid_request', '`ends_at` has passed. Send a time to come, or leave it out.', {
        param: 'ends_at',
      });
    const id = newId('inc', at.getTime());
    const incident = await withTransaction(services.db, async (tx) => {
      const [startsAt, endsAt] = [starts_at, ends_at].map((time) => (time === undefined ? undefined : new Date(time)));
      await insertIncident(tx, { id, title, severity, component: null, text, at, startsAt, endsAt });
      await audit(tx, {
        target: { type: 'incident', id },
        after: { title, severity, state: 'investigating', text, starts_at, ends_at },
      });
      return announce(services, tx, { type: 'incident.opened', incident: await findIncident(tx, id), id });
    });
    services.outbox.deliverSoon();
    return viewIncident(incident, services.publicUrl);
  },

  'incidents.update': async ({ id, state, text, merge_into: into }, { services, audit }) => {
    const incident = await withTransaction(services.db, async (tx) => {
      await lockIncidents(tx, into === undefined ? [id] : [id, into]);
      const before = await findIncident(tx, id);
      if (before?.mergedInto != null) throw isMerged(before, before.mergedInto);
      if (into !== undefined) {
        const [merged, shown] = await merge(services, tx, { from: before, id, into, text });
        await audit(tx, {
          target: { type: 'incident', id },
          before: { state: before?.state },
          after: { state: merged.state, merged_into: into, text },
        });
        return shown;
      }
      const changed = await updateIncident(tx, { id, state, text, at: new Date(services.now()) });
      if (before !== undefined && changed !== undefined)
        await audit(tx, {
          target: { type: 'incident', id },
          before: { state: before.state },
          after: { state: changed.state, text },
        });
      const type = changed?.state === 'resolved' ? 'incident.resolved' : 'incident.updated';
      return announce(services, tx, { type, incident: changed, id });
    });
    services.outbox.deliverSoon();
    return viewIncident(incident, services.publicUrl);
  },
};

/** The one that is merged is over for those who follow it, and goes on as the other. */
async function merge(
  services: IncidentPorts,
  tx: PoolClient,
  { from, id, into, text }: { from: Incident | undefined; id: string; into: string; text: string },
): Promise<[merged: Incident, shown: Incident]> {
  const target = await findIncident(tx, into);
  if (from === undefined) throw unknownIncident(id, 'id');
  if (target === undefined) throw unknownIncident(into, 'merge_into');
  if (target.mergedInto !== null) throw isMerged(target, target.mergedInto);
  if (into === id)
    throw new GatewayError('invalid_request', 'An incident cannot be merged into itself.', { param: 'merge_into' });
  if (from.resolvedAt === null && target.resolvedAt !== null)
    throw new GatewayError(
      'conflict',
      `"${target.title}" is resolved, but "${from.title}" is not. Merge the other way, or update "${target.title}" with another state first.`,
      { param: 'merge_into' },
    );
  await mergeIncident(tx, { from, into: target, text, at: new Date(services.now()) });
  // Of one that was resolved before, people have heard that.
  const merged =
    from.resolvedAt === null
      ? await announce(services, tx, { type: 'incident.resolved', incident: await findIncident(tx, id), id })
      : from;
  const shown = await announce(services, tx, {
    type: 'incident.updated',
    incident: await findIncident(tx, into),
    id: into,
  });
  return [merged, shown];
}

function isMerged({ title }: Incident, into: string): GatewayError {
  return new GatewayError('conflict', `"${title}" is part of the incident ${into}. Update that one.`, {
    details: { merged_into: into },
  });
}

function unknownIncident(id: string, param: string): GatewayError {
  return new GatewayError('not_found', `There is no incident "${id}". See /status.json for the incidents.`, { param });
}

async function announce(
  { outbox, publicUrl }: IncidentPorts,
  tx: Parameters<Outbox['record']>[0],
  {
    type,
    incident,
    id,
  }: {
    type: 'incident.opened' | 'incident.updated' | 'incident.resolved';
    incident: Incident | undefined;
    id: string;
  },
): Promise<Incident> {
  if (incident === undefined) throw unknownIncident(id, 'id');
  await outbox.record(tx, incidentEvents(type, incident, { publicUrl, workspaceIds: await listWorkspaceIds(tx) }));
  return incident;
}
