import type { CallTags } from '../accounts/call-tags.ts';
import { type Budget, crossed, nextThresholdOf } from '../budgets/budget.ts';
import { type BalanceRow, findUnposted, readBalance, readBudget } from '../budgets/budget-store.ts';
import { viewBudget } from '../budgets/budget-view.ts';
import type { Step } from '../db/pipeline.ts';
import type { Db } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import { type CallRow, hoursOf, markLateOf } from '../usage/call-store.ts';
import type { Posting } from './budget-balance.ts';

/** A batch of the journal with what it does to the balances it touches. */
export interface Batch {
  processId: string;
  fencingToken: number;
  /** Counts the batches of a process: one that is repeated has no effect. */
  sequence: bigint;
  postings: readonly BalancePosting[];
}

/** All a batch does to one balance. */
export interface BalancePosting extends Posting {
  /** What the process's calls hold of it at this moment. */
  heldNanos: bigint;
}

export interface PostedBalance {
  id: bigint;
  /** Without what this process has not posted. */
  spentNanos: bigint;
  limitNanos: bigint;
  /** Spent from here on, the next percent is to be announced; undefined where all are. */
  nextThresholdNanos: bigint | undefined;
  /** By how much what is spent and leased is over the limit. */
  overdraftNanos: bigint;
}

/**
 * Balances and leases as a step of a pipeline, and the hours that `added` calls come late for. Fails where the batch may not be
 * posted, or not like this.
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
 * What the other processes have spent of these balances and not posted, as a step after `postBalances`: with the balances locked nothing of it
 * can be counted twice.
 */
export function readOthers({ processId, postings }: Batch): Step {
  return {
    name: 'read-others',
    text: readOthersSql,
    values: [processId, arrayOf(postings, ({ balanceId }) => balanceId)],
  };
}

/** What a batch spent, kept with its calls until it is posted; and how `looked` balances are doing. Fails where the process is fenced. */
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

type PostedJson = [id: string, spent: string, limit: string, overdraft: string, next: string | null];

