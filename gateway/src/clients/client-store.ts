import type { RateLimitFields } from '../accounts/rate-limit.ts';
import type { Db } from '../db/transaction.ts';

export interface ClientSettings {
  name: string | null;
  markupPercent: number;
  currency: string;
  exchangeRate: number;
  billingEmail: string | null;
  address: string | null;
  taxId: string | null;
  taxPercent: number | null;
  taxNote: string | null;
  locale: string | null;
  /** Its calls are refused. */
  locked: boolean;
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
  address: null,
  taxId: null,
  taxPercent: null,
  taxNote: null,
  locale: null,
  locked: false,
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
         c.exchange_rate, c.billing_email, c.address, c.tax_id, c.tax_percent, c.tax_note, c.locale, c.locked, c.rate_limit, c.notes,
         t.first_call_at
       from (
         select * from clients k where workspace_id = $1 and livemode = $2 and not exists (select 1 from erased_clients e where e.id = k.id)) c
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
    address: row.address,
    taxId: row.tax_id,
    taxPercent: row.tax_percent,
    taxNote: row.tax_note,
    locale: row.locale,
    locked: row.locked ?? false,
    rateLimit: row.rate_limit,
    notes: row.notes,
    firstCallAt: row.first_call_at,
  }));
}

/** One change of a client at a time: it may have no row to lock yet. */
export async function lockClientRow(
  tx: Db,
  { workspaceId, livemode, id }: { workspaceId: string; livemode: boolean; id: string },
): Promise<void> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`client ${workspaceId} ${livemode} ${id}`]);
}

export async function saveClient(
  db: Db,
  place: { workspaceId: string; livemode: boolean; id: string },
  settings: ClientSettings,
): Promise<void> {
  await db.query(
    `insert into clients (workspace_id, livemode, id, name, markup_percent, currency, exchange_rate, billing_email, rate_limit, notes,
       address, tax_id, tax_percent, tax_note, locale, locked)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
     on conflict (workspace_id, livemode, id) do update set name = excluded.name, markup_percent = excluded.markup_percent,
       currency = excluded.currency, exchange_rate = excluded.exchange_rate, billing_email = excluded.billing_email,
       rate_limit = excluded.rate_limit, notes = excluded.notes, address = excluded.address, tax_id = excluded.tax_id,
       tax_percent = excluded.tax_percent, tax_note = excluded.tax_note, locale = excluded.locale, locked = excluded.locked`,
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
      settings.address,
      settings.taxId,
      settings.taxPercent,
      settings.taxNote,
      settings.locale,
      settings.locked,
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
  address: string | null;
  tax_id: string | null;
  tax_percent: number | null;
  tax_note: string | null;
  locale: string | null;
  locked: boolean | null;
  rate_limit: RateLimitFields | null;
  notes: string | null;
  first_call_at: Date | null;
}
