import type { Db } from '../db/transaction.ts';

/**
 * A person gets the new name and, where the address was the one of before, the new address; only people who belong to this workspace
 * alone, since an identity provider has no say in what others see of a person. An address that somebody has stays as it is.
 */
export async function renamePerson(
  db: Db,
  change: { personId: string; workspaceId: string; from: string; to: string; name: string },
): Promise<void> {
  await db.query(
    `update people p set name = case when $5 = '' then p.name else $5 end,
       email = case when p.email = $3 and not exists (select 1 from people o where o.email = $4) then $4 else p.email end
     where p.id = $1 and not p.is_operator and not exists (select 1 from members m where m.person_id = p.id and m.workspace_id <> $2)`,
    [change.personId, change.workspaceId, change.from, change.to, change.name],
  );
}
