import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { newId } from '../accounts/new-id.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { type ClientSettings, selectClients, unsetClient } from '../clients/client-store.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { sumByModel } from '../usage/usage-sum-store.ts';
import { draftInvoice, type InvoiceDocument, type InvoiceDraft } from './invoice-document.ts';
import { labelOf } from './invoice-number.ts';
import { daysLater, type InvoicePeriod, partsBeside } from './invoice-period.ts';
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

export interface InvoiceRange extends InvoicePeriod {
  clientId: string;
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

/**
 * Reads, and takes no number. A month that is over is billed to its end, also where invoices cover parts of it: the running month was billed up to
 * then, or the months were those of another time zone.
 */
async function findBillable(
  services: IssuePorts,
  db: Db,
  { place, range }: { place: InvoiceModeKey; range: InvoiceRange },
): Promise<Billable> {
  const [known] = await selectClients(db, { ...place, id: range.clientId, limit: 1 });
  const client = { ...(known ?? unsetClient), id: range.clientId };
  const taken = await findOverlapping(db, place, range);
  const [first] = taken;
  if (first === undefined) return findUncovered(services, db, { place, client, part: range });
  const name = client.name ?? client.id;
  const covered = taken.map(({ from, to }) => ({ from: new Date(from), to: new Date(to) }));
  for (const part of range.isMonth ? partsBeside(range, covered) : []) {
    const found = await findUncovered(services, db, { place, client, part });
    if (found.state !== 'nothing_to_bill') return found;
  }
  return { state: 'already_billed', name, invoice: first };
}

/** The same for a stretch that no invoice covers. */
async function findUncovered(
  services: IssuePorts,
  db: Db,
  {
    place,
    client,
    part,
  }: { place: InvoiceModeKey; client: ClientSettings & { id: string }; part: Pick<InvoiceRange, 'from' | 'to'> },
): Promise<Exclude<Billable, { state: 'already_billed' }>> {
  const { id: clientId } = client;
  const range = { clientId, from: part.from, to: part.to };
  const name = client.name ?? clientId;
  const open = await countOpenCalls(db, place, range);
  if (open > 0) return { state: 'under_way', name, calls: open };
  const settings = await services.settings.of(place.workspaceId, place.livemode);
  const sums = await sumByModel(db, { ...place, ...range });
  const draft = draftInvoice({ clientId, client, settings, range, sums });
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

/** An invoice for each part of the range that no other one covers, nearly always one; the reason where there is nothing to bill at all. */
export async function issueAll(
  services: IssuePorts,
  options: { place: InvoiceModeKey; range: InvoiceRange; onMade: OnMade },
): Promise<Issued[]> {
  const all: Issued[] = [];
  for (;;) {
    const issued = await issueInvoice(services, options);
    const isRest = all.length > 0 && (issued.state === 'nothing_to_bill' || issued.state === 'already_billed');
    if (!isRest) all.push(issued);
    if (issued.state !== 'made' || new Date(issued.invoice.to) >= options.range.to) return all;
  }
}

/** What `issueAll` would make an invoice of. */
export async function findAllBillable(
  services: IssuePorts,
  { place, range }: { place: InvoiceModeKey; range: InvoiceRange },
): Promise<Billable[]> {
  const all: Billable[] = [];
  for (let { from } = range; ; ) {
    const found = await findBillable(services, services.db, { place, range: { ...range, from } });
    const isRest = all.length > 0 && (found.state === 'nothing_to_bill' || found.state === 'already_billed');
    if (!isRest) all.push(found);
    if (found.state !== 'to_bill' || new Date(found.draft.to) >= range.to) return all;
    from = new Date(found.draft.to);
  }
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

interface Arrivals {
  to: Date;
  forPreview?: boolean;
}

/** How long the calls have that came in before the end of the period. */
const arrivalMs = 3_000;
/** A preview locks nothing. */
const previewMs = 300;

/**
 * A call that came in before the end of the period may be away from its record, in whatever process: its body is on its way, or it waits for
 * money for up to a second. What is billed is not billed again for its last calls, so they have this long.
 */
export async function letCallsArrive(services: IssuePorts, { to, forPreview = false }: Arrivals): Promise<void> {
  const waitMs = to.getTime() + (forPreview ? previewMs : arrivalMs) - services.now();
  if (waitMs > 0) await sleep(waitMs);
  await services.journal.flush(5_000);
}
