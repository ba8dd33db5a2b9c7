import { holdDead } from '../db/process-lock.ts';
import type { Db } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import { type Charge, chargeMeters, lockMeters } from './posting-store.ts';

/**
 * Takes over what processes that are gone left behind, within one transaction: their open calls are settled at the most they
 * could have cost, flagged and charged to their meters; their leases go back. Returns how many calls that were.
 */
export async function adoptLeases(
  tx: Db,
  deadProcessIds: readonly string[],
  record: (tx: Db, events: readonly NewEvent[]) => Promise<void>,
): Promise<number> {
  const dead = await holdDead(tx, deadProcessIds);
  if (dead.length === 0) return 0;
  const { rows: calls } = await tx.query(
    `update calls set status = 'interrupted', estimated = true, cost_nanos = hold_nanos,
       total_ms = least(2147483647, greatest(0, extract(epoch from clock_timestamp() - created_at) * 1000))::integer
     where status = 'open' and process_id = any($1)
     returning created_at, cost_nanos, meters, client_id, project, scenario_id, scenario_platform, execution_id`,
    [dead],
  );
  const { rows: leases } = await tx.query(
    'delete from leases where process_id = any($1) returning meter_id, amount_nanos',
    [dead],
  );
  const leased = new Map<bigint, bigint>();
  for (const { meter_id: id, amount_nanos: nanos } of leases as { meter_id: bigint; amount_nanos: bigint }[])
    leased.set(id, (leased.get(id) ?? 0n) + nanos);
  const charges = (calls as AdoptedRow[]).flatMap(chargesOf);
  const ids = [...new Set([...leased.keys(), ...charges.map(({ meterId }) => meterId)])].sort((a, b) =>
    a < b ? -1 : 1,
  );
  const spent = new Map<bigint, bigint>();
  for (const { meterId, spentNanos } of charges) spent.set(meterId, (spent.get(meterId) ?? 0n) + spentNanos);
  const postings = ids.map((meterId) => ({
    meterId,
    spentNanos: spent.get(meterId) ?? 0n,
    leasedNanos: leased.get(meterId) ?? 0n,
  }));
  await lockMeters(tx, ids);
  const { events } = await chargeMeters(tx, { postings, charges });
  await record(tx, events);
  // The sums of these hours are out of date.
  await tx.query(
    `insert into usage_stale_hours (hour) select distinct date_trunc('hour', t, 'UTC') from unnest($1::timestamptz[]) as t`,
    [(calls as AdoptedRow[]).map(({ created_at }) => created_at)],
  );
  await tx.query('delete from processes where id = any($1)', [dead]);
  return calls.length;
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

function chargesOf(row: AdoptedRow): Charge[] {
  const tags = {
    client: row.client_id ?? undefined,
    project: row.project ?? undefined,
    scenario: row.scenario_id ?? undefined,
    platform: row.scenario_platform ?? undefined,
    execution: row.execution_id ?? undefined,
  };
  return (row.meters ?? []).map((meterId) => ({ meterId, spentNanos: row.cost_nanos, tags }));
}
