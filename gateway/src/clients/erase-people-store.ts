import type { PoolClient } from 'pg';

/**
 * Ends what people have in a workspace, or in the portal of one client of it: membership, invitations, sessions there. A person who then
 * belongs to no workspace is deleted, but for operators. Every process forgets their sessions.
 */
export async function erasePeople(
  tx: PoolClient,
  { workspaceId, clientId }: { workspaceId: string; clientId: string | undefined },
): Promise<void> {
  const place = [workspaceId, clientId ?? null];
  const { rows } = await tx.query(
    `delete from members where workspace_id = $1 and ($2::text is null or client_id = $2) returning person_id`,
    place,
  );
  await tx.query(
    `with gone as (delete from invitations where workspace_id = $1 and ($2::text is null or client_id = $2) returning id)
     delete from sign_in_links l using gone where l.workspace_id = $1 and l.invitation_id = gone.id`,
    place,
  );
  const people = (rows as { person_id: string }[]).map((row) => row.person_id);
  if (people.length === 0) return;
  await tx.query('delete from sessions where workspace_id = $1 and person_id = any($2)', [workspaceId, people]);
  await tx.query(
    `delete from people p where id = any($1) and not is_operator and not exists (select 1 from members m where m.person_id = p.id)`,
    [people],
  );
  await tx.query(`select pg_notify('sessions', id) from unnest($1::text[]) as id`, [people]);
}
