import type { Context } from '../accounts/context.ts';
import { type UsageRange, usageRange } from './usage-range.ts';

/** The ports that find the time zone of a range. */
export interface RangePorts {
  settings: { of(workspaceId: string, livemode: boolean): { timezone: string } | Promise<{ timezone: string }> };
  now: () => number;
}

/** Days and months are those of the zone asked for, else of the workspace's own. */
export async function rangeIn(
  { services, caller }: Pick<Context<RangePorts>, 'services' | 'caller'>,
  { from, to, timezone }: { from?: string | undefined; to?: string | undefined; timezone?: string | undefined },
): Promise<UsageRange> {
  const settings = await services.settings.of(caller.workspaceId, caller.livemode);
  return usageRange({ from, to, timezone: timezone ?? settings.timezone, nowMs: services.now() });
}
