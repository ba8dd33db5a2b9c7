import type { ModelPool } from '../accounts/workspace-store.ts';
import type { Price } from '../models/price.ts';
import type { CallDecision } from '../usage/call-record.ts';
import { isAuto } from './auto-mode.ts';
import type { RouteInput } from './candidate.ts';
import { fits } from './fit.ts';
import { readModelName } from './model-name.ts';
import { modelsOf, priceOf } from './reachable.ts';

/**
 * The price of the model that would have answered without the gateway's choice: for a call to `auto` the one that the workspace compares
 * with, else the first strong model that can take the call; for a call whose model a rule replaced, by another model or by `auto`, that model.
 * Undefined where nobody but the caller chose.
 */
export function baselinePrice(
  route: RouteInput,
  {
    pool,
    chosenBy,
    baselineModel,
  }: {
    /** Of the settings of `auto`, where they have one. */
    pool: ModelPool;
    chosenBy: CallDecision['chosenBy'];
    baselineModel: string | undefined;
  },
): Price | undefined {
  const isByAuto = isAuto(route.call.model);
  if (!isByAuto && chosenBy !== 'rule' && chosenBy !== 'auto') return undefined;
  if (chosenBy === 'budget' || chosenBy === 'arm') return undefined;
  const at = new Date(route.nowMs ?? Date.now());
  const name = isByAuto ? baselineModel : route.call.model;
  if (name === undefined)
    return modelsOf({ ...route, pool, at }, 'strong').find((one) => fits(one, route.call, route.inputTokens))?.price;
  const found = readModelName(name, { accounts: route.accounts, pool, at });
  return found && priceOf(found);
}
