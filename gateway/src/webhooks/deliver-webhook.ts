import { setTimeout as sleep } from 'node:timers/promises';
import { scenariosOf } from '@ai-gateway/shared/scenario-text';
import type { Pool } from 'pg';
import { seesScenarioNames, subscriberOf } from '../accounts/own-tags.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { withTransaction } from '../db/transaction.ts';
import type { GatewayEvent } from '../events/event-store.ts';
import { selectScenarioNames } from '../scenarios/scenario-name-store.ts';
import {
  type DeliveryAttempt,
  type DeliveryRow,
  dropDelivery,
  noteAttempt,
  takeDelivery,
  takenMs,
  takeOverdue,
} from './delivery-store.ts';
import { linkOf, type ScenarioNames, slackBody, textOf } from './event-text.ts';
import { brandForStrangers } from './mail-brand.ts';
import { type DeliveryJob, jobsOf, type PgBossOutbox } from './pg-boss-outbox.ts';
import { type PostPorts, postSigned } from './post-signed.ts';
import { nextDelayMs, verdictOf } from './retry-table.ts';
import { type MailPorts, sendMail } from './send-mail.ts';
import { proofsOf, urlOf } from './webhook-secrets.ts';
import { noteOutcome, selectWebhooks, type WebhookRow } from './webhook-store.ts';

export interface DeliveryPorts extends MailPorts, PostPorts {
  db: Pool;
  settings: SettingsCache;
  signUp: 'open' | 'closed';
  secret: string;
  /** Where people reach the dashboard; known once the gateway listens. */
  publicUrl: string;
  outbox: Pick<PgBossOutbox, 'plan'>;
  metrics: { deliveryTried(status: 'delivered' | 'failed' | 'pending'): void };
}

/** How long a delivery waits for the one before it to the same webhook: order where all is well, no queue where it hangs. */
const orderMs = 250;
/**
 * Deliveries that a job has not begun after this long are left to another: with a last try that hangs it ends well before pg-boss
 * takes it for lost and runs it again. One after the other, rather than many small jobs at once: those would come in any order, and a
 * receiver that hangs would hold all workers.
 */
const turnMs = 5_000;

/** Tries deliveries to one webhook, in order; notes how each went and plans the next try. Deliveries that nobody wants any more are passed over. */
export function webhookDeliverer(services: DeliveryPorts): (job: DeliveryJob) => Promise<void> {
  const underWay = new Map<string, Promise<unknown>>();
  return async (job) => {
    const before = underWay.get(job.webhookId);
    const now = Promise.race([before, sleep(before === undefined ? 0 : orderMs)]).then(() =>
      deliverInOrder(services, job),
    );
    underWay.set(job.webhookId, now);
    try {
      await now;
    } finally {
      if (underWay.get(job.webhookId) === now) underWay.delete(job.webhookId);
    }
  };
}

async function deliverInOrder(services: DeliveryPorts, { workspaceId, webhookId, ids }: DeliveryJob): Promise<void> {
  const endMs = performance.now() + turnMs;
  for (const [at, id] of ids.entries()) {
    if (performance.now() > endMs)
      return services.outbox.plan(services.db, { workspaceId, webhookId, ids: ids.slice(at) });
    const delivery = await takeDelivery(services.db, { workspaceId, id });
    if (delivery === undefined) continue;
    const webhook = await webhookOf(services, delivery);
    if (webhook?.status !== 'enabled') {
      // Of an event that was recorded while its webhook ended: it would be planned again every few minutes, for ever.
      await dropDelivery(services.db, { workspaceId, id });
      continue;
    }
    try {
      await tryDelivery(services, webhook, delivery);
    } catch (error) {
      // How it went could not be noted. It is taken for a while, so this job's own repetition would pass over it.
      await services.outbox.plan(services.db, { workspaceId, webhookId, ids: ids.slice(at) }, takenMs).catch(() => {});
      throw error;
    }
  }
}

/** One try, now. */
export async function tryDelivery(services: DeliveryPorts, webhook: WebhookRow, delivery: DeliveryRow): Promise<void> {
  const { tried, gone } = await send(services, webhook, delivery.body);
  const delivered = tried.error === null && tried.status !== null && verdictOf(tried.status) === 'delivered';
  const delayMs = delivered || gone ? undefined : nextDelayMs(delivery.tries.length + 1, Math.random);
  const status = delivered ? 'delivered' : delayMs === undefined ? 'failed' : 'pending';
  await withTransaction(services.db, async (tx) => {
    const nextTryAt = delayMs === undefined ? null : new Date(services.now() + delayMs);
    await noteAttempt(tx, delivery, { tried, status, nextTryAt });
    await noteOutcome(
      tx,
      { workspaceId: webhook.workspaceId, id: webhook.id },
      delivered ? 'delivered' : gone ? 'gone' : 'failed',
    );
    if (delayMs !== undefined)
      await services.outbox.plan(
        tx,
        { workspaceId: webhook.workspaceId, webhookId: webhook.id, ids: [delivery.id] },
        delayMs,
      );
  });
  services.metrics.deliveryTried(status);
}

