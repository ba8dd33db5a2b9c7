import type { Step } from '../db/pipeline.ts';
import type { Db } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import type { CallTags } from '../usage/call-record.ts';
import {
  type CallRow,
  earliestOf,
  encodeRows,
  hoursOf,
  insertCalls,
  markLateCalls,
  markLateOf,
} from '../usage/call-store.ts';
import { type Budget, crossed, nextTold } from './budget.ts';
import { type MeterRow, readBudget, readMeter } from './budget-store.ts';
import { viewBudget } from './budget-view.ts';
import type { Posting } from './meter.ts';

/** A batch of the journal with what it does to the meters it touches. */
export interface Batch {
  processId: string;
  lockNumber: number;
  /** Counts the batches of a process: one that is repeated has no effect. */
  sequence: bigint;
  rows: readonly CallRow[];
  postings: readonly MeterPosting[];
}

/** All a batch does to one meter. */
export interface MeterPosting extends Posting {
  /** What the process's calls hold of it at this moment. */
  heldNanos: bigint;
}

export interface PostedMeter {
  id: bigint;
  spentNanos: bigint;
  limitNanos: bigint;
  /** By how much what is spent and leased is over the limit; undefined where nobody looked. */
  overNanos?: bigint;
}

/**
 * `crosses`: nothing was done, since a percent is to be told; `repeated`: was done before; `fenced`: this process was taken
 * for dead, and its calls and leases were adopted.
 */
export type PostResult = { kind: 'posted'; meters: PostedMeter[] } | { kind: 'crosses' | 'repeated' | 'fenced' };

/**
 * Meters and leases as a step of a pipeline, and the hours that `added` calls come late for. Fails where the batch may not be
 * posted, or not like this.
 */
export function postMeters(batch: Omit<Batch, 'rows'>, added: readonly CallRow[]): Step {
  const { processId, postings, sequence, lockNumber } = batch;
  return {
    name: 'post-meters',
    text: postMetersSql,
    values: [processId, encodePostings(postings), String(sequence), String(lockNumber), hoursOf(added)],
  };
}

/** Calls, meters and leases in one statement, which says what stood in the way. */
export async function postBatch(db: Db, batch: Batch): Promise<PostResult> {
  const { rows } = await db.query({
    name: 'post-batch',
    text: postBatchSql,
    values: [
      batch.processId,
      encodeRows(batch.rows),
      encodePostings(batch.postings),
      batch.sequence,
      batch.lockNumber,
      earliestOf(batch.rows),
    ],
  });
  const [row] = rows as {
    applied: boolean;
    crosses: boolean | null;
    same_process: boolean | null;
    posted: PostedJson[] | null;
  }[];
  if (row?.applied)
    return {
      kind: 'posted',
      meters: (row.posted ?? []).map(readMeterNow),
    };
  if (!row?.same_process) return { kind: 'fenced' };
  return { kind: row.crosses ? 'crosses' : 'repeated' };
}

type PostedJson = [id: string, spent: string, limit: string, over: string];

function readMeterNow([id, spent, limit, over]: PostedJson): PostedMeter {
  return { id: BigInt(id), spentNanos: BigInt(spent), limitNanos: BigInt(limit), overNanos: BigInt(over) };
}

/** What `postMeters` answers. */
export function readPosted(json: string | null): PostedMeter[] {
  return json === null ? [] : (JSON.parse(json) as PostedJson[]).map(readMeterNow);
}

/** Meters are locked in id order, and nothing is done to them where a percent is crossed or the process is fenced. */
const posting = (to: { postings: string; sequence: string; lockNumber: string }): string => `
  rs as materialized (select * from json_to_recordset(${to.postings}::json) as p (m bigint, s bigint, l bigint, h bigint)),
  locked as materialized (
    select m.id, m.next_nanos is not null and m.spent_nanos + rs.s >= m.next_nanos as crosses
    from meters m join rs on rs.m = m.id order by m.id for update of m),
  guard as (
    update processes set posted_batch = ${to.sequence}
    where id = $1 and lock_number = ${to.lockNumber} and posted_batch < ${to.sequence}
      and not exists (select 1 from locked where crosses)
    returning posted_batch),
  lease as (
    update leases l set amount_nanos = amount_nanos - rs.l, held_nanos = rs.h
    from rs, guard where l.process_id = $1 and l.meter_id = rs.m returning l.meter_id),
  posted as (
    update meters m set spent_nanos = spent_nanos + rs.s,
      leased_nanos = leased_nanos - case when lease.meter_id is null then 0 else rs.l end
    from guard, rs left join lease on lease.meter_id = rs.m where m.id = rs.m
    returning m.id, m.spent_nanos, m.limit_nanos, greatest(0, m.spent_nanos + m.leased_nanos - m.limit_nanos) as over_nanos)`;

