import type { Db } from '../db/transaction.ts';
import { savingColumns, taskFigures } from './sum-columns.ts';
import { partsFor, partsForDays, type SumFilter } from './summed-range-store.ts';
import { otherTasks, taskPartsFor } from './task-sums-store.ts';
import type { UsageDay } from './usage-range.ts';

type SavingsGrouping = 'day' | 'client' | 'task' | 'model';

/** The cost and the savings of calls, in nanodollars. The part of the total that none of the three steps saved is the response cache's. */
export interface SavingsSum {
  /** The day, client, task in hex or `other`, or model; null for calls without one. */
  group: string | null;
  calls: number;
  costNanos: bigint;
  savedNanos: bigint;
  savedAutoNanos: bigint;
  savedRulesNanos: bigint;
  savedMarksNanos: bigint;
}

/** How well the models that `auto` chose agree with the strong one. */
export interface SavingsEvidence {
  pairs: number;
  agreement: number;
  lower: number;
  /** A model compared most of the pairs. */
  judged: boolean;
}

interface SavingsQuery {
  filter: SumFilter;
  grouping: SavingsGrouping;
  days: readonly UsageDay[];
  /** Those of the settings, in their order: of the pairs beside several, those beside the first count. */
  strongModels?: readonly string[] | undefined;
}

/** `with` clauses that make `summed`: the groups and figures to be added up. */
interface SavingsSource {
  summed: string;
  values: readonly unknown[];
}

const rowsMax = 1_000;

/**
 * The groups and their total. Of more than a thousand groups the latest days are listed, or those that saved or lost the most; the total
 * counts all. Second answers are left out: nobody has asked for them.
 */
export async function sumSavings(
  db: Db,
  query: SavingsQuery,
): Promise<{ groups: SavingsSum[]; total: SavingsSum | undefined }> {
  const { summed, values } = await sourceOf(db, query);
  const order = query.grouping === 'day' ? 'g desc' : 'abs(sum(saved_nanos)) desc, sum(cost_nanos) desc, g nulls last';
  const { rows } = await db.query(
    `${summed} select g as group, grouping(g) = 1 as "isTotal", sum(requests)::float8 as calls, sum(cost_nanos)::bigint as "costNanos",
       sum(saved_nanos)::bigint as "savedNanos", sum(saved_auto_nanos)::bigint as "savedAutoNanos",
       sum(saved_rules_nanos)::bigint as "savedRulesNanos", sum(saved_marks_nanos)::bigint as "savedMarksNanos"
     from summed group by grouping sets ((g), ()) having sum(requests) > 0
     order by grouping(g) desc, ${order} limit ${rowsMax + 1}`,
    [...values],
  );
  const read = (rows as (SavingsSum & { isTotal: boolean })[]).map(({ isTotal, ...sum }) => ({ isTotal, sum }));
  return {
    groups: read
      .filter(({ isTotal }) => !isTotal)
      .map(({ sum }) => sum)
      .sort(query.grouping === 'day' ? byDay : bySaving),
    total: read.find(({ isTotal }) => isTotal)?.sum,
  };
}

/** The cost of second answers and of the questions to judges: no group has it, and no saving is reduced by it. */
export async function sumSecondAnswers(db: Db, filter: SumFilter): Promise<bigint> {
  const { parts, values } = await partsFor(db, filter, { columns: [] });
  const { rows } = await db.query(
    `${parts} select coalesce(sum(second_cost_nanos), 0)::bigint as "costNanos" from parts`,
    values,
  );
  return (rows as { costNanos: bigint }[])[0]?.costNanos ?? 0n;
}

function byDay(a: SavingsSum, b: SavingsSum): number {
  return (a.group ?? '') < (b.group ?? '') ? -1 : 1;
}

function bySaving(a: SavingsSum, b: SavingsSum): number {
  return a.savedNanos === b.savedNanos ? 0 : a.savedNanos > b.savedNanos ? -1 : 1;
}

/**
 * The pairs behind what `auto` saved in each group: those of the very tasks and models that saved something there. Each weighs as much as
 * the dollars that it saved or lost; of dollars without pairs, nothing is proven. Pairs of a judge that is none of `judges` prove nothing more, and
 * of pairs beside several strong models those count that `auto` goes by: see `routing/leading-claim.ts`.
 */
