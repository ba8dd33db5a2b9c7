import type { Db } from '../db/transaction.ts';
import type { InvoiceDocument } from './invoice-document.ts';
import { numberIn } from './invoice-number.ts';
import { type InvoiceModeKey, selectInvoices } from './invoice-store.ts';

/** By its id, its number, or its number as it is printed; of one client where one is named. */
export async function findInvoice(
  db: Db,
  place: InvoiceModeKey & { clientId: string | undefined },
  asked: string,
): Promise<InvoiceDocument | undefined> {
  const filter = { ...place, limit: 1 };
  const [byId] = await selectInvoices(db, { ...filter, id: asked });
  if (byId !== undefined) return byId;
  const number = numberIn(asked);
  const [byNumber] = number === undefined ? [] : await selectInvoices(db, { ...filter, number });
  return byNumber?.label === asked || String(byNumber?.number) === asked ? byNumber : undefined;
}
