import type { Db } from '../db/transaction.ts';

export interface Grant {
  grantedNanos: bigint;
  limitNanos: bigint;
  spentNanos: bigint;
  /** All that this process has leased, by the database. */
  leaseNanos: bigint;
  /** All that other processes have leased: some of it may return when they are asked. */
  othersNanos: bigint;
  /** By how much the money spent and leased passes the limit. */
  overdraftNanos: bigint;
}

/** A process that is not registered acquires nothing: nobody would adopt its leases. */
const conditionsToLease = 'exists (select 1 from processes where id = $1 and lock_number = $4)';

/**
 * Acquires a lease of a balance, durable before it is used: never more than is left beside the money spent and leased. A process by
 * itself gets all there is. Among several it gets what it wants, or what there is; where an eighth of that is more, up to
 * `comfortNanos`. Undefined for a process that was taken for dead.
 */
export async function acquireLease(
  db: Db,
  options: { processId: string; fencingToken: number; balanceId: bigint; wantNanos: bigint; comfortNanos: bigint },
): Promise<Grant | undefined> {
  const { rows } = await db.query({
    name: 'acquire-lease',
    text: `
      with balance as (
        select id, greatest(0, limit_nanos - spent_nanos - leased_nanos) as free from meters
        where id = $2 and ${conditionsToLease} for update),
      slice as (
        select id, case when (select count(*) from processes) <= 1 then free
          else least(free, greatest($3::bigint, least($5::bigint, free / 8))) end as nanos
        from balance),
      taken as (
        update meters m set leased_nanos = leased_nanos + slice.nanos from slice where m.id = slice.id
        returning m.id, slice.nanos, m.limit_nanos, m.spent_nanos, m.leased_nanos, ${columnOverdraft}),
      noted as (
        insert into leases (process_id, meter_id, amount_nanos) select $1, id, nanos from taken
        on conflict (process_id, meter_id) do update set amount_nanos = leases.amount_nanos + excluded.amount_nanos
        returning amount_nanos)
      select taken.nanos, taken.limit_nanos, taken.spent_nanos, noted.amount_nanos as lease,
        taken.leased_nanos - noted.amount_nanos as others, taken.overdraft_nanos as overdraft
      from taken, noted`,
    values: [options.processId, options.balanceId, options.wantNanos, options.fencingToken, options.comfortNanos],
  });
  const row = rows[0] as
    | { nanos: bigint; limit_nanos: bigint; spent_nanos: bigint; lease: bigint; others: bigint; overdraft: bigint }
    | undefined;
  return (
    row && {
      grantedNanos: row.nanos,
      limitNanos: row.limit_nanos,
      spentNanos: row.spent_nanos,
      leaseNanos: row.lease,
      othersNanos: row.others,
      overdraftNanos: row.overdraft,
    }
  );
}

const columnOverdraft = 'greatest(0, m.spent_nanos + m.leased_nanos - m.limit_nanos) as overdraft_nanos';

/**
 * Returns slack, and answers by how much the money spent and leased passes the limit now. A lease that is gone (adopted after this
 * process was taken for dead) has nothing to return.
 */
export async function returnLease(
  db: Db,
  options: { processId: string; balanceId: bigint; nanos: bigint; heldNanos: bigint },
): Promise<bigint> {
  const { rows } = await db.query({
    name: 'return-lease',
    text: `
      with locked as (select id from meters where id = $2 for update),
      lease as (
        update leases set amount_nanos = amount_nanos - $3, held_nanos = $4 from locked
        where process_id = $1 and meter_id = locked.id returning meter_id)
      update meters m set leased_nanos = leased_nanos - $3 from lease where m.id = lease.meter_id returning ${columnOverdraft}`,
    values: [options.processId, options.balanceId, options.nanos, options.heldNanos],
  });
  return (rows[0] as { overdraft_nanos: bigint } | undefined)?.overdraft_nanos ?? 0n;
}

/**
 * Leases the money that calls hold already, whether or not there is room for it: they were let through when the budget only notified.
 * Answers by how much the money spent and leased passes the limit then; undefined for a process that was taken for dead.
 */
export async function coverHeld(
  db: Db,
  options: { processId: string; fencingToken: number; balanceId: bigint; nanos: bigint },
): Promise<bigint | undefined> {
  const { rows } = await db.query(
    `with taken as (
       update meters m set leased_nanos = leased_nanos + $3 where id = $2 and ${conditionsToLease} returning id, ${columnOverdraft}),
     noted as (
       insert into leases (process_id, meter_id, amount_nanos) select $1, id, $3 from taken
       on conflict (process_id, meter_id) do update set amount_nanos = leases.amount_nanos + excluded.amount_nanos)
     select overdraft_nanos from taken`,
    [options.processId, options.balanceId, options.nanos, options.fencingToken],
  );
  return (rows[0] as { overdraft_nanos: bigint } | undefined)?.overdraft_nanos;
}

/** Returns all leases of a process that stops, but for the money its calls hold: its adopter settles those. */
export async function returnLeases(
  db: Db,
  processId: string,
  held: readonly { balanceId: bigint; nanos: bigint }[],
): Promise<void> {
  await db.query(
    `with h as (select * from json_to_recordset($2::json) as p (m bigint, h bigint)),
     locked as (
       select m.id from meters m join leases l on l.meter_id = m.id where l.process_id = $1 order by m.id for update of m),
     back as (
       select l.meter_id, l.amount_nanos - least(l.amount_nanos, coalesce(h.h, 0)) as nanos
       from leases l join locked on locked.id = l.meter_id left join h on h.m = l.meter_id where l.process_id = $1),
     kept as (
       update leases l set amount_nanos = amount_nanos - back.nanos from back
       where l.process_id = $1 and l.meter_id = back.meter_id)
     update meters m set leased_nanos = leased_nanos - back.nanos from back where m.id = back.meter_id`,
    [processId, JSON.stringify(held.map(({ balanceId, nanos }) => ({ m: String(balanceId), h: String(nanos) })))],
  );
  await db.query('delete from leases where process_id = $1 and amount_nanos = 0', [processId]);
}

/**
 * Deletes the rows of leases that are used up, of balances that the process has let go. Passes over those that another statement of the process
 * works on: one of them has money in it again.
 */
export async function dropEmptyLeases(
  db: Db,
  { processId, balanceIds }: { processId: string; balanceIds: readonly bigint[] },
): Promise<void> {
  await db.query(
    `delete from leases l using (
       select meter_id from leases where process_id = $1 and meter_id = any($2) and amount_nanos = 0 for update skip locked) as empty
     where l.process_id = $1 and l.meter_id = empty.meter_id`,
    [processId, balanceIds],
  );
}

/** Asks the other processes to return what they do not need of a balance. */
export async function requestReturn(
  db: Db,
  options: { balanceId: bigint; processId: string; needNanos: bigint },
): Promise<void> {
  const { balanceId, processId, needNanos } = options;
  await db.query("select pg_notify('recalls', $1)", [`${balanceId} ${processId} ${needNanos}`]);
}
