import { holdDead } from '../db/process-lock.ts';
import { isRowFault } from '../db/row-fault.ts';
import type { Db } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import type { Charge } from './charge.ts';
import { chargeBalances, lockBalances } from './charge-store.ts';

/**
 * Takes over from processes that are gone, within one transaction: their open calls are settled at the most they could have cost,
 * flagged and charged to their balances; their leases return. Returns the number of those calls.
 */
export async function adoptLeases(
  tx: Db,
  deadProcessIds: readonly string[],
  record: (tx: Db, events: readonly NewEvent[]) => Promise<void>,
): Promise<number> {
  const dead = await holdDead(tx, deadProcessIds);
  if (dead.length === 0) return 0;
  const calls = [...(await adoptCalls(tx, dead)), ...(await adoptUnwritten(tx, dead))];
  const charges = [...(await takeUnposted(tx, dead)), ...calls.flatMap(chargesOf)];
  // Balances before leases, as everywhere: a process that is not dead after all returns its leases in this order at the same moment.
  await lockBalances(tx, [...(await findLeased(tx, dead)), ...charges.map(({ balanceId }) => balanceId)]);
  const leased = await takeLeases(tx, dead);
  const ids = [...new Set([...leased.keys(), ...charges.map(({ balanceId }) => balanceId)])].sort((a, b) =>
    a < b ? -1 : 1,
  );
  const spent = new Map<bigint, bigint>();
  for (const { balanceId, spentNanos } of charges) spent.set(balanceId, (spent.get(balanceId) ?? 0n) + spentNanos);
  const postings = ids.map((balanceId) => ({
    balanceId,
    spentNanos: spent.get(balanceId) ?? 0n,
    leasedNanos: leased.get(balanceId) ?? 0n,
  }));
  await lockBalances(tx, ids);
  const { events } = await chargeBalances(tx, { postings, charges });
  await record(tx, events);
  // The sums of these hours are out of date.
  await tx.query(
    `insert into usage_stale_hours (hour) select distinct date_trunc('hour', t, 'UTC') from unnest($1::timestamptz[]) as t`,
    [calls.map(({ created_at }) => created_at)],
  );
  await tx.query('delete from processes where id = any($1)', [dead]);
  return calls.length;
}

async function findLeased(tx: Db, dead: readonly string[]): Promise<bigint[]> {
  const { rows } = await tx.query('select meter_id from leases where process_id = any($1)', [dead]);
  return (rows as { meter_id: bigint }[]).map(({ meter_id }) => meter_id);
}

/** Deletes the leases of these processes; their sums by balance. */
async function takeLeases(tx: Db, dead: readonly string[]): Promise<Map<bigint, bigint>> {
  const { rows } = await tx.query('delete from leases where process_id = any($1) returning meter_id, amount_nanos', [
    dead,
  ]);
  const leased = new Map<bigint, bigint>();
  for (const { meter_id: id, amount_nanos: nanos } of rows as { meter_id: bigint; amount_nanos: bigint }[])
    leased.set(id, (leased.get(id) ?? 0n) + nanos);
  return leased;
}

interface AdoptedRow {
  created_at: Date;
  cost_nanos: bigint;
  meters: bigint[] | null;
  client_id: string | null;
  project: string | null;
  scenario_id: string | null;
  scenario_platform: string | null;
  execution_id: string | null;
}

/** The statement's own time: a database that is spread over several servers takes no function that may differ from row to row. */
const settled = `update calls c set status = 'interrupted', estimated = true, cost_nanos = hold_nanos,
  total_ms = least(2147483647, greatest(0, extract(epoch from now() - created_at) * 1000))::integer`;
const adopted =
  'returning created_at, cost_nanos, meters, client_id, project, scenario_id, scenario_platform, execution_id';
/** A call whose true figures `calls` refused is in `unwritten_calls`, and counts by that row. */
const conditionsNotUnwritten = `not exists (
  select 1 from unwritten_calls u where u.workspace_id = c.workspace_id and u.created_at = c.created_at and u.id = c.id)`;

const adoptAllSql = `${settled} where status = 'open' and process_id = any($1) and ${conditionsNotUnwritten} ${adopted}`;
const adoptOneSql = `${settled} where workspace_id = $1 and created_at = $2 and id = $3 ${adopted}`;

