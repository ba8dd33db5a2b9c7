import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import type { BrandedHosts } from '../accounts/branded-hosts.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { ownClient, seesMargin } from '../accounts/own-tags.ts';
import { selectClients } from '../clients/client-store.ts';
import { listErasedIds } from '../clients/erase-client-store.ts';
import type { TagRegistry } from '../clients/tag-registry.ts';
import { withTransaction } from '../db/transaction.ts';
import { badCursor, pageOf, readTexts, writeParts } from '../usage/cursor.ts';
import { billedUsd, markupOf } from '../usage/markup.ts';
import { sumByTags } from '../usage/usage-sum-store.ts';
import { findInvoice } from './find-invoice.ts';
import { invoiceMade, invoicesMade, invoiceVoided } from './invoice-audit.ts';
import { creditNoteOf, type InvoiceDocument } from './invoice-document.ts';
import { invoiceToken } from './invoice-link.ts';
import { type InvoicePeriod, invoicePeriod } from './invoice-period.ts';
import { type InvoiceModeKey, insertInvoice, lockInvoices, markVoid, selectInvoices } from './invoice-store.ts';
import {
  type Billable,
  findAllBillable,
  type Issued,
  type IssuePorts,
  issueAll,
  issueInvoice,
  letCallsArrive,
  type OnMade,
  takeNumber,
} from './issue-invoice.ts';

interface InvoicePorts extends IssuePorts {
  secret: string;
  publicUrl: string;
  brandedHosts: BrandedHosts;
  tags: TagRegistry;
}

export const invoiceHandlers: Pick<
  Handlers<Context<InvoicePorts>>,
  'invoices.create' | 'invoices.list' | 'invoices.preview' | 'invoices.all' | 'invoices.get' | 'invoices.void'
> = {
  'invoices.create': async (input, { caller, services, audit }) => {
    ownClient(caller, input.client_id);
    if (!billsClients(caller)) throw billsAllOfAClient(caller);
    const place = placeOf(caller);
    const { timezone } = await services.settings.of(place.workspaceId, place.livemode);
    const range = { clientId: input.client_id, ...invoicePeriod(input, timezone, services.now()) };
    await letCallsArrive(services, range);
    const onMade: OnMade = (tx, invoice) => audit(tx, invoiceMade(invoice));
    // First of all: an invoice that has its number is answered, also where the database is away from then on.
    const withLink = await linker(services, caller);
    const issued = await issueInvoice(services, { place, range, onMade });
    if (issued.state !== 'made') throw notBilled(issued);
    return withLink(issued.invoice);
  },

  'invoices.list': async (input, { caller, services }) => {
    if (!billsClients(caller)) return { data: [], next_cursor: null };
    const rows = await selectInvoices(services.db, {
      ...placeOf(caller),
      clientId: ownClient(caller, input.client_id),
      ends: await monthOf(services, caller, input.period),
      beforeNumber: input.cursor === undefined ? undefined : readNumber(input.cursor),
      limit: input.limit + 1,
    });
    return pageOf(rows, input.limit, {
      view: await linker(services, caller),
      cursor: ({ number }) => writeParts([String(number)]),
    });
  },

  'invoices.preview': async ({ period, client_id: asked }, { caller, services }) => {
    const clientId = ownClient(caller, asked);
    if (!billsClients(caller)) {
      if (asked !== undefined) throw billsAllOfAClient(caller);
      return { data: [] };
    }
    const place = placeOf(caller);
    const { timezone } = await services.settings.of(place.workspaceId, place.livemode);
    const range = invoicePeriod({ period }, timezone, services.now());
    await letCallsArrive(services, { to: range.to, forPreview: true });
    const data = [];
    for (const id of await clientsOf(services, { place, range, clientId }))
      for (const billable of await findAllBillable(services, { place, range: { clientId: id, ...range } }))
        data.push(preview(caller, { id, range, billable }));
    return { data };
  },

  'invoices.all': async ({ period }, { caller, services, audit }) => {
    if (caller.lockedTags.length > 0)
      throw new GatewayError(
        'tag_forbidden',
        `This operation bills all clients, but this key is locked to its ${caller.lockedTags.join(', ')}.`,
      );
    const place = placeOf(caller);
    const { timezone } = await services.settings.of(place.workspaceId, place.livemode);
    const range = invoicePeriod({ period }, timezone, services.now());
    await letCallsArrive(services, range);
    const onMade: OnMade = (tx) => audit(tx, invoicesMade(period));
    const withLink = await linker(services, caller);
    const data = [];
    for (const id of await clientsOf(services, { place, range, clientId: undefined })) {
      // Each in a transaction of its own: one client's fault is no reason to take back another's invoice.
      for (const issued of await issueAll(services, { place, range: { clientId: id, ...range }, onMade }))
        data.push(outcome({ id, issued, withLink }));
    }
    return { data };
  },

  'invoices.get': async ({ id }, { caller, services }) =>
    (await linker(services, caller))(await find(services, caller, id)),

  'invoices.void': async ({ id, reason }, { caller, services, audit }) => {
    const withLink = await linker(services, caller);
    return withTransaction(services.db, async (tx) => {
      const place = placeOf(caller);
      await lockInvoices(tx, place);
      const invoice = await find(services, caller, id, tx);
      if (invoice.kind === 'credit_note')
        throw new GatewayError('conflict', 'A credit note cannot be voided. Create a new invoice.');
      if (invoice.status === 'void') throw new GatewayError('conflict', `Invoice ${invoice.label} is already void.`);
      const nowMs = services.now();
      const note = creditNoteOf(invoice, {
        id: newId('inv', nowMs),
        ...(await takeNumber(services, tx, { place, nowMs })),
        reason: reason ?? null,
        issued_at: new Date(nowMs).toISOString(),
      });
      await markVoid(tx, place, invoice.id);
      await insertInvoice(tx, place, note);
      await audit(tx, invoiceVoided(invoice, note));
      return withLink(note);
    });
  },
};

