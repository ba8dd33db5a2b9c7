import type { Price } from '../models/price.ts';
import type { CallDecision } from '../usage/call-record.ts';
import type { RouteInput, RouteRequest } from './candidate.ts';
import { fits } from './fit.ts';
import { readModelName } from './model-name.ts';
import { candidateOf, ofClass } from './reachable.ts';

/**
 * The price of the model that would have answered without the gateway's choice: for a call to `auto` the one that the workspace compares
 * with, else the first strong model that can take the call; for a call whose model a rule replaced, that model. Undefined where nobody but
 * the caller chose.
 */
export function baselinePrice(
  route: RouteInput,
  { chosenBy, baselineModel }: { chosenBy: CallDecision['chosenBy']; baselineModel: string | undefined },
): Price | undefined {
  const isAuto = /^auto(?::|$)/.test(route.call.model);
  if (!isAuto && chosenBy !== 'rule') return undefined;
  if (chosenBy === 'budget' || chosenBy === 'arm') return undefined;
  const request: RouteRequest = { ...route, at: new Date(route.nowMs ?? Date.now()) };
  const name = isAuto ? baselineModel : route.call.model;
  if (name === undefined)
    return ofClass(request, 'strong', '').find((one) => fits(one, route.call, route.inputTokens))?.price;
  const found = readModelName(name, request);
  return found === undefined ? undefined : candidateOf(found, '').price;
}