/** What `postBalances` and `keepUnposted` answer, and what `readOthers` adds to it. */
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
 * Balances are locked in id order, and nothing is done to them where a percent is crossed or the process is fenced. The division fails
 * where the guard let nothing through: that ends the whole transaction.
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
    1 / (select count(*) from guard)`;

const readOthersSql = `
  select json_agg(json_build_array(meter_id::text, nanos::text)) from (
    select meter_id, sum(spent_nanos) as nanos from unposted_meters()
    where process_id <> $1 and meter_id = any($2::bigint[]) group by 1) others`;

/** The lock of the process's row keeps whoever would adopt it waiting; it makes no version of the row. */
const keepUnpostedSql = (looked: string): string => `
  with guard as (
    select id from processes where id = $1 and lock_number = $3::integer and posted_batch < $2::bigint for key share),
  kept as (
    insert into unposted_batches (process_id, batch, meters, spent, leased, held)
    select id, $2::bigint, $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[] from guard returning batch),
  late as (${markLateOf('$8')})
  select ${looked} as looked, 1 / (select count(*) from kept)`;

/** As of one moment: what others have not posted yet is in the one place or the other. */
const lookedSql = `(
  with others as materialized (
    select meter_id, sum(spent_nanos) as nanos from unposted_meters() where process_id <> $1 group by 1)
  select json_agg(json_build_array(m.id::text, (m.spent_nanos + coalesce(o.nanos, 0))::text, m.limit_nanos::text,
    greatest(0, m.spent_nanos + m.leased_nanos - m.limit_nanos)::text, m.next_nanos::text))
  from meters m left join others o on o.meter_id = m.id where m.id = any($9::bigint[]))`;

/** `keepUnposted` as a statement of a transaction; a repetition changes nothing. False where the process is fenced. */
export async function insertUnposted(tx: Db, { processId, sequence, fencingToken, postings }: Batch): Promise<boolean> {
  await tx.query(
    `insert into unposted_batches (process_id, batch, meters, spent, leased, held)
     select $1, $2, $4, $5, $6, $7 from processes where id = $1 and lock_number = $3 and posted_batch < $2 for key share
     on conflict (process_id, batch) do nothing`,
    [
      processId,
      sequence,
      fencingToken,
      postings.map(({ balanceId }) => balanceId),
      postings.map(({ spentNanos }) => spentNanos),
      postings.map(({ leasedNanos }) => leasedNanos),
      postings.map(({ heldNanos }) => heldNanos),
    ],
  );
  const { rowCount } = await tx.query(
    `select 1 from unposted_batches u join processes r on r.id = u.process_id
     where u.process_id = $1 and u.batch = $2 and r.lock_number = $3`,
    [processId, sequence, fencingToken],
  );
  return rowCount === 1;
}

/** Rows that were posted are nobody's. */
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

function encodePostings(postings: readonly BalancePosting[]): string {
  return JSON.stringify(
    postings.map(({ balanceId, spentNanos, leasedNanos, heldNanos }) => ({
      m: String(balanceId),
      s: String(spentNanos),
      l: String(leasedNanos),
      h: String(heldNanos),
    })),
  );
}

/** What a call did to a balance, in the order of calls: which of them passed a percent is told by this. */
export interface Charge {
  balanceId: bigint;
  spentNanos: bigint;
  tags: CallTags;
}

/**
 * The long way, for a transaction that has locked these balances: they are debited, and what they have crossed comes back as events
 * to be written in the same transaction.
 */
export async function chargeBalances(
  tx: Db,
  options: { postings: readonly Posting[]; charges: readonly Charge[] },
): Promise<{ balances: PostedBalance[]; events: NewEvent[] }> {
  const { postings, charges } = options;
  const balances: PostedBalance[] = [];
  const events: NewEvent[] = [];
  const changes: object[] = [];
  if (postings.length === 0) return { balances, events };
  const { rows } = await tx.query(
    `select m.id, m.budget_id, m.instance, m.period_start, m.period_end, m.limit_nanos as meter_limit, m.spent_nanos,
       m.leased_nanos, m.told, m.next_nanos, b.*,
       coalesce((select sum(held_nanos) from leases l where l.meter_id = m.id), 0)::bigint as held_nanos, m.id as meter_id
     from meters m join budgets b on b.workspace_id = m.workspace_id and b.id = m.budget_id
     where m.id = any($1) order by m.id`,
    [postings.map(({ balanceId }) => balanceId)],
  );
  const byBalance = new Map(postings.map((posting) => [posting.balanceId, posting]));
  for (const row of rows as Record<string, unknown>[]) {
    const budget = readBudget(row);
    const balance = readBalance({ ...row, id: row.meter_id, limit_nanos: row.meter_limit });
    const posting = byBalance.get(balance.id);
    if (posting === undefined) continue;
    const spentNanos = balance.spentNanos + posting.spentNanos;
    const { limitNanos } = balance;
    // What was deleted meanwhile has nothing more to tell.
    const news =
      row.deleted_at !== null
        ? []
        : crossed({
            thresholds: budget.thresholds,
            notifiedThresholds: balance.notifiedThresholds,
            spentNanos,
            limitNanos,
          });
    const notifiedThresholds = [...balance.notifiedThresholds, ...news];
    const next = nextThresholdOf(budget.thresholds, notifiedThresholds, limitNanos);
    changes.push({
      id: String(balance.id),
      spent: String(posting.spentNanos),
      leased: String(posting.leasedNanos),
      told: notifiedThresholds,
      next: next?.toString() ?? null,
    });
    const overdraft = spentNanos + balance.leasedNanos - posting.leasedNanos - limitNanos;
    balances.push({
      id: balance.id,
      spentNanos,
      limitNanos,
      nextThresholdNanos: next,
      overdraftNanos: overdraft > 0n ? overdraft : 0n,
    });
    const own = news.length === 0 ? [] : charges.filter(({ balanceId }) => balanceId === balance.id);
    for (const percent of news) {
      const tags = whoPassed({ own, beforeNanos: balance.spentNanos, limitNanos, percent });
      const count = { ...balance, spentNanos, notifiedThresholds };
      events.push(budgetEvent(budget, count, { percent, tags }));
    }
  }
  await tx.query(
    `update meters m set spent_nanos = spent_nanos + n.spent, leased_nanos = leased_nanos - n.leased, told = n.told, next_nanos = n.next
     from json_to_recordset($1::json) as n (id bigint, spent bigint, leased bigint, told smallint[], next bigint) where m.id = n.id`,
    [JSON.stringify(changes)],
  );
  return { balances, events };
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
 * Takes the lease part of a batch in a transaction, its balances locked. A lease that is gone is passed over: what was leased by it
 * went back when it went, and its postings come back without it.
 */
export async function debitLeases(
  tx: Db,
  { processId, postings }: { processId: string; postings: readonly BalancePosting[] },
): Promise<BalancePosting[]> {
  await lockBalances(
    tx,
    postings.map(({ balanceId }) => balanceId),
  );
  const { rows } = await tx.query(
    `with rs as (select * from json_to_recordset($2::json) as p (m bigint, s bigint, l bigint, h bigint))
     update leases l set amount_nanos = amount_nanos - rs.l, held_nanos = rs.h from rs
     where l.process_id = $1 and l.meter_id = rs.m returning l.meter_id`,
    [processId, encodePostings(postings)],
  );
  const debited = new Set((rows as { meter_id: bigint }[]).map(({ meter_id: id }) => id));
  return postings.map((one) => (debited.has(one.balanceId) ? one : { ...one, leasedNanos: 0n }));
}

/** In id order, as everywhere. */
export async function lockBalances(tx: Db, ids: readonly bigint[]): Promise<void> {
  await tx.query('select id from meters where id = any($1) order by id for update', [ids]);
}

/** Claims a batch's place in a transaction; false when it was posted before, or the process is fenced. */
export async function claimBatch(
  tx: Db,
  batch: Pick<Batch, 'processId' | 'fencingToken' | 'sequence'>,
): Promise<'claimed' | 'repeated' | 'fenced'> {
  const claimed = await tx.query(
    'update processes set posted_batch = $2 where id = $1 and lock_number = $3 and posted_batch < $2',
    [batch.processId, batch.sequence, batch.fencingToken],
  );
  if (claimed.rowCount === 1) return 'claimed';
  const { rows } = await tx.query('select 1 from processes where id = $1 and lock_number = $2', [
    batch.processId,
    batch.fencingToken,
  ]);
  return rows.length === 1 ? 'repeated' : 'fenced';
}

/** Notes that 100 % was told; undefined when it was before. `notifiedThresholds` of what comes back has it. */
export async function markExceeded(
  tx: Db,
  { id, budget }: { id: bigint; budget: Budget },
): Promise<BalanceRow | undefined> {
  const { rows } = await tx.query(
    `select *, (select coalesce(sum(held_nanos), 0) from leases where meter_id = m.id)::bigint as held_nanos
     from meters m where id = $1 for update`,
    [id],
  );
  const [locked] = rows.map(readBalance);
  if (locked === undefined || locked.notifiedThresholds.includes(100)) return undefined;
  const unposted = (await findUnposted(tx, [id])).get(id) ?? 0n;
  const row = { ...locked, spentNanos: locked.spentNanos + unposted };
  const notifiedThresholds = [...row.notifiedThresholds, 100];
  await tx.query('update meters set told = $2, next_nanos = $3 where id = $1', [
    id,
    notifiedThresholds,
    nextThresholdOf(budget.thresholds, notifiedThresholds, row.limitNanos) ?? null,
  ]);
  return { ...row, notifiedThresholds };
}

/**
 * What stands in the database of a call, in `unwritten_calls` before `calls`; undefined for one that never got there. Locked until the
 * transaction ends.
 */
export async function lockCall(
  tx: Db,
  place: { workspaceId: string; createdAtMs: number; id: string },
): Promise<{ status: string; costNanos: bigint } | undefined> {
  const values = [place.workspaceId, new Date(place.createdAtMs), place.id];
  for (const table of ['unwritten_calls', 'calls']) {
    const { rows } = await tx.query(
      `select status, cost_nanos from ${table} where workspace_id = $1 and created_at = $2 and id = $3 for update`,
      values,
    );
    const [row] = rows as { status: string; cost_nanos: bigint }[];
    if (row !== undefined) return { status: row.status, costNanos: row.cost_nanos };
  }
  return undefined;
}
