import type { Db } from '../db/transaction.ts';
import { savingColumns, savingsOfCall } from './saving-columns.ts';
import { partsFor, partsForDays, type SumFilter, sums } from './summed-range-store.ts';
import type { UsageDay } from './usage-range.ts';

export type SavingsGrouping = 'day' | 'client' | 'task' | 'model';

/** The cost and the savings of calls, in nanodollars. The part of the total that none of the three steps saved is the response cache's. */
export interface SavingsSum {
  /** The day, client, task in hex, or model; null for calls without one. */
  group: string | null;
  calls: number;
  costNanos: bigint;
  savedNanos: bigint;
  savedAutoNanos: bigint;
  savedRulesNanos: bigint;
  savedMarksNanos: bigint;
}

const rowsMax = 1_000;

/** In the order of their groups, calls without one last; the first thousand. */
export async function sumSavings(
  db: Db,
  { filter, grouping, days }: { filter: SumFilter; grouping: SavingsGrouping; days: readonly UsageDay[] },
): Promise<SavingsSum[]> {
  if (grouping === 'task')
    return read(db, taskParts, [filter.workspaceId, filter.livemode, filter.from, filter.to], 'g');
  const { parts, values } = grouping === 'day' ? await partsForDays(db, filter, days) : await partsFor(db, filter);
  return read(db, parts, values, column[grouping]);
}

const column = { day: 'day', client: 'client_id', model: 'model' } as const;

/** Sums know no task: those are read from the calls themselves, for as long as they are kept. */
const taskParts = `with parts as (
  select encode(task, 'hex') as g, requests, estimated_requests, input_tokens, cached_tokens, output_tokens, cost_nanos, ${savingColumns}
  from (select task, 1, 0, input_tokens, cached_tokens, output_tokens, cost_nanos, ${savingsOfCall} from calls
    where workspace_id = $1 and livemode = $2 and created_at >= $3 and created_at < $4 and status <> 'open') as c
    (task, requests, estimated_requests, input_tokens, cached_tokens, output_tokens, cost_nanos, ${savingColumns}))`;

async function read(db: Db, parts: string, values: readonly unknown[], by: string): Promise<SavingsSum[]> {
  const { rows } = await db.query(
    `${parts} select ${by} as g, ${sums} from parts group by 1 order by 1 nulls last limit ${rowsMax}`,
    [...values],
  );
  return (
    rows as {
      g: string | null;
      requests: bigint;
      cost: bigint;
      saved: bigint;
      saved_auto: bigint;
      saved_rules: bigint;
      saved_marks: bigint;
    }[]
  ).map((row) => ({
    group: row.g,
    calls: Number(row.requests),
    costNanos: row.cost,
    savedNanos: row.saved,
    savedAutoNanos: row.saved_auto,
    savedRulesNanos: row.saved_rules,
    savedMarksNanos: row.saved_marks,
  }));
}
