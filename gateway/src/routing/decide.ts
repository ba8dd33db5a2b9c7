import type { CacheSetting } from '../cache/cache-directive.ts';
import type { CallDecision } from '../usage/call-record.ts';
import type { CallFacts } from './call-facts.ts';
import type { Candidate, RouteInput } from './candidate.ts';
import { routeCall } from './route.ts';

/**
 * Decides where a call goes. One pure function: the same input gives the same decision, and `POST /v1/routing/explain` asks it like a
 * call does.
 *
 *     rules -> experiment arm -> auto -> routeCall
 */
export function decide(input: DecideInput): Decision {
  return { candidates: routeCall(input.route), decision: undefined, headers: undefined, cache: undefined };
}

interface DecideInput {
  route: RouteInput;
  facts: CallFacts;
}

export interface Decision {
  /** In the order they are tried, each with its reason. */
  candidates: Candidate[];
  /** For the row of the call; undefined where only the caller decided. */
  decision: CallDecision | undefined;
  /** `x-gateway-experiment` and its like, for the answer. */
  headers: Readonly<Record<string, string>> | undefined;
  /** What a rule says of the response cache; `none` forbids it. */
  cache: CacheSetting | 'none' | undefined;
}
