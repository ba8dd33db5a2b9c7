import { GatewayError } from '@ai-gateway/shared/errors';
import type { Context } from '../accounts/context.ts';
import { monthRange, type UsageRange, usageRange } from './usage-range.ts';

/** The ports that find the time zone of a range. */
export interface RangePorts {
  settings: { of(workspaceId: string, livemode: boolean): { timezone: string } | Promise<{ timezone: string }> };
  now: () => number;
}

interface AskedRange {
  /** `last_month` or `2026-10`, in place of both ends. */
  period?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  timezone?: string | undefined;
}

/** Days and months are those of the zone asked for, else of the workspace's own. */
export async function rangeIn(
  { services, caller }: Pick<Context<RangePorts>, 'services' | 'caller'>,
  { period, from, to, timezone: asked }: AskedRange,
): Promise<UsageRange> {
  const settings = await services.settings.of(caller.workspaceId, caller.livemode);
  const timezone = asked ?? settings.timezone;
  if (period !== undefined) return monthRange(period, timezone, services.now());
  const range = usageRange({ from, to, timezone, nowMs: services.now() });
  // An empty list would look like "nothing was used". A past `to` alone ends before this month begins: then nothing is what there is.
  if (from !== undefined && to !== undefined && range.from > range.to)
    throw new GatewayError('invalid_request', '`from` is after `to`. Exchange them.', { param: 'from' });
  return range;
}
