import { isVendor } from '@ai-gateway/shared/provider-kinds';
import type { NeutralCall } from '../dialects/neutral.ts';
import { answerCeiling } from '../models/answer-ceiling.ts';
import { extrasNanos } from '../models/call-extras.ts';
import { boundOpaque } from '../models/count-tokens.ts';
import { InputCounter } from '../models/input-counter.ts';
import { affordableOutputTokens, maxCostNanos, type Price, withSound } from '../models/price.ts';
import type { Candidate } from '../routing/candidate.ts';
import type { FundingRequest } from './funding.ts';

/** The longest answer assumed of models without a known ceiling, and asked of those with a higher one. */
const unaskedTokensMax = 16_384;

/** Servers that merely speak OpenAI's dialect often have small models. */
const unknownTokensMax = 4_096;

/** The most tokens of input a candidate may bill for the call. */
export type InputOf = (candidate: Candidate) => number;

export async function exactInputs({
  call,
  json,
  candidates,
  inputTokens,
}: Pick<FundingRequest, 'call' | 'json' | 'candidates' | 'inputTokens'>): Promise<InputOf> {
  const counter = new InputCounter(call, json, inputTokens);
  const exact = new Map<Candidate, number>();
  for (const candidate of candidates) exact.set(candidate, await counter.tokensFor(candidate));
  return (candidate) => exact.get(candidate) ?? boundOpaque(inputTokens, candidate);
}

/** The highest over the candidates. `most`: no answer is longer than this. */
export function maxCostOf(
  candidates: readonly Candidate[],
  call: Pick<NeutralCall, 'maxTokens' | 'choices' | 'extras'>,
  { inputOf, most }: { inputOf: InputOf; most: number | undefined },
): bigint {
  let highest = 0n;
  for (const candidate of candidates) {
    const { price } = candidate;
    if (price === undefined) continue;
    const tokens = Math.min(ceilingOf(candidate, call), most ?? Number.POSITIVE_INFINITY) * (call.choices ?? 1);
    const { extras } = call;
    const held = extras?.sound === true ? withSound(price) : price;
    const answer = maxCostNanos(held, { inputTokens: inputOf(candidate), maxOutputTokens: tokens });
    const cost = answer * roundsOf(extras) + extrasNanos(extras, held);
    if (cost > highest) highest = cost;
  }
  return highest;
}

/** A summary of the conversation reads no more than the answer does, and is taken to be no longer. */
function roundsOf(extras: NeutralCall['extras']): bigint {
  return extras?.compacts === true ? 2n : 1n;
}

/** The most a candidate answers: no more than it is asked for, and no more than it can. */
export function ceilingOf(
  { kind, model, contextWindow }: Pick<Candidate, 'kind' | 'model' | 'contextWindow'>,
  { maxTokens }: Pick<NeutralCall, 'maxTokens'>,
): number {
  const own = answerCeiling(kind, model);
  if (maxTokens !== undefined) return Math.min(maxTokens, own ?? contextWindow ?? Number.POSITIVE_INFINITY);
  return own === undefined ? (isServer(kind) ? unknownTokensMax : unaskedTokensMax) : Math.min(own, unaskedTokensMax);
}

/** A call without a ceiling gets one, so that what is held is the most it can cost. */
export function unaskedCeiling(candidates: readonly Candidate[], call: NeutralCall): number | undefined {
  if (call.maxTokens !== undefined) return undefined;
  return candidates.some(({ kind }) => isServer(kind)) ? unknownTokensMax : unaskedTokensMax;
}

/** Is it a server of the operator's or the workspace's own, whose models nobody here knows? */
function isServer(kind: Candidate['kind']): boolean {
  return kind !== 'sandbox' && !isVendor(kind);
}

/** Must the ceiling be written into a request to this candidate, or is it the model's own or lower anyway? */
export function ceilingToAsk(
  candidate: Pick<Candidate, 'kind' | 'model'>,
  call: Pick<NeutralCall, 'maxTokens'>,
  maxTokens: number | undefined,
): number | undefined {
  if (maxTokens === undefined) return undefined;
  const own = call.maxTokens ?? answerCeiling(candidate.kind, candidate.model);
  return own !== undefined && own <= maxTokens ? undefined : maxTokens;
}

export function affordable(
  price: Price | undefined,
  { nanos, inputTokens, call }: { nanos: bigint; inputTokens: number; call: NeutralCall },
): number {
  if (price === undefined) return 0;
  const { extras } = call;
  const held = extras?.sound === true ? withSound(price) : price;
  const left = (nanos - extrasNanos(extras, held)) / roundsOf(extras);
  return Math.floor(affordableOutputTokens(held, { nanos: left, inputTokens }) / (call.choices ?? 1));
}
