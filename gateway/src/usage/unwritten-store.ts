import type { Db } from '../db/transaction.ts';
import type { CallRow } from './call-columns.ts';
import { encodeRow } from './call-store.ts';

/** A call that `calls` does not take, and what Postgres says of it. */
export interface UnwrittenCall {
  row: CallRow;
  processId: string;
  error: string;
}

/** An unwritten call as the table or a line of the file stores it. */
export interface UnwrittenRecord {
  workspaceId: string;
  createdAt: string;
  id: string;
  processId: string;
  status: string;
  /** Whole numbers as text. */
  costNanos: string;
  holdNanos: string;
  meters: readonly string[] | null;
  /** As `calls` would have it. */
  call: Record<string, unknown>;
  error: string;
}

export function toUnwritten({ row, processId, error }: UnwrittenCall): UnwrittenRecord {
  const { open, closed } = row;
  return {
    workspaceId: open.workspaceId,
    createdAt: new Date(open.createdAtMs).toISOString(),
    id: open.id,
    processId,
    status: closed?.status ?? 'open',
    costNanos: String(closed?.costNanos ?? 0n),
    holdNanos: String(open.holdNanos),
    meters: open.balanceIds ?? null,
    call: JSON.parse(encodeRow(row)) as Record<string, unknown>,
    error,
  };
}

/**
 * One at a time takes calls of files in: of two who have read the same file, the second sees what the first has done. False while a backup
 * copies the files, which may only grow meanwhile.
 */
export async function lockUnwritten(tx: Db): Promise<boolean> {
  const { rows } = await tx.query(
    `select pg_try_advisory_xact_lock_shared(hashtext('ai-gateway copies unwritten calls')) as may`,
  );
  if (!(rows[0] as { may: boolean }).may) return false;
  await tx.query(`select pg_advisory_xact_lock(hashtext('ai-gateway unwritten calls'))`);
  return true;
}

/** Until this connection unlocks it, or ends, nobody takes calls out of a file. */
export async function keepFilesUntaken(client: Db): Promise<void> {
  await client.query(`select pg_advisory_lock(hashtext('ai-gateway copies unwritten calls'))`);
}

export async function letFilesBeTaken(client: Db): Promise<void> {
  await client.query(`select pg_advisory_unlock(hashtext('ai-gateway copies unwritten calls'))`);
}

/** Notes that the money of these calls, which are in a file, is posted. To be done in the transaction that posts it; safe to repeat. */
export async function noteFiledPostings(tx: Db, calls: readonly UnwrittenRecord[]): Promise<void> {
  await tx.query(
    `insert into filed_postings (workspace_id, created_at, id, cost_nanos)
     select * from json_to_recordset($1::json) as r ("workspaceId" text, "createdAt" timestamptz, id text, "costNanos" bigint)
     on conflict do nothing`,
    [JSON.stringify(calls)],
  );
}

/** The posted part of a call of a file; undefined where none is noted. */
export async function findFiledPosting(tx: Db, call: CallKey): Promise<bigint | undefined> {
  const { rows } = await tx.query(
    'select cost_nanos from filed_postings where workspace_id = $1 and created_at = $2 and id = $3',
    callKey(call),
  );
  return (rows as { cost_nanos: bigint }[])[0]?.cost_nanos;
}

/** The call is on record: its own row says what it cost. */
export async function dropFiledPosting(tx: Db, call: CallKey): Promise<void> {
  await tx.query('delete from filed_postings where workspace_id = $1 and created_at = $2 and id = $3', callKey(call));
}

interface CallKey {
  workspaceId: string;
  createdAtMs: number;
  id: string;
}

function callKey({ workspaceId, createdAtMs, id }: CallKey): unknown[] {
  return [workspaceId, new Date(createdAtMs), id];
}

/** Safe to repeat, as `writeCalls` is: true figures overwrite what is open or was settled by estimate, and nothing else. */
export async function writeUnwritten(db: Db, calls: readonly UnwrittenRecord[]): Promise<void> {
  await db.query(
    `insert into unwritten_calls as u (workspace_id, created_at, id, process_id, status, cost_nanos, hold_nanos, meters, call, error)
     select * from json_to_recordset($1::json) as r ("workspaceId" text, "createdAt" timestamptz, id text, "processId" text, status text,
       "costNanos" bigint, "holdNanos" bigint, meters bigint[], call json, error text)
     on conflict (workspace_id, created_at, id) do update set
       status = excluded.status, cost_nanos = excluded.cost_nanos, hold_nanos = excluded.hold_nanos, call = excluded.call, error = excluded.error
     where u.status = 'open' or (u.status = 'interrupted' and excluded.status <> 'open')`,
    [JSON.stringify(calls)],
  );
}

/** An unwritten call, for people. */
export interface UnwrittenLine {
  workspaceId: string;
  createdAt: Date;
  id: string;
  status: string;
  costNanos: bigint;
  error: string;
}

export async function listUnwritten(db: Db, limit: number): Promise<{ calls: UnwrittenLine[]; count: number }> {
  const { rows } = await db.query(
    `select workspace_id, created_at, id, status, cost_nanos, error, count(*) over ()::integer as count
     from unwritten_calls order by created_at, id limit $1`,
    [limit],
  );
  type Row = {
    workspace_id: string;
    created_at: Date;
    id: string;
    status: string;
    cost_nanos: bigint;
    error: string;
    count: number;
  };
  return {
    count: (rows as Row[])[0]?.count ?? 0,
    calls: (rows as Row[]).map((row) => ({
      workspaceId: row.workspace_id,
      createdAt: row.created_at,
      id: row.id,
      status: row.status,
      costNanos: row.cost_nanos,
      error: row.error,
    })),
  };
}
