import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { hintOf } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { withTransaction } from '../db/transaction.ts';
import { readBaseUrl } from '../http-pools/given-url.ts';
import { type Connection, deleteConnection, insertConnection, listConnections, sealToken } from './connection-store.ts';

interface ConnectionPorts {
  db: Pool;
  now: () => number;
  secret: string;
  allowPrivateNetwork: boolean;
}

export const connectionHandlers: Pick<
  Handlers<Context<ConnectionPorts>>,
  'connections.create' | 'connections.list' | 'connections.remove'
> = {
  'connections.create': async (input, { caller, services, audit }) => {
    const place = {
      workspaceId: caller.workspaceId,
      id: newId('con', services.now()),
      baseUrl: readBaseUrl({
        text: input.base_url,
        param: 'base_url',
        allowPrivateNetwork: services.allowPrivateNetwork,
      }),
    };
    const row: Connection = {
      ...place,
      platform: input.platform,
      sealedToken: sealToken(services.secret, place, input.token),
      tokenHint: hintOf(input.token),
      teamId: input.team_id ?? null,
    };
    await withTransaction(services.db, async (tx) => {
      await insertConnection(tx, row);
      await audit(tx, { target: { type: 'connection', id: row.id }, after: describe(row) });
    });
    return describe(row);
  },

  'connections.list': async (_input, { caller, services }) => ({
    data: (await listConnections(services.db, caller.workspaceId)).map(describe),
    next_cursor: null,
  }),

  'connections.remove': async ({ id }, { caller, services, audit }) => {
    await withTransaction(services.db, async (tx) => {
      const row = (await listConnections(tx, caller.workspaceId)).find((one) => one.id === id);
      if (row === undefined || !(await deleteConnection(tx, caller.workspaceId, id)))
        throw new GatewayError('not_found', `There is no connection "${id}" here.`, { param: 'id' });
      await audit(tx, { target: { type: 'connection', id }, before: describe(row) });
    });
    return null;
  },
};

function describe(row: Connection) {
  return {
    id: row.id,
    platform: row.platform,
    base_url: row.baseUrl,
    token_hint: row.tokenHint,
    team_id: row.teamId,
  };
}
