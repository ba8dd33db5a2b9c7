import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { newId } from '../accounts/new-id.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { selectClients, unsetClient } from '../clients/client-store.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { sumByModel } from '../usage/usage-sum-store.ts';
import { draftInvoice, type InvoiceDocument, type InvoiceDraft } from './invoice-document.ts';
import { labelOf } from './invoice-number.ts';
import { daysLater } from './invoice-period.ts';
import {
  countOpenCalls,
  findOverlapping,
  type InvoiceModeKey,
  insertInvoice,
  lockInvoices,
  nextNumber,
} from './invoice-store.ts';

export interface IssuePorts {
  db: Pool;
  now: () => number;
  settings: SettingsCache;
  /** Writes down the calls that are over on this process. */
  journal: { flush(timeoutMs: number): Promise<void> };
}

export interface InvoiceRange {
  clientId: string;
  from: Date;
  to: Date;
}

/** The draft of a client's invoice, or the reason why the client is not billed. */
export type Billable =
  | { state: 'to_bill'; name: string; draft: InvoiceDraft }
  | { state: 'nothing_to_bill'; name: string; draft: InvoiceDraft }
  | { state: 'already_billed'; name: string; invoice: InvoiceDocument }
  | { state: 'under_way'; name: string; calls: number };

export type Issued =
  | { state: 'made'; name: string; invoice: InvoiceDocument }
  | Exclude<Billable, { state: 'to_bill' }>;

/** Called in the transaction that makes an invoice. */
export type OnMade = (tx: Db, invoice: InvoiceDocument) => Promise<void>;

/** Reads, and takes no number. */
export async function findBillable(
  services: IssuePorts,
  db: Db,
  { place, range }: { place: InvoiceModeKey; range: InvoiceRange },
): Promise<Billable> {
  const [known] = await selectClients(db, { ...place, id: range.clientId, limit: 1 });
  const client = known ?? unsetClient;
  const name = client.name ?? range.clientId;
  const [taken] = await findOverlapping(db, place, range);
  if (taken !== undefined) return { state: 'already_billed', name, invoice: taken };
  const open = await countOpenCalls(db, place, range);
  if (open > 0) return { state: 'under_way', name, calls: open };
  const settings = await services.settings.of(place.workspaceId, place.livemode);
  const sums = await sumByModel(db, { ...place, ...range });
  const draft = draftInvoice({ clientId: range.clientId, client, settings, range, sums });
  // Calls that cost nothing, and those a markup of -100 % gives away, are no reason for an invoice.
  const costs = client.markupPercent > -100 && sums.some(({ costNanos }) => costNanos !== 0n);
  return { state: costs ? 'to_bill' : 'nothing_to_bill', name, draft };
}

/** Numbers and locks what there is to bill; nothing where there is nothing, so that no number is lost. */
export function issueInvoice(
  services: IssuePorts,
  {
    place,
    range,
    onMade,
  }: {
    place: InvoiceModeKey;
    range: InvoiceRange;
    onMade: OnMade;
  },
): Promise<Issued> {
  return withTransaction(services.db, async (tx): Promise<Issued> => {
    await lockInvoices(tx, place);
    const billable = await findBillable(services, tx, { place, range });
    if (billable.state !== 'to_bill') return billable;
    const settings = await services.settings.of(place.workspaceId, place.livemode);
    const { payment_terms_days: terms } = settings.billing;
    const nowMs = services.now();
    const invoice: InvoiceDocument = {
      id: newId('inv', nowMs),
      ...(await takeNumber(services, tx, { place, nowMs })),
      livemode: place.livemode,
      kind: 'invoice',
      status: 'issued',
      credits: null,
      ...billable.draft,
      due_at: terms === null ? null : new Date(daysLater(nowMs, terms, settings.timezone)).toISOString(),
      reason: null,
      issued_at: new Date(nowMs).toISOString(),
    };
    await insertInvoice(tx, place, invoice);
    await onMade(tx, invoice);
    return { state: 'made', name: billable.name, invoice };
  });
}

/** The next of the sequence, and how it is printed. Under `lockInvoices`. */
export async function takeNumber(
  services: IssuePorts,
  tx: Db,
  { place, nowMs }: { place: InvoiceModeKey; nowMs: number },
): Promise<Pick<InvoiceDocument, 'number' | 'label'>> {
  const { billing, timezone } = await services.settings.of(place.workspaceId, place.livemode);
  const number = await nextNumber(tx, place);
  const year = new Intl.DateTimeFormat('en-US', { timeZone: timezone, year: 'numeric' }).format(nowMs);
  return { number, label: labelOf(billing.invoice_prefix, number, year) };
}

/** A call that came in before the end of the period may be a moment away from its record, in whatever process. */
export async function letCallsArrive(services: IssuePorts, toMs: number): Promise<void> {
  const waitMs = toMs + 300 - services.now();
  if (waitMs > 0) await sleep(waitMs);
  await services.journal.flush(5_000);
}
