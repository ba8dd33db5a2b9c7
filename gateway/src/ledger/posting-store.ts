import type { Step } from '../db/pipeline.ts';
import { sqlState } from '../db/row-fault.ts';
import type { Db } from '../db/transaction.ts';
import type { CallRow } from '../usage/call-columns.ts';
import { hoursOf, markLateOf } from '../usage/call-store.ts';
import type { Posting } from './budget-balance.ts';

/** A batch of the journal with what it does to the balances it touches. */
export interface Batch {
  processId: string;
  fencingToken: number;
  /** The number of the batch in its process: a repeated batch changes nothing. */
  sequence: bigint;
  postings: readonly BalancePosting[];
}

/** The sum of what a batch does to one balance. */
export interface BalancePosting extends Posting {
  /** The money that calls of the process hold of it at this moment. */
  heldNanos: bigint;
}

export interface PostedBalance {
  id: bigint;
  /** Without the sums that this process has not posted. */
  spentNanos: bigint;
  limitNanos: bigint;
  /** When this much is spent the next threshold is crossed; undefined where all are notified. */
  nextThresholdNanos: bigint | undefined;
  /** By how much the money spent and leased passes the limit. */
  overdraftNanos: bigint;
}

/**
 * Posts to balances and leases, as a step of a pipeline, and notes the hours that `added` calls come late for. Where the batch may not be
 * posted like this it fails, and `abortReasonOf` says why.
 */
export function postBalances(batch: Batch, added: readonly CallRow[]): Step {
  const { processId, postings, sequence, fencingToken } = batch;
  return {
    name: 'post-balances',
    text: postBalancesSql,
    values: [processId, encodePostings(postings), String(sequence), String(fencingToken), hoursOf(added)],
  };
}

/**
 * Reads the sums that other processes have spent of these balances and not posted, as a step after `postBalances`: it has locked the
 * balances, so nothing is counted twice.
 */
export function readOthers({ processId, postings }: Batch): Step {
  return {
    name: 'read-others',
    text: readOthersSql,
    values: [processId, arrayOf(postings, ({ balanceId }) => balanceId)],
  };
}

/**
 * Keeps the sums of a batch beside its calls until they are posted; answers what the `looked` balances have. Fails where the process is
 * fenced.
 */
export function keepUnposted(batch: Batch, added: readonly CallRow[], looked: readonly bigint[]): Step {
  const { processId, postings, sequence, fencingToken } = batch;
  const values = [
    processId,
    String(sequence),
    String(fencingToken),
    arrayOf(postings, ({ balanceId }) => balanceId),
    arrayOf(postings, ({ spentNanos }) => spentNanos),
    arrayOf(postings, ({ leasedNanos }) => leasedNanos),
    arrayOf(postings, ({ heldNanos }) => heldNanos),
    hoursOf(added),
  ];
  return looked.length === 0
    ? { name: 'keep-unposted', text: keepUnpostedSql('null'), values }
    : {
        name: 'keep-unposted-and-look',
        text: keepUnpostedSql(lookedSql),
        values: [...values, `{${looked.join(',')}}`],
      };
}

function arrayOf(postings: readonly BalancePosting[], value: (posting: BalancePosting) => bigint): string {
  return `{${postings.map(value).join(',')}}`;
}

/** Why a batch may not be written as it was sent: it crosses a threshold, or its process is fenced (or the batch is written already). */
export type AbortReason = 'crossed' | 'unclaimed';

/** The reason that `abort_batch` gave; undefined for any other error. */
export function abortReasonOf(error: unknown): AbortReason | undefined {
  if (sqlState(error) !== 'AB001') return undefined;
  return (error as { detail?: unknown }).detail === 'crossed' ? 'crossed' : 'unclaimed';
}

type PostedJson = [id: string, spent: string, limit: string, overdraft: string, next: string | null];

/** Reads the answer of `postBalances` or `keepUnposted`, and of `readOthers` beside it. */
export function readPosted(json: string | null, othersJson: string | null = null): PostedBalance[] {
  if (json === null) return [];
  const others = new Map(othersJson === null ? [] : (JSON.parse(othersJson) as [string, string][]));
  return (JSON.parse(json) as PostedJson[]).map(([id, spent, limit, overdraft, next]) => ({
    id: BigInt(id),
    spentNanos: BigInt(spent) + BigInt(others.get(id) ?? 0),
    limitNanos: BigInt(limit),
    nextThresholdNanos: next === null ? undefined : BigInt(next),
    overdraftNanos: BigInt(overdraft),
  }));
}

