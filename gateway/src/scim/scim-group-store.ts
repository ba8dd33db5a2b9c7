import type { Db } from '../db/transaction.ts';
import type { ScimGroup, ScimMember } from './scim-group.ts';
import type { ScimCondition } from './scim-path.ts';
import type { ScimScope } from './scim-user-store.ts';

const columns = 'id, display_name, external_id, created_at, updated_at';

export async function insertGroup(db: Db, place: ScimScope, group: ScimGroup): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into scim_groups (workspace_id, connection_id, ${columns}) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (workspace_id, connection_id, lower(display_name)) do nothing`,
    [
      place.workspaceId,
      place.connectionId,
      group.id,
      group.displayName,
      group.externalId,
      group.createdAt,
      group.updatedAt,
    ],
  );
  return rowCount === 1;
}

export async function updateGroup(
  db: Db,
  place: ScimScope,
  group: Pick<ScimGroup, 'id' | 'displayName' | 'externalId'>,
): Promise<void> {
  await db.query(
    `update scim_groups set display_name = $4, external_id = $5, updated_at = now()
     where workspace_id = $1 and connection_id = $2 and id = $3`,
    [place.workspaceId, place.connectionId, group.id, group.displayName, group.externalId],
  );
}

export async function hasGroupName(
  db: Db,
  place: ScimScope,
  group: Pick<ScimGroup, 'id' | 'displayName'>,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select 1 from scim_groups where workspace_id = $1 and connection_id = $2 and lower(display_name) = lower($3) and id <> $4`,
    [place.workspaceId, place.connectionId, group.displayName, group.id],
  );
  return rowCount === 1;
}

export async function deleteGroup(db: Db, place: ScimScope, id: string): Promise<void> {
  await db.query('delete from scim_groups where workspace_id = $1 and connection_id = $2 and id = $3', [
    place.workspaceId,
    place.connectionId,
    id,
  ]);
}

/** `for update`, since what a PATCH makes depends on what is there. */
export async function findGroup(db: Db, place: ScimScope, id: string): Promise<ScimGroup | undefined> {
  const { rows } = await db.query(
    `select ${columns} from scim_groups where workspace_id = $1 and connection_id = $2 and id = $3 for update`,
    [place.workspaceId, place.connectionId, id],
  );
  const [row] = rows;
  return row === undefined ? undefined : readRow(row, await membersOf(db, place, [id]));
}

interface GroupFilter {
  displayname: string | null;
  externalid: string | null;
  id: string | null;
  member: string | null;
}

/** Undefined: an attribute that groups are not looked for by. */
export function groupFilter(conditions: readonly ScimCondition[]): GroupFilter | undefined {
  const filter: GroupFilter = { displayname: null, externalid: null, id: null, member: null };
  for (const { attribute, value } of conditions) {
    if (attribute === 'displayname' || attribute === 'externalid' || attribute === 'id')
      filter[attribute] = String(value);
    else if (attribute === 'members' || attribute === 'members.value') filter.member = String(value);
    else return undefined;
  }
  return filter;
}

export async function listGroups(
  db: Db,
  place: ScimScope,
  options: { filter: GroupFilter; offset: number; limit: number; withMembers: boolean },
): Promise<{ total: number; groups: ScimGroup[] }> {
  const { filter, offset, limit, withMembers } = options;
  const values = [
    place.workspaceId,
    place.connectionId,
    filter.displayname,
    filter.externalid,
    filter.id,
    filter.member,
  ];
  const { rows } = await db.query(
    `select ${columns}, count(*) over ()::integer as total from scim_groups g where ${matching} order by created_at, id offset $7 limit $8`,
    [...values, offset, Math.max(limit, 1)],
  );
  const [first] = rows as { total: number }[];
  const total = first?.total ?? (await countGroups(db, values));
  if (limit === 0) return { total, groups: [] };
  const ids = (rows as { id: string }[]).map(({ id }) => id);
  const members = withMembers ? await membersOf(db, place, ids) : undefined;
  return { total, groups: rows.map((row) => readRow(row, members)) };
}

async function countGroups(db: Db, values: readonly unknown[]): Promise<number> {
  const { rows } = await db.query(`select count(*)::integer as count from scim_groups g where ${matching}`, [
    ...values,
  ]);
  return (rows[0] as { count: number }).count;
}

const matching = `g.workspace_id = $1 and g.connection_id = $2 and ($3::text is null or lower(g.display_name) = lower($3))
  and ($4::text is null or g.external_id = $4) and ($5::text is null or g.id = $5)
  and ($6::text is null or exists (
    select 1 from scim_group_members m where m.workspace_id = g.workspace_id and m.connection_id = g.connection_id and m.group_id = g.id and m.user_id = $6))`;

async function membersOf(db: Db, place: ScimScope, ids: readonly string[]): Promise<Map<string, ScimMember[]>> {
  const { rows } = await db.query(
    `select m.group_id, u.id, u.user_name from scim_group_members m
     join scim_users u on u.workspace_id = m.workspace_id and u.connection_id = m.connection_id and u.id = m.user_id
     where m.workspace_id = $1 and m.connection_id = $2 and m.group_id = any($3) order by u.created_at, u.id`,
    [place.workspaceId, place.connectionId, ids],
  );
  const members = new Map<string, ScimMember[]>(ids.map((id) => [id, []]));
  for (const row of rows as { group_id: string; id: string; user_name: string }[])
    members.get(row.group_id)?.push({ userId: row.id, userName: row.user_name });
  return members;
}

export async function addMembers(db: Db, place: ScimScope, groupId: string, userIds: readonly string[]): Promise<void> {
  await db.query(
    `insert into scim_group_members (workspace_id, connection_id, group_id, user_id)
     select $1, $2, $3, id from unnest($4::text[]) as id on conflict do nothing`,
    [place.workspaceId, place.connectionId, groupId, userIds],
  );
}

export async function removeMembers(
  db: Db,
  place: ScimScope,
  groupId: string,
  userIds: readonly string[],
): Promise<void> {
  await db.query(
    `delete from scim_group_members where workspace_id = $1 and connection_id = $2 and group_id = $3 and user_id = any($4)`,
    [place.workspaceId, place.connectionId, groupId, userIds],
  );
}

function readRow(row: unknown, members: ReadonlyMap<string, ScimMember[]> | undefined): ScimGroup {
  const value = row as {
    id: string;
    display_name: string;
    external_id: string | null;
    created_at: Date;
    updated_at: Date;
  };
  return {
    id: value.id,
    displayName: value.display_name,
    externalId: value.external_id,
    members: members === undefined ? undefined : (members.get(value.id) ?? []),
    createdAt: value.created_at,
    updatedAt: value.updated_at,
  };
}
