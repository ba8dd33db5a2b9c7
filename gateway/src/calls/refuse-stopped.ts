import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import type { CallPolicy } from '../limits/policy-store.ts';
import type { Stop } from '../limits/stop-store.ts';

/** Throws `scenario_paused` where somebody has stopped all calls of the workspace, or those of the call's client. */
export function refuseStopped(
  { stops }: CallPolicy,
  call: { caller: Caller; tags: CallTags; publicUrl: string },
): void {
  if (stops.length === 0) return;
  const stop = stopFor(stops, call.tags);
  if (stop === undefined) return;
  const { message, reason, by } = stoppedText(stop, call.caller);
  throw new GatewayError('scenario_paused', message, {
    details: {
      client_id: stop.clientId,
      reason,
      by,
      since: stop.since.toISOString(),
      resume_url: `${call.publicUrl}/app`,
    },
  });
}

export function stopFor(stops: readonly Stop[], { client }: CallTags): Stop | undefined {
  return stops.find(({ clientId }) => clientId === null || clientId === client);
}

export function stoppedText(stop: Stop, { lockedTags }: Caller): { message: string; reason: string; by: string } {
  const isHidden = lockedTags.length > 0 && !stop.byClient;
  const by = isHidden ? 'the workspace' : (stop.by ?? 'a person who has left');
  const given = isHidden && stop.clientId === null ? null : stop.reason;
  const what =
    stop.clientId === null ? 'All calls of this workspace are' : `All calls of client "${stop.clientId}" are`;
  const why = given === null ? '' : `: ${given.trim()}`;
  const end = /[.!?]\s*$/.test(why) ? '' : '.';
  return {
    message: `${what} stopped by ${by}${why}${end} An owner or a member of the workspace can take the stop back.`,
    reason: given ?? `Stopped by ${by}.`,
    by,
  };
}
