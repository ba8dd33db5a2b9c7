import { setTimeout as sleep } from 'node:timers/promises';
import type { Handlers, InputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { toUsd } from '@ai-gateway/shared/money';
import type { Caller } from '../accounts/api-key.ts';
import { newId } from '../accounts/new-id.ts';
import { ownClient, seesMargin } from '../accounts/own-tags.ts';
import { selectClients, unsetClient } from '../clients/client-store.ts';
import { billedUsd, markupOf } from '../clients/markup.ts';
import type { Context } from '../context.ts';
import { withTransaction } from '../db/transaction.ts';
import type { Services } from '../services.ts';
import { badCursor, pageOf, readTexts, writeParts } from '../usage/cursor.ts';
import type { TextAnswer } from '../usage/text-answer.ts';
import { sumByModel } from '../usage/usage-sum-store.ts';
import { amountCents, centsToAmount } from './amount.ts';
import {
  countOpenCalls,
  findOverlapping,
  type InvoiceDocument,
  type InvoicePlace,
  insertInvoice,
  lockInvoices,
  markVoid,
  nextNumber,
  selectInvoices,
} from './invoice-store.ts';
import { invoiceCsv, invoicePage } from './print-invoice.ts';

export const invoiceHandlers: Pick<
  Handlers<Context>,
  'invoices.create' | 'invoices.list' | 'invoices.get' | 'invoices.void'
> = {
  'invoices.create': async (input, { caller, services }) => {
    const range = { clientId: input.client_id, from: new Date(input.from), to: new Date(input.to) };
    ownClient(caller, range.clientId);
    if (!billsClients(caller))
      throw new GatewayError(
        'tag_forbidden',
        `This key is locked to its ${caller.lockedTags.join(', ')}; an invoice bills all of a client.`,
        { param: 'client_id' },
      );
    if (range.from >= range.to)
      throw new GatewayError('invalid_request', '`to` must lie after `from`.', { param: 'to' });
    const nowMs = services.now();
    if (range.to.getTime() > nowMs)
      throw new GatewayError('invalid_request', '`to` lies in the future: what is not used yet cannot be billed.', {
        param: 'to',
      });
    await letCallsArrive(services, range.to.getTime());
    return withTransaction(services.db, async (tx) => {
      const place = { workspaceId: caller.workspaceId, livemode: caller.livemode };
      await lockInvoices(tx, place);
      const [taken] = await findOverlapping(tx, place, range);
      if (taken !== undefined)
        throw new GatewayError(
          'conflict',
          `Invoice ${taken} bills calls of this time already. Choose a period it does not cover, or void it first.`,
          { details: { number: taken } },
        );
      const open = await countOpenCalls(tx, place, range);
      if (open > 0)
        throw new GatewayError(
          'conflict',
          `${open} calls of this period are still under way. Try again when they are over.`,
          { details: { open_calls: open } },
        );
      const [client] = await selectClients(tx, { ...place, id: range.clientId, limit: 1 });
      const settings = client ?? unsetClient;
      const rates = { markupPercent: settings.markupPercent, exchangeRate: settings.exchangeRate };
      const sums = await sumByModel(tx, { ...place, ...range });
      const lines = sums.map(({ model, requests, inputTokens, outputTokens, costNanos }) => ({
        cents: amountCents(costNanos, rates),
        line: {
          description: `${model ?? 'unknown model'}: ${requests.toLocaleString('en-US')} ${requests === 1 ? 'call' : 'calls'}`,
          model,
          requests,
          input_tokens: inputTokens,
          output_tokens: outputTokens,
          cost_usd: toUsd(costNanos),
          amount: centsToAmount(amountCents(costNanos, rates)),
        },
      }));
      const total = centsToAmount(lines.reduce((sum, { cents }) => sum + cents, 0n));
      const document: InvoiceDocument = {
        id: newId('inv', nowMs),
        number: await nextNumber(tx, place),
        kind: 'invoice',
        status: 'issued',
        credits: null,
        client: { id: range.clientId, name: settings.name ?? range.clientId, billing_email: settings.billingEmail },
        from: range.from.toISOString(),
        to: range.to.toISOString(),
        currency: settings.currency,
        exchange_rate: settings.exchangeRate,
        markup_percent: settings.markupPercent,
        lines: lines.map(({ line }) => line),
        subtotal: total,
        total,
        reason: null,
        issued_at: new Date(nowMs).toISOString(),
      };
      await insertInvoice(tx, place, document);
      return forCaller(caller, document);
    });
  },

  'invoices.list': async (input, { caller, services }) => {
    if (!billsClients(caller)) return { data: [], next_cursor: null };
    const rows = await selectInvoices(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      clientId: ownClient(caller, input.client_id),
      beforeNumber: input.cursor === undefined ? undefined : readNumber(input.cursor),
      limit: input.limit + 1,
    });
    return pageOf(rows, input.limit, {
      view: (row) => forCaller(caller, row),
      cursor: ({ number }) => writeParts([String(number)]),
    });
  },

  'invoices.get': async ({ id }, { caller, services }) => forCaller(caller, await find(services, caller, id)),

  'invoices.void': ({ id, reason }, { caller, services }) =>
    withTransaction(services.db, async (tx) => {
      const place: InvoicePlace = { workspaceId: caller.workspaceId, livemode: caller.livemode };
      await lockInvoices(tx, place);
      if (!billsClients(caller)) throw unknown(id);
      const [invoice] = await selectInvoices(tx, { ...place, id, clientId: ownClient(caller), limit: 1 });
      if (invoice === undefined) throw unknown(id);
      if (invoice.kind === 'credit_note')
        throw new GatewayError('conflict', 'A credit note cannot be taken back. Issue the invoice anew.');
      if (invoice.status === 'void')
        throw new GatewayError('conflict', `Invoice ${invoice.number} was taken back already.`);
      const nowMs = services.now();
      const negative = (amount: number): number => (amount === 0 ? 0 : -amount);
      const note: InvoiceDocument = {
        ...invoice,
        id: newId('inv', nowMs),
        number: await nextNumber(tx, place),
        kind: 'credit_note',
        status: 'issued',
        credits: invoice.number,
        lines: invoice.lines.map((line) => ({ ...line, amount: negative(line.amount) })),
        subtotal: negative(invoice.subtotal),
        total: negative(invoice.total),
        reason: reason ?? null,
        issued_at: new Date(nowMs).toISOString(),
      };
      await markVoid(tx, place, id);
      await insertInvoice(tx, place, note);
      return forCaller(caller, note);
    }),
};

