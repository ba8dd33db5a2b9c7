import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { actorOf } from '../accounts/actor.ts';
import type { Caller } from '../accounts/api-key.ts';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import type { Context } from '../accounts/context.ts';
import { ownClient } from '../accounts/own-tags.ts';
import { withTransaction } from '../db/transaction.ts';
import { deleteStop, insertStop, listStops, type Stop } from './stop-store.ts';

interface StopPorts {
  db: Pool;
  /** Reads a workspace's policy again before its next call. */
  policies: { forget(workspaceId: string): void };
}

export const stopHandlers: Pick<Handlers<Context<StopPorts>>, 'stop.create' | 'stop.get' | 'stop.remove'> = {
  'stop.create': async (input, { caller, services, audit }) => {
    const { workspaceId, livemode } = caller;
    const clientId = ownScope(caller, input.client_id);
    const reason = input.reason === undefined || input.reason === '' ? null : input.reason;
    const stop = await withTransaction(services.db, async (tx) => {
      const by = { reason, by: actorOf(caller), byClient: caller.lockedTags.length > 0 };
      if (await insertStop(tx, { workspaceId, livemode, clientId }, by))
        await audit(tx, { target: targetOf(caller, clientId), before: running, after: { stopped: true, reason } });
      return (await listStops(tx, workspaceId, livemode)).find((one) => one.clientId === clientId);
    });
    services.policies.forget(workspaceId);
    if (stop === undefined) throw new Error('a stop that was inserted is there');
    return describe(caller, stop);
  },

  'stop.get': async (_input, { caller, services }) => {
    const stops = await listStops(services.db, caller.workspaceId, caller.livemode);
    // Of the whole workspace's every key may know: its calls are refused.
    const shown = stops.filter(({ clientId }) => clientId === null || concerns(caller, clientId));
    return { stopped: shown.length > 0, data: shown.map((stop) => describe(caller, stop)) };
  },

  'stop.remove': async (input, { caller, services, audit }) => {
    const { workspaceId, livemode } = caller;
    const clientId = ownScope(caller, input.client_id);
    await withTransaction(services.db, async (tx) => {
      const stop = (await listStops(tx, workspaceId, livemode)).find((one) => one.clientId === clientId);
      if (stop === undefined) return;
      if (caller.lockedTags.length > 0 && !stop.byClient)
        throw new GatewayError(
          'tag_forbidden',
          'The workspace has stopped these calls. Use a key of the workspace without a lock to take the stop back.',
          { param: 'client_id' },
        );
      await deleteStop(tx, { workspaceId, livemode, clientId });
      await audit(tx, {
        target: targetOf(caller, clientId),
        before: { stopped: true, reason: stop.reason },
        after: { ...running, reason: null },
      });
    });
    services.policies.forget(workspaceId);
    return null;
  },
};

const running = { stopped: false };

/** A key that is locked to its client stops that client only; one with another lock would stop more than its own calls. */
function ownScope(caller: Caller, asked: string | undefined): string | null {
  const clientId = ownClient(caller, asked) ?? null;
  if (caller.lockedTags.some((tag) => tag !== 'client_id'))
    throw new GatewayError(
      'tag_forbidden',
      `This key is locked to its ${caller.lockedTags.join(', ')}, but a stop covers all calls of the workspace or of a client. Use a key without that lock.`,
      { param: 'client_id' },
    );
  return clientId;
}

function concerns({ lockedTags, tags }: Caller, clientId: string): boolean {
  return lockedTags.length === 0 || (lockedTags.includes('client_id') && tags.client_id === clientId);
}

function targetOf({ workspaceId, workspaceName }: Caller, clientId: string | null): AuditTarget {
  return clientId === null
    ? { type: 'workspace', id: workspaceId, name: workspaceName }
    : { type: 'client', id: clientId };
}

/** Names of the agency's people and keys, and its reasons for a stop of everybody, are not for its clients. */
function describe({ lockedTags }: Caller, stop: Stop): OutputOf<'stop.create'> {
  const isHidden = lockedTags.length > 0 && !stop.byClient;
  return {
    client_id: stop.clientId,
    reason: isHidden && stop.clientId === null ? null : stop.reason,
    by: isHidden ? null : stop.by,
    since: stop.since.toISOString(),
  };
}