/** Plans anew what is long due and waits for nobody. */
export async function replanDeliveries(services: Pick<DeliveryPorts, 'db' | 'outbox'>): Promise<void> {
  await withTransaction(services.db, async (tx) => {
    for (const job of jobsOf(await takeOverdue(tx, 500))) await services.outbox.plan(tx, job);
  });
}

async function webhookOf(services: DeliveryPorts, delivery: DeliveryRow): Promise<WebhookRow | undefined> {
  const { workspaceId, webhookId: id, body } = delivery;
  const [row] = await selectWebhooks(services.db, { workspaceId, livemode: body.livemode, id, limit: 1 });
  return row;
}

async function send(
  services: DeliveryPorts,
  webhook: WebhookRow,
  event: GatewayEvent,
): Promise<{ tried: DeliveryAttempt; gone: boolean }> {
  const url = new URL(urlOf(services.secret, webhook));
  const startedMs = services.now();
  const tried = (status: number | null, error: string | null): DeliveryAttempt => ({
    at: new Date(startedMs).toISOString(),
    status,
    ms: Math.max(0, services.now() - startedMs),
    error,
  });
  try {
    if (url.protocol === 'mailto:') {
      await mail(services, webhook, url, event);
      return { tried: tried(250, null), gone: false };
    }
    const status = await post(services, webhook, url, event);
    return {
      tried: tried(status, verdictOf(status) === 'delivered' ? null : `answered ${status}`),
      gone: status === 410,
    };
  } catch (cause) {
    // The URL is a secret of the receiver's, so neither it nor a message that may hold it is kept.
    const { code, name } = cause as { code?: string; name?: string };
    return {
      tried: tried(
        null,
        name === 'TimeoutError' ? 'no answer within 15 seconds' : (reasons[code ?? ''] ?? code ?? 'failed'),
      ),
      gone: false,
    };
  }
}

const reasons: Record<string, string> = {
  EPRIVATE: 'its name leads to a private address',
  ENOTFOUND: 'its name is unknown',
  ECONNREFUSED: 'it refuses connections',
  UND_ERR_CONNECT_TIMEOUT: 'it cannot be reached',
  UND_ERR_HEADERS_TIMEOUT: 'no answer within 15 seconds',
  EABORT: 'no answer within 15 seconds',
  NOSMTP: 'the gateway has no SMTP_URL',
};

async function post(services: DeliveryPorts, webhook: WebhookRow, url: URL, event: GatewayEvent): Promise<number> {
  const proofs = proofsOf(services.secret, webhook);
  const isSlack = url.hostname === 'hooks.slack.com' || url.hostname === 'hooks.slack-gov.com';
  const body = isSlack
    ? slackBody(event, services.publicUrl, await scenarioNames(services.db, webhook, event))
    : JSON.stringify(event);
  return postSigned(services, {
    url,
    id: event.id,
    body,
    ...(isSlack ? {} : { secret: proofs.secret, headers: { 'x-gateway-token': proofs.token } }),
  });
}

async function mail(services: DeliveryPorts, webhook: WebhookRow, url: URL, event: GatewayEvent): Promise<void> {
  const { subject, lines } = textOf(event, await scenarioNames(services.db, webhook, event));
  const link = linkOf(event, services.publicUrl);
  await sendMail(services, {
    to: decodeURIComponent(url.pathname),
    subject,
    lines: [
      subject,
      '',
      ...lines,
      ...(link === undefined ? [] : ['', link]),
      '',
      { small: `Event ${event.id}, ${event.created_at}` },
    ],
    messageId: event.id,
    brand: await brandForStrangers(services, webhook.workspaceId),
  });
}

/** The names of the scenarios that an event's text names. Not for what a locked key has subscribed to: it sees no names of scenarios. */
async function scenarioNames(
  db: Pool,
  { workspaceId, livemode, bound }: WebhookRow,
  event: GatewayEvent,
): Promise<ScenarioNames | undefined> {
  const ids = scenariosOf(event);
  if (ids.length === 0 || event.data.test === true || !seesScenarioNames(subscriberOf(bound))) return undefined;
  const names = await selectScenarioNames(db, { workspaceId, livemode, ids, limit: ids.length });
  return (asked) => names.find((one) => one.id === asked)?.name ?? null;
}
