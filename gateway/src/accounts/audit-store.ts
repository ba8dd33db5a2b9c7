import type { OperationId } from '@ai-gateway/shared/contract';
import type { Db } from '../db/transaction.ts';
import type { Actor } from './actor.ts';
import { type AuditEntry, auditedSides } from './audit-entry.ts';
import { newId } from './new-id.ts';
import type { OtherChange } from './other-changes.ts';

export interface AuditRecord extends Omit<AuditEntry, 'workspaceId'> {
  workspaceId: string;
  livemode: boolean;
  operation: OperationId | OtherChange;
  actor: Actor;
  requestId?: string | undefined;
  /** The client's address, by `TRUST_PROXY`. */
  address?: string | undefined;
}

/** In the transaction of the change: what is not on record is not done. */
export async function insertAuditRecord(tx: Db, record: AuditRecord): Promise<void> {
  const { before, after } = auditedSides(record);
  const { actor, target } = record;
  await tx.query(
    `insert into audit_log (workspace_id, id, livemode, operation, actor_type, actor_id, actor_name, target_type, target_id, target_name,
       before, after, request_id, address)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      record.workspaceId,
      newId('aud', Date.now()),
      record.livemode,
      record.operation,
      actor.type,
      actor.id,
      actor.type === 'person' ? null : (actor.name ?? null),
      target.type,
      target.id,
      target.type === 'person' ? null : (target.name ?? null),
      before === null ? null : JSON.stringify(before),
      after === null ? null : JSON.stringify(after),
      record.requestId ?? null,
      record.address ?? null,
    ],
  );
}

/** The transaction may delete rows of the audit log from here on: those of a workspace that is deleted, and those that are old. */
export async function allowAuditDeletion(tx: Db): Promise<void> {
  await tx.query(`set local gateway.drop_audit_log = 'on'`);
}
