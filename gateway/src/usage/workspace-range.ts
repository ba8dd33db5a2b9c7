import { GatewayError } from '@ai-gateway/shared/errors';
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
  const range = usageRange({ from, to, timezone: timezone ?? settings.timezone, nowMs: services.now() });
  if (range.from > range.to) throw backwards(from, range);
  return range;
}

/** Mostly two dates that were exchanged, or a past `to` alone. An empty list would look like "nothing was used". */
function backwards(from: string | undefined, { from: begin }: UsageRange): GatewayError {
  return new GatewayError(
    'invalid_request',
    from === undefined
      ? `\`from\`, which is the beginning of this month (${begin.toISOString()}) where it is left out, is after \`to\`. Give both.`
      : '`from` is after `to`. Exchange them.',
    { param: 'from' },
  );
}
