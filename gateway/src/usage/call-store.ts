import type { Step } from '../db/pipeline.ts';
import { isStorable } from '../db/storable.ts';
import type { Db } from '../db/transaction.ts';
import { type ClosedCall, noUsage, type OpenCall } from './call-record.ts';

export interface CallRow {
  open: OpenCall;
  closed: ClosedCall | undefined;
}

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
  for (const row of rows) lines += copyLine(processId, row);
  return { name: 'copy-calls', text: copyCallsSql, copied: Buffer.from(lines) };
}

const columns = `
  workspace_id, created_at, id, livemode, process_id, status, key_id, client_id, project, scenario_id, scenario_platform,
  execution_id, organization_id, node, dialect, streamed, model_requested, model, provider, route, attempts, input_tokens,
  cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_nanos, hold_nanos, estimated, error_code,
  ttft_ms, total_ms, meters, metered`;

const copyCallsSql = `copy calls (${columns}) from stdin`;

/** In the order of `columns`, as COPY's text format has it. In templates: joining a list takes twice as long. */
function copyLine(processId: string, { open, closed }: CallRow): string {
  const { tags, balanceIds } = open;
  const usage = closed?.usage ?? { ...noUsage, inputTokens: open.inputTokens };
  const at = new Date(open.createdAtMs).toISOString();
  const from = `${cell(tags.client)}\t${cell(tags.project)}\t${cell(tags.scenario)}\t${cell(tags.platform)}\t${cell(tags.execution)}\t${cell(tags.organization)}\t${cell(tags.node)}`;
  const call = `${open.workspaceId}\t${at}\t${open.id}\t${open.livemode}\t${processId}\t${closed?.status ?? 'open'}\t${open.keyId}\t${from}\t${open.dialect}\t${open.streamed}`;
  const model = `${cell(open.modelRequested)}\t${cell(closed?.model)}\t${cell(closed?.provider)}\t${cell(closed?.route)}\t${closed?.attempts ?? 0}`;
  const tokens = `${usage.inputTokens}\t${usage.cachedTokens}\t${usage.cacheWriteTokens}\t${usage.outputTokens}\t${usage.reasoningTokens}`;
  const cost = `${closed?.costNanos ?? 0n}\t${open.holdNanos}\t${closed?.estimated ?? false}\t${cell(closed?.errorCode)}`;
  const times = `${closed?.ttftMs ?? none}\t${closed?.totalMs ?? none}`;
  const meters = balanceIds === undefined ? none : `{${balanceIds.join(',')}}`;
  return `${call}\t${model}\t${tokens}\t${cost}\t${times}\t${meters}\t${closed?.metered ?? false}\n`;
}

const none = '\\N';

/** Text from outside, with what COPY takes for its own marked as text. */
function cell(text: string | undefined): string {
  if (text === undefined) return none;
  const kept = storable(text);
  return special.test(kept) ? kept.replace(specials, (char) => escapes[char] ?? char) : kept;
}

const special = /[\\\t\n\r]/;
const specials = /[\\\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** `$1` is the process, `$2` the batch. */
const insertCalls = `
  insert into calls (${columns})
  select r.w, r.t, r.id, r.live, $1, r.st, r.k, r.c, r.p, r.s, r.pf, r.e, r.o, r.n, r.d, r.str, r.mr, r.m, r.pr, r.rt, r.a, r.ti,
    r.tc, r.tw, r.tout, r.tr, r.cost, r.hold, r.est, r.err, r.ttft, r.total,
    r.mt, r.op
  from json_to_recordset($2::json) as r (
    w text, t timestamptz, id text, live boolean, st text, k text, c text, p text, s text, pf text, e text, o text, n text,
    d text, str boolean, mr text, m text, pr text, rt text, a smallint, ti bigint, tc bigint, tw bigint, tout bigint, tr bigint,
    cost bigint, hold bigint, est boolean, err text, ttft integer, total integer, mt bigint[], op boolean)
  on conflict (workspace_id, created_at, id) do update set
    status = excluded.status, model = excluded.model, provider = excluded.provider, route = excluded.route,
    attempts = excluded.attempts, input_tokens = excluded.input_tokens, cached_tokens = excluded.cached_tokens,
    cache_write_tokens = excluded.cache_write_tokens, output_tokens = excluded.output_tokens,
    reasoning_tokens = excluded.reasoning_tokens, cost_nanos = excluded.cost_nanos, hold_nanos = excluded.hold_nanos,
    estimated = excluded.estimated, metered = excluded.metered, error_code = excluded.error_code, ttft_ms = excluded.ttft_ms, total_ms = excluded.total_ms
  where calls.status = 'open' or (calls.status = 'interrupted' and excluded.status <> 'open')`;

const writeCallsSql = `with late as (${markLateCalls('$3')}) ${insertCalls}`;

function encodeRows(rows: readonly CallRow[]): string {
  return JSON.stringify(byId(rows).map(encodeRow));
}

function byId(rows: readonly CallRow[]): readonly CallRow[] {
  return rows.toSorted((a, b) => (a.open.id < b.open.id ? -1 : 1));
}

/** A row as it travels. Undefined members vanish in JSON and arrive as SQL nulls. */
export function encodeRow({ open, closed }: CallRow): Record<string, unknown> {
  const usage = closed?.usage;
  return {
    w: open.workspaceId,
    t: new Date(open.createdAtMs),
    id: open.id,
    live: open.livemode,
    st: closed?.status ?? 'open',
    k: open.keyId,
    c: open.tags.client,
    p: open.tags.project,
    s: open.tags.scenario,
    pf: open.tags.platform,
    e: open.tags.execution,
    o: open.tags.organization,
    n: open.tags.node,
    d: open.dialect,
    str: open.streamed,
    mr: storable(open.modelRequested),
    m: storable(closed?.model),
    pr: closed?.provider,
    rt: storable(closed?.route),
    a: closed?.attempts ?? 0,
    ti: usage?.inputTokens ?? open.inputTokens,
    tc: usage?.cachedTokens ?? 0,
    tw: usage?.cacheWriteTokens ?? 0,
    tout: usage?.outputTokens ?? 0,
    tr: usage?.reasoningTokens ?? 0,
    cost: String(closed?.costNanos ?? 0n),
    hold: String(open.holdNanos),
    est: closed?.estimated ?? false,
    err: storable(closed?.errorCode),
    ttft: closed?.ttftMs,
    total: closed?.totalMs,
    mt: open.balanceIds,
    op: closed?.metered ?? false,
  };
}

/** Text from outside as Postgres takes it: without NUL, without halves of characters, of a bearable length. */
function storable<T extends string | undefined>(text: T): T | string {
  if (text === undefined || (text.length <= storedMax && isStorable(text))) return text;
  return text.slice(0, storedMax).replaceAll('\0', '').toWellFormed();
}

const storedMax = 500;

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
