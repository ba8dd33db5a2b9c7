import type { EventType } from '@ai-gateway/shared/operations/events';
import { isWhole, pieceRows } from '../db/in-pieces.ts';
import type { Db } from '../db/transaction.ts';
import type { GatewayEvent } from '../events/event-store.ts';

export interface DeliveryAttempt {
  at: string;
  status: number | null;
  ms: number;
  error: string | null;
}

export interface DeliveryRow {
  workspaceId: string;
  id: string;
  webhookId: string;
  eventId: string;
  eventType: EventType;
  /** The event as it is told; the same bytes at every try. */
  body: GatewayEvent;
  status: 'pending' | 'delivered' | 'failed' | 'dropped';
  tries: DeliveryAttempt[];
  nextTryAt: Date | null;
  createdAt: Date;
}

export async function insertDelivery(
  db: Db,
  delivery: { workspaceId: string; id: string; webhookId: string; event: GatewayEvent },
): Promise<DeliveryRow> {
  const { workspaceId, id, webhookId, event } = delivery;
  const { rows } = await db.query(
    `insert into deliveries (workspace_id, id, webhook_id, event_id, event_type, body, status, next_try_at)
     values ($1, $2, $3, $4, $5, $6, 'pending', clock_timestamp()) returning *`,
    [workspaceId, id, webhookId, event.id, event.type, JSON.stringify(event)],
  );
  const [row] = (rows as RawDelivery[]).map(readDelivery);
  if (row === undefined) throw new Error('an insert returns its row');
  return row;
}

export async function findDelivery(
  db: Db,
  place: { workspaceId: string; id: string },
): Promise<DeliveryRow | undefined> {
  const { rows } = await db.query('select * from deliveries where workspace_id = $1 and id = $2', [
    place.workspaceId,
    place.id,
  ]);
  return (rows as RawDelivery[]).map(readDelivery)[0];
}

/** How many deliveries wait for their next try, `countedMax` at most. */
export async function countPending(db: Db): Promise<number> {
  const { rows } = await db.query({
    text: `select count(*)::int4 as waiting from (select 1 from deliveries where status = 'pending' limit $1) as pending`,
    values: [countedMax],
    query_timeout: 2_000,
  } as { text: string; values: unknown[] });
  return (rows as { waiting: number }[])[0]?.waiting ?? 0;
}

const countedMax = 100_000;

/** For how long a delivery that was taken is nobody else's. */
export const takenMs = 30_000;

/**
 * Takes a delivery that waits and is due, and puts it half a minute off meanwhile: another job that has it too, or this one
 * running a second time, passes over it, as over one whose next try is planned for later.
 */
export async function takeDelivery(
  db: Db,
  place: { workspaceId: string; id: string },
): Promise<DeliveryRow | undefined> {
  const { rows } = await db.query(
    `update deliveries set next_try_at = clock_timestamp() + make_interval(secs => $3)
     where workspace_id = $1 and id = $2 and status = 'pending' and next_try_at <= clock_timestamp() returning *`,
    [place.workspaceId, place.id, takenMs / 1000],
  );
  return (rows as RawDelivery[]).map(readDelivery)[0];
}

export async function selectDeliveries(
  db: Db,
  filter: {
    workspaceId: string;
    webhookId: string;
    before?: { createdAt: string; id: string } | undefined;
    limit: number;
  },
): Promise<DeliveryRow[]> {
  const { rows } = await db.query(
    `select * from deliveries where workspace_id = $1 and webhook_id = $2
       and ($3::timestamptz is null or (created_at, id) < ($3, $4))
     order by created_at desc, id desc limit $5`,
    [filter.workspaceId, filter.webhookId, filter.before?.createdAt ?? null, filter.before?.id ?? null, filter.limit],
  );
  return (rows as RawDelivery[]).map(readDelivery);
}