export const invoiceTexts = {
  'invoices.get': async (
    { id }: InputOf<'invoices.get'>,
    { caller, services }: Context,
    type: 'text/csv' | 'text/html',
  ): Promise<TextAnswer> => {
    const invoice = forCaller(caller, await find(services, caller, id));
    const text = type === 'text/csv' ? invoiceCsv(invoice) : invoicePage(invoice, caller.workspaceName);
    return {
      ...(type === 'text/csv' ? { filename: `invoice-${invoice.number}.csv` } : {}),
      async *text() {
        yield text;
      },
    };
  },
};

/** A call that came in before the end of the period may be a moment away from its record, in whatever process. */
async function letCallsArrive(services: Services, toMs: number): Promise<void> {
  const waitMs = toMs + 300 - services.now();
  if (waitMs > 0) await sleep(waitMs);
  await services.journal.flush(5_000);
}

async function find(services: Services, caller: Caller, id: string): Promise<InvoiceDocument> {
  const { workspaceId, livemode } = caller;
  if (!billsClients(caller)) throw unknown(id);
  const [invoice] = await selectInvoices(services.db, {
    workspaceId,
    livemode,
    id,
    clientId: ownClient(caller),
    limit: 1,
  });
  if (invoice === undefined) throw unknown(id);
  return invoice;
}

/** What the client gets: billed amounts for costs, and neither the markup nor why an invoice was taken back. */
function forCaller(caller: Caller, invoice: InvoiceDocument): InvoiceDocument {
  if (seesMargin(caller)) return invoice;
  const markup = markupOf(invoice.markup_percent ?? 0);
  return {
    ...invoice,
    markup_percent: null,
    reason: null,
    lines: invoice.lines.map((line) => ({
      ...line,
      cost_usd: billedUsd(line.cost_usd, markup),
    })),
  };
}

/** An invoice is bound to its client and to nothing else: a key locked to another tag too sees none. */
function billsClients({ lockedTags }: Caller): boolean {
  return lockedTags.every((tag) => tag === 'client_id');
}

function unknown(id: string): GatewayError {
  return new GatewayError('not_found', `There is no invoice "${id}" here.`, { param: 'id' });
}

function readNumber(cursor: string): number {
  const [number = ''] = readTexts(cursor, 1);
  if (!/^\d{1,15}$/.test(number)) throw badCursor();
  return Number(number);
}
