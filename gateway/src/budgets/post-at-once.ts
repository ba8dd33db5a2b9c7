import type { Pool } from 'pg';
import { runPipeline, type Step, type TextRow } from '../db/pipeline.ts';
import { copyCalls, markLateHours, updateCalls } from '../usage/call-store.ts';
import type { JournalRow } from './journal.ts';
import { type Batch, type PostedMeter, postMeters, readPosted } from './posting-store.ts';

/**
 * The usual way of a batch: meters and leases, calls that are new, calls that were opened before, in one trip to the database and
 * all or nothing. New calls are copied in, which costs the database half of what an insert does; that is for a batch that was
 * never sent before. Throws where anything stands in the way (a percent is to be told, the process was taken for dead, a row
 * cannot be written): nothing was done then, and the long way finds out what it is.
 */
export async function postAtOnce(db: Pool, batch: Batch & { rows: readonly JournalRow[] }): Promise<PostedMeter[]> {
  const added = batch.rows.filter(({ isNew }) => isNew);
  const changed = batch.rows.filter(({ isNew }) => !isNew);
  const steps: Step[] = [];
  if (batch.postings.length > 0) steps.push(postMeters(batch, added));
  else if (added.length > 0) steps.push(markLateHours(added));
  if (added.length > 0) steps.push(copyCalls(batch.processId, added));
  if (changed.length > 0) steps.push(updateCalls(batch.processId, changed));
  const rows: TextRow[] = await runPipeline(db, steps);
  return rows.flatMap(([posted]) => readPosted(posted ?? null));
}
