import type { Pool } from 'pg';
import { runPipeline, type Step } from '../db/pipeline.ts';
import { copyCalls, markLateHours, updateCalls } from '../usage/call-store.ts';
import type { JournalRow } from './journal-row.ts';
import { type Batch, keepUnposted, type PostedBalance, postBalances, readOthers, readPosted } from './posting-store.ts';

type RowBatch = Batch & { rows: readonly JournalRow[] };

interface FastWrite {
  outcome: 'written';
  balances: PostedBalance[];
}

/**
 * The usual ways of a batch: what it spent, calls that are new, calls that were opened before, in one trip to the database and
 * all or nothing. New calls are copied in, which costs the database half of what an insert does; that is for a batch that was
 * never sent before. Throws where anything stands in the way (a percent is to be announced, the process was taken for dead, a row
 * cannot be written): nothing was done then, and the long way finds out what it is.
 *
 * Posts to balances and leases all that was kept for later, and this batch.
 */
export async function writeBatchFast(db: Pool, batch: RowBatch): Promise<FastWrite> {
  const { added, steps } = stepsFor(batch);
  if (batch.postings.length > 0) steps.unshift(postBalances(batch, added), readOthers(batch));
  else if (added.length > 0) steps.unshift(markLateHours(added));
  const [posted, others] = await runPipeline(db, steps);
  return { outcome: 'written', balances: readPosted(posted?.[0] ?? null, others?.[0]) };
}

/** Keeps for later what the batch spent, and says how the balances are doing that this process has not heard of for a while. */
export async function deferPostingFast(db: Pool, batch: RowBatch, looked: readonly bigint[]): Promise<FastWrite> {
  const { added, steps } = stepsFor(batch);
  const [kept] = await runPipeline(db, [keepUnposted(batch, added, looked), ...steps]);
  return { outcome: 'written', balances: readPosted(kept?.[0] ?? null) };
}

function stepsFor({ processId, rows }: RowBatch): { added: JournalRow[]; steps: Step[] } {
  const added = rows.filter(({ isNew }) => isNew);
  const changed = rows.filter(({ isNew }) => !isNew);
  const steps: Step[] = [];
  if (added.length > 0) steps.push(copyCalls(processId, added));
  if (changed.length > 0) steps.push(updateCalls(processId, changed));
  return { added, steps };
}
