import type { Handlers, ParsedOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { ownClient, seesMargin } from '../accounts/own-tags.ts';
import { withTransaction } from '../db/transaction.ts';
import { publishGuardChange } from '../limits/guard-change-store.ts';
import { pageOf, readTexts, writeParts } from '../usage/cursor.ts';
import { type ClientRow, lockClientRow, saveClient, selectClients, unsetClient } from './client-store.ts';
import { type ErasePorts, eraseClient } from './erase-client.ts';
import { ownIds } from './own-ids.ts';
import type { TagRegistry } from './tag-registry.ts';
import { selectTags } from './tag-store.ts';

interface ClientPorts extends ErasePorts {
  now: () => number;
  tags: TagRegistry;
  forgetKey: (keyId: string) => void;
  /** Reads a workspace's policy again before its next call. */
  policies: { forget(workspaceId: string): void };
  ledger: { changed(workspaceId: string): Promise<void> };
}

export const clientHandlers: Pick<
  Handlers<Context<ClientPorts>>,
  'clients.list' | 'clients.get' | 'clients.set' | 'clients.erase' | 'projects.list'
> = {
  'clients.list': async (input, { caller, services }) => {
    await services.tags.flush();
    const [name = '', id = ''] = input.cursor === undefined ? [] : readTexts(input.cursor, 2);
    const rows = await selectClients(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      ids: bothOf(await ownIds(services, caller, 'client'), manyOf(input.id)),
      search: input.search,
      after: input.cursor === undefined ? undefined : { name, id },
      limit: input.limit + 1,
    });
    return pageOf(rows, input.limit, {
      // A key that only calls models picks clients by name; their billing is the workspace's business.
      view: (row: ClientRow) => describe(caller, namesOnly(caller) ? nameOf(row) : row),
      cursor: (last) => writeParts([(last.name ?? last.id).toLowerCase(), last.id]),
    });
  },

  'clients.get': async ({ id }, { caller, services }) => {
    await services.tags.flush();
    const row = await find(services, caller, id);
    if (row === undefined) throw unknownClient(id);
    return describe(caller, namesOnly(caller) ? nameOf(row) : row);
  },

  'clients.set': async ({ id, ...given }, { caller, services, audit }) => {
    const place = { workspaceId: caller.workspaceId, livemode: caller.livemode, id };
    await mayName(services, caller, id);
    if (caller.lockedTags.some((tag) => tag !== 'client_id'))
      throw new GatewayError(
        'tag_forbidden',
        `This key is locked to its ${caller.lockedTags.join(', ')}, but these settings apply to the whole client. Use a key without that lock.`,
        { param: 'id' },
      );
    leavesTerms(caller, given);
    const row = await withTransaction(services.db, async (tx) => {
      await lockClientRow(tx, place);
      const [known] = await selectClients(tx, { ...place, limit: 1 });
      const changed = changedClient(known ?? { id, firstCallAt: null, ...unsetClient }, given);
      await saveClient(tx, place, changed);
      await publishGuardChange(tx, place.workspaceId);
      const settings = (client: ClientRow) => ({ ...describe(caller, client), ...termsOf(client) });
      const target = { type: 'client', id, name: changed.name };
      await audit(tx, { target, before: known && settings(known), after: settings(changed) });
      return changed;
    });
    services.policies.forget(place.workspaceId);
    return describe(caller, row);
  },

  'clients.erase': async ({ id }, { caller, services, audit }) => {
    ownClient(caller, id);
    if (caller.lockedTags.some((tag) => tag !== 'client_id'))
      throw new GatewayError(
        'tag_forbidden',
        `This key is locked to its ${caller.lockedTags.join(', ')}, but erasing covers the whole client. Use a key without that lock.`,
        { param: 'id' },
      );
    const { workspaceId, livemode } = caller;
    await services.tags.flush();
    const { keyIds } = await eraseClient(services, { workspaceId, livemode }, id, {
      onBegin: (tx) => audit(tx, { target: { type: 'client', id }, before: { id } }),
    });
    for (const keyId of keyIds) services.forgetKey(keyId);
    services.tags.forget(workspaceId);
    services.policies.forget(workspaceId);
    await services.ledger.changed(workspaceId);
    return null;
  },

  'projects.list': async (input, { caller, services }) => {
    await services.tags.flush();
    const [after] = input.cursor === undefined ? [] : readTexts(input.cursor, 1);
    const rows = await selectTags(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      kind: 'project',
      search: input.search,
      ids: await ownIds(services, caller, 'project'),
      after,
      limit: input.limit + 1,
    });
    return pageOf(rows, input.limit, {
      view: ({ id, firstCallAt }) => ({ id, name: id, first_call_at: firstCallAt.toISOString() }),
      cursor: ({ id }) => writeParts([id]),
    });
  },
};

/** Throws `tag_forbidden` or `not_found` for one that is none of a key's with locked tags. */
async function mayName(services: ClientPorts, caller: Caller, id: string): Promise<void> {
  ownClient(caller, id);
  const ids = await ownIds(services, caller, 'client');
  if (ids !== undefined && !ids.includes(id)) throw unknownClient(id);
}

