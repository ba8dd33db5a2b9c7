import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from './api-key.ts';

const whatIsLive = {
  people: 'People see live data, so changing them needs a live key (gw_live_…).',
  plan: 'The plan costs real money, so buying or changing it needs a live key (gw_live_…).',
} as const;

/** A test key reaches nothing live. A person may look at test data meanwhile. */
export function checkLive(
  { livemode, session }: Pick<Caller, 'livemode' | 'session'>,
  live: keyof typeof whatIsLive = 'people',
): void {
  if (session === undefined && !livemode) throw new GatewayError('forbidden', whatIsLive[live]);
}
