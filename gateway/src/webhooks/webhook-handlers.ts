import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { sampleEvent } from '@ai-gateway/shared/operations/events';
import type { Caller } from '../accounts/api-key.ts';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { boundTo, isOwn, ownClient, ownProject, ownScenario } from '../accounts/own-tags.ts';
import { withTransaction } from '../db/transaction.ts';
import { badUrl, readUrl } from '../http-pools/given-url.ts';
import { pageOf, readCursor, writeCursor } from '../usage/cursor.ts';
import { addressOf, askOnce, type ConfirmPorts, confirmHashOf } from './confirm-address.ts';
import { type DeliveryPorts, tryDelivery } from './deliver-webhook.ts';
import {
  countRecentTries,
  type DeliveryRow,
  findDelivery,
  insertDelivery,
  reopenDelivery,
  selectDeliveries,
} from './delivery-store.ts';
import { fingerprintOf, newProofs, proofsOf, sealProofs, sealUrl, urlOf } from './webhook-secrets.ts';
import { deleteWebhook, insertWebhook, selectWebhooks, type WebhookFilter, type WebhookRow } from './webhook-store.ts';

type WebhookPorts = DeliveryPorts & ConfirmPorts;

export const webhookHandlers: Pick<
  Handlers<Context<WebhookPorts>>,
  'webhooks.create' | 'webhooks.list' | 'webhooks.remove' | 'webhooks.test' | 'webhooks.deliveries' | 'webhooks.resend'
> = {
  'webhooks.create': async (input, { caller, services, setStatus, audit }) => {
    const url = checkUrl(input.url, services);
    const filter = filterFor(caller, input.filter);
    const bound = boundTo(caller);
    const place = { workspaceId: caller.workspaceId, id: newId('wh', services.now()) };
    const address = addressOf(new URL(url));
    // Asked first: a workspace that asks too many strangers subscribes nobody more.
    if (address !== undefined) await askOnce(services, caller.workspaceId, address);
    const { row, created } = await withTransaction(services.db, async (tx) => {
      const stored = await insertWebhook(tx, {
        ...place,
        livemode: caller.livemode,
        sealedUrl: sealUrl(services.secret, place, url),
        sealedSecret: sealProofs(services.secret, place, newProofs()),
        fingerprint: fingerprintOf(url, input.events, filter, bound),
        events: [...new Set(input.events)],
        filter,
        bound,
        confirmHash: address === undefined ? undefined : confirmHashOf(services, caller.workspaceId, address),
        platform: input.platform ?? null,
        externalId: input.external_id ?? null,
      });
      if (stored.created) await audit(tx, { target: targetOf(stored.row), after: settingsOf(services, stored.row) });
      return stored;
    });
    if (!created) setStatus(200);
    return { ...describe(services, row), ...proofsOf(services.secret, row) };
  },

  'webhooks.list': async (input, { caller, services }) => {
    const rows = await selectWebhooks(services.db, {
      workspaceId: caller.workspaceId,
      livemode: caller.livemode,
      bound: boundTo(caller),
      before: input.cursor === undefined ? undefined : readCursor(input.cursor),
      limit: input.limit + 1,
    });
    return pageOf(rows, input.limit, { view: (row: WebhookRow) => describe(services, row), cursor: byAge });
  },

  'webhooks.remove': async ({ id }, { caller, services, audit }) => {
    const { workspaceId, livemode } = caller;
    const place = { workspaceId, livemode, id };
    // A subscription that is gone has no filter any more, and ending it again is no error.
    const [row] = await selectWebhooks(services.db, { ...place, limit: 1 });
    if (row !== undefined && !isOwn(caller, row.bound)) throw unknownWebhook(id);
    await withTransaction(services.db, async (tx) => {
      if (!(await deleteWebhook(tx, place))) throw unknownWebhook(id);
      if (row !== undefined) await audit(tx, { target: targetOf(row), before: settingsOf(services, row) });
    });
    return null;
  },

  'webhooks.test': async ({ id }, { caller, services, audit }) => {
    const webhook = await find(services, caller, id);
    await mayMail(services, webhook);
    const now = services.now();
    const event = {
      ...sampleEvent,
      id: newId('evt', now),
      type: webhook.events[0] ?? sampleEvent.type,
      created_at: new Date(now).toISOString(),
      livemode: caller.livemode,
      data: { ...sampleEvent.data, test: true },
    };
    const made = await withTransaction(services.db, async (tx) => {
      const delivery = { workspaceId: caller.workspaceId, id: newId('del', now), webhookId: webhook.id, event };
      await audit(tx, { target: targetOf(webhook), after: { delivery_id: delivery.id } });
      return await insertDelivery(tx, delivery);
    });
    await tryDelivery(services, webhook, made);
    return describeDelivery((await findDelivery(services.db, made)) ?? made);
  },

  'webhooks.deliveries': async (input, { caller, services }) => {
    const webhook = await find(services, caller, input.id);
    const rows = await selectDeliveries(services.db, {
      workspaceId: caller.workspaceId,
      webhookId: webhook.id,
      before: input.cursor === undefined ? undefined : readCursor(input.cursor),
      limit: input.limit + 1,
    });
    return pageOf(rows, input.limit, { view: describeDelivery, cursor: byAge });
  },

  'webhooks.resend': async (input, { caller, services, audit }) => {
    const webhook = await find(services, caller, input.id);
    await mayMail(services, webhook);
    const { workspaceId } = caller;
    const delivery = await findDelivery(services.db, { workspaceId, id: input.delivery_id });
    if (delivery === undefined || delivery.webhookId !== webhook.id)
      throw new GatewayError('not_found', `There is no delivery "${input.delivery_id}" of this webhook.`, {
        param: 'delivery_id',
      });
    await withTransaction(services.db, async (tx) => {
      await reopenDelivery(tx, delivery);
      await audit(tx, { target: targetOf(webhook), after: { delivery_id: delivery.id } });
    });
    await tryDelivery(services, webhook, delivery);
    return describeDelivery((await findDelivery(services.db, delivery)) ?? delivery);
  },
};

