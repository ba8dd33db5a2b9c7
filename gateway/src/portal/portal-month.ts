import type { Pool } from 'pg';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import type { WorkspaceSettings } from '../accounts/workspace-settings.ts';
import type { InvoiceDocument } from '../billing/invoice-document.ts';
import { invoicePeriod } from '../billing/invoice-period.ts';
import { findOverlapping } from '../billing/invoice-store.ts';
import { type ClientSettings, selectClients, unsetClient } from '../clients/client-store.ts';
import { dayText, localDay } from '../usage/calendar.ts';
import type { SumFilter } from '../usage/summed-range-store.ts';
import { usageRange } from '../usage/usage-range.ts';
import type { BillingTerms } from './billing-terms.ts';
import type { PortalViewer } from './portal-link.ts';

export interface PortalPorts {
  db: Pool;
  now: () => number;
  settings: SettingsCache;
}

/** One month of a client, in the workspace's time zone. */
export interface PortalMonth {
  /** `2026-11` */
  month: string;
  from: Date;
  to: Date;
  settings: WorkspaceSettings;
  client: ClientSettings;
  terms: BillingTerms;
}

/** The current month where none is asked for. Throws `invalid_request` for one in the future. */
export async function readMonth(
  { db, now, settings: cache }: PortalPorts,
  viewer: PortalViewer,
  asked: string | undefined,
): Promise<PortalMonth> {
  const { workspaceId, livemode, clientId } = viewer;
  const place = { workspaceId, livemode };
  const settings = await cache.of(workspaceId, livemode);
  const nowMs = now();
  const current = dayText(localDay(settings.timezone, nowMs)).slice(0, 7);
  const month = asked ?? current;
  const { timezone } = settings;
  const { from, to } =
    month === current ? usageRange({ timezone, nowMs }) : invoicePeriod({ period: month }, timezone, nowMs);
  const [known] = await selectClients(db, { ...place, id: clientId, limit: 1 });
  const client = known ?? unsetClient;
  // A month that is over keeps the terms of its last invoice, though the client's have changed since.
  const invoices = month === current ? [] : await findOverlapping(db, place, { clientId, from, to });
  const terms = billedTerms(invoices) ?? {
    currency: client.currency,
    markupPercent: client.markupPercent,
    exchangeRate: client.exchangeRate,
  };
  return { month, from, to, settings, client, terms };
}

/** Those of the invoice that ends last, which need not end with the month. */
function billedTerms(invoices: readonly InvoiceDocument[]): BillingTerms | undefined {
  const last = invoices.toSorted((a, b) => Date.parse(a.to) - Date.parse(b.to)).at(-1);
  if (last === undefined) return undefined;
  return { currency: last.currency, markupPercent: last.markup_percent ?? 0, exchangeRate: last.exchange_rate };
}

export function sumFilter({ workspaceId, livemode, clientId }: PortalViewer, { from, to }: PortalMonth): SumFilter {
  return { workspaceId, livemode, clientId, from, to };
}
