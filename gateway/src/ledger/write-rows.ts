import type { Db } from '../db/transaction.ts';
import { writeCalls } from '../usage/call-store.ts';
import { noteFiledPostings, toUnwritten, type UnwrittenRecord, writeUnwritten } from '../usage/unwritten-store.ts';
import type { JournalRow } from './journal-row.ts';
import type { Writing } from './write-batch-with-events.ts';

/** Writes each row to its place; of a row in a file it notes that its money is posted, in the transaction that posts it. */
export function writingOf(
  rows: readonly JournalRow[],
  { processId, record }: { processId: string; record: Writing['record'] },
): Writing {
  const calls = rows.filter(({ place }) => place === 'calls');
  const table = rows.filter(({ place }) => place === 'table');
  const filed = rows.filter(({ place, closed }) => place === 'file' && closed !== undefined);
  const unwritten = (row: JournalRow): UnwrittenRecord => unwrittenOf(row, processId);
  return {
    record,
    write: async (tx: Db) => {
      if (calls.length > 0) await writeCalls(tx, processId, calls);
      if (table.length > 0) await writeUnwritten(tx, table.map(unwritten));
      if (filed.length > 0) await noteFiledPostings(tx, filed.map(unwritten));
    },
  };
}

/** A call as it is kept outside of `calls`. */
export function unwrittenOf(row: JournalRow, processId: string): UnwrittenRecord {
  return toUnwritten({ row, processId, error: row.refused ?? '' });
}