async function adoptCalls(tx: Db, dead: readonly string[]): Promise<AdoptedRow[]> {
  const all = await unlessRefused(tx, () => tx.query(adoptAllSql, [dead]));
  return 'rows' in all ? (all.rows as AdoptedRow[]) : adoptOneByOne(tx, dead);
}

/** A call that `calls` refuses must not keep the others, and the leases, from being adopted. */
async function adoptOneByOne(tx: Db, dead: readonly string[]): Promise<AdoptedRow[]> {
  const { rows } = await tx.query(
    `select workspace_id, created_at, id from calls c
     where status = 'open' and process_id = any($1) and ${conditionsNotUnwritten} order by created_at, id`,
    [dead],
  );
  const calls: AdoptedRow[] = [];
  for (const { workspace_id, created_at, id } of rows as { workspace_id: string; created_at: Date; id: string }[]) {
    const place = [workspace_id, created_at, id];
    const one = await unlessRefused(tx, () => tx.query(adoptOneSql, place));
    if ('rows' in one) calls.push(...(one.rows as AdoptedRow[]));
    else calls.push(...(await adoptElsewhere(tx, place, one.refused)));
  }
  return calls;
}

async function adoptElsewhere(tx: Db, place: readonly unknown[], error: string): Promise<AdoptedRow[]> {
  const { rows } = await tx.query(
    `with kept as (
       insert into unwritten_calls (workspace_id, created_at, id, process_id, status, cost_nanos, hold_nanos, meters, call, error)
       select workspace_id, created_at, id, process_id, 'interrupted', hold_nanos, hold_nanos, meters, row_to_json(c), $4
       from calls c where workspace_id = $1 and created_at = $2 and id = $3)
     select created_at, hold_nanos as cost_nanos, meters, client_id, project, scenario_id, scenario_platform, execution_id
     from calls where workspace_id = $1 and created_at = $2 and id = $3`,
    [...place, error],
  );
  return rows as AdoptedRow[];
}

/** Calls that were never in `calls`, or whose end `calls` refused. */
async function adoptUnwritten(tx: Db, dead: readonly string[]): Promise<AdoptedRow[]> {
  const { rows } = await tx.query(
    `update unwritten_calls set status = 'interrupted', cost_nanos = hold_nanos where status = 'open' and process_id = any($1)
     returning created_at, cost_nanos, meters, call ->> 'c' as client_id, call ->> 'p' as project, call ->> 's' as scenario_id,
       call ->> 'pf' as scenario_platform, call ->> 'e' as execution_id`,
    [dead],
  );
  return rows as AdoptedRow[];
}

/**
 * Sums that these processes had spent and not posted. A batch that was posted needs nothing more; the row of its process says whether
 * it was, and goes in this transaction too. Deleted before any balance is locked: a change of a budget locks this table first, and then
 * the balances.
 */
async function takeUnposted(tx: Db, dead: readonly string[]): Promise<Charge[]> {
  const { rows } = await tx.query(
    `with gone as (delete from unposted_batches where process_id = any($1) returning process_id, batch, meters, spent)
     select p.meter_id, sum(p.spent)::bigint as spent_nanos
     from gone join processes r on r.id = gone.process_id and gone.batch > r.posted_batch,
       unnest(gone.meters, gone.spent) as p (meter_id, spent)
     group by 1`,
    [dead],
  );
  return (rows as { meter_id: bigint; spent_nanos: bigint }[]).map((row) => ({
    balanceId: row.meter_id,
    spentNanos: row.spent_nanos,
    tags: {},
  }));
}

/** The result of a statement; where the statement is refused, its transaction goes on without it. */
async function unlessRefused(
  tx: Db,
  statement: () => Promise<{ rows: unknown[] }>,
): Promise<{ rows: unknown[] } | { refused: string }> {
  await tx.query('savepoint before');
  try {
    const done = await statement();
    await tx.query('release savepoint before');
    return done;
  } catch (error) {
    if (!isRowFault(error)) throw error;
    await tx.query('rollback to savepoint before');
    return { refused: (error as Error).message };
  }
}

function chargesOf(row: AdoptedRow): Charge[] {
  const tags = {
    client: row.client_id ?? undefined,
    project: row.project ?? undefined,
    scenario: row.scenario_id ?? undefined,
    platform: row.scenario_platform ?? undefined,
    execution: row.execution_id ?? undefined,
  };
  return (row.meters ?? []).map((balanceId) => ({ balanceId, spentNanos: row.cost_nanos, tags }));
}
