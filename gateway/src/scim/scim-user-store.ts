import type { Db } from '../db/transaction.ts';
import type { ScimCondition } from './scim-path.ts';
import type { ScimUser } from './scim-user.ts';

/** The users of one connection: a token leads to one connection, and sees nothing of any other. */
export interface ScimScope {
  workspaceId: string;
  connectionId: string;
}

const columns = 'id, person_id, user_name, external_id, active, attributes, created_at, updated_at';

export async function insertUser(db: Db, place: ScimScope, user: ScimUser): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into scim_users (workspace_id, connection_id, ${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (workspace_id, connection_id, user_name) do nothing`,
    [
      place.workspaceId,
      place.connectionId,
      user.id,
      user.personId,
      user.userName,
      user.externalId,
      user.active,
      JSON.stringify(user.attributes),
      user.createdAt,
      user.updatedAt,
    ],
  );
  return rowCount === 1;
}

export async function updateUser(db: Db, place: ScimScope, user: ScimUser): Promise<ScimUser | undefined> {
  const { rows } = await db.query(
    `update scim_users set user_name = $4, external_id = $5, active = $6, attributes = $7, updated_at = now()
     where workspace_id = $1 and connection_id = $2 and id = $3 returning ${columns}`,
    [
      place.workspaceId,
      place.connectionId,
      user.id,
      user.userName,
      user.externalId,
      user.active,
      JSON.stringify(user.attributes),
    ],
  );
  return rows.map(readRow)[0];
}

export async function deleteUser(db: Db, place: ScimScope, id: string): Promise<void> {
  await db.query('delete from scim_users where workspace_id = $1 and connection_id = $2 and id = $3', [
    place.workspaceId,
    place.connectionId,
    id,
  ]);
}

export async function findUser(db: Db, place: ScimScope, id: string): Promise<ScimUser | undefined> {
  const { rows } = await db.query(
    `select ${columns} from scim_users where workspace_id = $1 and connection_id = $2 and id = $3`,
    [place.workspaceId, place.connectionId, id],
  );
  return rows.map(readRow)[0];
}

export async function hasUserName(db: Db, place: ScimScope, userName: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select 1 from scim_users where workspace_id = $1 and connection_id = $2 and user_name = $3',
    [place.workspaceId, place.connectionId, userName],
  );
  return rowCount === 1;
}

/** The people of these users; ids that are no user of this connection are left out. */
export async function personsOf(db: Db, place: ScimScope, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await db.query(
    'select id, person_id from scim_users where workspace_id = $1 and connection_id = $2 and id = any($3)',
    [place.workspaceId, place.connectionId, ids],
  );
  return new Map((rows as { id: string; person_id: string }[]).map((row) => [row.id, row.person_id]));
}

/** The value each attribute must have; null where any will do. */
interface UserFilter {
  username: string | null;
  externalid: string | null;
  id: string | null;
  active: boolean | null;
  email: string | null;
}

/** Undefined: an attribute that users are not looked for by. */
export function userFilter(conditions: readonly ScimCondition[]): UserFilter | undefined {
  const filter: UserFilter = { username: null, externalid: null, id: null, active: null, email: null };
  for (const { attribute, value } of conditions) {
    if (attribute === 'active') filter.active = value === true || value === 'true';
    else if (attribute === 'username' || attribute === 'externalid' || attribute === 'id')
      filter[attribute] = String(value);
    else if (attribute === 'emails' || attribute === 'emails.value' || /^emails\[.*\]\.value$/.test(attribute))
      filter.email = String(value);
    else return undefined;
  }
  return filter;
}

/** A page, in the order of creation. User names are alike in any case (RFC 7643, 4.1.1). */
export async function listUsers(
  db: Db,
  place: ScimScope,
  { filter, offset, limit }: { filter: UserFilter; offset: number; limit: number },
): Promise<{ total: number; users: ScimUser[] }> {
  const values = [
    place.workspaceId,
    place.connectionId,
    filter.username?.toLowerCase() ?? null,
    filter.externalid,
    filter.id,
    filter.active,
    filter.email?.toLowerCase() ?? null,
  ];
  const { rows } = await db.query(
    `select ${columns}, count(*) over ()::integer as total from scim_users
     where ${matching} order by created_at, id offset $8 limit $9`,
    [...values, offset, Math.max(limit, 1)],
  );
  const [first] = rows as { total: number }[];
  // Past the last page, and where no rows are asked for, the total is still to be said.
  const total = first?.total ?? (await countUsers(db, values));
  return { total, users: limit === 0 ? [] : rows.map(readRow) };
}

async function countUsers(db: Db, values: readonly unknown[]): Promise<number> {
  const { rows } = await db.query(`select count(*)::integer as count from scim_users where ${matching}`, [...values]);
  return (rows[0] as { count: number }).count;
}

const matching = `workspace_id = $1 and connection_id = $2 and ($3::text is null or user_name = $3) and ($4::text is null or external_id = $4)
  and ($5::text is null or id = $5) and ($6::boolean is null or active = $6)
  and ($7::text is null or user_name = $7 or exists (
    select 1 from jsonb_array_elements(case when jsonb_typeof(attributes -> 'emails') = 'array' then attributes -> 'emails' else '[]' end) e
    where lower(e ->> 'value') = $7))`;

function readRow(row: unknown): ScimUser {
  const value = row as {
    id: string;
    person_id: string;
    user_name: string;
    external_id: string | null;
    active: boolean;
    attributes: Record<string, unknown>;
    created_at: Date;
    updated_at: Date;
  };
  return {
    id: value.id,
    personId: value.person_id,
    userName: value.user_name,
    externalId: value.external_id,
    active: value.active,
    attributes: value.attributes,
    createdAt: value.created_at,
    updatedAt: value.updated_at,
  };
}
