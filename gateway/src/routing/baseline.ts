import type { ModelPool } from '../accounts/workspace-store.ts';
import type { Price } from '../models/price.ts';
import type { CallDecision } from '../usage/call-record.ts';
import { isAuto } from './auto-mode.ts';
import type { RouteInput } from './candidate.ts';
import type { FindEvidence } from './evidence.ts';
import { fits } from './fit.ts';
import { readModelName } from './model-name.ts';
import { modelsOf, priceOf } from './reachable.ts';

/** A model that would have answered without the gateway's choice. */
interface PricedModel {
  model: string;
  price: Price;
}

/**
 * The model that would have answered without the gateway's choice: for a call to `auto` the one that the workspace compares
 * with, else the first strong model that can take the call; for a call whose model a rule replaced, by another model or by `auto`, that model.
 * Undefined where nobody but the caller chose.
 */
export function baselineModelOf(
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
): PricedModel | undefined {
  const isByAuto = isAuto(route.call.model);
  if (!isByAuto && chosenBy !== 'rule' && chosenBy !== 'auto') return undefined;
  if (chosenBy === 'budget' || chosenBy === 'arm') return undefined;
  const at = new Date(route.nowMs ?? Date.now());
  const name = isByAuto ? baselineModel : route.call.model;
  if (name === undefined) {
    const first = modelsOf({ ...route, pool, at }, 'strong').find((one) => fits(one, route.call, route.inputTokens));
    return first?.price && { model: first.model, price: first.price };
  }
  const found = readModelName(name, { accounts: route.accounts, pool, at });
  const price = found && priceOf(found);
  return price && { model: found.model, price };
}

/** Savings of a call are measured against it. */
export interface Baseline {
  price: Price;
  /**
   * Of the tokens that a model has written, the share that the baseline would have, from 0 to 1. A small model that thinks for long saves nothing by
   * tokens that the baseline would not have written.
   */
  lengthShare: (model: string) => number;
}

/** Fewer answers of a model at a task say nothing of their length. */
const leastAnswers = 20;

/** By the mean lengths of answers to the task; 1 where one of them is unknown. Longer answers of the baseline are not claimed. */
export function lengthShareOf(
  find: FindEvidence,
  { task, baseline, model }: { task: string | undefined; baseline: string; model: string },
): number {
  if (task === undefined) return 1;
  const own = find({ task }, baseline);
  const other = find({ task }, model);
  if ((own?.answers ?? 0) < leastAnswers || (other?.answers ?? 0) < leastAnswers) return 1;
  const [ownMean, otherMean] = [own?.outTokensMean ?? 0, other?.outTokensMean ?? 0];
  return otherMean > 0 ? Math.min(1, ownMean / otherMean) : 1;
}
