import type { Db } from '../db/transaction.ts';
import { completed, type InvoiceDocument, type StoredDocument } from './invoice-document.ts';

export interface InvoiceModeKey {
  workspaceId: string;
  livemode: boolean;
}

/** One at a time for each workspace and mode: numbers run without gaps, and no two invoices take the same calls. */
export async function lockInvoices(tx: Db, { workspaceId, livemode }: InvoiceModeKey): Promise<void> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`invoices ${workspaceId} ${livemode}`]);
}

export async function nextNumber(tx: Db, { workspaceId, livemode }: InvoiceModeKey): Promise<number> {
  const { rows } = await tx.query(
    `select greatest(
       (select coalesce(max(number), 0) + 1 from invoices where workspace_id = $1 and livemode = $2),
       (select next_number from workspace_settings where workspace_id = $1 and livemode = $2)) as number`,
    [workspaceId, livemode],
  );
  return Number((rows[0] as { number: bigint }).number);
}

/** Where the numbers go on. False where a number from there on is taken already. Under `lockInvoices`. */
export async function setNextNumber(
  tx: Db,
  { workspaceId, livemode }: InvoiceModeKey,
  number: number,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into workspace_settings (workspace_id, livemode, next_number)
     select $1, $2, $3 where not exists (select from invoices where workspace_id = $1 and livemode = $2 and number >= $3)
     on conflict (workspace_id, livemode) do update set next_number = excluded.next_number`,
    [workspaceId, livemode, number],
  );
  return rowCount === 1;
}

/** Invoices in force that bill calls of the same time. */
export async function findOverlapping(
  db: Db,
  place: InvoiceModeKey,
  range: { clientId: string; from: Date; to: Date },
): Promise<InvoiceDocument[]> {
  const { rows } = await db.query(
    `select document, status from invoices
     where workspace_id = $1 and livemode = $2 and client_id = $3 and kind = 'invoice' and status = 'issued'
       and from_at < $5 and to_at > $4 order by number`,
    [place.workspaceId, place.livemode, range.clientId, range.from, range.to],
  );
  return (rows as InvoiceRow[]).map(readRow);
}

export async function countOpenCalls(
  tx: Db,
  place: InvoiceModeKey,
  range: { clientId: string; from: Date; to: Date },
): Promise<number> {
  const { rows } = await tx.query(
    `select count(*)::integer as calls from calls
     where workspace_id = $1 and livemode = $2 and client_id = $3 and created_at >= $4 and created_at < $5 and status = 'open'`,
    [place.workspaceId, place.livemode, range.clientId, range.from, range.to],
  );
  return (rows[0] as { calls: number }).calls;
}

export async function insertInvoice(tx: Db, place: InvoiceModeKey, document: InvoiceDocument): Promise<void> {
  await tx.query(
    `insert into invoices (workspace_id, id, livemode, number, kind, status, client_id, from_at, to_at, document, issued_at)
     values ($1, $2, $3, $4, $5, 'issued', $6, $7, $8, $9, $10)`,
    [
      place.workspaceId,
      document.id,
      place.livemode,
      document.number,
      document.kind,
      document.client.id,
      document.from,
      document.to,
      JSON.stringify(document),
      document.issued_at,
    ],
  );
}

export async function markVoid(tx: Db, place: InvoiceModeKey, id: string): Promise<void> {
  await tx.query(
    `update invoices set status = 'void' where workspace_id = $1 and livemode = $2 and id = $3 and status = 'issued'`,
    [place.workspaceId, place.livemode, id],
  );
}

/** By number, the newest first. */
export async function selectInvoices(
  db: Db,
  filter: InvoiceModeKey & {
    id?: string | undefined;
    number?: number | undefined;
    clientId?: string | undefined;
    beforeNumber?: number | undefined;
    /** The period of the invoice ends in here: its last moment counts, so one that ends at midnight belongs to the day before. */
    ends?: { from: Date; to: Date } | undefined;
    limit: number;
  },
): Promise<InvoiceDocument[]> {
  const { rows } = await db.query(
    `select document, status from invoices
     where workspace_id = $1 and livemode = $2 and ($3::text is null or id = $3) and ($4::text is null or client_id = $4)
       and ($5::bigint is null or number < $5) and ($7::bigint is null or number = $7)
       and ($8::timestamptz is null or (to_at > $8 and to_at <= $9::timestamptz))
     order by number desc limit $6`,
    [
      filter.workspaceId,
      filter.livemode,
      filter.id ?? null,
      filter.clientId ?? null,
      filter.beforeNumber ?? null,
      filter.limit,
      filter.number ?? null,
      filter.ends?.from ?? null,
      filter.ends?.to ?? null,
    ],
  );
  return (rows as InvoiceRow[]).map(readRow);
}

/** The invoice a signed link names: of live or of test mode. */
export async function findLinkedInvoice(
  db: Db,
  { workspaceId, id }: { workspaceId: string; id: string },
): Promise<InvoiceDocument | undefined> {
  const { rows } = await db.query('select document, status from invoices where workspace_id = $1 and id = $2', [
    workspaceId,
    id,
  ]);
  const [row] = rows as InvoiceRow[];
  return row && readRow(row);
}

interface InvoiceRow {
  document: StoredDocument;
  status: InvoiceDocument['status'];
}

function readRow({ document, status }: InvoiceRow): InvoiceDocument {
  return { ...completed(document), status };
}
