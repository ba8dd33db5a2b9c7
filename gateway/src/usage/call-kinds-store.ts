import type { Db } from '../db/transaction.ts';
import { type CallSource, offset } from './call-times-store.ts';

/** The filters that look at the call itself, not at its tags. */
export interface KindFilter {
  model?: string | undefined;
  provider?: string | undefined;
  failedOver?: boolean | undefined;
  minCost?: MinCost | undefined;
}

/** The least cost, in nano-dollars; a client with a markup may have one of its own, where amounts are shown as billed. */
export interface MinCost {
  nanos: bigint;
  ofClients: ReadonlyMap<string, bigint>;
}

/** Where a filter by kind is among these, a call that is open or interrupted may have become anything since its hour was written down. */
const mayChange = `('open', 'interrupted')`;

/** Grows with the cost, by one where it doubles. */
const stepOf = (nanos: string): string =>
  `case when ${nanos} <= 0 then 0 else 1 + floor(ln(${nanos}::float8) / ln(2::float8)) end::smallint`;

const kindOf = 'workspace_id, livemode, model, provider, failed_over, status, cost_step';
const fingerprint = `md5(json_build_array(${kindOf})::text)::uuid`;

const addKinds = `
  with found as materialized (
    select workspace_id, livemode, model, provider, attempts > 1 as failed_over, status, ${stepOf('cost_nanos')} as cost_step,
      date_trunc('hour', created_at, 'UTC') as hour, array_agg(${offset}) as offsets, count(*) as calls
    from calls where created_at >= $1 and created_at < $2 group by 1, 2, 3, 4, 5, 6, 7, 8),
  printed as materialized (select *, ${fingerprint} as fingerprint from found),
  known as (
    insert into call_kinds (fingerprint, ${kindOf}, calls, first_hour, last_hour)
    select fingerprint, ${kindOf}, sum(calls), min(hour), max(hour) from printed group by 1, 2, 3, 4, 5, 6, 7, 8
    on conflict (fingerprint) do update set calls = call_kinds.calls + excluded.calls,
      first_hour = least(call_kinds.first_hour, excluded.first_hour), last_hour = greatest(call_kinds.last_hour, excluded.last_hour)
    returning id, fingerprint)
  insert into call_kind_times (kind_id, hour, offsets) select id, hour, offsets from printed join known using (fingerprint)`;

/** Writes down the calls of whole hours, in place of what was written of these hours before. */
export async function writeKinds(tx: Db, from: Date, to: Date): Promise<void> {
  await forgetKinds(tx, from, to);
  await tx.query(addKinds, [from, to]);
}

export async function forgetKinds(tx: Db, from: Date, to: Date): Promise<void> {
  await tx.query(
    `with gone as (
       delete from call_kind_times where hour >= $1 and hour < $2 returning kind_id, cardinality(offsets) as calls),
     sums as (select kind_id, sum(calls) as calls from gone group by 1)
     update call_kinds k set calls = greatest(0, k.calls - sums.calls) from sums where k.id = sums.kind_id`,
    [from, to],
  );
}

export function hasKind({ model, provider, failedOver, minCost }: KindFilter): boolean {
  return model !== undefined || provider !== undefined || failedOver !== undefined || minCost !== undefined;
}

/** The conditions that each call must meet, exactly; `first` is the number of the first value. */
export function kindConditions(filter: KindFilter, first: number): { conditions: string; values: unknown[] } {
  const { model, provider, failedOver, minCost } = filter;
  const values: unknown[] = [];
  const next = (value: unknown): string => `$${first + values.push(value) - 1}`;
  let conditions = '';
  if (model !== undefined) conditions += ` and model = ${next(model)}`;
  if (provider !== undefined) conditions += ` and provider = ${next(provider)}`;
  if (failedOver !== undefined) conditions += failedOver ? ' and attempts > 1' : ' and attempts <= 1';
  if (minCost !== undefined && minCost.ofClients.size === 0)
    conditions += ` and cost_nanos >= ${next(minCost.nanos.toString())}::bigint`;
  else if (minCost !== undefined) {
    const own = Object.fromEntries([...minCost.ofClients].map(([client, nanos]) => [client, nanos.toString()]));
    const ofClient = `(${next(JSON.stringify(own))}::jsonb ->> client_id)::bigint`;
    conditions += ` and cost_nanos >= coalesce(${ofClient}, ${next(minCost.nanos.toString())}::bigint)`;
  }
  return { conditions, values };
}

interface KindQuery extends KindFilter {
  workspaceId: string;
  livemode: boolean;
  status?: string | undefined;
}

/** The moments of the calls of these kinds; undefined where there are none. `$1` is the workspace, `$2` the mode. */
export async function kindSource(db: Db, filter: KindQuery): Promise<CallSource | undefined> {
  const { conditions, values } = placeConditions(filter, 3);
  const { rows } = await db.query(
    `select sum(calls)::float8 as calls, min(first_hour) as first_hour, max(last_hour) as last_hour
     from call_kinds where workspace_id = $1 and livemode = $2 ${conditions}`,
    [filter.workspaceId, filter.livemode, ...values],
  );
  const [row] = rows as { calls: number | null; first_hour: Date; last_hour: Date }[];
  if (row === undefined || row.calls === null) return undefined;
  return {
    calls: row.calls,
    firstHour: row.first_hour,
    lastHour: row.last_hour,
    values,
    text: (first, hours) =>
      `select t.hour + at * interval '1 millisecond' as at
       from call_kinds k join call_kind_times t on t.kind_id = k.id, unnest(t.offsets) as at
       where workspace_id = $1 and livemode = $2 ${placeConditions(filter, first).conditions} and ${hours('t.hour')}`,
  };
}

function placeConditions(filter: KindQuery, first: number): { conditions: string; values: unknown[] } {
  const { model, provider, failedOver, minCost, status } = filter;
  const values: unknown[] = [];
  const next = (value: unknown): string => `$${first + values.push(value) - 1}`;
  let conditions = '';
  if (status !== undefined) conditions += ` and status in (${next(status)}, 'open', 'interrupted')`;
  const kinds: string[] = [];
  if (model !== undefined) kinds.push(`model = ${next(model)}`);
  if (provider !== undefined) kinds.push(`provider = ${next(provider)}`);
  if (failedOver !== undefined) kinds.push(failedOver ? 'failed_over' : 'not failed_over');
  if (minCost !== undefined) kinds.push(`cost_step >= ${stepOf(`${next(leastOf(minCost).toString())}::bigint`)}`);
  conditions += ` and (status in ${mayChange} or (${kinds.join(' and ')}))`;
  return { conditions, values };
}

function leastOf({ nanos, ofClients }: MinCost): bigint {
  return [...ofClients.values()].reduce((least, one) => (one < least ? one : least), nanos);
}

/** Hours before this are written down; undefined where none is. */
export async function kindsUntil(db: Db): Promise<Date | undefined> {
  const { rows } = await db.query('select kinds_until from usage_rollup');
  return (rows as { kinds_until: Date | null }[])[0]?.kinds_until ?? undefined;
}
