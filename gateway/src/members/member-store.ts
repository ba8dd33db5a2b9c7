import type { Db } from '../db/transaction.ts';

export type MemberRole = 'owner' | 'member' | 'viewer' | 'client';

/** The connection whose group map gives a member's role, and those groups of it that a directory has put the member in. */
export interface RoleGiver {
  connectionId: string;
  name: string;
  groups: readonly string[];
}

export interface Member {
  id: string;
  workspaceId: string;
  personId: string;
  email: string;
  name: string;
  role: MemberRole;
  clientId: string | undefined;
  source: 'first' | 'sign-up' | 'invite' | 'sso' | 'scim';
  roleGiver: RoleGiver | undefined;
  createdAt: Date;
  disabledAt: Date | undefined;
  hasSecondFactor: boolean;
  lastSeenAt: Date | undefined;
  /** Wrong tries to sign in as this person since the last right one, within the last hour. */
  failedTries: number;
  /** Nobody tries again before, but from where the person has a session. */
  waitsUntil: Date | undefined;
}

interface MemberRow {
  id: string;
  workspace_id: string;
  person_id: string;
  email: string;
  name: string;
  role: MemberRole;
  client_id: string | null;
  source: Member['source'];
  created_at: Date;
  disabled_at: Date | null;
  has_second_factor: boolean;
  last_seen_at: Date | null;
  failed_tries: number | null;
  waits_until: Date | null;
  role_giver: RoleGiver | null;
}

/**
 * The member joined by the connection, or a directory has put them in a group of its map. Single sign-on does not say in which groups a member is who
 * was invited.
 */
const roleGiver = `select json_build_object('connectionId', c.id, 'name', c.name, 'groups', mapped.groups) from sso_connections c cross join lateral (
    select coalesce(array_agg(distinct g.display_name) filter (where r ->> 'role' = m.role), '{}') as groups, count(*) > 0 as is_in_one
    from scim_users u
    join scim_group_members gm on gm.workspace_id = u.workspace_id and gm.connection_id = u.connection_id and gm.user_id = u.id
    join scim_groups g on g.workspace_id = gm.workspace_id and g.connection_id = gm.connection_id and g.id = gm.group_id
    join jsonb_array_elements(c.group_roles) r on lower(trim(r ->> 'group')) in (lower(trim(g.display_name)), lower(trim(g.external_id)))
    where u.workspace_id = c.workspace_id and u.connection_id = c.id and u.person_id = m.person_id) mapped
  where c.workspace_id = m.workspace_id and m.role <> 'client' and jsonb_array_length(c.group_roles) > 0
    and (mapped.is_in_one or m.source in ('sso', 'scim') and not m.role_by_hand
      and (exists (select 1 from identities i where i.connection_id = c.id and i.person_id = m.person_id)
        or exists (select 1 from scim_users u where u.connection_id = c.id and u.person_id = m.person_id)))
  order by c.name, c.id limit 1`;

const selectMember = `select m.id, m.workspace_id, m.person_id, p.email, p.name, m.role, m.client_id, m.source, m.created_at,
            coalesce(m.disabled_at, p.disabled_at) as disabled_at,
            exists (select 1 from passkeys k where k.person_id = p.id)
              or exists (select 1 from totp t where t.person_id = p.id and t.confirmed_at is not null) as has_second_factor,
            (select max(s.seen_at) from sessions s where s.person_id = p.id and s.workspace_id = m.workspace_id) as last_seen_at,
            f.failures as failed_tries, case when f.wait_until > now() then f.wait_until end as waits_until,
            (${roleGiver}) as role_giver
     from members m join people p on p.id = m.person_id
     left join sign_in_failures f on f.kind = 'account' and f.subject = encode(sha256(convert_to(p.email, 'UTF8')), 'hex')
       and f.last_at > now() - interval '1 hour'`;

/** In the order of joining. `after` is the id of the last one of the page before. */
export async function listMembers(
  db: Db,
  page: { workspaceId: string; after: string | undefined; limit: number },
): Promise<Member[]> {
  const { rows } = await db.query(
    `${selectMember} where m.workspace_id = $1 and ($2::text is null or m.id > $2)
     order by m.id limit $3`,
    [page.workspaceId, page.after ?? null, page.limit],
  );
  return (rows as MemberRow[]).map(toMember);
}

/** A member by its own id or by the person's. */
export async function findMember(
  db: Db,
  { workspaceId, id }: { workspaceId: string; id: string },
): Promise<Member | undefined> {
  const { rows } = await db.query(`${selectMember} where m.workspace_id = $1 and (m.id = $2 or m.person_id = $2)`, [
    workspaceId,
    id,
  ]);
  const [row] = rows as MemberRow[];
  return row && toMember(row);
}

