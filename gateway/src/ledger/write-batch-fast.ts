import type { Pool } from 'pg';
import { runPipeline, type Step, type TextRow } from '../db/pipeline.ts';
import { copyCalls, markLateHours, updateCalls } from '../usage/call-store.ts';
import type { JournalRow } from './journal-row.ts';
import {
  type AbortReason,
  abortReasonOf,
  type Batch,
  keepUnposted,
  type PostedBalance,
  postBalances,
  readOthers,
  readPosted,
} from './posting-store.ts';

type RowBatch = Batch & { rows: readonly JournalRow[] };

/** `crossed` and `unclaimed`: nothing was done, and `writeBatchWithEvents` does what there is to do. */
export type FastWrite = { outcome: 'written'; balances: PostedBalance[] } | { outcome: AbortReason };

/**
 * Writes a batch in one trip to the database, all or nothing: the postings of all that was deferred and of this batch, calls that are new,
 * calls that were opened before. New calls are copied in, which costs the database half of what an insert does; that is for a batch that was
 * never sent before. Throws where a row is refused, and where the connection fails.
 */
export async function writeBatchFast(db: Pool, batch: RowBatch): Promise<FastWrite> {
  const { added, steps } = stepsFor(batch);
  if (batch.postings.length > 0) steps.unshift(postBalances(batch, added), readOthers(batch));
  else if (added.length > 0) steps.unshift(markLateHours(added));
  return run(db, steps, ([posted, others]) => readPosted(posted?.[0] ?? null, others?.[0]));
}

/** The same, with the postings kept for later; it answers what the `looked` balances have, of which this process has not heard for a while. */
export async function deferPostingFast(db: Pool, batch: RowBatch, looked: readonly bigint[]): Promise<FastWrite> {
  const { added, steps } = stepsFor(batch);
  steps.unshift(keepUnposted(batch, added, looked));
  return run(db, steps, ([kept]) => readPosted(kept?.[0] ?? null));
}

async function run(
  db: Pool,
  steps: readonly Step[],
  read: (rows: readonly TextRow[]) => PostedBalance[],
): Promise<FastWrite> {
  try {
    return { outcome: 'written', balances: read(await runPipeline(db, steps)) };
  } catch (error) {
    const outcome = abortReasonOf(error);
    if (outcome === undefined) throw error;
    return { outcome };
  }
}

function stepsFor({ processId, rows }: RowBatch): { added: JournalRow[]; steps: Step[] } {
  const added = rows.filter(({ isNew }) => isNew);
  const changed = rows.filter(({ isNew }) => !isNew);
  const steps: Step[] = [];
  if (added.length > 0) steps.push(copyCalls(processId, added));
  if (changed.length > 0) steps.push(updateCalls(processId, changed));
  return { added, steps };
}
