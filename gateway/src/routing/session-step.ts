import type { NeutralCall } from '../dialects/neutral.ts';
import type { Taken } from './auto-choice.ts';
import { isOf, isOpenTurn, type Session, signerOf } from './sessions.ts';
import type { Weighed } from './weigh-models.ts';

/** A switch to a cheaper model must save more than this: percents of the cost of staying. */
const leastSaving = 15n;

/**
 * The model of the session where it is to stay: while its turn is open, and where a cheaper model would save little, since the provider
 * has read the conversation already. A session goes up to a better model at once.
 */
export function keptBySession(
  models: readonly Weighed[],
  taken: Weighed,
  { call, session }: { call: NeutralCall; session: Session },
): Taken | undefined {
  const kept = models.find(({ candidate }) => isOf(session, candidate));
  if (kept === undefined) return undefined;
  const { model } = kept.candidate;
  if (isOpenTurn(call)) return { model: kept, reason: `auto: ${model} stays while the turn is open` };
  if (kept === taken || (kept.class === 'small' && taken.class === 'strong')) return undefined;
  // Evidence speaks against it, or it costs more than the call allows: no warm cache outweighs that.
  if (kept.leftOut !== undefined) return undefined;
  const [stay, change] = [kept.expectedNanos, taken.expectedNanos];
  if (stay === undefined || change === undefined || change * 100n < stay * (100n - leastSaving)) return undefined;
  taken.leftOut = 'a change within the session saves too little';
  return { model: kept, reason: `auto: the session stays with ${model}` };
}

/** Of a session that this process does not know: reasoning that a vendor has signed goes back to that vendor. */
export function bySigner(models: readonly Weighed[], call: NeutralCall): Taken | undefined {
  if (!isOpenTurn(call)) return undefined;
  const kind = signerOf(call);
  const own = kind === undefined ? [] : models.filter(({ candidate }) => candidate.kind === kind);
  const model = own.find((one) => one.class === 'strong') ?? own[0];
  return model && { model, reason: `auto: ${model.candidate.provider} signed the reasoning of this turn` };
}
