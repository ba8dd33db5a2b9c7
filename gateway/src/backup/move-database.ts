import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Pool, PoolClient } from 'pg';
import { appliedMigrations, migrate, pendingMigrations } from '../db/migrate.ts';
import { withLongTransaction } from '../db/transaction.ts';
import { waitWithoutLimit, wholeInstallationMinutes } from '../db/transaction-settings.ts';
import {
  type DumpedRows,
  dropProof,
  dumpRows,
  isEmpty,
  isTable,
  loadRows,
  settleLoaded,
  type Table,
} from './dump-store.ts';

/** A long copy reports its progress to `onRows` and ends when `signal` aborts. */
export interface CopyOptions {
  onRows?: (rows: number) => void;
  signal?: AbortSignal | undefined;
}

/** One line of JSON a row, after a head that names the schema: moves a database anywhere, and reads in any editor. */
export async function exportDatabase(pool: Pool, out: Writable, { onRows, signal }: CopyOptions = {}): Promise<number> {
  const write = async (line: string): Promise<void> => {
    if (!out.write(`${line}\n`)) await once(out, 'drain', { signal });
  };
  const migrations = (await appliedMigrations(pool)).map(({ name }) => name);
  await write(JSON.stringify({ format: 'ai-gateway-export', version: 1, migrations }));
  let count = 0;
  for await (const { table, rows } of dumpRows(pool)) {
    signal?.throwIfAborted();
    for (const row of rows) await write(`{"table":"${table}","row":${row}}`);
    count += rows.length;
    onRows?.(rows.length);
  }
  await write(JSON.stringify({ end: true, rows: count }));
  return count;
}

const rowsAtOnce = 500;

/** Fills an empty database with an export; all of it or nothing. Throws with a sentence when it is no whole export. */
export async function importDatabase(pool: Pool, input: Readable, options: CopyOptions = {}): Promise<number> {
  await refuseFull(pool);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  const { value: head, done } = await lines.next();
  await takeSchemaOf(pool, readHead(done ? '' : head));
  return fill(pool, { ...options, load: (put) => readRows(lines, put) });
}

/** Fills an empty database with the rows that `load` hands over; all of them or nothing, then brings it to this version. */
export async function fillDatabase(
  pool: Pool,
  options: CopyOptions & {
    /** Names of the migrations of the version that the rows are of. */
    migrations: readonly string[];
    load: (put: (table: Table, row: string) => Promise<void>) => Promise<void>;
  },
): Promise<{ rows: number; migrated: readonly string[] }> {
  await refuseFull(pool);
  await takeSchemaOf(pool, options.migrations);
  const rows = await fill(pool, options);
  return { rows, migrated: await migrate(pool) };
}

/** Throws, in words, when there is something in the database. */
export async function refuseFull(pool: Pool): Promise<void> {
  if ((await appliedMigrations(pool)).length > 0 && !(await isEmpty(pool)))
    throw new Error('This database is not empty. Use a new one: another DATA_DIR, or another DATABASE_URL.');
}

/** The tables that the rows were taken from; what came after that version is migrated when they are there. */
async function takeSchemaOf(pool: Pool, names: readonly string[]): Promise<void> {
  const there = (await appliedMigrations(pool)).map(({ name }) => name);
  if (there.length > 0 && JSON.stringify(there) !== JSON.stringify(names)) {
    const unknown = names.find((name) => !there.includes(name));
    throw new Error(
      unknown === undefined
        ? 'The copy is of an older version than the tables of this database. Use a database without any tables; what is newer is migrated.'
        : `The copy is of another version than the tables of this database (${unknown}). Use a database without any tables.`,
    );
  }
  const known = pendingMigrations([]);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(
      `The copy is of a newer version of the gateway (${unknown} is unknown here). Use that version, or a newer one.`,
    );
  await migrate(pool, { only: names });
}

async function fill(
  pool: Pool,
  {
    load,
    onRows,
    signal,
  }: CopyOptions & { load: (put: (table: Table, row: string) => Promise<void>) => Promise<void> },
): Promise<number> {
  return withLongTransaction(pool, wholeInstallationMinutes, async (tx) => {
    await waitWithoutLimit(tx);
    await dropProof(tx);
    let count = 0;
    let batch: DumpedRows | undefined;
    const flush = async (client: PoolClient): Promise<void> => {
      if (batch === undefined) return;
      await loadRows(client, batch);
      onRows?.(batch.rows.length);
      batch = undefined;
    };
    await load(async (table, row) => {
      if (batch?.table !== table || batch.rows.length >= rowsAtOnce) {
        signal?.throwIfAborted();
        await flush(tx);
      }
      batch ??= { table, rows: [] };
      batch.rows.push(row);
      count += 1;
    });
    await flush(tx);
    await settleLoaded(tx);
    return count;
  });
}

async function readRows(
  lines: AsyncIterator<string>,
  put: (table: Table, row: string) => Promise<void>,
): Promise<void> {
  let count = 0;
  let ended: number | undefined;
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    if (next.value === '') continue;
    const { table, row, end, rows } = parseLine(next.value);
    if (end === true) ended = rows;
    else {
      await put(tableOf(table), row);
      count += 1;
    }
  }
  if (ended !== count) throw new Error('The export breaks off before its end. Nothing was imported.');
}

/** Throws, in words, where the name is none of a table of ours. */
export function tableOf(name: unknown): Table {
  if (!isTable(name)) throw new Error(`This is not a copy of a gateway: it has a table "${String(name)}".`);
  return name;
}

function readHead(line: string): string[] {
  const head = parseHead(line);
  if (head?.format !== 'ai-gateway-export' || head.version !== 1)
    throw new Error('This is not an export of a gateway. `import` reads what `export` wrote; `restore` reads backups.');
  return head.migrations ?? [];
}

function parseHead(line: string): { format?: string; version?: number; migrations?: string[] } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The row stays text: numbers beyond 2^53 would not survive being read. */
function parseLine(line: string): { table?: string; row: string; end?: boolean; rows?: number } {
  const match = /^\{"table":"(\w+)","row":(.*)\}$/.exec(line);
  if (match !== null) return { table: match[1] ?? '', row: match[2] ?? '' };
  try {
    return { row: '', ...(JSON.parse(line) as { end?: boolean; rows?: number }) };
  } catch {
    throw new Error('The export breaks off before its end. Nothing was imported.');
  }
}
