import type { Db } from './transaction.ts';

/** A new connection waits for these statements, and a caller for the connection. */
const answerWithinMs = 3_000;

function query(db: Db, text: string, values: readonly unknown[] = []): Promise<{ rows: unknown[] }> {
  // pg's types do not know the field.
  return db.query({ text, values: [...values], query_timeout: answerWithinMs } as { text: string; values: unknown[] });
}

/** Makes an `insert … select` commit without the synchronous standby, which may be away. */
const committedHere = `from set_config('synchronous_commit', 'local', true)`;

/** A stretch of a server's history: it ends, and the next one begins, where a standby is promoted. */
export interface Timeline {
  /** Of the cluster: the same on a primary and its standbys. */
  systemIdentifier: string;
  databaseOid: string;
  /** When the schema began to have timelines, in microseconds: one that was made again, or set back to before, is another database. */
  schemaMadeAt: string;
  timeline: string;
}

export interface ServerTimeline extends Timeline {
  /** Undefined where no gateway has written on this timeline yet. */
  id: string | undefined;
  /** The ids of all timelines that led here, this one's included. */
  known: readonly string[];
}

/** Where a connection leads; `standby` where nothing can be written, undefined where the server does not tell. */
export async function readTimeline(db: Db): Promise<ServerTimeline | 'standby' | undefined> {
  try {
    const { rows } = await query(
      db,
      `with here as (
         select system_identifier::text as system, (select oid from pg_database where datname = current_database())::text as database,
           case when pg_is_in_recovery() then null
             else ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint end as timeline
         from pg_control_system())
       select system, database, (extract(epoch from m.applied_at) * 1000000)::bigint::text as made_at, here.timeline::text as timeline, t.id,
         coalesce((select array_agg(k.id) from database_timelines k where not k.elsewhere), '{}') as known
       from here join schema_migrations m on m.name = '000158_database_timelines.sql' left join database_timelines t
         on not t.elsewhere and t.system_identifier = system and t.database_oid = database and t.timeline = here.timeline`,
    );
    const row = rows[0] as
      | {
          system: string;
          database: string;
          made_at: string;
          timeline: string | null;
          id: string | null;
          known: string[];
        }
      | undefined;
    if (row === undefined) return undefined;
    const { system, database, made_at: schemaMadeAt, timeline, id, known } = row;
    if (timeline === null) return 'standby';
    return { systemIdentifier: system, databaseOid: database, schemaMadeAt, timeline, id: id ?? undefined, known };
  } catch (error) {
    const { code } = error as { code?: string };
    // A vendor's server that has no such log, or keeps it to itself; a database that is not migrated yet.
    if (code !== undefined && /^(0A000|42501|42883|42P01)$/.test(code)) return undefined;
    throw error;
  }
}

/** Notes the timeline as `id`, unless another process was faster. It is to be confirmed. */
export async function noteTimeline(db: Db, at: Timeline, id: string): Promise<void> {
  await query(
    db,
    `insert into database_timelines (id, system_identifier, database_oid, timeline)
     select $1, $2, $3, $4::bigint ${committedHere} on conflict do nothing`,
    [id, at.systemIdentifier, at.databaseOid, at.timeline],
  );
}

/** Returns once the synchronous standby, where there is one, has the row: a commit that changes nothing waits for all before it. */
export async function confirmTimeline(db: Db, id: string): Promise<void> {
  await query(db, 'update database_timelines set noted_at = noted_at where id = $1', [id]);
}

/** Leaves word in this database: a gateway wrote on this timeline of another primary. */
export async function noteElsewhere(db: Db, at: Timeline, id: string): Promise<void> {
  await query(
    db,
    `insert into database_timelines (id, system_identifier, database_oid, timeline, elsewhere)
     select $1, $2, $3, $4::bigint, true ${committedHere} on conflict do nothing`,
    [id, at.systemIdentifier, at.databaseOid, at.timeline],
  );
}

/** The timelines of other primaries that gateways wrote on, the oldest first. */
export async function listElsewhere(db: Db): Promise<{ timeline: bigint; notedAt: Date }[]> {
  const { rows } = await db.query(
    `select timeline, noted_at as "notedAt" from database_timelines where elsewhere order by noted_at, id`,
  );
  return rows as { timeline: bigint; notedAt: Date }[];
}