export function placeOf({ workspaceId, livemode }: Caller): InvoiceModeKey {
  return { workspaceId, livemode };
}

type WithLink = (invoice: InvoiceDocument) => OutputOf<'invoices.get'>;

/** Adds the link for the client, at the workspace's own host name where it has one. */
async function linker({ secret, publicUrl, brandedHosts }: InvoicePorts, caller: Caller): Promise<WithLink> {
  const { workspaceId } = caller;
  const baseUrl = await brandedHosts.urlFor(workspaceId, publicUrl);
  return (invoice) => ({
    ...forCaller(caller, invoice),
    url: `${baseUrl}/invoices/${invoiceToken(secret, { workspaceId, id: invoice.id })}`,
  });
}

type Priced = Pick<InvoiceDocument, 'lines' | 'markup_percent'>;

/** The client's view of an invoice: billed amounts for costs, and neither the markup nor the reason of a void. */
function forCaller<Document extends Priced>(caller: Caller, document: Document): Document {
  if (seesMargin(caller)) return document;
  const markup = markupOf(document.markup_percent ?? 0);
  return {
    ...document,
    markup_percent: null,
    ...('reason' in document ? { reason: null } : {}),
    lines: document.lines.map((line) => ({ ...line, cost_usd: billedUsd(line.cost_usd, markup) })),
  };
}

/** Clients with calls in the range, and those known besides. */
async function clientsOf(
  services: InvoicePorts,
  { place, range, clientId }: { place: InvoiceModeKey; range: { from: Date; to: Date }; clientId: string | undefined },
): Promise<string[]> {
  if (clientId !== undefined) return [clientId];
  await services.tags.flush();
  const ids = new Set<string>();
  for (let after: { name: string; id: string } | undefined; ; ) {
    const rows = await selectClients(services.db, { ...place, after, limit: 500 });
    for (const { id } of rows) ids.add(id);
    const last = rows.at(-1);
    if (last === undefined || rows.length < 500) break;
    after = { name: (last.name ?? last.id).toLowerCase(), id: last.id };
  }
  for (const { client_id: id } of await sumByTags(services.db, { ...place, ...range }, ['client_id']))
    if (id !== null) ids.add(id);
  for (const id of await listErasedIds(services.db, place.workspaceId)) ids.delete(id);
  return [...ids].sort();
}

