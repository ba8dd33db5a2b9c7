import { GatewayError } from '@ai-gateway/shared/errors';
import type { Db } from '../db/transaction.ts';
import { lockOwners } from './member-store.ts';

/**
 * Throws `conflict` where this member is the last owner who can sign in. Called in the transaction that takes the owner away, first: the owners stay locked
 * until it ends.
 */
export async function keepAnOwner(tx: Db, { workspaceId, id }: { workspaceId: string; id: string }): Promise<void> {
  const owners = await lockOwners(tx, workspaceId);
  if (owners.includes(id) && owners.length === 1) throw lastOwner();
}

function lastOwner(): GatewayError {
  return new GatewayError(
    'conflict',
    'This person is the last owner of the workspace. Make another person an owner first.',
  );
}
