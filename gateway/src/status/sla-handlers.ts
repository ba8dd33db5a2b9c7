import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { boundTo } from '../accounts/own-tags.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { dayMs, dayText, localDay, startOfDay } from '../usage/calendar.ts';
import { selectLatency } from '../usage/latency-store.ts';
import { ownFilter } from '../usage/own-filter.ts';
import { uptimePercent } from './component.ts';
import { selectDays } from './status-store.ts';

interface SlaPorts {
  db: Pool;
  now: () => number;
  settings: SettingsCache;
}

/** With fewer calls a percentile says nothing. */
const enoughCalls = 20;

export const slaHandlers: Pick<Handlers<Context<SlaPorts>>, 'sla.get'> = {
  'sla.get': async ({ month: given }, { caller, services }) => {
    const { timezone } = await services.settings.of(caller.workspaceId, caller.livemode);
    const nowMs = services.now();
    const month = given ?? dayText(localDay(timezone, nowMs)).slice(0, 7);
    const [first, next] = [firstDay(month, 0), firstDay(month, 1)];
    const from = startOfDay(first, timezone);
    if (from > nowMs)
      throw new GatewayError('invalid_request', '`month` is in the future. Use a month up to this one.', {
        param: 'month',
      });
    const filter = ownFilter(caller);
    const to = Math.min(startOfDay(next, timezone), nowMs);
    const [[latency], days] = await Promise.all([
      selectLatency(services.db, {
        filter: { ...filter, keyId: boundTo(caller).key_id ?? filter.keyId },
        grouping: 'day',
        timezone,
        stretches: [{ name: month, from: new Date(from), to: new Date(to) }],
      }),
      selectDays(services.db, { from: dayText(first), to: dayText(next - 1) }),
    ]);
    const total = latency?.total;
    return {
      month,
      uptime_percent: uptimePercent(days.filter(({ component }) => component === 'accepting')),
      latency_ms:
        total === undefined || total.calls < enoughCalls ? null : { p50: total.p50, p95: total.p95, p99: total.p99 },
    };
  },
};

function firstDay(month: string, later: number): number {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return Date.UTC(year, number - 1 + later, 1) / dayMs;
}
