import type { Pool } from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { sumColumns } from './sum-columns.ts';

const tags = ['client_id', 'project', 'scenario_id', 'key_id', 'model', 'provider', 'scenario_platform', 'metered'];
const columns = ['workspace_id', 'livemode', ...tags].join(', ');

const isSameGroup = (hours: string): string =>
  `q.workspace_id = ${hours}.workspace_id and q.livemode = ${hours}.livemode
     and q.quarter >= ${hours}.hour and q.quarter < ${hours}.hour + interval '1 hour'
     and ${tags.map((tag) => `q.${tag} is not distinct from ${hours}.${tag}`).join(' and ')}`;
const ofHour = `hour, ${columns}, ${sumColumns}`
  .split(', ')
  .map((column) => `h.${column}`)
  .join(', ');

const quartersApart = `
  with wrong as (
    select ${ofHour}, sum(q.input_tokens) as all_input, sum(q.output_tokens) as all_output
    from usage_hours h join usage_quarters q on ${isSameGroup('h')}
    where h.hour >= $1 and h.hour < $2 and h.second_answers > 0
    group by ${ofHour} having sum(q.second_answers) = 0),
  gone as (delete from usage_quarters q using wrong w where ${isSameGroup('w')})
  insert into usage_quarters (quarter, ${columns}, ${sumColumns}, second_input_tokens, second_output_tokens)
  select hour, ${columns}, ${sumColumns}, greatest(all_input - input_tokens, 0), greatest(all_output - output_tokens, 0)
  from wrong`;

/**
 * Second answers of months that a process of an older version has dropped: its quarters count them as requests, and the sums of their hours do not.
 * Such groups get one row an hour, with the sums of the hour; the rest of their tokens are those of second answers.
 */
export async function takeSecondAnswersApart(db: Pool): Promise<void> {
  await withTransaction(db, async (tx) => {
    // Another process that works on a month is waited for, and then the month is none of these.
    const { rows } = await tx.query(
      'select from_at, to_at from dropped_months where not summed_apart order by from_at for update',
    );
    if (rows.length === 0) return;
    await tx.query(`set local statement_timeout = '5min'`);
    for (const { from_at: from, to_at: to } of rows as { from_at: Date; to_at: Date }[]) {
      await tx.query(quartersApart, [from, to]);
      await tx.query('update dropped_months set summed_apart = true where from_at = $1', [from]);
    }
  });
}