/**
 * The members who are owners and can sign in, locked until commit in id order: of two requests that each take an owner away, the second waits and then
 * sees what the first has left.
 */
export async function lockOwners(tx: Db, workspaceId: string): Promise<string[]> {
  const { rows } = await tx.query(
    `select m.id from members m join people p on p.id = m.person_id
     where m.workspace_id = $1 and m.role = 'owner' and m.disabled_at is null and p.disabled_at is null
     order by m.id for update of m`,
    [workspaceId],
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

export async function setRole(
  tx: Db,
  change: { workspaceId: string; id: string; role: MemberRole; clientId: string | undefined; isByHand: boolean },
): Promise<void> {
  // To give a member the role that it has chooses nothing.
  await tx.query(
    `update members set role = $3, client_id = $4, role_by_hand = $5 and (role_by_hand or role <> $3)
     where workspace_id = $1 and id = $2`,
    [change.workspaceId, change.id, change.role, change.clientId ?? null, change.isByHand],
  );
}

/** With the subjects that the workspace's identity providers know the person by: single sign-on would let them in by these again, uninvited. */
export async function deleteMember(
  tx: Db,
  { workspaceId, id, personId }: Pick<Member, 'workspaceId' | 'id' | 'personId'>,
): Promise<void> {
  await tx.query('delete from members where workspace_id = $1 and id = $2', [workspaceId, id]);
  await tx.query('delete from identities where workspace_id = $1 and person_id = $2', [workspaceId, personId]);
}

/** False where the person is a member already. */
export async function insertMember(
  tx: Db,
  member: Pick<Member, 'id' | 'workspaceId' | 'personId' | 'role' | 'clientId' | 'source'>,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into members (workspace_id, id, person_id, role, client_id, source) values ($1, $2, $3, $4, $5, $6)
     on conflict (workspace_id, person_id) do nothing`,
    [member.workspaceId, member.id, member.personId, member.role, member.clientId ?? null, member.source],
  );
  return rowCount === 1;
}

export async function isMember(
  db: Db,
  { workspaceId, email }: { workspaceId: string; email: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    'select 1 from members m join people p on p.id = m.person_id where m.workspace_id = $1 and p.email = $2',
    [workspaceId, email],
  );
  return rowCount === 1;
}

/** The addresses of a workspace's owners, for news that every owner should have. */
export async function ownerAddresses(db: Db, workspaceId: string): Promise<string[]> {
  const { rows } = await db.query(
    `select p.email from members m join people p on p.id = m.person_id
     where m.workspace_id = $1 and m.role = 'owner' and m.disabled_at is null and p.disabled_at is null order by p.email limit 100`,
    [workspaceId],
  );
  return (rows as { email: string }[]).map(({ email }) => email);
}

/** The workspace of a person who is a member of one alone. */
export async function onlyWorkspaceOf(db: Db, personId: string): Promise<string | undefined> {
  const { rows } = await db.query('select distinct workspace_id from members where person_id = $1 limit 2', [personId]);
  const found = (rows as { workspace_id: string }[]).map(({ workspace_id: id }) => id);
  return found.length === 1 ? found[0] : undefined;
}

/** The names of the workspaces whose only owner who can sign in is this person; their owners are locked until commit. */
export async function ownedAlone(tx: Db, personId: string): Promise<string[]> {
  await tx.query(
    `select 1 from members where role = 'owner' and workspace_id in (select workspace_id from members where person_id = $1 and role = 'owner')
     order by workspace_id, id for update`,
    [personId],
  );
  const { rows } = await tx.query(
    `select w.name from members mine join workspaces w on w.id = mine.workspace_id
     where mine.person_id = $1 and mine.role = 'owner' and mine.disabled_at is null
       and not exists (select 1 from members m join people p on p.id = m.person_id
                       where m.workspace_id = mine.workspace_id and m.role = 'owner' and m.person_id <> $1
                         and m.disabled_at is null and p.disabled_at is null)
     order by w.name`,
    [personId],
  );
  return (rows as { name: string }[]).map(({ name }) => name);
}

function toMember(row: MemberRow): Member {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    personId: row.person_id,
    email: row.email,
    name: row.name,
    role: row.role,
    clientId: row.client_id ?? undefined,
    source: row.source,
    roleGiver: row.role_giver ?? undefined,
    createdAt: row.created_at,
    disabledAt: row.disabled_at ?? undefined,
    hasSecondFactor: row.has_second_factor,
    lastSeenAt: row.last_seen_at ?? undefined,
    failedTries: row.failed_tries ?? 0,
    waitsUntil: row.waits_until ?? undefined,
  };
}