/** Notes a try and what follows from it; one that was unsubscribed meanwhile stays dropped. */
export async function noteAttempt(
  db: Db,
  place: { workspaceId: string; id: string },
  outcome: { tried: DeliveryAttempt; status: 'pending' | 'delivered' | 'failed'; nextTryAt: Date | null },
): Promise<void> {
  await db.query(
    `update deliveries set tries = tries || $3::jsonb, next_try_at = case when status = 'dropped' then null else $5::timestamptz end,
       status = case when status = 'dropped' and $4::text <> 'delivered' then status else $4::text end
     where workspace_id = $1 and id = $2`,
    [place.workspaceId, place.id, JSON.stringify([outcome.tried]), outcome.status, outcome.nextTryAt],
  );
}

/** Nobody waits for it any more. */
export async function dropDelivery(db: Db, place: { workspaceId: string; id: string }): Promise<void> {
  await db.query(
    `update deliveries set status = 'dropped', next_try_at = null where workspace_id = $1 and id = $2 and status = 'pending'`,
    [place.workspaceId, place.id],
  );
}

/** Made due at once, whatever came of it before. */
export async function reopenDelivery(db: Db, place: { workspaceId: string; id: string }): Promise<void> {
  await db.query(
    `update deliveries set status = 'pending', next_try_at = clock_timestamp() where workspace_id = $1 and id = $2`,
    [place.workspaceId, place.id],
  );
}

/**
 * Deliveries that are long due: of an imported database, of a job that was lost, or of one that is still to come to them; they
 * are tried once all the same. Put off meanwhile. In the order in which their events happened.
 */
export async function takeOverdue(
  tx: Db,
  limit: number,
): Promise<{ workspaceId: string; webhookId: string; id: string }[]> {
  const { rows } = await tx.query(
    `with taken as (
       update deliveries set next_try_at = clock_timestamp() where (workspace_id, id) in (
         select workspace_id, id from deliveries where status = 'pending' and next_try_at < clock_timestamp() - interval '3 minutes'
         order by next_try_at limit $1 for update skip locked)
       returning workspace_id, webhook_id, id)
     select * from taken order by id`,
    [limit],
  );
  return (rows as { workspace_id: string; webhook_id: string; id: string }[]).map((row) => ({
    workspaceId: row.workspace_id,
    webhookId: row.webhook_id,
    id: row.id,
  }));
}

/** Thirty days of log are kept. Deletes a piece of what is older; returns whether there may be more. */
export async function deleteOldDeliveries(db: Db): Promise<boolean> {
  const deleted = await db.query(
    `delete from deliveries where ctid = any(array(
       select ctid from deliveries where created_at < now() - interval '30 days' and status <> 'pending'
       order by created_at limit $1 for update skip locked))`,
    [pieceRows],
  );
  return isWhole(deleted);
}

interface RawDelivery {
  workspace_id: string;
  id: string;
  webhook_id: string;
  event_id: string;
  event_type: EventType;
  body: GatewayEvent;
  status: DeliveryRow['status'];
  tries: DeliveryAttempt[];
  next_try_at: Date | null;
  created_at: Date;
}

function readDelivery(row: RawDelivery): DeliveryRow {
  return {
    workspaceId: row.workspace_id,
    id: row.id,
    webhookId: row.webhook_id,
    eventId: row.event_id,
    eventType: row.event_type,
    body: row.body,
    status: row.status,
    tries: row.tries,
    nextTryAt: row.next_try_at,
    createdAt: row.created_at,
  };
}

/** Tries of tests and repetitions in the last hour: those that a person asked for. */
export async function countRecentTries(db: Db, webhook: { workspaceId: string; id: string }): Promise<number> {
  const { rows } = await db.query(
    `select coalesce(sum(greatest(jsonb_array_length(tries), 1)), 0)::integer as tries from deliveries
     where workspace_id = $1 and webhook_id = $2 and created_at > now() - interval '1 hour' and body->'data' ? 'test'`,
    [webhook.workspaceId, webhook.id],
  );
  return (rows as { tries: number }[])[0]?.tries ?? 0;
}
