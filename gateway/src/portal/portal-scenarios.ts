import { sumByGroup } from '../usage/usage-sum-store.ts';
import { billedAmount, billedParts } from './billing-terms.ts';
import type { PortalViewer } from './portal-link.ts';
import { type PortalPorts, readMonth, sumFilter } from './portal-month.ts';
import { findPaused } from './portal-store.ts';

const read = 2_000;
const shown = 100;

/** The billed amount of each scenario in a month, the largest first; small ones beyond a hundred are one row. */
export async function portalScenarios(ports: PortalPorts, viewer: PortalViewer, asked: string | undefined) {
  const month = await readMonth(ports, viewer, asked);
  const [rows, paused] = await Promise.all([
    sumByGroup(ports.db, {
      filter: sumFilter(viewer, month),
      grouping: 'scenario',
      timezone: month.settings.timezone,
      days: [],
      after: undefined,
      limit: read,
    }),
    findPaused(ports.db, viewer),
  ]);
  const amounts = billedParts(
    rows.map(({ costNanos }) => costNanos),
    month.terms,
  );
  const all = rows
    .map(({ group, requests, inputTokens, outputTokens, costNanos }, i) => ({
      id: group,
      state: paused.all || (group !== null && paused.scenarios.has(group)) ? ('paused' as const) : ('running' as const),
      calls: requests,
      tokens: inputTokens + outputTokens,
      amount: amounts[i] ?? 0,
      costNanos,
    }))
    .sort((a, b) => b.amount - a.amount || b.calls - a.calls);
  const rest = all.slice(shown);
  const sum = (count: (row: (typeof rest)[number]) => number): number =>
    rest.reduce((total, row) => total + count(row), 0);
  return {
    month: month.month,
    currency: month.terms.currency,
    data: all.slice(0, shown).map(({ costNanos: _cost, ...row }) => row),
    others:
      rest.length === 0
        ? null
        : {
            scenarios: rest.length,
            calls: sum(({ calls }) => calls),
            tokens: sum(({ tokens }) => tokens),
            amount: billedAmount(
              rest.reduce((total, { costNanos }) => total + costNanos, 0n),
              month.terms,
            ),
          },
  };
}
