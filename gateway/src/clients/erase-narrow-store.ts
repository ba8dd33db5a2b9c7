import type { Pool, PoolClient } from 'pg';
import { type Db, withLongTransaction } from '../db/transaction.ts';
import { writeNarrow, writeNarrowDays } from '../usage/narrow-sums-store.ts';
import { lockSums } from '../usage/roll-up-store.ts';
import { writeTaskDays, writeTaskSums } from '../usage/task-sums-store.ts';
import type { RememberedErasure } from './erase-client-store.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Erasures that are done, and whose names may be in narrow sums or in those of tasks: a process of an older version knows of none. */
export async function listNarrowLeft(db: Db): Promise<RememberedErasure[]> {
  const { rows } = await db.query(
    `select id, workspace_id as "workspaceId", livemode, name_hash as "nameHash", erased_at as "erasedAt" from erased_clients
     where not narrow_erased and unfinished_before is null order by id`,
  );
  return rows as RememberedErasure[];
}

/** The days have the names of all hours but the last. */
export async function listNarrowNames(
  db: Db,
  { workspaceId, livemode, erasedAt }: Pick<RememberedErasure, 'workspaceId' | 'livemode' | 'erasedAt'>,
): Promise<string[]> {
  const { rows } = await db.query(
    `select client_id as name from usage_narrow_days
     where workspace_id = $1 and livemode = $2 and kind = 'client' and client_id is not null
     union select client_id from usage_narrow_hours
     where workspace_id = $1 and livemode = $2 and kind = 'client' and client_id is not null
       and hour >= $3::timestamptz - interval '48 hours' and hour <= $3
     union select client_id from usage_task_days where workspace_id = $1 and livemode = $2 and kind = 'auto' and client_id is not null
     union select client_id from usage_task_hours where workspace_id = $1 and livemode = $2 and kind = 'auto' and client_id is not null
       and hour >= $3::timestamptz - interval '48 hours' and hour <= $3`,
    [workspaceId, livemode, erasedAt],
  );
  return (rows as { name: string }[]).map(({ name }) => name);
}

/** Each with its column of time, and the kinds of rows that have clients. */
const tables = [
  ['usage_narrow_hours', 'hour', `kind <> 'model'`],
  ['usage_narrow_days', 'day', `kind <> 'model'`],
  ['usage_task_hours', 'hour', `kind = 'auto'`],
  ['usage_task_days', 'day', `kind = 'auto'`],
  ['usage_task_quarters', 'quarter', `kind = 'auto'`],
] as const;

/**
 * Takes the name out of the narrow sums and those of tasks. A client that was made again since keeps its name there: only the hour and the day of
 * the erasure may have calls of both. These are summed again, from what has lost the name already, and all before is renamed.
 * Without a name there is nothing to do but to note it.
 */
export async function eraseNarrow(
  db: Pool,
  { id, workspaceId, livemode, erasedAt }: RememberedErasure,
  name: string | undefined,
): Promise<void> {
  const hour = new Date(Math.floor(erasedAt.getTime() / hourMs) * hourMs);
  const day = new Date(Math.floor(erasedAt.getTime() / dayMs) * dayMs);
  await withLongTransaction(db, 5, async (tx) => {
    if (name !== undefined) {
      await lockSums(tx);
      for (const [table, at, ofClients] of tables)
        await tx.query(
          `update ${table} set client_id = $4
           where workspace_id = $1 and livemode = $2 and ${ofClients} and client_id = $3 and ${at} < $5`,
          [workspaceId, livemode, name, id, at === 'day' ? day : hour],
        );
      await sumHourAndDay(tx, hour, day);
    }
    await tx.query('update erased_clients set narrow_erased = true where id = $1', [id]);
  });
}

/** The roll-up takes calls that are not summed yet. Sums of tasks are made from calls: those of calls that are gone stay as they are. */
async function sumHourAndDay(tx: PoolClient, hour: Date, day: Date): Promise<void> {
  const { rows } = await tx.query(
    `select narrow_until > $1 as "hasHour", narrow_until >= $2::timestamptz + interval '24 hours' as "hasDay",
       tasks_until > $1 and has_calls as "hasTaskHour", tasks_until >= $2::timestamptz + interval '24 hours' and has_calls as "hasTaskDay"
     from usage_rollup, lateral (select not exists (select 1 from dropped_months where from_at <= $1 and to_at > $1) as has_calls) as c`,
    [hour, day],
  );
  const [summed] = rows as Record<'hasHour' | 'hasDay' | 'hasTaskHour' | 'hasTaskDay', boolean | null>[];
  const nextHour = new Date(hour.getTime() + hourMs);
  const nextDay = new Date(day.getTime() + dayMs);
  if (summed?.hasHour) await writeNarrow(tx, hour, nextHour);
  if (summed?.hasDay) await writeNarrowDays(tx, day, nextDay);
  if (summed?.hasTaskHour) await writeTaskSums(tx, hour, nextHour);
  if (summed?.hasTaskDay) await writeTaskDays(tx, day, nextDay);
}
