import type { Db } from '../db/transaction.ts';

type Severity = 'minor' | 'major' | 'maintenance';
export type IncidentState = 'investigating' | 'identified' | 'monitoring' | 'resolved';

interface IncidentUpdate {
  state: IncidentState;
  text: string;
  at: Date;
}

export interface Incident {
  id: string;
  title: string;
  severity: Severity;
  state: IncidentState;
  component: string | null;
  openedAt: Date;
  updatedAt: Date;
  resolvedAt: Date | null;
  /** Of planned work that is announced. */
  startsAt: Date | null;
  endsAt: Date | null;
  /** The incident that shows this one. */
  mergedInto: string | null;
  /** The oldest first. */
  updates: IncidentUpdate[];
}

interface NewIncident {
  id: string;
  title: string;
  severity: Severity;
  component: string | null;
  text: string;
  at: Date;
  startsAt?: Date | undefined;
  endsAt?: Date | undefined;
}

/** False where the provider has an open one already. */
export async function insertIncident(
  tx: Db,
  { id, title, severity, component, text, at, startsAt, endsAt }: NewIncident,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into incidents (id, title, severity, state, component, last_bad_at, opened_at, updated_at, starts_at, ends_at)
     values ($1, $2, $3, 'investigating', $4, case when $4::text is null then null else $5::timestamptz end, $5, $5, $6, $7)
     on conflict (component) where component is not null and resolved_at is null do nothing`,
    [id, title, severity, component, at, startsAt ?? null, endsAt ?? null],
  );
  if (rowCount !== 1) return false;
  await tx.query(`insert into incident_updates (incident_id, at, state, text) values ($1, $2, 'investigating', $3)`, [
    id,
    at,
    text,
  ]);
  return true;
}

/** Undefined where there is no such incident. */
export async function updateIncident(
  tx: Db,
  { id, state, text, at }: { id: string; state: IncidentState | undefined; text: string; at: Date },
): Promise<Incident | undefined> {
  const { rows } = await tx.query(
    `update incidents set state = coalesce($2, state), updated_at = greatest($3::timestamptz, updated_at + interval '1 millisecond'),
       resolved_at = case when coalesce($2, state) = 'resolved' then coalesce(resolved_at, $3::timestamptz) end
     where id = $1 returning state, updated_at`,
    [id, state ?? null, at],
  );
  const [row] = rows as { state: IncidentState; updated_at: Date }[];
  if (row === undefined) return undefined;
  await tx.query('insert into incident_updates (incident_id, at, state, text) values ($1, $2, $3, $4)', [
    id,
    row.updated_at,
    row.state,
    text,
  ]);
  return findIncident(tx, id);
}

/** The open incident of a provider. Was one closed by hand, while the same failure goes on? Then no other is opened. A merge may set `opened_at` back. */
export async function findAutomatic(
  tx: Db,
  { component, since }: { component: string; since: Date },
): Promise<'open' | 'closed by hand' | 'none'> {
  const { rows } = await tx.query(
    `select bool_or(resolved_at is null) as open, count(*)::integer as incidents from incidents
     where component = $1 and coalesce(resolved_at, 'infinity') >= $2`,
    [component, since],
  );
  const [row] = rows as { open: boolean | null; incidents: number }[];
  if (row?.open) return 'open';
  return (row?.incidents ?? 0) > 0 ? 'closed by hand' : 'none';
}

/** An incident lasts as long as the provider of one that was merged into it fails. */
export async function noteBad(tx: Db, components: readonly string[], at: Date): Promise<void> {
  await tx.query(
    `update incidents set last_bad_at = $2 where component is not null and resolved_at is null
       and (component = any($1::text[]) or id in (select merged_into from incidents where component = any($1::text[])))`,
    [components, at],
  );
}

/** Shows one incident, and those that were merged into it before, as part of another. Both are locked by the caller. */
export async function mergeIncident(
  tx: Db,
  { from, into, text, at }: { from: Incident; into: Incident; text: string; at: Date },
): Promise<void> {
  await tx.query('update incidents set merged_into = $2 where id = $1 or merged_into = $1', [from.id, into.id]);
  if (from.resolvedAt === null)
    await updateIncident(tx, { id: from.id, state: 'resolved', text: `Merged into "${into.title}".`, at });
  await tx.query(
    `update incidents b set opened_at = least(b.opened_at, a.opened_at),
       severity = case when b.severity = 'minor' and a.severity = 'major' then 'major' else b.severity end,
       last_bad_at = case when b.component is not null then greatest(b.last_bad_at, a.last_bad_at) end
     from incidents a where a.id = $1 and b.id = $2`,
    [from.id, into.id],
  );
  await updateIncident(tx, { id: into.id, state: undefined, text, at });
}

export async function lockIncidents(tx: Db, ids: readonly string[]): Promise<void> {
  await tx.query('select 1 from incidents where id = any($1::text[]) order by id for update', [ids]);
}

/** The automatic incidents whose provider has not failed since. */
export async function listRecovered(tx: Db, before: Date): Promise<string[]> {
  const { rows } = await tx.query(
    'select id from incidents where component is not null and resolved_at is null and last_bad_at < $1 order by id',
    [before],
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** Does planned work go on? One without times goes on from its announcement to its end. */
export async function isMaintained(tx: Db): Promise<boolean> {
  const { rows } = await tx.query(
    `select exists (select 1 from incidents where severity = 'maintenance' and resolved_at is null
       and coalesce(starts_at, opened_at) <= now() and coalesce(ends_at, 'infinity') > now()) as maintained`,
  );
  return (rows as { maintained: boolean }[])[0]?.maintained ?? false;
}

const columns = `i.id, i.title, i.severity, i.state, i.component, i.opened_at as "openedAt", i.updated_at as "updatedAt",
  i.resolved_at as "resolvedAt", i.starts_at as "startsAt", i.ends_at as "endsAt", i.merged_into as "mergedInto",
  (select json_agg(json_build_object('state', u.state, 'text', case when m.id = i.id then u.text else m.title || ': ' || u.text end, 'at', u.at)
     order by u.at, u.incident_id)
   from incidents m join incident_updates u on u.incident_id = m.id
   where m.id = i.id or (m.merged_into = i.id and u.state <> 'resolved')) as updates`;

export async function findIncident(db: Db, id: string): Promise<Incident | undefined> {
  const { rows } = await db.query(`select ${columns} from incidents i where id = $1`, [id]);
  return readRows(rows)[0];
}

/** Those that were open at some time in between, the newest first; without those that another one shows, unless they are wanted. */
export async function selectIncidents(
  db: Db,
  { from, to, withMerged = false }: { from: Date; to: Date; withMerged?: boolean },
): Promise<Incident[]> {
  const { rows } = await db.query(
    `select ${columns} from incidents i where opened_at < $2 and coalesce(resolved_at, ends_at, 'infinity') >= $1
       and ($3 or merged_into is null)
     order by opened_at desc, id desc limit 500`,
    [from, to, withMerged],
  );
  return readRows(rows);
}

function readRows(rows: unknown[]): Incident[] {
  return (rows as (Incident & { updates: { state: IncidentState; text: string; at: string }[] | null })[]).map(
    (row) => ({
      ...row,
      updates: (row.updates ?? []).map((update) => ({ ...update, at: new Date(update.at) })),
    }),
  );
}
