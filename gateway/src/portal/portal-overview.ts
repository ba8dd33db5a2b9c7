import { pictureOf } from '../accounts/logo.ts';
import { daysOf } from '../usage/usage-range.ts';
import { sumByGroup } from '../usage/usage-sum-store.ts';
import { billedAmount, billedParts } from './billing-terms.ts';
import type { PortalViewer } from './portal-link.ts';
import { type PortalMonth, type PortalPorts, readMonth, sumFilter } from './portal-month.ts';

/** The names of the agency and the client, and the billed amount of a month, by day. */
export async function portalOverview(ports: PortalPorts, viewer: PortalViewer, asked: string | undefined) {
  const month = await readMonth(ports, viewer, asked);
  const { settings, client, terms } = month;
  return {
    agency: {
      name: settings.branding.name ?? settings.name,
      logo: shownLogo(settings.branding.logo),
      accent: settings.branding.accent,
    },
    client: { id: viewer.clientId, name: client.name ?? viewer.clientId },
    livemode: viewer.livemode,
    signed_in: viewer.isSignedIn === true,
    shows: viewer.shows,
    month: month.month,
    from: month.from.toISOString(),
    to: month.to.toISOString(),
    timezone: settings.timezone,
    locale: client.locale ?? settings.locale,
    currency: terms.currency,
    usage: viewer.shows.includes('usage') ? await usageOf(ports, viewer, month) : null,
  };
}

async function usageOf({ db, now }: PortalPorts, viewer: PortalViewer, month: PortalMonth) {
  const { settings, terms } = month;
  const days = daysOf({ from: month.from, to: month.to, timezone: settings.timezone }, now());
  const rows = await sumByGroup(db, {
    filter: sumFilter(viewer, month),
    grouping: 'day',
    timezone: settings.timezone,
    days,
    after: undefined,
    limit: days.length + 1,
  });
  const sumOf = new Map(rows.map((row) => [row.group, row]));
  const sums = days.map(({ day }) => sumOf.get(day));
  const costs = sums.map((sum) => sum?.costNanos ?? 0n);
  const amounts = billedParts(costs, terms);
  const total = (count: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((sum, row) => sum + count(row), 0);
  return {
    amount: billedAmount(
      costs.reduce((sum, cost) => sum + cost, 0n),
      terms,
    ),
    calls: total(({ requests }) => requests),
    input_tokens: total(({ inputTokens }) => inputTokens),
    output_tokens: total(({ outputTokens }) => outputTokens),
    days: days.map(({ day }, i) => ({
      day,
      amount: amounts[i] ?? 0,
      calls: sums[i]?.requests ?? 0,
      tokens: (sums[i]?.inputTokens ?? 0) + (sums[i]?.outputTokens ?? 0),
    })),
  };
}

/** A picture of another site would tell that site who reads the portal, and a drawing may hold more than a picture. */
function shownLogo(logo: string | null): string | null {
  const picture = logo === null ? undefined : pictureOf(logo);
  return picture === undefined || picture.type === 'svg+xml' ? null : logo;
}
