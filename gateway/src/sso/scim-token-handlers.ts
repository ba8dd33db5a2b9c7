import { randomBytes } from 'node:crypto';
import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { hashKey, hintOf } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { requireRecentFactor } from '../accounts/recent-factor.ts';
import { withTransaction } from '../db/transaction.ts';
import {
  countTokens,
  deleteScimToken,
  insertScimToken,
  listScimTokens,
  lockConnection,
  type ScimToken,
} from './scim-token-store.ts';
import { unknownConnection } from './sso-connection-handlers.ts';

interface TokenPorts {
  db: Pool;
  now: () => number;
  publicUrl: string;
}

/** One in use, and one to change over to. */
const tokensMax = 2;

export const scimTokenHandlers: Pick<
  Handlers<Context<TokenPorts>>,
  'scim-tokens.create' | 'scim-tokens.list' | 'scim-tokens.remove'
> = {
  'scim-tokens.create': async (input, { caller, services, audit }) => {
    requireRecentFactor(caller, services.now());
    const { workspaceId } = caller;
    const connectionId = input.connection_id;
    const token = `gw_scim_${randomBytes(32).toString('base64url')}`;
    const nowMs = services.now();
    const row: ScimToken = {
      workspaceId,
      id: newId('scim', nowMs),
      connectionId,
      name: input.name,
      hint: hintOf(token),
      createdAt: new Date(nowMs),
      lastUsedAt: null,
    };
    await withTransaction(services.db, async (tx) => {
      if (!(await lockConnection(tx, workspaceId, connectionId))) throw unknownConnection(connectionId);
      if ((await countTokens(tx, workspaceId, connectionId)) >= tokensMax)
        throw new GatewayError(
          'conflict',
          `This connection has ${tokensMax} SCIM tokens already. Revoke one of them, then create another.`,
        );
      await insertScimToken(tx, row, hashKey(token));
      await audit(tx, { target: { type: 'SCIM token', id: row.id, name: row.name }, after: settingsOf(row) });
    });
    return { ...describe(row), token, scim_url: `${services.publicUrl}/scim/v2` };
  },

  'scim-tokens.list': async (_input, { caller, services }) => {
    const rows = await listScimTokens(services.db, caller.workspaceId);
    return { data: rows.map(describe), next_cursor: null };
  },

  'scim-tokens.remove': async ({ id }, { caller, services, audit }) => {
    await withTransaction(services.db, async (tx) => {
      const row = (await listScimTokens(tx, caller.workspaceId)).find((one) => one.id === id);
      if (row === undefined || !(await deleteScimToken(tx, caller.workspaceId, id)))
        throw new GatewayError('not_found', `There is no SCIM token "${id}" in this workspace.`, { param: 'id' });
      await audit(tx, { target: { type: 'SCIM token', id, name: row.name }, before: settingsOf(row) });
    });
    return null;
  },
};

/** As the audit log has it. */
function settingsOf({ name, connectionId, hint }: ScimToken) {
  return { name, connection_id: connectionId, hint };
}

function describe(row: ScimToken) {
  return {
    id: row.id,
    name: row.name,
    connection_id: row.connectionId,
    hint: row.hint,
    created_at: row.createdAt.toISOString(),
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
  };
}
