import type { EventType } from '@ai-gateway/shared/operations/events';
import type { Bound } from '../accounts/own-tags.ts';
import { selectCallersOf } from '../clients/tag-store.ts';
import type { Db } from '../db/transaction.ts';
import { isOfScenario, type NewEvent } from '../events/event.ts';

export interface WebhookFilter {
  client_id?: string | undefined;
  project?: string | undefined;
  scenario_id?: string | undefined;
  budget_id?: string | undefined;
  percent?: number[] | undefined;
}

export interface WebhookRow {
  workspaceId: string;
  id: string;
  livemode: boolean;
  sealedUrl: Buffer;
  /** JSON of `{secret, token}`. */
  sealedSecret: Buffer;
  fingerprint: Buffer;
  events: EventType[];
  filter: WebhookFilter;
  /** Events of a budget are sent only if the budget is bound to these. */
  bound: Bound;
  platform: string | null;
  externalId: string | null;
  /** Unconfirmed: an e-mail address that was asked and has not agreed. */
  status: 'enabled' | 'disabled' | 'unconfirmed';
  createdAt: Date;
}

/** The same URL, events and filter again: the subscription that is there comes back, and nothing is made. */
export async function insertWebhook(
  db: Db,
  row: Omit<WebhookRow, 'createdAt' | 'status'> & { confirmHash: Buffer | undefined },
): Promise<{ row: WebhookRow; created: boolean }> {
  const { rows } = await db.query(
    `insert into webhooks (workspace_id, id, livemode, sealed_url, sealed_secret, fingerprint, events, filter, platform, external_id, bound, confirm_hash)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     on conflict (workspace_id, livemode, fingerprint) where status = 'enabled'
     do update set external_id = coalesce(excluded.external_id, webhooks.external_id)
     returning *, (xmax = 0) as created, exists (
       select 1 from mail_addresses m
       where m.workspace_id = webhooks.workspace_id and m.token_hash = webhooks.confirm_hash and m.confirmed_at is not null) as agreed`,
    [
      row.workspaceId,
      row.id,
      row.livemode,
      row.sealedUrl,
      row.sealedSecret,
      row.fingerprint,
      row.events,
      JSON.stringify(row.filter),
      row.platform,
      row.externalId,
      JSON.stringify(row.bound),
      row.confirmHash ?? null,
    ],
  );
  const [stored] = rows as (RawWebhook & { created: boolean })[];
  if (stored === undefined) throw new Error('an upsert returns its row');
  return { row: readWebhook(stored), created: stored.created };
}

export async function selectWebhooks(
  db: Db,
  filter: {
    workspaceId: string;
    livemode: boolean;
    id?: string | undefined;
    /** The locked tags of the key that asks: it sees what a key of the same made. */
    bound?: Bound | undefined;
    before?: { createdAt: string; id: string } | undefined;
    limit: number;
  },
): Promise<WebhookRow[]> {
  const { rows } = await db.query(
    `select *, exists (
         select 1 from mail_addresses m
         where m.workspace_id = webhooks.workspace_id and m.token_hash = webhooks.confirm_hash and m.confirmed_at is not null) as agreed
     from webhooks where workspace_id = $1 and livemode = $2 and ($3::text is null or id = $3)
       and ($4::timestamptz is null or (created_at, id) < ($4, $5)) and bound @> $7::jsonb
     order by created_at desc, id desc limit $6`,
    [
      filter.workspaceId,
      filter.livemode,
      filter.id ?? null,
      filter.before?.createdAt ?? null,
      filter.before?.id ?? null,
      filter.limit,
      JSON.stringify(filter.bound ?? {}),
    ],
  );
  return (rows as RawWebhook[]).map(readWebhook);
}

/** Of every workspace, the longest failing first. */
export async function listAllWebhooks(db: Db, limit: number): Promise<(WebhookRow & { failingSince: Date | null })[]> {
  const { rows } = await db.query(
    `select *, exists (
         select 1 from mail_addresses m
         where m.workspace_id = webhooks.workspace_id and m.token_hash = webhooks.confirm_hash and m.confirmed_at is not null) as agreed
     from webhooks order by failing_since nulls last, workspace_id, id limit $1`,
    [limit],
  );
  return (rows as (RawWebhook & { failing_since: Date | null })[]).map((row) => ({
    ...readWebhook(row),
    failingSince: row.failing_since,
  }));
}

/** A pause for all calls of a scenario is for the subscriptions of a client, or a project, whose calls named the scenario. */
async function concernedBy<T extends { filter: WebhookFilter }>(
  db: Db,
  { workspaceId, livemode, clientId, project, scenarioId }: NewEvent,
  found: readonly T[],
): Promise<T[]> {
  const isNamed = ({ filter }: T): boolean =>
    (filter.client_id ?? clientId) === clientId && (filter.project ?? project) === project;
  const others = found.filter((one) => !isNamed(one));
  if (others.length === 0 || scenarioId === undefined) return found.filter(isNamed);
  // All together: an event is recorded within the pause, which no other process knows of until then.
  const callers = await selectCallersOf(
    db,
    { workspaceId, livemode, id: scenarioId },
    {
      clients: others.flatMap(({ filter }) => filter.client_id ?? []),
      projects: others.flatMap(({ filter }) => filter.project ?? []),
    },
  );
  const keyOf = (client: string | undefined, ofProject: string | undefined): string =>
    JSON.stringify([client ?? null, ofProject ?? null]);
  // Each caller under all that a filter may say of it.
  const named = new Set(
    callers.flatMap((one) => [
      keyOf(one.clientId, one.project),
      keyOf(one.clientId, undefined),
      keyOf(undefined, one.project),
    ]),
  );
  return found.filter((one) => isNamed(one) || named.has(keyOf(one.filter.client_id, one.filter.project)));
}

