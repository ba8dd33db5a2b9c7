import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Pool } from 'pg';
import { rowsFolderName } from './backup-head.ts';
import { dumpRows, type Table } from './dump-store.ts';
import { tableOf } from './move-database.ts';
import { entriesOf } from './read-backup.ts';
import type { BackupWriter } from './write-backup.ts';

/** A part is held in memory, since an archive wants its size first. */
const partBytes = 4 << 20;

/** Copies every row as of one moment, in parts of a few megabytes: lines of JSON, a row a line. Returns how many there are. */
export async function copyRows(
  pool: Pool,
  {
    writer,
    onRows,
    signal,
  }: { writer: BackupWriter; onRows: (rows: number) => void; signal?: AbortSignal | undefined },
): Promise<number> {
  let count = 0;
  let parts = 0;
  let part: { table: Table; lines: Buffer[]; bytes: number } | undefined;
  const flush = async (): Promise<void> => {
    if (part === undefined) return;
    parts += 1;
    const name = `${rowsFolderName}/${String(parts).padStart(6, '0')}-${part.table}.jsonl`;
    await writer.file(name, part.bytes, part.lines);
    part = undefined;
  };
  for await (const { table, rows } of dumpRows(pool)) {
    signal?.throwIfAborted();
    if (part !== undefined && (part.table !== table || part.bytes > partBytes)) await flush();
    part ??= { table, lines: [], bytes: 0 };
    const lines = Buffer.from(`${rows.join('\n')}\n`);
    part.lines.push(lines);
    part.bytes += lines.length;
    count += rows.length;
    onRows(rows.length);
  }
  await flush();
  return count;
}

/** Hands over every row of a backup. */
export async function readRows(
  path: string,
  put: (table: Table, row: string) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const { name, content } of entriesOf(path, { signal })) {
    const [, table] = /^rows\/\d+-(\w+)\.jsonl$/.exec(name) ?? [];
    if (table === undefined) continue;
    const ours = tableOf(table);
    for await (const row of createInterface({ input: Readable.from(content), crlfDelay: Number.POSITIVE_INFINITY }))
      await put(ours, row);
  }
}
