import type { Pool } from 'pg';
import { type Db, withTransaction } from '../db/transaction.ts';
import type { SealedTable } from './sealed-tables.ts';

/** Rows of a table, by their columns: those of the key, those beside, and the sealed ones. */
export type SealedRow = Record<string, unknown> & { workspace_id: string; id: string };

/** Its new values. Of a webhook, the hash by which its address was asked is another one too. */
export interface ResealedRow {
  row: SealedRow;
  values: Readonly<Record<string, Buffer>>;
}

const pageRows = 500;
/** An answer that is kept may have 8 MiB. */
const pageBytes = 16 * 1024 * 1024;

export async function countSealed(db: Db, tables: readonly SealedTable[]): Promise<number> {
  let all = 0;
  for (const table of tables) {
    const { rows } = await db.query(
      `select count(*)::integer as rows from ${table.name} where ${hasSealed(Object.keys(table.sealed))}`,
    );
    all += (rows[0] as { rows: number }).rows;
  }
  return all;
}

/** A page after another, by the primary key, each of a size that a process has room for. */
export async function* readSealed(db: Db, table: SealedTable): AsyncGenerator<SealedRow[]> {
  const key = Object.keys(table.key);
  const sealed = Object.keys(table.sealed);
  const columns = [...key, ...(table.beside ?? []), ...sealed].join(', ');
  const order = key.join(', ');
  const bytes = sealed.map((column) => `coalesce(octet_length(${column}), 0)`).join(' + ');
  for (let last: unknown[] = []; ; ) {
    const after = last.length === 0 ? '' : `and (${order}) > (${last.map((_, at) => `$${at + 1}`).join(', ')})`;
    const { rows } = await db.query(
      `select ${columns} from (
         select ${columns}, sum(bytes) over (order by ${order}) - bytes as bytes_before from (
           select ${columns}, ${bytes} as bytes from ${table.name}
           where ${hasSealed(sealed)} ${after} order by ${order} limit ${pageRows}) page) sized
       where bytes_before < ${pageBytes} order by ${order}`,
      last,
    );
    if (rows.length === 0) return;
    const page = rows as SealedRow[];
    yield page;
    const end = page.at(-1);
    last = key.map((column) => end?.[column]);
  }
}

function hasSealed(columns: readonly string[]): string {
  return `(${columns.map((column) => `${column} is not null`).join(' or ')})`;
}

/** All of a page or nothing of it. */
export async function writeSealed(pool: Pool, table: SealedTable, page: readonly ResealedRow[]): Promise<void> {
  const key = Object.keys(table.key);
  await withTransaction(pool, async (tx) => {
    for (const { row, values } of page) {
      const { confirm_hash: tokenHash } = values;
      if (table.name === 'webhooks' && tokenHash !== undefined) await moveAddress(tx, row, tokenHash);
      const columns = Object.keys(values);
      const set = columns.map((column, at) => `${column} = ${assigned(column, `$${key.length + at + 1}`)}`);
      const where = key.map((column, at) => `${column} = $${at + 1}::${table.key[column]}`);
      await tx.query(`update ${table.name} set ${set.join(', ')} where ${where.join(' and ')}`, [
        ...key.map((column) => row[column]),
        ...columns.map((column) => values[column]),
      ]);
    }
  });
}

/** A webhook of an older version has no such hash, and counts as confirmed. */
function assigned(column: string, value: string): string {
  return column === 'confirm_hash' ? `case when confirm_hash is not null then ${value}::bytea end` : value;
}

/**
 * An address that has agreed goes on to agree; several webhooks may share it. The link in the mail to one that was only asked opens by the old
 * token: it is left to `dropUnnamedAddresses`, and can be asked again.
 */
async function moveAddress(tx: Db, { workspace_id: workspaceId, id }: SealedRow, tokenHash: Buffer): Promise<void> {
  await tx.query(
    `update mail_addresses m set token_hash = $3 from webhooks w
     where w.workspace_id = $1 and w.id = $2 and m.workspace_id = $1 and m.token_hash = w.confirm_hash and m.confirmed_at is not null`,
    [workspaceId, id, tokenHash],
  );
}

/** Addresses that no webhook names: by their hash nobody can ask or find them again. */
export async function dropUnnamedAddresses(db: Db): Promise<void> {
  await db.query(
    `delete from mail_addresses m where not exists (
       select 1 from webhooks w where w.workspace_id = m.workspace_id and w.confirm_hash = m.token_hash)`,
  );
}

/** Returns how many there were. */
export async function dropCachedAnswers(db: Db): Promise<number> {
  const { rows } = await db.query('select count(*)::integer as answers from cached_answers');
  await db.query('truncate cached_answers');
  return (rows[0] as { answers: number }).answers;
}
