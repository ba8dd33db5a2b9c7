import type { Pool, PoolClient } from 'pg';
import { type Db, withTransaction } from '../db/transaction.ts';
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
       and hour >= $3::timestamptz - interval '2 days' and hour <= $3
     union select client_id from usage_task_days where workspace_id = $1 and livemode = $2 and kind = 'auto' and client_id is not null
     union select client_id from usage_task_hours where workspace_id = $1 and livemode = $2 and kind = 'auto' and client_id is not null
       and hour >= $3::timestamptz - interval '2 days' and hour <= $3`,
    [workspaceId, livemode, erasedAt],
  );
  return (rows as { name: string }[]).map(({ name }) => name);
}

/**
 * Makes the narrow sums that have the name again, from sums that have lost it. A client that was made again since keeps its name there, and so here.
 * Without a name there is nothing to do but to note it.
 */
export async function eraseNarrow(
  db: Pool,
  { id, workspaceId, livemode, erasedAt }: RememberedErasure,
  name: string | undefined,
): Promise<void> {
  await withTransaction(db, async (tx) => {
    if (name !== undefined) {
      await lockSums(tx);
      await tx.query(`set local statement_timeout = '5min'`);
      const place = [workspaceId, livemode, name, erasedAt];
      for (const at of await momentsOf(tx, hoursWithName, place))
        await writeNarrow(tx, at, new Date(at.getTime() + hourMs));
      for (const at of await momentsOf(tx, daysWithName, place))
        await writeNarrowDays(tx, at, new Date(at.getTime() + dayMs));
      await eraseTasks(tx, { id, workspaceId, livemode, erasedAt }, name);
    }
    await tx.query('update erased_clients set narrow_erased = true where id = $1', [id]);
  });
}

/** Only the hour and the day of the erasure may have calls of a client that was made again: these are summed again, all before is renamed. */
async function eraseTasks(
  tx: PoolClient,
  { id, workspaceId, livemode, erasedAt }: Omit<RememberedErasure, 'nameHash'>,
  name: string,
): Promise<void> {
  const place = [workspaceId, livemode, name, id];
  const hour = new Date(Math.floor(erasedAt.getTime() / hourMs) * hourMs);
  const day = new Date(Math.floor(erasedAt.getTime() / dayMs) * dayMs);
  await tx.query(
    'update usage_task_hours set client_id = $4 where workspace_id = $1 and livemode = $2 and client_id = $3 and hour < $5',
    [...place, hour],
  );
  await tx.query(
    'update usage_task_days set client_id = $4 where workspace_id = $1 and livemode = $2 and client_id = $3 and day < $5',
    [...place, day],
  );
  await tx.query(
    'update usage_task_quarters set client_id = $4 where workspace_id = $1 and livemode = $2 and client_id = $3 and quarter < $5',
    [...place, hour],
  );
  const { rows } = await tx.query(
    `select tasks_until > $1 as "hasHour", tasks_until >= $2::timestamptz + interval '1 day' as "hasDay" from usage_rollup
     where not exists (select 1 from dropped_months where from_at <= $1 and to_at > $1)`,
    [hour, day],
  );
  const [summed] = rows as { hasHour: boolean | null; hasDay: boolean | null }[];
  if (summed?.hasHour) await writeTaskSums(tx, hour, new Date(hour.getTime() + hourMs));
  if (summed?.hasDay) await writeTaskDays(tx, day, new Date(day.getTime() + dayMs));
}

const hoursWithName = `
  select distinct hour as at from usage_narrow_hours
  where workspace_id = $1 and livemode = $2 and client_id = $3 and hour <= $4 order by 1`;
const daysWithName = `
  select distinct day as at from usage_narrow_days
  where workspace_id = $1 and livemode = $2 and client_id = $3 and day <= $4 order by 1`;

async function momentsOf(tx: PoolClient, statement: string, place: readonly unknown[]): Promise<Date[]> {
  const { rows } = await tx.query(statement, [...place]);
  return (rows as { at: Date }[]).map(({ at }) => at);
}
