import { stoppedHalfway } from './finish-stream.ts';
import { ClientGone, type ModelCall } from './model-call.ts';
import { closeUnanswered, type RunningCall } from './settle-call.ts';
import { withRoute } from './with-headers.ts';

/**
 * Closes a call that was cancelled before its answer, and returns what its caller is told: that the process stops, or nothing, since
 * nobody waits.
 */
export async function endCancelled(
  running: RunningCall,
  { cancellation }: Pick<ModelCall, 'cancellation'>,
): Promise<Error> {
  const stopped = cancellation.stopping ? withRoute(stoppedHalfway(), running) : undefined;
  await closeUnanswered(running, stopped === undefined ? 'cancelled' : 'failed', stopped?.code);
  return cancellation.because === 'gone' ? new ClientGone() : (stopped ?? new ClientGone());
}
