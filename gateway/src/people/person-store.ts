import type { Person } from '../accounts/api-key.ts';
import type { Db } from '../db/transaction.ts';

/** A person who may sign in, by the address. People who are disabled are not found. */
export async function findPerson(db: Db, by: { email: string } | { id: string }): Promise<Person | undefined> {
  const { rows } = await db.query(
    'select id, email, name, is_operator from people where (email = $1 or id = $2) and disabled_at is null',
    ['email' in by ? by.email : null, 'id' in by ? by.id : null],
  );
  const [row] = rows as { id: string; email: string; name: string; is_operator: boolean }[];
  return row && { id: row.id, email: row.email, name: row.name, isOperator: row.is_operator };
}

export async function hasPeople(db: Db): Promise<boolean> {
  const { rows } = await db.query('select exists (select 1 from people) as has');
  return (rows[0] as { has: boolean }).has;
}

export async function insertPerson(db: Db, person: Person & { isVerified: boolean }): Promise<void> {
  await db.query(
    `insert into people (id, email, name, is_operator, email_verified_at) values ($1, $2, $3, $4, case when $5 then now() end)`,
    [person.id, person.email, person.name, person.isOperator, person.isVerified],
  );
}

export async function insertMember(
  db: Db,
  member: {
    workspaceId: string;
    id: string;
    personId: string;
    role: 'owner' | 'member' | 'viewer' | 'client';
    clientId?: string | undefined;
    source: 'first' | 'sign-up' | 'invite' | 'sso' | 'scim';
  },
): Promise<void> {
  await db.query(
    'insert into members (workspace_id, id, person_id, role, client_id, source) values ($1, $2, $3, $4, $5, $6)',
    [member.workspaceId, member.id, member.personId, member.role, member.clientId ?? null, member.source],
  );
}
