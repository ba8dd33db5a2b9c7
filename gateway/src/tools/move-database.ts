import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Pool } from 'pg';
import { withTransaction } from '../db/transaction.ts';
import {
  type DumpedRows,
  dropProof,
  dumpRows,
  isEmpty,
  isTable,
  loadRows,
  migrationsOf,
  settleLoaded,
} from './dump-store.ts';

/** One line of JSON a row, after a head that names the schema: moves a database anywhere, and reads in any editor. */
export async function exportDatabase(pool: Pool, out: Writable): Promise<number> {
  const write = async (line: string): Promise<void> => {
    if (!out.write(`${line}\n`)) await once(out, 'drain');
  };
  await write(JSON.stringify({ format: 'ai-gateway-export', version: 1, migrations: await migrationsOf(pool) }));
  let count = 0;
  for await (const { table, rows } of dumpRows(pool)) {
    for (const row of rows) await write(`{"table":"${table}","row":${row}}`);
    count += rows.length;
  }
  await write(JSON.stringify({ end: true, rows: count }));
  return count;
}

const rowsAtOnce = 500;

/** Fills an empty database with an export; all of it or nothing. Throws with a sentence when it is no whole export. */
export async function importDatabase(pool: Pool, input: Readable): Promise<number> {
  if (!(await isEmpty(pool)))
    throw new Error('This database is not empty. Import into a new one: another DATA_DIR, or another DATABASE_URL.');
  const migrations = await migrationsOf(pool);
  return withTransaction(pool, async (tx) => {
    await tx.query('set local statement_timeout = 0');
    await tx.query('set local idle_in_transaction_session_timeout = 0');
    await dropProof(tx);
    let count = 0;
    let ended: number | undefined;
    let batch: DumpedRows | undefined;
    const flush = async (): Promise<void> => {
      if (batch !== undefined) await loadRows(tx, batch);
      batch = undefined;
    };
    let isFirst = true;
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line === '') continue;
      if (isFirst) checkHead(line, migrations);
      else {
        const { table, row, end, rows } = parseLine(line);
        if (end === true) ended = rows;
        else {
          if (!isTable(table)) throw new Error(`Not an export of this gateway: there is no table "${String(table)}".`);
          if (batch?.table !== table || batch.rows.length >= rowsAtOnce) await flush();
          batch ??= { table, rows: [] };
          batch.rows.push(row);
          count += 1;
        }
      }
      isFirst = false;
    }
    await flush();
    if (ended !== count) throw new Error('The export breaks off before its end. Nothing was imported.');
    await settleLoaded(tx);
    return count;
  });
}

function checkHead(line: string, migrations: readonly string[]): void {
  const head = JSON.parse(line) as { format?: string; version?: number; migrations?: string[] };
  if (head.format !== 'ai-gateway-export' || head.version !== 1) throw new Error('This is no export of a gateway.');
  if (JSON.stringify(head.migrations) !== JSON.stringify(migrations))
    throw new Error(
      'The export is of another version of the gateway. Export and import with the same one, then upgrade.',
    );
}

/** The row stays text: numbers beyond 2^53 would not survive being read. */
function parseLine(line: string): { table?: string; row: string; end?: boolean; rows?: number } {
  const match = /^\{"table":"(\w+)","row":(.*)\}$/.exec(line);
  if (match !== null) return { table: match[1] ?? '', row: match[2] ?? '' };
  return { row: '', ...(JSON.parse(line) as { end?: boolean; rows?: number }) };
}
