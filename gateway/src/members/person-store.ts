import type { Db } from '../db/transaction.ts';
import { lockUntilCommit } from '../db/transaction-settings.ts';

/** The person's row, locked until commit. */
export async function lockPerson(
  tx: Db,
  id: string,
): Promise<{ id: string; email: string; isOperator: boolean } | undefined> {
  const { rows } = await tx.query('select id, email, is_operator from people where id = $1 for update', [id]);
  const [row] = rows as { id: string; email: string; is_operator: boolean }[];
  return row && { id: row.id, email: row.email, isOperator: row.is_operator };
}

/** Deletes a person and all that is theirs: factors, identities, sessions, memberships and links go with the row. Their id is remembered. */
export async function deletePerson(tx: Db, { id, email }: { id: string; email: string }): Promise<void> {
  await tx.query('insert into erased_people (id) values ($1) on conflict do nothing', [id]);
  // Invitations and links to the address are of the person, too, and have no reference to the row.
  await tx.query('delete from invitations where email = $1', [email]);
  await tx.query('delete from sign_in_links where email = $1', [email]);
  await tx.query('delete from people where id = $1', [id]);
}

export interface ErasedPerson {
  id: string;
  erasedAt: Date;
}

export async function listErasedPeople(db: Db): Promise<ErasedPerson[]> {
  const { rows } = await db.query('select id, erased_at as "erasedAt" from erased_people order by erased_at, id');
  return rows as ErasedPerson[];
}

/** The operators who can sign in, locked until commit in id order. */
export async function lockOperators(tx: Db): Promise<string[]> {
  const { rows } = await tx.query(
    'select id from people where is_operator and disabled_at is null order by id for update',
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

export async function setOperator(tx: Db, { id, isOperator }: { id: string; isOperator: boolean }): Promise<void> {
  await tx.query('update people set is_operator = $2 where id = $1', [id, isOperator]);
}

export interface ListedPerson {
  id: string;
  email: string;
  name: string;
  isOperator: boolean;
  createdAt: Date;
  workspaces: { id: string; name: string; role: string }[];
}

/** In the order of joining; `id` asks for one of them. */
export async function listPeople(
  db: Db,
  page: { after?: string | undefined; id?: string; limit: number },
): Promise<ListedPerson[]> {
  const { rows } = await db.query(
    `select p.id, p.email, p.name, p.is_operator, p.created_at,
            coalesce((select json_agg(json_build_object('id', w.id, 'name', w.name, 'role', m.role) order by w.name, w.id)
                      from members m join workspaces w on w.id = m.workspace_id where m.person_id = p.id), '[]') as workspaces
     from people p where ($1::text is null or p.id > $1) and ($2::text is null or p.id = $2) order by p.id limit $3`,
    [page.after ?? null, page.id ?? null, page.limit],
  );
  return (
    rows as {
      id: string;
      email: string;
      name: string;
      is_operator: boolean;
      created_at: Date;
      workspaces: ListedPerson['workspaces'];
    }[]
  ).map((row) => ({
    id: row.id,
    email: row.email,
    name: row.name,
    isOperator: row.is_operator,
    createdAt: row.created_at,
    workspaces: row.workspaces,
  }));
}

/** Until commit nobody else takes this address: of two at once the second sees the first one's person. */
export async function lockAddress(tx: Db, email: string): Promise<void> {
  await lockUntilCommit(tx, `ai-gateway address ${email}`);
}

/** `isUnproven`: neither a mailed link nor an identity provider has shown that the address is the person's. The first person is the operator's own. */
export async function findByAddress(tx: Db, email: string): Promise<{ id: string; isUnproven: boolean } | undefined> {
  const { rows } = await tx.query(
    `select p.id, p.email_verified_at is null and not p.is_operator
       and not exists (select 1 from identities i where i.person_id = p.id) as "isUnproven"
     from people p where p.email = $1`,
    [email],
  );
  return (rows as { id: string; isUnproven: boolean }[])[0];
}

/** Takes an address from a person who never showed that it is theirs. All else stays with them. */
export async function moveAside(tx: Db, id: string): Promise<void> {
  await tx.query(`update people set email = lower(id) || '@unconfirmed.invalid' where id = $1`, [id]);
}

/** The mailed link was opened: the address is the person's. What an unproven person had signed in with may be somebody else's, and is over. */
export async function proveAddress(tx: Db, { id, isUnproven }: { id: string; isUnproven: boolean }): Promise<void> {
  await tx.query('update people set email_verified_at = now() where id = $1 and email_verified_at is null', [id]);
  if (!isUnproven) return;
  await tx.query('delete from passwords where person_id = $1', [id]);
  await tx.query('delete from passkeys where person_id = $1', [id]);
}

/** An invitation proves nothing about its address: the inviter may have opened it. */
export async function insertInvited(tx: Db, person: { id: string; email: string; name: string }): Promise<void> {
  await tx.query('insert into people (id, email, name) values ($1, $2, $3)', [person.id, person.email, person.name]);
}

/** The address is the person's: a link that was sent there has been opened. */
export async function setAddress(tx: Db, { id, email, now }: { id: string; email: string; now: Date }): Promise<void> {
  await tx.query('update people set email = $2, email_verified_at = $3 where id = $1', [id, email, now]);
}

/** Is the person in a workspace, and no owner there, that requires single sign-on of the domain of their address? */
export async function isBoundToSso(db: Db, personId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select 1 from members m join people p on p.id = m.person_id
     join domains d on d.workspace_id = m.workspace_id and d.domain = split_part(p.email, '@', 2)
     where p.id = $1 and m.role in ('member', 'viewer') and m.disabled_at is null and d.sso_required and d.verified_at is not null limit 1`,
    [personId],
  );
  return rowCount === 1;
}