/**
 * Balances are locked in id order, and nothing is done to them where a threshold is crossed or the process is fenced: the calls of the
 * batch are on their way behind this statement, so it ends the whole transaction.
 */
const postBalancesSql = `
  with rs as materialized (select * from json_to_recordset($2::json) as p (m bigint, s bigint, l bigint, h bigint)),
  locked as materialized (
    select m.id, m.next_nanos is not null and m.spent_nanos + rs.s >= m.next_nanos as crosses
    from meters m join rs on rs.m = m.id order by m.id for update of m),
  guard as (
    update processes set posted_batch = $3::bigint
    where id = $1 and lock_number = $4::integer and posted_batch < $3::bigint
      and not exists (select 1 from locked where crosses)
    returning posted_batch),
  lease as (
    update leases l set amount_nanos = amount_nanos - rs.l, held_nanos = rs.h
    from rs, guard where l.process_id = $1 and l.meter_id = rs.m returning l.meter_id),
  posted as (
    update meters m set spent_nanos = spent_nanos + rs.s,
      leased_nanos = leased_nanos - case when lease.meter_id is null then 0 else rs.l end
    from guard, rs left join lease on lease.meter_id = rs.m where m.id = rs.m
    returning m.id, m.spent_nanos, m.limit_nanos, m.next_nanos, greatest(0, m.spent_nanos + m.leased_nanos - m.limit_nanos) as overdraft_nanos),
  late as (${markLateOf('$5')})
  select (select json_agg(json_build_array(id::text, spent_nanos::text, limit_nanos::text, overdraft_nanos::text, next_nanos::text)) from posted) as posted,
    case when exists (select 1 from guard) then null
      when exists (select 1 from locked where crosses) then abort_batch('crossed')
      else abort_batch('unclaimed') end`;

const readOthersSql = `
  select json_agg(json_build_array(meter_id::text, nanos::text)) from (
    select meter_id, sum(spent_nanos) as nanos from unposted_meters()
    where process_id <> $1 and meter_id = any($2::bigint[]) group by 1) others`;

/** The lock of the process's row keeps an adopter waiting; it makes no version of the row. */
const keepUnpostedSql = (looked: string): string => `
  with guard as (
    select id from processes where id = $1 and lock_number = $3::integer and posted_batch < $2::bigint for key share),
  kept as (
    insert into unposted_batches (process_id, batch, meters, spent, leased, held)
    select id, $2::bigint, $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[] from guard returning batch),
  late as (${markLateOf('$8')})
  select ${looked} as looked, case when exists (select 1 from kept) then null else abort_batch('unclaimed') end`;

/** As of one moment: sums that others have not posted yet are in one place or in the other. */
const lookedSql = `(
  with others as materialized (
    select meter_id, sum(spent_nanos) as nanos from unposted_meters() where process_id <> $1 group by 1)
  select json_agg(json_build_array(m.id::text, (m.spent_nanos + coalesce(o.nanos, 0))::text, m.limit_nanos::text,
    greatest(0, m.spent_nanos + m.leased_nanos - m.limit_nanos)::text, m.next_nanos::text))
  from meters m left join others o on o.meter_id = m.id where m.id = any($9::bigint[]))`;

/** Deletes the rows of batches that are posted. */
export async function dropPosted(
  db: Db,
  { processId, after, upTo }: { processId: string; after: bigint; upTo: bigint },
): Promise<void> {
  await db.query('delete from unposted_batches where process_id = $1 and batch > $2 and batch <= $3', [
    processId,
    after,
    upTo,
  ]);
}

export function encodePostings(postings: readonly BalancePosting[]): string {
  return JSON.stringify(
    postings.map(({ balanceId, spentNanos, leasedNanos, heldNanos }) => ({
      m: String(balanceId),
      s: String(spentNanos),
      l: String(leasedNanos),
      h: String(heldNanos),
    })),
  );
}
