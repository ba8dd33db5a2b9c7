import type { Db } from '../db/transaction.ts';

export interface Grant {
  grantedNanos: bigint;
  limitNanos: bigint;
  spentNanos: bigint;
  /** What this process has leased in all, as the database has it. */
  leaseNanos: bigint;
  /** What other processes have leased: asked for, some of it may come back. */
  othersNanos: bigint;
  /** By how much what is spent and leased is over the limit. */
  overNanos: bigint;
}

/**
 * Borrows from a meter, durable before it is used: never more than is left beside what is spent and leased. Alone, a process
 * gets all there is; among several, what it wants, or what there is.
 */
export async function borrow(
  db: Db,
  options: { processId: string; meterId: bigint; wantNanos: bigint },
): Promise<Grant | undefined> {
  const { rows } = await db.query({
    name: 'borrow',
    text: `
      with meter as (
        select id, greatest(0, limit_nanos - spent_nanos - leased_nanos) as free from meters where id = $2 for update),
      slice as (
        select id, case when (select count(*) from processes) <= 1 then free else least(free, $3) end as nanos from meter),
      taken as (
        update meters m set leased_nanos = leased_nanos + slice.nanos from slice where m.id = slice.id
        returning m.id, slice.nanos, m.limit_nanos, m.spent_nanos, m.leased_nanos, ${overNanos}),
      noted as (
        insert into leases (process_id, meter_id, amount_nanos) select $1, id, nanos from taken
        on conflict (process_id, meter_id) do update set amount_nanos = leases.amount_nanos + excluded.amount_nanos
        returning amount_nanos)
      select taken.nanos, taken.limit_nanos, taken.spent_nanos, noted.amount_nanos as lease,
        taken.leased_nanos - noted.amount_nanos as others, taken.over_nanos as over
      from taken, noted`,
    values: [options.processId, options.meterId, options.wantNanos],
  });
  const row = rows[0] as
    | { nanos: bigint; limit_nanos: bigint; spent_nanos: bigint; lease: bigint; others: bigint; over: bigint }
    | undefined;
  return (
    row && {
      grantedNanos: row.nanos,
      limitNanos: row.limit_nanos,
      spentNanos: row.spent_nanos,
      leaseNanos: row.lease,
      othersNanos: row.others,
      overNanos: row.over,
    }
  );
}

const overNanos = 'greatest(0, m.spent_nanos + m.leased_nanos - m.limit_nanos) as over_nanos';

/**
 * Hands slack back, and says by how much what is spent and leased is over the limit now. A lease that is gone (taken back after
 * this process was thought dead) has nothing to hand back.
 */
export async function giveBack(
  db: Db,
  options: { processId: string; meterId: bigint; nanos: bigint; heldNanos: bigint },
): Promise<bigint> {
  const { rows } = await db.query({
    name: 'give-back',
    text: `
      with locked as (select id from meters where id = $2 for update),
      lease as (
        update leases set amount_nanos = amount_nanos - $3, held_nanos = $4 from locked
        where process_id = $1 and meter_id = locked.id returning meter_id)
      update meters m set leased_nanos = leased_nanos - $3 from lease where m.id = lease.meter_id returning ${overNanos}`,
    values: [options.processId, options.meterId, options.nanos, options.heldNanos],
  });
  return (rows[0] as { over_nanos: bigint } | undefined)?.over_nanos ?? 0n;
}

/** All of a process's leases, when it stops. */
export async function giveBackAll(db: Db, processId: string): Promise<void> {
  await db.query(
    `with locked as (
       select m.id from meters m join leases l on l.meter_id = m.id where l.process_id = $1 order by m.id for update of m),
     ended as (delete from leases where process_id = $1 returning meter_id, amount_nanos)
     update meters m set leased_nanos = leased_nanos - ended.amount_nanos from ended, locked
     where m.id = ended.meter_id and locked.id = m.id`,
    [processId],
  );
}

/** Asks the other processes for what they do not need of a meter. */
export async function askBack(
  db: Db,
  options: { meterId: bigint; processId: string; needNanos: bigint },
): Promise<void> {
  const { meterId, processId, needNanos } = options;
  await db.query("select pg_notify('recalls', $1)", [`${meterId} ${processId} ${needNanos}`]);
}
