import type { Db } from '../db/transaction.ts';
import type { RateLimitFields } from '../limits/rate-limit.ts';

export interface ClientSettings {
  name: string | null;
  markupPercent: number;
  currency: string;
  exchangeRate: number;
  billingEmail: string | null;
  rateLimit: RateLimitFields | null;
  notes: string | null;
}

export interface ClientRow extends ClientSettings {
  id: string;
  firstCallAt: Date | null;
}

export const unsetClient: ClientSettings = {
  name: null,
  markupPercent: 0,
  currency: 'USD',
  exchangeRate: 1,
  billingEmail: null,
  rateLimit: null,
  notes: null,
};

interface ClientFilter {
  workspaceId: string;
  livemode: boolean;
  id?: string | undefined;
  /** Those a key with locked tags may see. */
  ids?: readonly string[] | undefined;
  search?: string | undefined;
  after?: { name: string; id: string } | undefined;
  limit: number;
}

/** Clients that called or were set up, by what people call them. */
export async function selectClients(db: Db, filter: ClientFilter): Promise<ClientRow[]> {
  const { after } = filter;
  const { rows } = await db.query(
    `select * from (
       select coalesce(c.id, t.id) as id, lower(coalesce(c.name, c.id, t.id)) as sort, c.name, c.markup_percent, c.currency,
         c.exchange_rate, c.billing_email, c.rate_limit, c.notes, t.first_call_at
       from (select * from clients where workspace_id = $1 and livemode = $2) c
       full join (select * from tag_values where workspace_id = $1 and livemode = $2 and kind = 'client') t on t.id = c.id) known
     where ($3::text is null or id = $3)
       and ($4::text is null or strpos(lower(id), lower($4)) > 0 or strpos(sort, lower($4)) > 0)
       and ($5::text is null or (sort collate "C", id collate "C") > ($5, $6))
       and ($8::text[] is null or id = any($8))
     order by sort collate "C", id collate "C" limit $7`,
    [
      filter.workspaceId,
      filter.livemode,
      filter.id ?? null,
      filter.search ?? null,
      after?.name ?? null,
      after?.id ?? null,
      filter.limit,
      filter.ids ?? null,
    ],
  );
  return (rows as RawClient[]).map((row) => ({
    id: row.id,
    name: row.name,
    markupPercent: row.markup_percent ?? unsetClient.markupPercent,
    currency: row.currency ?? unsetClient.currency,
    exchangeRate: row.exchange_rate ?? unsetClient.exchangeRate,
    billingEmail: row.billing_email,
    rateLimit: row.rate_limit,
    notes: row.notes,
    firstCallAt: row.first_call_at,
  }));
}

export async function saveClient(
  db: Db,
  place: { workspaceId: string; livemode: boolean; id: string },
  settings: ClientSettings,
): Promise<void> {
  await db.query(
    `insert into clients (workspace_id, livemode, id, name, markup_percent, currency, exchange_rate, billing_email, rate_limit, notes)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (workspace_id, livemode, id) do update set name = excluded.name, markup_percent = excluded.markup_percent,
       currency = excluded.currency, exchange_rate = excluded.exchange_rate, billing_email = excluded.billing_email,
       rate_limit = excluded.rate_limit, notes = excluded.notes`,
    [
      place.workspaceId,
      place.livemode,
      place.id,
      settings.name,
      settings.markupPercent,
      settings.currency,
      settings.exchangeRate,
      settings.billingEmail,
      settings.rateLimit === null ? null : JSON.stringify(settings.rateLimit),
      settings.notes,
    ],
  );
}

interface RawClient {
  id: string;
  name: string | null;
  markup_percent: number | null;
  currency: string | null;
  exchange_rate: number | null;
  billing_email: string | null;
  rate_limit: RateLimitFields | null;
  notes: string | null;
  first_call_at: Date | null;
}
