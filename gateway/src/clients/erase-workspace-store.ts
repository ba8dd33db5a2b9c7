import type { Pool, PoolClient } from 'pg';
import pg from 'pg';
import { allowAuditDeletion } from '../accounts/audit-store.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { withSums } from '../usage/roll-up-store.ts';
import { erasePeople } from './erase-people-store.ts';

export interface ErasedWorkspace {
  id: string;
  erasedAt: Date;
}

export async function hasWorkspace(db: Db, id: string): Promise<boolean> {
  return (await db.query('select 1 from workspaces where id = $1', [id])).rowCount === 1;
}

export async function listErasedWorkspaces(db: Db): Promise<ErasedWorkspace[]> {
  const { rows } = await db.query('select id, erased_at from erased_workspaces order by erased_at, id');
  return (rows as { id: string; erased_at: Date }[]).map((row) => ({ id: row.id, erasedAt: row.erased_at }));
}

/** Remembers it, and ends its keys at once, on every process. For 30 s it is left to the process that deletes its rows. */
export async function endWorkspace(
  db: Pool,
  { id, erasedAt }: ErasedWorkspace,
  onBegin: (tx: Db) => Promise<void>,
): Promise<void> {
  await withTransaction(db, async (tx) => {
    await tx.query(
      `insert into erased_workspaces (id, erased_at, next_sweep_at) values ($1, $2, now() + interval '30 seconds')
       on conflict (id) do update set next_sweep_at = excluded.next_sweep_at`,
      [id, erasedAt],
    );
    await tx.query('update api_keys set revoked_at = coalesce(revoked_at, now()) where workspace_id = $1', [id]);
    await onBegin(tx);
    await tx.query(`select pg_notify('workspaces', $1), pg_notify('guards', $1), pg_notify('budgets', $1)`, [id]);
  });
}

/** The rest is anybody's, and so is what calls in progress write. */
export async function leaveWorkspace(db: Db, id: string): Promise<void> {
  await db.query('update erased_workspaces set next_sweep_at = now() where id = $1', [id]);
}

const rowsAtOnce = 10_000;

/**
 * Its calls, a part of a day at a time: no statement takes long, and who writes meanwhile waits for nothing. False where calls are left: `isOver`
 * said so, or another process deletes them at this moment.
 */
export async function deleteCalls(db: Db, id: string, isOver: () => boolean = () => false): Promise<boolean> {
  const { rows } = await db.query(
    `select date_trunc('day', min(created_at), 'UTC') as first, max(created_at) as last from calls where workspace_id = $1`,
    [id],
  );
  const [{ first, last } = { first: null, last: null }] = rows as { first: Date | null; last: Date | null }[];
  if (first === null || last === null) return true;
  const dayMs = 86_400_000;
  for (let at = first.getTime(); at <= last.getTime(); at += dayMs)
    for (let deleted = rowsAtOnce; deleted === rowsAtOnce; ) {
      if (isOver()) return false;
      deleted = await deletePart(db, [id, new Date(at), new Date(at + dayMs)]);
    }
  return (await db.query('select 1 from calls where workspace_id = $1 limit 1', [id])).rowCount === 0;
}

async function deletePart(db: Db, values: unknown[]): Promise<number> {
  const { rowCount } = await db.query(
    `with part as (
       select created_at, id from calls where workspace_id = $1 and created_at >= $2 and created_at < $3 limit ${rowsAtOnce}
       for update skip locked)
     delete from calls c using part where c.workspace_id = $1 and c.created_at = part.created_at and c.id = part.id`,
    values,
  );
  return rowCount ?? 0;
}

/** Hashes only, and what a restored database needs. */
const kept = ['erased_clients'];

/** All else, in one transaction: whatever table has a column for the workspace. False where somebody summed up for longer than `waitMs`. */
export async function deleteRows(db: Pool, id: string, waitMs?: number): Promise<boolean> {
  return withSums(db, waitMs, async (tx) => {
    await allowAuditDeletion(tx);
    await tx.query(`delete from call_times t using call_groups g where g.id = t.group_id and g.workspace_id = $1`, [
      id,
    ]);
    await tx.query(`delete from call_kind_times t using call_kinds k where k.id = t.kind_id and k.workspace_id = $1`, [
      id,
    ]);
    // Balances in id order, as everywhere; then the leases on them.
    await tx.query('select id from meters where workspace_id = $1 order by id for update', [id]);
    await tx.query('delete from leases l using meters m where m.id = l.meter_id and m.workspace_id = $1', [id]);
    await tx.query(
      'delete from provider_states s using provider_accounts a where a.id = s.account and a.workspace_id = $1',
      [id],
    );
    await erasePeople(tx, { workspaceId: id, clientId: undefined });
    for (const table of await tablesOf(tx))
      await tx.query(`delete from ${pg.escapeIdentifier(table)} where workspace_id = $1`, [id]);
    await tx.query('delete from workspaces where id = $1', [id]);
    await tx.query(`select pg_notify('cached_answers', $1)`, [id]);
  });
}

/** Tables with a column `workspace_id`; the months of `calls` are reached through it. */
async function tablesOf(tx: PoolClient): Promise<string[]> {
  const { rows } = await tx.query(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
     where c.relkind in ('r', 'p') and not c.relispartition
       and c.relnamespace = (select relnamespace from pg_class where oid = 'calls'::regclass)
     order by 1`,
  );
  return (rows as { name: string }[]).map(({ name }) => name).filter((name) => !kept.includes(name));
}

/** Takes those that are due; the next time comes after half of what has passed. */
export async function takeWorkspaceSweeps(db: Db): Promise<ErasedWorkspace[]> {
  const { rows } = await db.query(
    `update erased_workspaces set next_sweep_at = now() + least(interval '60 s', greatest(interval '1 s', (now() - erased_at) / 2))
     where next_sweep_at <= now() returning id, erased_at`,
  );
  return (rows as { id: string; erased_at: Date }[]).map((row) => ({ id: row.id, erasedAt: row.erased_at }));
}

/** A call that came in before may write for as long as it may take. */
export async function endWorkspaceSweep(db: Db, { id }: ErasedWorkspace): Promise<void> {
  await db.query(
    `update erased_workspaces set next_sweep_at = null where id = $1 and erased_at < now() - interval '65 minutes'`,
    [id],
  );
}
