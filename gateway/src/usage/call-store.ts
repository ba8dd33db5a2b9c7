import type { Step } from '../db/pipeline.ts';
import type { Db } from '../db/transaction.ts';
import {
  type CallRow,
  callColumns,
  copyWriter,
  jsonWriter,
  membersOf,
  namesOf,
  recordsetOf,
  updatesOf,
} from './call-columns.ts';

/**
 * Writes a batch of calls in one statement, opened and closed ones alike. Safe to repeat: a row that is already closed is
 * left alone, but one that was adopted as an orphan and settled by estimate takes the true figures of a process that was
 * merely cut off. A call that is open still may come to hold more.
 *
 * The batch travels as one JSON text: half the work of `unnest` over thirty arrays on this side of the wire, where the
 * event loop is the scarce thing. Rows are sorted by id, as everywhere.
 */
export async function writeCalls(db: Db, processId: string, rows: readonly CallRow[]): Promise<void> {
  await db.query({ name: 'write-calls', text: writeCallsSql, values: [processId, encodeRows(rows), earliestOf(rows)] });
}

/** When the first call of a batch came in. */
function earliestOf(rows: readonly CallRow[]): Date {
  return new Date(rows.reduce((least, { open }) => Math.min(least, open.createdAtMs), Number.POSITIVE_INFINITY));
}

/**
 * Hours before this are summed, or may be by a transaction that has not said so yet: that sums hours that ended an hour ago, so those
 * that ended half an hour ago are among them, whichever of the two began first. Hardly a call is under way for as long.
 */
const summed = `greatest((select until from usage_rollup), date_trunc('hour', now() - interval '30 minutes', 'UTC'))`;

/**
 * Calls in hours that are summed already (a clock was set, a process was cut off for long): those are to be summed anew.
 * Looked at only where the batch has one, which `earliest` tells.
 */
const markLateCalls = (earliest: string): string => `
  insert into usage_stale_hours (hour)
  select distinct date_trunc('hour', l.t, 'UTC') from json_to_recordset($2::json) as l (t timestamptz)
  where ${earliest}::timestamptz < ${summed} and l.t < ${summed}`;

/** The same for calls that are new, as a step of a pipeline. */
export function markLateHours(rows: readonly CallRow[]): Step {
  return { name: 'mark-late-hours', text: markLateOf('$1'), values: [hoursOf(rows)] };
}

/** The hours these calls came in, each once, counted from 1970, as Postgres writes an array. */
export function hoursOf(rows: readonly CallRow[]): string {
  const hours = new Set<number>();
  for (const { open } of rows) hours.add(Math.floor(open.createdAtMs / hourMs));
  return `{${[...hours].join(',')}}`;
}

const hourMs = 3_600_000;

/** The statement for such hours. */
export const markLateOf = (hours: string): string => `
  insert into usage_stale_hours (hour)
  select to_timestamp(h * 3600) from unnest(${hours}::bigint[]) as h
  where to_timestamp(h * 3600) < ${summed}`;

/** Calls that were opened before, as a step of a pipeline. */
export function updateCalls(processId: string, rows: readonly CallRow[]): Step {
  const values = [processId, encodeRows(rows), earliestOf(rows).toISOString()];
  return { name: 'update-calls', text: writeCallsSql, values };
}

/** Calls that are new, as a step of a pipeline: COPY, a line a call. Fails where one of them is on record already. */
export function copyCalls(processId: string, rows: readonly CallRow[]): Step {
  let lines = '';
  for (const row of rows) lines += `${processId}${writeCells(row)}\n`;
  return { name: 'copy-calls', text: copyCallsSql, copied: Buffer.from(lines) };
}

const writeCells = copyWriter(callColumns);
const columns = namesOf(callColumns);

const copyCallsSql = `copy calls (process_id, ${columns}) from stdin`;

/** `$1` is the process, `$2` the batch. */
const insertCalls = `
  insert into calls (process_id, ${columns})
  select $1, ${membersOf(callColumns)} from json_to_recordset($2::json) as r (${recordsetOf(callColumns)})
  on conflict (workspace_id, created_at, id) do update set ${updatesOf(callColumns)}
  where calls.status = 'open' or (calls.status = 'interrupted' and excluded.status <> 'open')`;

const writeCallsSql = `with late as (${markLateCalls('$3')}) ${insertCalls}`;

function encodeRows(rows: readonly CallRow[]): string {
  return `[${byId(rows).map(encodeRow).join(',')}]`;
}

function byId(rows: readonly CallRow[]): readonly CallRow[] {
  return rows.toSorted((a, b) => (a.open.id < b.open.id ? -1 : 1));
}

/** A call as it travels and as `unwritten_calls` has it: JSON, by the keys of `callColumns`. */
export const encodeRow = jsonWriter(callColumns);

/**
 * Partitions from the month of `fromMs` on, this one and the next twelve. One process at a time: of two that make one table at the
 * same moment, one fails.
 */
export async function ensureCallPartitions(db: Db, fromMs: number): Promise<void> {
  await db.query(
    `with turn as materialized (select pg_advisory_xact_lock(hashtext('ai-gateway partitions')))
     select ensure_call_partitions($1::date, 12) from turn`,
    [new Date(fromMs).toISOString().slice(0, 10)],
  );
}