const postedJson =
  '(select json_agg(json_build_array(id::text, spent_nanos::text, limit_nanos::text, over_nanos::text)) from posted)';

/** The division fails where the guard let nothing through: that ends the whole transaction. */
const postMetersSql = `
  with ${posting({ postings: '$2', sequence: '$3::bigint', lockNumber: '$4::integer' })},
  late as (${markLateOf('$5')})
  select ${postedJson} as posted, 1 / (select count(*) from guard)`;

const postBatchSql = `
  with ${posting({ postings: '$3', sequence: '$4', lockNumber: '$5' })},
  late as (${markLateCalls('$6')}),
  written as (${insertCalls(', guard')})
  select exists (select 1 from guard) as applied, (select bool_or(crosses) from locked) as crosses,
    (select lock_number = $5 from processes where id = $1) as same_process,
    ${postedJson} as posted`;

function encodePostings(postings: readonly MeterPosting[]): string {
  return JSON.stringify(
    postings.map(({ meterId, spentNanos, leasedNanos, heldNanos }) => ({
      m: String(meterId),
      s: String(spentNanos),
      l: String(leasedNanos),
      h: String(heldNanos),
    })),
  );
}

/** What a call did to a meter, in the order of calls: which of them passed a percent is told by this. */
export interface Charge {
  meterId: bigint;
  spentNanos: bigint;
  tags: CallTags;
}

/**
 * The long way, for a transaction that has locked these meters: they are debited, and what they have crossed comes back as events
 * to be written in the same transaction.
 */
export async function chargeMeters(
  tx: Db,
  options: { postings: readonly Posting[]; charges: readonly Charge[] },
): Promise<{ meters: PostedMeter[]; events: NewEvent[] }> {
  const { postings, charges } = options;
  const meters: PostedMeter[] = [];
  const events: NewEvent[] = [];
  if (postings.length === 0) return { meters, events };
  const { rows } = await tx.query(
    `select m.id, m.budget_id, m.instance, m.period_start, m.period_end, m.limit_nanos as meter_limit, m.spent_nanos,
       m.leased_nanos, m.told, b.*,
       coalesce((select sum(held_nanos) from leases l where l.meter_id = m.id), 0)::bigint as held_nanos, m.id as meter_id
     from meters m join budgets b on b.workspace_id = m.workspace_id and b.id = m.budget_id
     where m.id = any($1) order by m.id`,
    [postings.map(({ meterId }) => meterId)],
  );
  for (const row of rows as Record<string, unknown>[]) {
    const budget = readBudget(row);
    const meter = readMeter({ ...row, id: row.meter_id, limit_nanos: row.meter_limit });
    const posting = postings.find(({ meterId }) => meterId === meter.id);
    if (posting === undefined) continue;
    const spentNanos = meter.spentNanos + posting.spentNanos;
    const { limitNanos } = meter;
    // What was deleted meanwhile has nothing more to tell.
    const news =
      row.deleted_at !== null
        ? []
        : crossed({ thresholds: budget.thresholds, told: meter.told, spentNanos, limitNanos });
    const told = [...meter.told, ...news];
    await tx.query(
      `update meters set spent_nanos = $2, leased_nanos = leased_nanos - $3, told = $4, next_nanos = $5 where id = $1`,
      [meter.id, spentNanos, posting.leasedNanos, told, nextTold(budget.thresholds, told, limitNanos) ?? null],
    );
    const over = spentNanos + meter.leasedNanos - posting.leasedNanos - limitNanos;
    meters.push({ id: meter.id, spentNanos, limitNanos, overNanos: over > 0n ? over : 0n });
    const own = charges.filter(({ meterId }) => meterId === meter.id);
    for (const percent of news) {
      const tags = whoPassed({ own, beforeNanos: meter.spentNanos, limitNanos, percent });
      const count = { ...meter, spentNanos, told };
      events.push(budgetEvent(budget, count, { percent, tags }));
    }
  }
  return { meters, events };
}

/** The call with which `percent` was reached: the first whose cost brings the sum there. */
function whoPassed(options: {
  own: readonly Charge[];
  beforeNanos: bigint;
  limitNanos: bigint;
  percent: number;
}): CallTags {
  let spent = options.beforeNanos;
  for (const { spentNanos, tags } of options.own) {
    spent += spentNanos;
    if (spent * 100n >= options.limitNanos * BigInt(options.percent)) return tags;
  }
  return options.own.at(-1)?.tags ?? {};
}

