import { allowAuditDeletion } from '../accounts/audit-store.ts';
import type { Db } from '../db/transaction.ts';

export interface AuditFilter {
  workspaceId: string;
  livemode: boolean;
  operation?: string | undefined;
  actorId?: string | undefined;
  targetId?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  after?: { createdAt: string; id: string } | undefined;
  limit: number;
}

export interface AuditRow {
  id: string;
  created_at: Date;
  operation: string;
  actor_type: 'key' | 'person' | 'operator' | 'scim' | 'system';
  actor_id: string;
  actor_name: string | null;
  target_type: string;
  target_id: string;
  target_name: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  request_id: string | null;
  address: string | null;
}

/** Newest first. People have their name of today, and once they are erased none. */
export async function selectAudit(db: Db, filter: AuditFilter): Promise<AuditRow[]> {
  const { rows } = await db.query(
    `select a.id, a.created_at, a.operation, a.actor_type, a.actor_id, coalesce(a.actor_name, p.name) as actor_name,
       a.target_type, a.target_id, coalesce(a.target_name, t.name) as target_name, a.before, a.after, a.request_id, a.address
     from audit_log a
     left join people p on a.actor_type = 'person' and p.id = a.actor_id
     left join people t on a.target_type = 'person' and t.id = a.target_id
     where a.workspace_id = $1 and a.livemode = $2
       and ($3::text is null or a.operation = $3) and ($4::text is null or a.actor_id = $4) and ($5::text is null or a.target_id = $5)
       and ($6::timestamptz is null or a.created_at >= $6) and ($7::timestamptz is null or a.created_at < $7)
       and ($8::timestamptz is null or (a.created_at, a.id) < ($8, $9))
     order by a.created_at desc, a.id desc limit $10`,
    [
      filter.workspaceId,
      filter.livemode,
      filter.operation ?? null,
      filter.actorId ?? null,
      filter.targetId ?? null,
      filter.from ?? null,
      filter.to ?? null,
      filter.after?.createdAt ?? null,
      filter.after?.id ?? null,
      filter.limit,
    ],
  );
  return rows as AuditRow[];
}

const rowsAtOnce = 10_000;

/** Deletes rows that are older, by this clock and the database's, some at a time; false when none are left. */
export async function deleteOldAudit(tx: Db, { nowMs, days }: { nowMs: number; days: number }): Promise<boolean> {
  await allowAuditDeletion(tx);
  const { rowCount } = await tx.query(
    `with old as (select workspace_id, created_at, id from audit_log
       where created_at < least(now(), $1::timestamptz) - make_interval(hours => 24 * $2::integer) limit ${rowsAtOnce} for update skip locked)
     delete from audit_log a using old where a.workspace_id = old.workspace_id and a.created_at = old.created_at and a.id = old.id`,
    [new Date(nowMs), days],
  );
  return rowCount === rowsAtOnce;
}