/**
 * Subscriptions an event is for, with what each is bound to and the markup that a client's own is told amounts with. Budget events about 100 % pass a
 * filter by percents that names 100.
 */
export async function webhooksFor(
  db: Db,
  event: NewEvent,
): Promise<{ id: string; bound: Bound; markupPercent: number }[]> {
  const { budget } = event.data as { budget?: { scope: object } };
  const { rows } = await db.query(
    `select id, bound, filter from webhooks where workspace_id = $1 and livemode = $2 and status = 'enabled' and $3 = any(events)
       and (confirm_hash is null or exists (
         select 1 from mail_addresses m where m.workspace_id = $1 and m.token_hash = webhooks.confirm_hash and m.confirmed_at is not null))
       and coalesce(filter->>'client_id' = $4, $10 or not filter ? 'client_id')
       and coalesce(filter->>'project' = $5, $10 or not filter ? 'project')
       and coalesce(filter->>'scenario_id' = $6, not filter ? 'scenario_id')
       and coalesce(filter->>'budget_id' = $7, not filter ? 'budget_id')
       and ($9::jsonb is null or $9 @> bound)
       and (not filter ? 'percent' or $8::smallint is null or filter->'percent' @> to_jsonb($8::integer))`,
    [
      event.workspaceId,
      event.livemode,
      event.type,
      event.clientId ?? null,
      event.project ?? null,
      event.scenarioId ?? null,
      event.budgetId ?? null,
      event.percent ?? null,
      budget === undefined ? null : JSON.stringify(budget.scope),
      isOfScenario(event.type),
    ],
  );
  const found = await concernedBy(db, event, rows as { id: string; bound: Bound; filter: WebhookFilter }[]);
  const markups = await markupsOf(
    db,
    event,
    found.flatMap(({ bound }) => bound.client_id ?? []),
  );
  return found.map(({ id, bound }) => ({ id, bound, markupPercent: markups.get(bound.client_id ?? '') ?? 0 }));
}

/** A statement of its own: on a database spread by Citus the clients are elsewhere. */
async function markupsOf(
  db: Db,
  { workspaceId, livemode }: Pick<NewEvent, 'workspaceId' | 'livemode'>,
  clients: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (clients.length === 0) return new Map();
  const { rows } = await db.query(
    'select id, markup_percent as markup from clients where workspace_id = $1 and livemode = $2 and id = any($3)',
    [workspaceId, livemode, clients],
  );
  return new Map((rows as { id: string; markup: number }[]).map(({ id, markup }) => [id, markup]));
}

/** True also where it was removed before. */
export async function deleteWebhook(
  db: Db,
  place: { workspaceId: string; livemode: boolean; id: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with gone as (delete from webhooks where workspace_id = $1 and livemode = $2 and id = $3 returning id),
     kept as (insert into removed_webhooks (workspace_id, livemode, id) select $1, $2, id from gone),
     dropped as (
       update deliveries set status = 'dropped', next_try_at = null from gone
       where workspace_id = $1 and webhook_id = gone.id and status = 'pending')
     select id from gone
     union all select id from removed_webhooks where workspace_id = $1 and livemode = $2 and id = $3`,
    [place.workspaceId, place.livemode, place.id],
  );
  return rowCount === 1;
}

/** How a delivery went, for the subscription: five days of nothing but failures end it, and so does `gone`. */
export async function noteOutcome(
  db: Db,
  place: { workspaceId: string; id: string },
  outcome: 'delivered' | 'failed' | 'gone',
): Promise<void> {
  if (outcome === 'delivered') {
    await db.query(
      'update webhooks set failing_since = null where workspace_id = $1 and id = $2 and failing_since is not null',
      [place.workspaceId, place.id],
    );
    return;
  }
  await db.query(
    `with ended as (
       update webhooks set failing_since = coalesce(failing_since, clock_timestamp()),
         status = case when $3::boolean or failing_since < clock_timestamp() - interval '5 days' then 'disabled' else status end
       where workspace_id = $1 and id = $2 returning id, status)
     update deliveries d set status = 'dropped', next_try_at = null from ended
     where ended.status = 'disabled' and d.workspace_id = $1 and d.webhook_id = ended.id and d.status = 'pending'`,
    [place.workspaceId, place.id, outcome === 'gone'],
  );
}

interface RawWebhook {
  workspace_id: string;
  id: string;
  livemode: boolean;
  sealed_url: Buffer;
  sealed_secret: Buffer;
  fingerprint: Buffer;
  events: EventType[];
  filter: WebhookFilter;
  bound: Bound;
  platform: string | null;
  external_id: string | null;
  confirm_hash: Buffer | null;
  agreed: boolean;
  status: 'enabled' | 'disabled';
  created_at: Date;
}

function readWebhook(row: RawWebhook): WebhookRow {
  return {
    workspaceId: row.workspace_id,
    id: row.id,
    livemode: row.livemode,
    sealedUrl: row.sealed_url,
    sealedSecret: row.sealed_secret,
    fingerprint: row.fingerprint,
    events: row.events,
    filter: row.filter,
    bound: row.bound,
    platform: row.platform,
    externalId: row.external_id,
    status: row.status === 'enabled' && row.confirm_hash !== null && !row.agreed ? 'unconfirmed' : row.status,
    createdAt: row.created_at,
  };
}