export async function findSavingsEvidence(
  db: Db,
  query: SavingsQuery,
  judges: ReadonlySet<string>,
): Promise<ReadonlyMap<string | null, SavingsEvidence>> {
  const { parts, values } = await taskPartsFor(db, query.filter, {
    ...movedBy[query.grouping],
    figures: ['moved_nanos'],
    days: query.grouping === 'day' ? query.days : undefined,
  });
  const { rows } = await db.query(
    `${parts}, compared as (
       select task, ${undated('weak')} as weak, pairs, agreed, judged, withdrawn_at is not null as is_withdrawn,
         case when comparable * 10 >= sampled * 9 then lower else 0 end as lower,
         array_position($${values.length + 2}::text[], ${undated('strong')}) as rank,
         updated_at >= max(updated_at) over (partition by task, ${undated('weak')}) - interval '720 hours' as is_recent
       from task_claims
       where workspace_id = $1 and livemode = $2 and (pairs > 0 or withdrawn_at is not null)
         and (judged = 0 or judges <> '{}' and judges <@ $${values.length + 1}::text[])),
     foremost as (
       select distinct on (task, weak) * from compared
       where rank is not null or not exists (select 1 from compared where rank is not null and pairs > 0)
       order by task, weak, rank, is_recent desc, is_withdrawn desc, pairs desc),
     claims as (select * from foremost where pairs > 0),
     moved as (
       select ${groupOf[query.grouping]} as g, task, model, sum(moved_nanos)::float8 as nanos from parts
       where moved_nanos > 0 and exists (select 1 from claims) group by 1, 2, 3),
     saved as (select g, task, ${undated('model')} as model, sum(nanos) as nanos from moved group by 1, 2, 3)
     select g, sum(pairs)::float8 as pairs, sum(nanos * agreed / pairs) / sum(nanos) filter (where pairs is not null) as agreement,
       coalesce(sum(nanos * lower), 0) / sum(nanos) as lower,
       coalesce(sum(judged) * 2 > sum(pairs), false) as judged
     from saved left join claims on claims.task = saved.task and claims.weak = saved.model group by 1 having count(pairs) > 0`,
    [...values, [...judges], [...(query.strongModels ?? [])]],
  );
  return new Map(
    (rows as ({ g: string | null } & SavingsEvidence)[]).map(({ g, ...evidence }) => [g, evidence] as const),
  );
}

/** Vendors answer as `gpt-4o-2024-08-06` where `gpt-4o` was asked for. */
function undated(column: 'weak' | 'strong' | 'model'): string {
  return `regexp_replace(${column}, '-([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})$', '')`;
}

const column = { client: 'client_id', model: 'model' } as const;
const groupOf = {
  day: 'day',
  client: 'client_id',
  task: `case when task = ${otherTasks} then 'other' else encode(task, 'hex') end`,
  model: 'model',
} as const;
/** The sums with the fewest rows that know a group beside task and model. */
const movedBy = {
  day: { kind: 'task', columns: ['task', 'model'] },
  task: { kind: 'task', columns: ['task', 'model'] },
  model: { kind: 'task', columns: ['task', 'model'] },
  client: { kind: 'auto', columns: ['client_id', 'task', 'model'] },
} as const;

/** Sums of usage know no task: tasks have sums of their own. */
async function sourceOf(db: Db, { filter, grouping, days }: SavingsQuery): Promise<SavingsSource> {
  if (grouping === 'task') {
    const figures = taskFigures.filter((figure) => figure !== 'moved_nanos');
    const { parts, values } = await taskPartsFor(db, filter, { kind: 'task', columns: ['task'], figures });
    return { summed: `${parts}, summed as (select ${groupOf.task} as g, ${figures.join(', ')} from parts)`, values };
  }
  const { parts, values } =
    grouping === 'day'
      ? await partsForDays(db, filter, { days, columns: [] })
      : await partsFor(db, filter, { columns: [column[grouping]] });
  const group = groupOf[grouping];
  return {
    summed: `${parts}, summed as (select ${group} as g, requests, cost_nanos, ${savingColumns} from parts)`,
    values,
  };
}
