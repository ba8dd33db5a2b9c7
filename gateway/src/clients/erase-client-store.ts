import type { Pool, PoolClient } from 'pg';
import { type Db, withTransaction } from '../db/transaction.ts';
import { lockSums } from '../usage/roll-up-store.ts';

/** One client to be erased, and the name that replaces its own. */
export interface Erasure {
  /** `erased-…` */
  id: string;
  workspaceId: string;
  livemode: boolean;
  /** The tag, as calls name it. */
  name: string;
}

export interface RememberedErasure {
  id: string;
  workspaceId: string;
  livemode: boolean;
  nameHash: Buffer;
  erasedAt: Date;
}

/**
 * Remembers an erasure that begins; `sealedName` until it is done, and what was under way is over. For 30 s after each of its steps it is
 * left to the process that works on it.
 */
export async function beginErasure(db: Db, erasure: RememberedErasure, sealedName: Buffer): Promise<void> {
  await db.query(
    `insert into erased_clients (id, workspace_id, livemode, name_hash, erased_at, sealed_name, next_sweep_at, unfinished_before)
     values ($1, $2, $3, $4, $5, $6, now() + interval '30 seconds', 'infinity')`,
    [erasure.id, erasure.workspaceId, erasure.livemode, erasure.nameHash, erasure.erasedAt, sealedName],
  );
}

/** Calls from `before` on have lost the name. */
export async function noteProgress(db: Db, id: string, before: Date): Promise<void> {
  await db.query(
    `update erased_clients set unfinished_before = least(unfinished_before, $2), next_sweep_at = now() + interval '30 seconds'
     where id = $1 and unfinished_before is not null`,
    [id, before],
  );
}

/** The rest is anybody's. */
export async function leaveErasure(db: Db, id: string): Promise<void> {
  await db.query('update erased_clients set next_sweep_at = now() where id = $1 and unfinished_before is not null', [
    id,
  ]);
}

export async function finishErasure(db: Db, id: string): Promise<void> {
  await db.query(
    'update erased_clients set unfinished_before = null, next_sweep_at = now() where id = $1 and unfinished_before is not null',
    [id],
  );
}

/** Remembers one that is done, of another database. */
export async function insertErasure(db: Db, erasure: RememberedErasure): Promise<void> {
  await db.query(
    `insert into erased_clients (id, workspace_id, livemode, name_hash, erased_at) values ($1, $2, $3, $4, $5)
     on conflict (id) do nothing`,
    [erasure.id, erasure.workspaceId, erasure.livemode, erasure.nameHash, erasure.erasedAt],
  );
}

export async function listErasures(db: Db): Promise<RememberedErasure[]> {
  const { rows } = await db.query(
    'select id, workspace_id, livemode, name_hash, erased_at from erased_clients order by erased_at, id',
  );
  return (rows as { id: string; workspace_id: string; livemode: boolean; name_hash: Buffer; erased_at: Date }[]).map(
    (row) => ({
      id: row.id,
      workspaceId: row.workspace_id,
      livemode: row.livemode,
      nameHash: row.name_hash,
      erasedAt: row.erased_at,
    }),
  );
}

export interface Sweep {
  id: string;
  workspaceId: string;
  livemode: boolean;
  sealedName: Buffer;
  erasedAt: Date;
  /** Calls that came in before this still have the name; undefined where the erasure is done. */
  unfinishedBefore: Date | undefined;
}

/** Takes the erasures that are due to be looked after once more; the next time comes after twice the time that has passed. */
export async function takeSweeps(db: Db): Promise<Sweep[]> {
  const { rows } = await db.query(
    `update erased_clients set next_sweep_at = now() + case when unfinished_before is not null then interval '30 seconds'
       else least(interval '60 s', greatest(interval '1 s', (now() - erased_at) / 2)) end
     where sealed_name is not null and next_sweep_at <= now()
     returning id, workspace_id, livemode, sealed_name, erased_at, unfinished_before is not null as is_unfinished,
       nullif(unfinished_before, 'infinity') as unfinished_before`,
  );
  type Row = {
    id: string;
    workspace_id: string;
    livemode: boolean;
    sealed_name: Buffer;
    erased_at: Date;
    is_unfinished: boolean;
    unfinished_before: Date | null;
  };
  return (rows as Row[]).map((row) => ({
    id: row.id,
    workspaceId: row.workspace_id,
    livemode: row.livemode,
    sealedName: row.sealed_name,
    erasedAt: row.erased_at,
    // To the millisecond, by which calls are written.
    unfinishedBefore: row.is_unfinished ? (row.unfinished_before ?? new Date(row.erased_at.getTime() + 1)) : undefined,
  }));
}

