import { providerOf } from '../providers/providers.ts';
import type { Candidate } from '../routing/candidate.ts';
import type { Decision } from '../routing/decide.ts';
import type { SessionAffinity } from '../routing/session-affinity.ts';
import type { ModelCall } from './model-call.ts';

export interface SessionPorts {
  affinity: SessionAffinity;
}

/** The session of a call, of one workspace and mode; undefined where it names none. */
export function sessionOf({ caller, wishes, json }: Pick<ModelCall, 'caller' | 'wishes' | 'json'>): string | undefined {
  const named = wishes?.session ?? json.prompt_cache_key;
  return typeof named === 'string' && named !== ''
    ? `${caller.workspaceId} ${caller.livemode ? 'live' : 'test'} ${named.slice(0, 200)}`
    : undefined;
}

/**
 * The decision with the account in front that answered the session last, where the same model is there: the beginning of its prompt is in
 * that account's cache. A rule and a budget that chose an account outrank it.
 */
export function preferWarm(
  { affinity }: SessionPorts,
  request: Pick<ModelCall, 'caller' | 'wishes' | 'json'>,
  decided: Decision,
): Decision {
  if (decided.candidates.length < 2 || decided.decision?.chosenBy === 'rule' || decided.decision?.chosenBy === 'budget')
    return decided;
  const session = sessionOf(request);
  if (session === undefined) return decided;
  const candidates = affinity.prefer(session, decided.candidates, performance.now());
  return candidates === decided.candidates ? decided : { ...decided, candidates };
}

/** A caller's own marks may ask for an hour. */
export function noteWarm(
  { affinity }: SessionPorts,
  session: string,
  { request, candidate }: { request: Pick<ModelCall, 'body'>; candidate: Candidate },
): void {
  const { kind } = candidate;
  const isLong = kind !== 'sandbox' && providerOf(kind).cacheHint === 'marks' && request.body.includes('"1h"');
  affinity.note(session, candidate, { isLong, now: performance.now() });
}
