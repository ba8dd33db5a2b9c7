import type { TestGateway } from './start-gateway.ts';

let drawn = 0;

/** The workspace of a gateway's first key. */
export async function workspaceOf(gateway: TestGateway): Promise<string> {
  const { rows } = await gateway.gateway.services.db.query('select id from workspaces order by created_at, id limit 1');
  return (rows as { id: string }[])[0]?.id ?? '';
}

/** A person as the tables have them, without any way to sign in. */
export async function insertTestPerson(gateway: TestGateway, email: string): Promise<string> {
  drawn += 1;
  const id = `per_test${drawn}`;
  await gateway.gateway.services.db.query('insert into people (id, email, name) values ($1, $2, $3)', [
    id,
    email,
    email.split('@')[0],
  ]);
  return id;
}

/** A member of a workspace; gives the ids of the member and of the person. */
export async function insertTestMember(
  gateway: TestGateway,
  { email, role, workspaceId }: { email: string; role: string; workspaceId?: string },
): Promise<{ id: string; personId: string }> {
  const personId = await insertTestPerson(gateway, email);
  const id = `mem_${personId}`;
  await gateway.gateway.services.db.query(
    'insert into members (workspace_id, id, person_id, role, client_id) values ($1, $2, $3, $4, $5)',
    [workspaceId ?? (await workspaceOf(gateway)), id, personId, role, role === 'client' ? 'acme' : null],
  );
  return { id, personId };
}