/** A call that came in before the erasure may still write for as long as it is open; one is open within a moment of coming in. */
export async function isUnderWay(db: Db, { workspaceId, erasedAt }: Sweep): Promise<boolean> {
  const { rows } = await db.query(
    `select now() < $2::timestamptz + interval '30 seconds' or exists (
       select 1 from calls where status = 'open' and workspace_id = $1 and created_at <= $2) as under_way`,
    [workspaceId, erasedAt],
  );
  return (rows[0] as { under_way: boolean }).under_way;
}

export async function endSweep(db: Db, id: string): Promise<void> {
  await db.query('update erased_clients set sealed_name = null, next_sweep_at = null where id = $1', [id]);
}

/** Was this client made again since: does a call that came in later name it, or was it set up? */
export async function isMadeAgain(db: Db, { workspaceId, livemode, name }: Erasure, erasedAt: Date): Promise<boolean> {
  const { rows } = await db.query(
    `select exists (select 1 from clients where workspace_id = $1 and livemode = $2 and id = $3) or exists (
       select 1 from calls where workspace_id = $1 and livemode = $2 and created_at > $4 and client_id = $3) as again`,
    [workspaceId, livemode, name, erasedAt],
  );
  return (rows[0] as { again: boolean }).again;
}

/** The names that replace erased clients: these are not billed any more. */
export async function listErasedIds(db: Db, workspaceId: string): Promise<string[]> {
  const { rows } = await db.query('select id from erased_clients where workspace_id = $1', [workspaceId]);
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** Every client that anything names, for finding one of which only the hash is known. */
export async function listNames(db: Db, place: { workspaceId: string; livemode: boolean }): Promise<string[]> {
  const { rows } = await db.query(
    `select id from clients where workspace_id = $1 and livemode = $2
     union select id from tag_values where workspace_id = $1 and livemode = $2 and kind = 'client'
     union select client_id from call_groups where workspace_id = $1 and livemode = $2 and client_id is not null
     union select client_id from usage_days where workspace_id = $1 and livemode = $2 and client_id is not null
     union select client_id from budgets where workspace_id = $1 and livemode = $2 and client_id is not null
     union select tags->>'client_id' from api_keys where workspace_id = $1 and livemode = $2 and tags ? 'client_id'`,
    [place.workspaceId, place.livemode],
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** Its keys end at once, on every process, and its budgets are deleted. Books keep their rows, without its name. */
export async function endKeysAndBudgets(tx: PoolClient, erasure: Erasure): Promise<{ keyIds: string[] }> {
  const { id, workspaceId, livemode, name } = erasure;
  const place = [workspaceId, livemode, name];
  const { rows } = await tx.query(
    `with ended as (
         update api_keys set revoked_at = coalesce(revoked_at, now()), name = $4, tags = '{}'
         where workspace_id = $1 and livemode = $2 and tags->>'client_id' = $3 returning id)
       select id, pg_notify('keys', id) from ended`,
    [...place, id],
  );
  await tx.query(
    `update budgets set deleted_at = coalesce(deleted_at, clock_timestamp()), client_id = $4, name = $4
       where workspace_id = $1 and livemode = $2 and client_id = $3`,
    [...place, id],
  );
  await renameInstances(tx, erasure);
  await tx.query(`select pg_notify('budgets', $1), pg_notify('guards', $1), pg_notify('workspaces', $1)`, [
    workspaceId,
  ]);
  return { keyIds: (rows as { id: string }[]).map((row) => row.id) };
}

/** Its counts in budgets with "*" for each client; in id order, as everywhere. */
export async function renameInstances(db: Db, { id, workspaceId, livemode, name }: Erasure): Promise<void> {
  await db.query(
    `with own as (
       select m.id from meters m join budgets b on b.workspace_id = m.workspace_id and b.id = m.budget_id
       where m.workspace_id = $1 and b.livemode = $2 and m.instance <> '' and m.instance::jsonb->>'client_id' = $3
       order by m.id for update of m)
     update meters m set instance = (m.instance::jsonb || jsonb_build_object('client_id', $4::text))::text from own where m.id = own.id`,
    [workspaceId, livemode, name, id],
  );
}

/** Deletes its settings, limits and webhooks: people write these, calls do not. */
export async function deleteSettings(tx: PoolClient, erasure: Erasure): Promise<void> {
  const { id, workspaceId, livemode, name } = erasure;
  const place = [workspaceId, livemode, name];
  // The billed amounts of its calls stay with its figures, so totals do not change.
  await tx.query(
    `with gone as (delete from clients where workspace_id = $1 and livemode = $2 and id = $3 returning *),
       kept as (
         insert into clients (workspace_id, livemode, id, markup_percent, currency, exchange_rate)
         select workspace_id, livemode, $4, markup_percent, currency, exchange_rate from gone on conflict do nothing)
       select 1`,
    [...place, id],
  );
  await tx.query(
    `delete from rate_limits where workspace_id = $1 and livemode = $2 and kind = 'client' and id = $3`,
    place,
  );
  await tx.query(
    `delete from scenario_limits where workspace_id = $1 and livemode = $2 and lock <> '' and lock::jsonb->>'client_id' = $3`,
    place,
  );
  await tx.query(
    `with ended as (
         delete from webhooks where workspace_id = $1 and livemode = $2 and $3 in (filter->>'client_id', bound->>'client_id')
         returning workspace_id, id, livemode),
       kept as (insert into removed_webhooks (workspace_id, id, livemode) select * from ended on conflict do nothing)
       delete from deliveries d using ended e where d.workspace_id = e.workspace_id and d.webhook_id = e.id`,
    place,
  );
}

/** Deletes what its calls write beside their records: events, pauses, waiting work, answers kept for later. */
export async function deleteTraces(db: Pool, erasure: Erasure): Promise<void> {
  const { id, workspaceId, livemode, name } = erasure;
  const place = [workspaceId, livemode, name];
  await withTransaction(db, async (tx) => {
    await tx.query(
      `delete from tag_values where workspace_id = $1 and livemode = $2 and kind = 'client' and id = $3`,
      place,
    );
    await tx.query(
      `delete from scenario_states where workspace_id = $1 and livemode = $2 and lock <> '' and lock::jsonb->>'client_id' = $3`,
      place,
    );
    await deleteMentions(tx, erasure);
    // Their messages may name it.
    await tx.query('delete from refusals where workspace_id = $1 and livemode = $2 and client_id = $3', place);
    // A call that runs is deleted once it has run.
    await tx.query(
      `delete from background_calls where workspace_id = $1 and livemode = $2 and tags->>'client_id' = $3 and state <> 'running'`,
      place,
    );
    // Test mode's are the sandbox's.
    await tx.query(
      `delete from stored_answers where workspace_id = $1 and client_id = $3 and (account <> 'sandbox') = $2`,
      place,
    );
    await tx.query(
      `update unwritten_calls set call = (call::jsonb || jsonb_build_object('c', $4::text, 'e', null, 'o', null, 'n', null))::json
       where workspace_id = $1 and call->>'c' = $3 and (call->>'live')::boolean = $2`,
      [...place, id],
    );
  });
}

/**
 * Events of the client and what was sent of them: those that name it by its tag, or as one that looks like another. Not by its name as a
 * mere word: others' events have the same words.
 */
async function deleteMentions(tx: PoolClient, { workspaceId, livemode, name }: Erasure): Promise<void> {
  await tx.query(
    `with named as (
       select '$.** ? (@.client_id == $name || (@.tag == "client_id" && (@.value == $name || @.known == $name)))'::jsonpath as path),
     gone as (
       delete from events using named where workspace_id = $1 and livemode = $2
         and (client_id = $3 or jsonb_path_exists(data, path, $4::jsonb)) returning id)
     delete from deliveries d using named where workspace_id = $1
       and (event_id in (select id from gone) or jsonb_path_exists(body, path, $4::jsonb))
       and not exists (select 1 from webhooks w where w.workspace_id = d.workspace_id and w.id = d.webhook_id and w.livemode <> $2)`,
    [workspaceId, livemode, name, JSON.stringify({ name })],
  );
}

/** The stretches of time in which its calls are to be looked for: the days it is known to have called on, and all that is newer. */
export async function stretchesOf(
  db: Db,
  { workspaceId, livemode, name }: Erasure,
): Promise<{ from: Date; to: Date }[]> {
  const { rows } = await db.query(
    `with timed as (select coalesce((select timed_until from usage_rollup), (select min(created_at) from calls)) as until),
     days as (
       select distinct date_trunc('day', t.hour, 'UTC') as day from call_groups g join call_times t on t.group_id = g.id
       where g.workspace_id = $1 and g.livemode = $2 and g.client_id = $3
       union select generate_series(date_trunc('day', until, 'UTC'), now() + interval '1 day', interval '1 day') from timed)
     select day as from_at, day + interval '1 day' as to_at from days order by day desc`,
    [workspaceId, livemode, name],
  );
  return (rows as { from_at: Date; to_at: Date }[]).map((row) => ({ from: row.from_at, to: row.to_at }));
}

/** Renames the records of calls in progress. A moment's work: their ends are written soon, and must not wait. */
export async function renameOpenCalls(db: Db, erasure: Erasure, until: Date): Promise<void> {
  const { id, workspaceId, livemode, name } = erasure;
  await db.query(
    `update calls set client_id = $4, execution_id = null, organization_id = null, node = null
     where status = 'open' and workspace_id = $1 and livemode = $2 and client_id = $3 and created_at <= $5`,
    [workspaceId, livemode, name, id, until],
  );
}

/** Small enough for a statement of a fraction of a second. */
const rowsAtOnce = 5_000;

/**
 * Calls keep their figures and lose whose they were: the client, and the runs it was called from. A part at a time, so that no statement
 * takes long; false where `isOver` said so before all were done.
 */
export async function renameCalls(
  db: Db,
  erasure: Erasure,
  { from, to, isOver = () => false }: { from: Date; to: Date; isOver?: () => boolean },
): Promise<boolean> {
  const { id, workspaceId, livemode, name } = erasure;
  for (let after = [from, '']; !isOver(); ) {
    const { rows } = await db.query(
      `with part as (
         select created_at, id from calls
         where workspace_id = $1 and livemode = $2 and client_id = $3 and (created_at, id) > ($5, $6) and created_at < $7 and status <> 'open'
         order by created_at, id limit ${rowsAtOnce}),
       renamed as (
         update calls c set client_id = $4, execution_id = null, organization_id = null, node = null from part
         where c.workspace_id = $1 and c.created_at = part.created_at and c.id = part.id and c.client_id = $3 and c.status <> 'open')
       select created_at, id from part order by created_at desc, id desc limit 1`,
      [workspaceId, livemode, name, id, ...after, to],
    );
    const [last] = rows as { created_at: Date; id: string }[];
    if (last === undefined) return true;
    after = [last.created_at, last.id];
  }
  return false;
}

/** Sums of calls that have lost its name lose it too. Nobody sums up meanwhile: that would bring the name back. */
export async function renameSums(db: Pool, erasure: Erasure): Promise<void> {
  const { id, workspaceId, livemode, name } = erasure;
  const place = [workspaceId, livemode, name, id];
  await withTransaction(db, async (tx) => {
    await lockSums(tx);
    await tx.query(`set local statement_timeout = '5min'`);
    for (const table of ['usage_hours', 'usage_days', 'usage_quarters', 'latency_days'])
      await tx.query(
        `update ${table} set client_id = $4 where workspace_id = $1 and livemode = $2 and client_id = $3`,
        place,
      );
    await tx.query(
      `update call_groups set client_id = $4, fingerprint = gen_random_uuid() where workspace_id = $1 and livemode = $2 and client_id = $3`,
      place,
    );
  });
}

/** Answers to the keys of one mode that are kept for a day, a part at a time, to be opened and judged. */
export async function* keptAnswers(
  db: Db,
  { workspaceId, livemode }: { workspaceId: string; livemode: boolean },
): AsyncGenerator<{ keyId: string; idempotencyKey: string; sealedBody: Buffer }[]> {
  const rowsAtOnce = 200;
  // A statement of its own: on a database spread by Citus the keys are elsewhere.
  const { rows: keys } = await db.query('select id from api_keys where workspace_id = $1 and livemode <> $2', [
    workspaceId,
    livemode,
  ]);
  const others = (keys as { id: string }[]).map(({ id }) => id);
  for (let after = ['', '']; ; ) {
    const { rows } = await db.query(
      `select key_id, idempotency_key, sealed_body from idempotent_answers
       where workspace_id = $1 and state = 'done' and (key_id, idempotency_key) > ($2, $3) and key_id <> all($4)
       order by key_id, idempotency_key limit ${rowsAtOnce}`,
      [workspaceId, ...after, others],
    );
    const page = rows as { key_id: string; idempotency_key: string; sealed_body: Buffer }[];
    const last = page.at(-1);
    if (last === undefined) return;
    yield page.map((row) => ({
      keyId: row.key_id,
      idempotencyKey: row.idempotency_key,
      sealedBody: row.sealed_body,
    }));
    after = [last.key_id, last.idempotency_key];
  }
}

export async function deleteAnswers(
  db: Db,
  workspaceId: string,
  answers: readonly { keyId: string; idempotencyKey: string }[],
): Promise<void> {
  await db.query(
    `delete from idempotent_answers a using unnest($2::text[], $3::text[]) as g (k, i)
     where a.workspace_id = $1 and a.key_id = g.k and a.idempotency_key = g.i`,
    [workspaceId, answers.map(({ keyId }) => keyId), answers.map(({ idempotencyKey }) => idempotencyKey)],
  );
}
