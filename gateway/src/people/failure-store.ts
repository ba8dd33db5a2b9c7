import type { Pool } from 'pg';
import { isWhole, pieceRows } from '../db/in-pieces.ts';
import { type Db, withTransaction } from '../db/transaction.ts';

export interface TrySubject {
  kind: 'account' | 'address';
  subject: string;
  /** A wait grows no longer. */
  waitMaxSeconds: number;
}

/**
 * Counts a try before it is made, so that a thousand at once are no more than a few, and answers a wait of 0 and how many tries each subject has by then; or
 * answers how many seconds are left of the wait, and counts nothing. From the fifth failure on each is followed by a wait, twice as long as the one before; an hour without any
 * begins from the start.
 */
export function takeTry(
  db: Pool,
  subjects: readonly TrySubject[],
): Promise<{ waitSeconds: number; failures: ReadonlyMap<TrySubject['kind'], number> }> {
  const ordered = subjects.toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
  const [kinds, names, most] = [
    ordered.map(({ kind }) => kind),
    ordered.map(({ subject }) => subject),
    ordered.map(({ waitMaxSeconds }) => waitMaxSeconds),
  ];
  return withTransaction(db, async (tx) => {
    await tx.query(
      `insert into sign_in_failures (kind, subject, failures, last_at, wait_until)
       select kind, subject, 0, now(), now() from unnest($1::text[], $2::text[]) as g (kind, subject) order by kind, subject
       on conflict do nothing`,
      [kinds, names],
    );
    // The clock of now() stands still in a transaction, and this one may have waited for the row.
    const { rows } = await tx.query(
      `select extract(epoch from f.wait_until - clock_timestamp())::double precision as seconds
       from sign_in_failures f join unnest($1::text[], $2::text[]) as g (kind, subject) using (kind, subject)
       order by f.kind, f.subject for update of f`,
      [kinds, names],
    );
    const wait = Math.max(0, ...(rows as { seconds: number }[]).map(({ seconds }) => seconds));
    if (wait > 0) return { waitSeconds: wait, failures: new Map() };
    const { rows: counted } = await tx.query(
      `with given as (select * from unnest($1::text[], $2::text[], $3::integer[]) as g (kind, subject, most)),
       counted as (
         select f.kind, f.subject, given.most,
           case when f.last_at < clock_timestamp() - interval '1 hour' then 1 else f.failures + 1 end as failures
         from sign_in_failures f join given using (kind, subject))
       update sign_in_failures f set failures = c.failures, last_at = clock_timestamp(), wait_until = clock_timestamp() +
         case when c.failures < 5 then interval '0' else least(c.most, power(2, least(c.failures - 5, 20))) * interval '1 s' end
       from counted c where f.kind = c.kind and f.subject = c.subject returning f.kind, f.failures`,
      [kinds, names, most],
    );
    const failures = new Map(
      (counted as { kind: TrySubject['kind']; failures: number }[]).map((row) => [row.kind, row.failures]),
    );
    return { waitSeconds: 0, failures };
  });
}

/** A try that was right does not count. */
export async function takeBackTry(db: Db, subjects: readonly TrySubject[]): Promise<void> {
  await db.query(
    `with given as (select * from unnest($1::text[], $2::text[]) as g (kind, subject)),
     own as (select f.kind, f.subject from sign_in_failures f join given using (kind, subject) order by f.kind, f.subject for update of f)
     update sign_in_failures f set failures = greatest(failures - 1, 0), wait_until = now() from own
     where f.kind = own.kind and f.subject = own.subject`,
    [subjects.map(({ kind }) => kind), subjects.map(({ subject }) => subject)],
  );
}

/** A person who is in: their account begins from the start. */
export async function forgetTries(db: Db, { kind, subject }: TrySubject): Promise<void> {
  await db.query('delete from sign_in_failures where kind = $1 and subject = $2', [kind, subject]);
}

/** Has this person a session from that address? */
export async function isKnownAddress(db: Db, email: string, address: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select 1 from sessions s join people p on p.id = s.person_id where p.email = $1 and s.address = $2 limit 1',
    [email, address],
  );
  return (rowCount ?? 0) > 0;
}

/** Counts refusals that nothing has to wait for, and answers how many there are since the last quiet hour. */
export async function countRefusals(db: Db, subject: string, added: number): Promise<number> {
  const { rows } = await db.query(
    `insert into sign_in_failures as f (kind, subject, failures, last_at, wait_until) values ('account', $1, $2, now(), now())
     on conflict (kind, subject) do update
       set failures = case when f.last_at < now() - interval '1 hour' then $2 else f.failures + $2 end, last_at = now()
     returning failures`,
    [subject, added],
  );
  return (rows[0] as { failures: number } | undefined)?.failures ?? 0;
}

/** The person of an address, and the workspaces that they are in. */
export async function listWorkspacesOf(db: Db, email: string): Promise<{ personId: string; workspaceId: string }[]> {
  const { rows } = await db.query(
    `select m.person_id as "personId", m.workspace_id as "workspaceId" from people p join members m on m.person_id = p.id
     where p.email = $1 and m.disabled_at is null order by m.workspace_id limit 100`,
    [email],
  );
  return rows as { personId: string; workspaceId: string }[];
}

/** Deletes a piece of what is over: sessions, links a week after their end, and failures of yesterday. Returns whether there may be more. */
export async function forgetOldSignIns(db: Db): Promise<boolean> {
  const most = [pieceRows];
  const sessions = await db.query(
    `delete from sessions where ctid = any(array(
       select ctid from sessions where expires_at < now() limit $1 for update skip locked))`,
    most,
  );
  const links = await db.query(
    `delete from sign_in_links where ctid = any(array(
       select ctid from sign_in_links where expires_at < now() - interval '7 days' limit $1 for update skip locked))`,
    most,
  );
  const failures = await db.query(
    `delete from sign_in_failures where ctid = any(array(
       select ctid from sign_in_failures where last_at < now() - interval '1 day' order by last_at limit $1 for update skip locked))`,
    most,
  );
  return [sessions, links, failures].some(isWhole);
}
