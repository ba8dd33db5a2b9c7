import { insertAuditRecord } from '../accounts/audit-store.ts';
import type { Db } from '../db/transaction.ts';
import type { Provisioning } from './provisioning.ts';

/** Writes what the identity provider has done to a person into the audit log, in the transaction of the change. */
export async function recordProvisioning(
  tx: Db,
  { connection, tokenId, address }: Provisioning,
  change: {
    operation: 'scim.users.create' | 'scim.users.update' | 'scim.users.remove' | 'scim.groups.role';
    personId: string;
    before?: object;
    after?: object;
  },
): Promise<void> {
  const { operation, personId, before, after } = change;
  await insertAuditRecord(tx, {
    workspaceId: connection.workspaceId,
    livemode: true,
    operation,
    actor: { type: 'scim', id: tokenId, name: connection.name },
    target: { type: 'person', id: personId },
    before,
    after,
    address,
  });
}