/** A percent below 100 is a threshold, 100 is the limit itself. */
export function budgetEvent(
  budget: Budget,
  count: Parameters<typeof viewBudget>[1],
  { percent, tags }: { percent: number; tags: CallTags },
): NewEvent {
  return {
    workspaceId: budget.workspaceId,
    livemode: budget.livemode,
    type: percent >= 100 ? 'budget.exceeded' : 'budget.threshold_reached',
    clientId: tags.client,
    project: tags.project,
    scenarioId: tags.scenario,
    budgetId: budget.id,
    percent,
    data: {
      budget: viewBudget(budget, count, { asInstance: true }),
      percent,
      client_id: tags.client ?? null,
      project: tags.project ?? null,
      scenario_id: tags.scenario ?? null,
      scenario_platform: tags.platform ?? null,
      execution_id: tags.execution ?? null,
    },
  };
}

/**
 * Takes the lease part of a batch in a transaction, its meters locked. A lease that is gone is passed over: what was leased by it
 * went back when it went, and its postings come back without it.
 */
export async function debitLeases(
  tx: Db,
  { processId, postings }: { processId: string; postings: readonly MeterPosting[] },
): Promise<MeterPosting[]> {
  await lockMeters(
    tx,
    postings.map(({ meterId }) => meterId),
  );
  const { rows } = await tx.query(
    `with rs as (select * from json_to_recordset($2::json) as p (m bigint, s bigint, l bigint, h bigint))
     update leases l set amount_nanos = amount_nanos - rs.l, held_nanos = rs.h from rs
     where l.process_id = $1 and l.meter_id = rs.m returning l.meter_id`,
    [processId, encodePostings(postings)],
  );
  const debited = new Set((rows as { meter_id: bigint }[]).map(({ meter_id: id }) => id));
  return postings.map((one) => (debited.has(one.meterId) ? one : { ...one, leasedNanos: 0n }));
}

/** In id order, as everywhere. */
export async function lockMeters(tx: Db, ids: readonly bigint[]): Promise<void> {
  await tx.query('select id from meters where id = any($1) order by id for update', [ids]);
}

/** Claims a batch's place in a transaction; false when it was posted before, or the process is fenced. */
export async function claimBatch(
  tx: Db,
  batch: Pick<Batch, 'processId' | 'lockNumber' | 'sequence'>,
): Promise<'claimed' | 'repeated' | 'fenced'> {
  const claimed = await tx.query(
    'update processes set posted_batch = $2 where id = $1 and lock_number = $3 and posted_batch < $2',
    [batch.processId, batch.sequence, batch.lockNumber],
  );
  if (claimed.rowCount === 1) return 'claimed';
  const { rows } = await tx.query('select 1 from processes where id = $1 and lock_number = $2', [
    batch.processId,
    batch.lockNumber,
  ]);
  return rows.length === 1 ? 'repeated' : 'fenced';
}

/** Notes that 100 % was told; undefined when it was before. `told` of what comes back has it. */
export async function markExceeded(
  tx: Db,
  { id, budget }: { id: bigint; budget: Budget },
): Promise<MeterRow | undefined> {
  const { rows } = await tx.query(
    `select *, (select coalesce(sum(held_nanos), 0) from leases where meter_id = m.id)::bigint as held_nanos
     from meters m where id = $1 for update`,
    [id],
  );
  const [row] = rows.map(readMeter);
  if (row === undefined || row.told.includes(100)) return undefined;
  const told = [...row.told, 100];
  await tx.query('update meters set told = $2, next_nanos = $3 where id = $1', [
    id,
    told,
    nextTold(budget.thresholds, told, row.limitNanos) ?? null,
  ]);
  return { ...row, told };
}

/** What stands in the database of a call; undefined for one that never got there. Locked until the transaction ends. */
export async function lockCall(
  tx: Db,
  place: { workspaceId: string; createdAtMs: number; id: string },
): Promise<{ status: string; costNanos: bigint } | undefined> {
  const { rows } = await tx.query(
    'select status, cost_nanos from calls where workspace_id = $1 and created_at = $2 and id = $3 for update',
    [place.workspaceId, new Date(place.createdAtMs), place.id],
  );
  const [row] = rows as { status: string; cost_nanos: bigint }[];
  return row && { status: row.status, costNanos: row.cost_nanos };
}