function preview(caller: Caller, options: { id: string; range: InvoicePeriod; billable: Billable }) {
  const { id, range, billable } = options;
  const { state, name } = billable;
  const none = { currency: 'USD', subtotal: 0, tax: 0, total: 0, lines: [] };
  const draft = 'draft' in billable ? forCaller(caller, billable.draft) : undefined;
  return {
    client_id: id,
    name,
    status: state,
    number: billable.state === 'already_billed' ? billable.invoice.number : null,
    from: draft?.from ?? range.from.toISOString(),
    to: draft?.to ?? range.to.toISOString(),
    ...none,
    ...(billable.state === 'already_billed' ? { currency: billable.invoice.currency } : {}),
    ...(draft === undefined ? {} : { currency: draft.currency }),
    ...(draft === undefined || state !== 'to_bill'
      ? {}
      : { subtotal: draft.subtotal, tax: draft.tax, total: draft.total, lines: draft.lines }),
  };
}

function outcome({ id, issued, withLink }: { id: string; issued: Issued; withLink: WithLink }) {
  const invoice = 'invoice' in issued ? withLink(issued.invoice) : undefined;
  return {
    client_id: id,
    name: issued.name,
    status: issued.state,
    id: invoice?.id ?? null,
    number: invoice?.number ?? null,
    label: invoice?.label ?? null,
    currency: invoice?.currency ?? null,
    total: invoice?.total ?? null,
    url: invoice?.url ?? null,
  };
}

function notBilled(issued: Exclude<Issued, { state: 'made' }>): GatewayError {
  if (issued.state === 'already_billed') {
    const { id, number, label } = issued.invoice;
    return new GatewayError(
      'conflict',
      `Invoice ${label} already covers calls of this period. Void it, or choose other dates.`,
      { details: { number, label, id } },
    );
  }
  if (issued.state === 'under_way')
    return new GatewayError(
      'conflict',
      `${issued.calls} calls of this period are still in progress. Try again when they have finished.`,
      { details: { open_calls: issued.calls } },
    );
  return new GatewayError('conflict', `There is nothing to bill: ${issued.name} has no paid calls in this period.`, {
    details: { nothing_to_bill: true },
  });
}

export async function find(
  services: Pick<InvoicePorts, 'db'>,
  caller: Caller,
  asked: string,
  db: Parameters<typeof selectInvoices>[0] = services.db,
): Promise<InvoiceDocument> {
  const found = billsClients(caller)
    ? await findInvoice(db, { ...placeOf(caller), clientId: ownClient(caller) }, asked)
    : undefined;
  if (found === undefined) throw unknown(asked);
  return found;
}

/** The month that a list is narrowed to. */
export async function monthOf(
  services: Pick<InvoicePorts, 'settings' | 'now'>,
  { workspaceId, livemode }: Caller,
  period: string | undefined,
): Promise<{ from: Date; to: Date } | undefined> {
  if (period === undefined) return undefined;
  const { timezone } = await services.settings.of(workspaceId, livemode);
  return invoicePeriod({ period }, timezone, services.now());
}

/** An invoice is bound to its client and to nothing else: a key locked to another tag too sees none. */
export function billsClients({ lockedTags }: Caller): boolean {
  return lockedTags.every((tag) => tag === 'client_id');
}

function billsAllOfAClient({ lockedTags }: Caller): GatewayError {
  return new GatewayError(
    'tag_forbidden',
    `This key is locked to its ${lockedTags.join(', ')}, but an invoice covers all calls of a client. Use a key without that lock.`,
    { param: 'client_id' },
  );
}

function unknown(id: string): GatewayError {
  return new GatewayError('not_found', `There is no invoice "${id}" here.`, { param: 'id' });
}

function readNumber(cursor: string): number {
  const [number = ''] = readTexts(cursor, 1);
  if (!/^\d{1,15}$/.test(number)) throw badCursor();
  return Number(number);
}