function byAge({ createdAt, id }: { createdAt: Date; id: string }): string {
  return writeCursor({ createdAt: createdAt.toISOString(), id });
}

/** Mails that somebody asks for by hand, in an hour. */
const askedMailsMax = 10;

async function mayMail(services: WebhookPorts, webhook: WebhookRow): Promise<void> {
  if (webhook.status === 'unconfirmed')
    throw new GatewayError(
      'conflict',
      'This e-mail address is not confirmed yet. Open the link in the first e-mail that it received.',
      { param: 'id' },
    );
  if (addressOf(new URL(urlOf(services.secret, webhook))) === undefined) return;
  if ((await countRecentTries(services.db, webhook)) >= askedMailsMax)
    throw new GatewayError('rate_limited', 'This address got 10 test mails in the last hour. Try again later.', {
      retryAfterSeconds: 600,
    });
}

/** A key with a locked tag hears of that tag only; of a platform alone, which no subscription can be narrowed to, nothing. */
function filterFor(caller: Caller, asked: WebhookFilter): WebhookFilter {
  if (boundTo(caller).key_id !== undefined)
    throw new GatewayError(
      'tag_forbidden',
      'This key is locked to a platform and cannot subscribe, because subscriptions have no platform filter. Use another key.',
    );
  const tags = {
    client_id: ownClient(caller, asked.client_id),
    project: ownProject(caller, asked.project),
    scenario_id: ownScenario(caller, asked.scenario_id),
  };
  return Object.fromEntries(Object.entries({ ...asked, ...tags }).filter(([, value]) => value !== undefined));
}

function checkUrl(text: string, services: WebhookPorts): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'mailto:')
    return readUrl({ text, param: 'url', allowPrivateNetwork: services.allowPrivateNetwork }).href;
  if (!isAddress(url.pathname) || url.search !== '')
    throw badUrl('url', 'must be one e-mail address: mailto:you@example.com');
  if (services.smtp === undefined)
    throw badUrl('url', 'is an e-mail address, but this gateway has no SMTP_URL to send e-mails');
  return url.href;
}

/**
 * One bare e-mail address, percent-encoded as URLs have it. Without names, comments and quotes around it: by those one address
 * has any number of spellings, and each would be asked.
 */
function isAddress(path: string): boolean {
  try {
    return /^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]+@[\p{L}\p{M}\p{N}-]+(\.[\p{L}\p{M}\p{N}-]+)*$/u.test(
      decodeURIComponent(path),
    );
  } catch {
    return false;
  }
}

async function find(services: WebhookPorts, caller: Caller, id: string): Promise<WebhookRow> {
  const { workspaceId, livemode } = caller;
  const [row] = await selectWebhooks(services.db, { workspaceId, livemode, id, limit: 1 });
  if (row === undefined || !isOwn(caller, row.bound)) throw unknownWebhook(id);
  return row;
}

function unknownWebhook(id: string): GatewayError {
  return new GatewayError('not_found', `There is no webhook "${id}" here.`, { param: 'id' });
}

function targetOf({ id }: WebhookRow): AuditTarget {
  return { type: 'webhook', id };
}

/** Of an address only the host: the rest may be a secret, or somebody's mailbox. */
function settingsOf(services: WebhookPorts, row: WebhookRow) {
  const { url, events, filter, platform } = describe(services, row);
  const { protocol, host } = new URL(url);
  return { receiver: protocol === 'mailto:' ? 'an e-mail address' : host, events, filter, platform };
}

function describe(services: WebhookPorts, row: WebhookRow) {
  return {
    id: row.id,
    url: urlOf(services.secret, row),
    events: row.events,
    filter: row.filter,
    platform: row.platform,
    external_id: row.externalId,
    status: row.status,
    created_at: row.createdAt.toISOString(),
    livemode: row.livemode,
  };
}

function describeDelivery(row: DeliveryRow) {
  return {
    id: row.id,
    event_id: row.eventId,
    event_type: row.eventType,
    status: row.status,
    tries: row.tries,
    next_try_at: row.nextTryAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  };
}