async function find(services: ClientPorts, caller: Caller, id: string): Promise<ClientRow | undefined> {
  await mayName(services, caller, id);
  const { workspaceId, livemode } = caller;
  const [row] = await selectClients(services.db, { workspaceId, livemode, id, limit: 1 });
  return row;
}

type GivenFields = Omit<ParsedOf<'clients.set'>, 'id'>;

/** Of itself a client says how it is addressed; the terms are the workspace's. */
const ownFields: readonly (keyof GivenFields)[] = ['name', 'billing_email', 'address', 'tax_id', 'locale'];

/** A field that may be given once or many times. */
function manyOf(given: string | string[] | undefined): string[] | undefined {
  return typeof given === 'string' ? [given] : given;
}

/** Those of both lists; undefined: all. */
function bothOf(own: string[] | undefined, asked: string[] | undefined): string[] | undefined {
  return own === undefined ? asked : asked === undefined ? own : own.filter((id) => asked.includes(id));
}

function leavesTerms({ lockedTags }: Caller, given: GivenFields): void {
  const term = Object.keys(given).find((field) => !ownFields.includes(field as keyof GivenFields));
  if (lockedTags.length > 0 && term !== undefined)
    throw new GatewayError(
      'tag_forbidden',
      `\`${term}\` is set by the workspace. This key is locked to its ${lockedTags.join(', ')} and can change ${ownFields.join(', ')}.`,
      { param: term },
    );
}

/** A field that is not given stays as it is; null empties it. Throws where the rate does not go with the currency. */
function changedClient(old: ClientRow, given: GivenFields): ClientRow {
  const or = <Value>(value: Value | undefined, before: Value): Value => (value === undefined ? before : value);
  return {
    ...old,
    ...currencyOf(old, given),
    name: given.name ?? old.name,
    markupPercent: given.markup_percent ?? old.markupPercent,
    billingEmail: or(given.billing_email, old.billingEmail),
    address: or(given.address, old.address),
    taxId: or(given.tax_id, old.taxId),
    taxPercent: or(given.tax_percent, old.taxPercent),
    taxNote: or(given.tax_note, old.taxNote),
    locale: or(given.locale, old.locale),
    locked: given.locked ?? old.locked,
    rateLimit: or(given.rate_limit, old.rateLimit),
    notes: or(given.notes, old.notes),
  };
}

/** A rate belongs to its currency: neither is guessed, and the old currency's rate does not do for the new one. */
function currencyOf(old: ClientRow, given: GivenFields): Pick<ClientRow, 'currency' | 'exchangeRate'> {
  const currency = given.currency ?? old.currency;
  const rate = given.exchange_rate ?? (currency === old.currency ? old.exchangeRate : undefined);
  if (currency === 'USD') {
    if (given.exchange_rate !== undefined && given.exchange_rate !== 1)
      throw badRate('`exchange_rate` of USD is 1. Set `currency` too, such as EUR, or leave `exchange_rate` out.');
    return { currency, exchangeRate: 1 };
  }
  if (rate === undefined)
    throw badRate(
      `\`exchange_rate\` is missing: set it together with \`currency\`, as units of ${currency} for one dollar.`,
    );
  return { currency, exchangeRate: rate };
}

function badRate(message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param: 'exchange_rate' });
}

function unknownClient(id: string): GatewayError {
  return new GatewayError('not_found', `Unknown client "${id}": it has made no call and was not set up.`, {
    param: 'id',
  });
}

function nameOf({ id, name }: ClientRow): ClientRow {
  return { ...unsetClient, id, name, firstCallAt: null };
}

/** Markup and notes are for the workspace's own eyes. */
function seesTerms(caller: Caller): boolean {
  return seesMargin(caller) && caller.lockedTags.length === 0;
}

/** A key that only calls models, or is locked to another tag than the client, sees the names of clients and nothing more. */
function namesOnly({ role, lockedTags }: Caller): boolean {
  return role === 'caller' || lockedTags.some((tag) => tag !== 'client_id');
}

/** As the audit log has them, also where the caller does not see them. */
function termsOf(row: ClientRow) {
  return { markup_percent: row.markupPercent, notes: row.notes };
}

function describe(caller: Caller, row: ClientRow) {
  const { rateLimit } = row;
  return {
    id: row.id,
    name: row.name ?? row.id,
    markup_percent: seesTerms(caller) ? row.markupPercent : null,
    currency: row.currency,
    exchange_rate: row.exchangeRate,
    billing_email: row.billingEmail,
    address: row.address,
    tax_id: row.taxId,
    tax_percent: row.taxPercent,
    tax_note: row.taxNote,
    locale: row.locale,
    locked: row.locked,
    rate_limit:
      rateLimit === null
        ? null
        : {
            ...(rateLimit.calls_per_minute == null ? {} : { calls_per_minute: rateLimit.calls_per_minute }),
            ...(rateLimit.tokens_per_minute == null ? {} : { tokens_per_minute: rateLimit.tokens_per_minute }),
            ...(rateLimit.concurrent == null ? {} : { concurrent: rateLimit.concurrent }),
          },
    notes: seesTerms(caller) ? row.notes : null,
    first_call_at: row.firstCallAt?.toISOString() ?? null,
  };
}
