import type { Pool } from 'pg';
import { type Db, withLongTransaction } from '../db/transaction.ts';
import { lockSums } from './roll-up-store.ts';
import { sumColumns } from './sum-columns.ts';

/*
 * Months that a process of an older version has dropped: their quarters count second answers as requests, and the sums of their hours do not.
 * Groups with second answers get one row an hour, with the sums of the hour; the rest of their tokens are those of second answers.
 */

/** A month whose sums by the quarter are not known to have second answers apart. */
export interface MixedMonth {
  from: Date;
  to: Date;
}

/** A day of a workspace with second answers. */
interface AnsweredDay {
  workspaceId: string;
  day: Date;
}

export async function listMixedMonths(db: Db): Promise<MixedMonth[]> {
  const { rows } = await db.query(
    'select from_at as "from", to_at as "to" from dropped_months where not summed_apart order by from_at',
  );
  return rows as MixedMonth[];
}

/** A day of a workspace at a time, so that nobody waits long for the sums. A day that is done already is left as it is. */
export async function takeSecondAnswersApart(db: Pool, { from, to }: MixedMonth, signal: AbortSignal): Promise<void> {
  const { rows } = await db.query(
    `select distinct workspace_id as "workspaceId", date_trunc('day', hour, 'UTC') as day from usage_hours
     where hour >= $1 and hour < $2 and second_answers > 0 order by 2, 1`,
    [from, to],
  );
  for (const day of rows as AnsweredDay[]) {
    if (signal.aborted) return;
    await takeDayApart(db, day);
  }
  await db.query('update dropped_months set summed_apart = true where from_at = $1', [from]);
}

const tags = ['client_id', 'project', 'scenario_id', 'key_id', 'model', 'provider', 'scenario_platform', 'metered'];
const columns = `quarter, workspace_id, livemode, ${tags.join(', ')}, ${sumColumns}, second_input_tokens, second_output_tokens`;
const ofHour = `hour, workspace_id, livemode, ${tags.join(', ')}, ${sumColumns}`
  .split(', ')
  .map((column) => `h.${column}`);

const isOfDay = (alias: string, at: string): string =>
  `${alias}.workspace_id = $1 and ${alias}.${at} >= $2::timestamptz and ${alias}.${at} < $2::timestamptz + interval '24 hours'`;
const isSameGroup = (quarters: string): string =>
  `date_trunc('hour', ${quarters}.quarter, 'UTC') = h.hour and ${quarters}.livemode = h.livemode
     and ${tags.map((tag) => `${quarters}.${tag} is not distinct from h.${tag}`).join(' and ')}`;
const isAnswered = `${isOfDay('h', 'hour')} and h.second_answers > 0`;

/** As text: the figures go back as they came. */
const rightRows = `
  select coalesce(json_agg(r), '[]')::text as rows from (
    select ${ofHour.map((column) => (column === 'h.hour' ? 'h.hour as quarter' : column)).join(', ')},
      greatest(sum(q.input_tokens) - h.input_tokens, 0) as second_input_tokens,
      greatest(sum(q.output_tokens) - h.output_tokens, 0) as second_output_tokens
    from usage_hours h join usage_quarters q on ${isSameGroup('q')} where ${isAnswered} and ${isOfDay('q', 'quarter')}
    group by ${ofHour.join(', ')} having sum(q.second_answers) = 0) as r`;
const dropWrong = `
  delete from usage_quarters q where ${isOfDay('q', 'quarter')} and exists (
    select 1 from usage_hours h where ${isAnswered} and ${isSameGroup('q')} and not exists (
      select 1 from usage_quarters o where ${isOfDay('o', 'quarter')} and ${isSameGroup('o')} and o.second_answers > 0))`;
const addRight = `
  insert into usage_quarters (${columns}) select ${columns} from json_populate_recordset(null::usage_quarters, $1::json)`;

/**
 * Statements of one workspace each, without a change in a `with` clause: Citus takes no others.
 * Nobody sums up or erases meanwhile: an erasure between the first statement and the last would have its name back.
 */
async function takeDayApart(db: Pool, { workspaceId, day }: AnsweredDay): Promise<void> {
  await withLongTransaction(db, 5, async (tx) => {
    await lockSums(tx);
    const { rows } = await tx.query(rightRows, [workspaceId, day]);
    const [right] = rows as { rows: string }[];
    if (right === undefined || right.rows === '[]') return;
    await tx.query(dropWrong, [workspaceId, day]);
    await tx.query(addRight, [right.rows]);
  });
}
