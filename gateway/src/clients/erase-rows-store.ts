import type { Pool, PoolClient } from 'pg';
import { type Db, withTransaction } from '../db/transaction.ts';
import type { Erasure } from './erase-client-store.ts';
import { renameInRules } from './erase-rules-store.ts';
import { takeOutOfScenarios } from './erase-scenarios-store.ts';
import { deleteNamings } from './erase-views-store.ts';

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

/** Deletes its settings, portal links, limits and webhooks: people write these, calls do not. */
export async function deleteSettings(tx: PoolClient, erasure: Erasure): Promise<void> {
  const { id, workspaceId, livemode, name } = erasure;
  await renameInRules(tx, erasure);
  const place = [workspaceId, livemode, name];
  await deleteNamings(tx, erasure);
  // The billed amounts of its calls stay with its figures, so totals do not change.
  await tx.query(
    `with gone as (delete from clients where workspace_id = $1 and livemode = $2 and id = $3 returning *),
       kept as (
         insert into clients (workspace_id, livemode, id, markup_percent, currency, exchange_rate)
         select workspace_id, livemode, $4, markup_percent, currency, exchange_rate from gone on conflict do nothing)
       select 1`,
    [...place, id],
  );
  // Prompts of both modes: an empty list would open them to every client, so the name is replaced.
  if (livemode)
    await tx.query(
      `update prompts set client_ids = array_replace(client_ids, $2, $3) where workspace_id = $1 and $2 = any(client_ids)`,
      [workspaceId, name, id],
    );
  // Its portal shows nothing more, also where it is open.
  await tx.query('delete from portal_links where workspace_id = $1 and livemode = $2 and client_id = $3', place);
  await tx.query('delete from stops where workspace_id = $1 and livemode = $2 and client_id = $3', place);
  await tx.query(
    `delete from rate_limits where workspace_id = $1 and livemode = $2 and kind = 'client' and id = $3`,
    place,
  );
  // The conditions of experiments may name it.
  await tx.query(
    `update experiments set spec = jsonb_set(spec, '{when}', replace((spec->'when')::text, to_json($3::text)::text, to_json($4::text)::text)::jsonb)
     where workspace_id = $1 and livemode = $2 and position(to_json($3::text)::text in (spec->'when')::text) > 0`,
    [...place, id],
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

/** Deletes what its calls write beside their records, as far as it is not newer than `until`: events, pauses, waiting work, answers kept for later. */
export async function deleteTraces(db: Pool, erasure: Erasure, until: Date | 'infinity' = 'infinity'): Promise<void> {
  const { id, workspaceId, livemode, name } = erasure;
  const place = [workspaceId, livemode, name, until];
  await withTransaction(db, async (tx) => {
    await tx.query(
      `delete from tag_values where workspace_id = $1 and livemode = $2 and kind = 'client' and id = $3 and last_call_at <= $4`,
      place,
    );
    await tx.query(
      `delete from scenario_states where workspace_id = $1 and livemode = $2 and lock <> '' and lock::jsonb->>'client_id' = $3
         and coalesce(since, '-infinity') <= $4`,
      place,
    );
    await tx.query(
      'delete from learned_samples where workspace_id = $1 and livemode = $2 and client_id = $3 and created_at <= $4',
      place,
    );
    await takeOutOfScenarios(tx, erasure, until);
    await deleteMentions(tx, erasure, until);
    // Their messages may name it.
    await tx.query(
      `delete from refusals where workspace_id = $1 and livemode = $2
         and (client_id = $3 or position('"' || $3 || '"' in message) > 0) and last_at <= $4`,
      place,
    );
    // A call that runs is deleted once it has run.
    await tx.query(
      `delete from background_calls where workspace_id = $1 and livemode = $2 and tags->>'client_id' = $3 and state <> 'running' and created_at <= $4`,
      place,
    );
    await tx.query(
      'delete from cached_answers where workspace_id = $1 and livemode = $2 and client_id = $3 and created_at <= $4',
      place,
    );
    await tx.query(`select pg_notify('cached_answers', $1)`, [workspaceId]);
    // Scores stay with the figures, as calls do.
    await tx.query(
      `update feedback set sealed_comment = null, client_id = $5 where workspace_id = $1 and livemode = $2 and client_id = $3 and at <= $4`,
      [...place, id],
    );
    // Test mode's are the sandbox's.
    await tx.query(
      `delete from stored_answers where workspace_id = $1 and client_id = $3 and (account <> 'sandbox') = $2 and used_at <= $4`,
      place,
    );
    await tx.query(
      `update unwritten_calls set call = (call::jsonb || jsonb_build_object('c', $5::text, 'e', null, 'o', null, 'n', null))::json
       where workspace_id = $1 and call->>'c' = $3 and (call->>'live')::boolean = $2 and created_at <= $4`,
      [...place, id],
    );
  });
}

/**
 * Events of the client and what was sent of them: those that name it by its tag, or as one that looks like another. Not by its name as a
 * mere word: others' events have the same words.
 */
async function deleteMentions(
  tx: PoolClient,
  { workspaceId, livemode, name }: Erasure,
  until: Date | 'infinity',
): Promise<void> {
  await tx.query(
    `with named as (
       select '$.** ? (@.client_id == $name || (@.tag == "client_id" && (@.value == $name || @.known == $name)))'::jsonpath as path),
     gone as (
       delete from events using named where workspace_id = $1 and livemode = $2 and created_at <= $5
         and (client_id = $3 or jsonb_path_exists(data, path, $4::jsonb)) returning id)
     delete from deliveries d using named where workspace_id = $1 and created_at <= $5
       and (event_id in (select id from gone) or jsonb_path_exists(body, path, $4::jsonb))
       and not exists (select 1 from webhooks w where w.workspace_id = d.workspace_id and w.id = d.webhook_id and w.livemode <> $2)`,
    [workspaceId, livemode, name, JSON.stringify({ name }), until],
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
       union select generate_series(date_trunc('day', until, 'UTC'), now() + interval '24 hours', interval '24 hours') from timed)
     select day as from_at, day + interval '24 hours' as to_at from days order by day desc`,
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

/** Answers to the keys of one mode that are kept for a day, a part at a time, to be opened and judged; none that is newer than `until`. */
export async function* keptAnswers(
  db: Db,
  { workspaceId, livemode }: { workspaceId: string; livemode: boolean },
  until: Date | 'infinity' = 'infinity',
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
         and created_at <= $5
       order by key_id, idempotency_key limit ${rowsAtOnce}`,
      [workspaceId, ...after, others, until],
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
