import type { Person } from '../accounts/api-key.ts';
import type { Db } from '../db/transaction.ts';
import type { HashParameters, PasswordHash } from './password-hasher.ts';

/** The password of a person. Undefined where they have none. */
export async function findPassword(db: Db, personId: string): Promise<PasswordHash | undefined> {
  const { rows } = await db.query('select hash, salt, parameters from passwords where person_id = $1', [personId]);
  return (rows as PasswordHash[])[0];
}

/** A person who may sign in, with their password, in one trip: whether there is one takes no longer than whether there is none. */
export async function findPersonWithPassword(
  db: Db,
  email: string,
): Promise<{ person: Person; password: PasswordHash | undefined } | undefined> {
  const { rows } = await db.query(
    `select p.id, p.email, p.name, p.is_operator, w.hash, w.salt, w.parameters
     from people p left join passwords w on w.person_id = p.id where p.email = $1 and p.disabled_at is null`,
    [email],
  );
  const [row] = rows as PersonRow[];
  if (row === undefined) return undefined;
  const { hash, salt, parameters } = row;
  return {
    person: { id: row.id, email: row.email, name: row.name, isOperator: row.is_operator },
    password: hash === null || salt === null || parameters === null ? undefined : { hash, salt, parameters },
  };
}

interface PersonRow {
  id: string;
  email: string;
  name: string;
  is_operator: boolean;
  hash: Buffer | null;
  salt: Buffer | null;
  parameters: HashParameters | null;
}

/** Is it still the person's password? Until the transaction ends nobody changes it. */
export async function keepPassword(tx: Db, personId: string, { hash }: PasswordHash): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select 1 from passwords w join people p on p.id = w.person_id
     where w.person_id = $1 and w.hash = $2 and p.disabled_at is null for share`,
    [personId, hash],
  );
  return rowCount === 1;
}

export async function writePassword(db: Db, personId: string, { hash, salt, parameters }: PasswordHash): Promise<void> {
  await db.query(
    `insert into passwords (person_id, hash, salt, parameters) values ($1, $2, $3, $4)
     on conflict (person_id) do update set hash = excluded.hash, salt = excluded.salt, parameters = excluded.parameters, changed_at = now()`,
    [personId, hash, salt, JSON.stringify(parameters)],
  );
}
