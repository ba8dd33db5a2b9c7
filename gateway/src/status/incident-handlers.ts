import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { withTransaction } from '../db/transaction.ts';
import type { Outbox } from '../events/outbox.ts';
import { incidentEvents, viewIncident } from './incident.ts';
import { findIncident, type Incident, insertIncident, updateIncident } from './incident-store.ts';
import { listWorkspaceIds } from './status-store.ts';

interface IncidentPorts {
  db: Pool;
  now: () => number;
  publicUrl: string;
  outbox: Outbox;
}

export const incidentHandlers: Pick<Handlers<Context<IncidentPorts>>, 'incidents.create' | 'incidents.update'> = {
  'incidents.create': async ({ title, text, severity }, { services, audit }) => {
    const at = new Date(services.now());
    const id = newId('inc', at.getTime());
    const incident = await withTransaction(services.db, async (tx) => {
      await insertIncident(tx, { id, title, severity, component: null, text, at });
      await audit(tx, { target: { type: 'incident', id }, after: { title, severity, state: 'investigating', text } });
      return announce(services, tx, { type: 'incident.opened', incident: await findIncident(tx, id), id });
    });
    services.outbox.deliverSoon();
    return viewIncident(incident, services.publicUrl);
  },

  'incidents.update': async ({ id, state, text }, { services, audit }) => {
    const incident = await withTransaction(services.db, async (tx) => {
      const before = await findIncident(tx, id);
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
  if (incident === undefined)
    throw new GatewayError('not_found', `There is no incident "${id}". See /status.json for the incidents.`, {
      param: 'id',
    });
  await outbox.record(tx, incidentEvents(type, incident, { publicUrl, workspaceIds: await listWorkspaceIds(tx) }));
  return incident;
}
