import type { OutputOf } from '@ai-gateway/shared/contract';
import { toUsd } from '@ai-gateway/shared/money';
import { extrasNanos } from '../models/call-extras.ts';
import { likelyInputTokens } from '../models/count-tokens.ts';
import type { Candidate } from '../routing/candidate.ts';
import { type FindEvidence, outTokensOf } from '../routing/evidence.ts';
import { expectedNanos } from '../routing/expected-cost.ts';
import { warmReason } from '../routing/session-affinity.ts';
import { isOf, sessionIdOf } from '../routing/sessions.ts';
import type { Weighed } from '../routing/weigh-models.ts';
import { isThinking, workOf } from '../routing/work.ts';
import { billed, type Markup } from '../usage/markup.ts';
import type { DecidedRequest } from './decide-request.ts';
import { maxCostOf } from './max-cost.ts';

type Explanation = OutputOf<'routing.explain'>;
type ExplainedModel = Explanation['candidates'][number];

interface Weights {
  find: FindEvidence;
  markup: Markup | undefined;
}

/** The models that are asked, in their order, then those that `auto` weighed and left out. */
export function explainCandidates(whole: DecidedRequest, weights: Weights): ExplainedModel[] {
  const { candidates, auto } = whole.decided;
  const models = auto?.models ?? [];
  const others = models.filter(({ candidate: one }) => !candidates.some((asked) => isOf(asked, one)));
  return [
    ...candidates.map((candidate) =>
      described(
        candidate,
        models.find((one) => isOf(candidate, one.candidate)),
        { whole, ...weights },
      ),
    ),
    ...others.map((one) => ({
      ...described(one.candidate, one, { whole, ...weights }),
      left_out: one.leftOut ?? `${candidates[0]?.model} is asked: ${candidates[0]?.reason}`,
    })),
  ];
}

function described(
  candidate: Candidate,
  weighed: Weighed | undefined,
  { whole, find, markup }: { whole: DecidedRequest } & Weights,
): ExplainedModel {
  const { model, provider, price } = candidate;
  const { call, inputTokens, decided } = whole;
  const input = { inputOf: () => inputTokens, most: decided.limits?.maxOutputTokens };
  const most = price && maxCostOf([candidate], call, input);
  const likely = weighed?.expectedNanos ?? likelyNanos(candidate, whole, find);
  const expected = likely === undefined || price === undefined ? undefined : likely + extrasNanos(call.extras, price);
  const usd = (nanos: bigint | undefined): number | null => (nanos === undefined ? null : toUsd(billed(nanos, markup)));
  return {
    model,
    provider,
    expected_cost_usd: usd(expected !== undefined && most !== undefined && expected > most ? most : expected),
    dearest_cost_usd: usd(most),
    quality: qualityOf(weighed),
  };
}

/** The same measure as that of `auto`, for a model that it did not weigh. */
function likelyNanos(
  { model, price }: Candidate,
  { call, inputTokens, decided }: DecidedRequest,
  find: FindEvidence,
): bigint | undefined {
  const work = workOf(call, inputTokens);
  return (
    price &&
    expectedNanos(price, {
      inputTokens: likelyInputTokens(call, inputTokens),
      warmTokens: 0,
      outTokensMean: outTokensOf(find, { task: decided.decision?.task, topic: work.topic, model }),
      class: work.class,
      isThinking: isThinking(call),
      maxTokens: call.maxTokens,
      choices: call.choices,
    })
  );
}

/** Only compared pairs of the task count; what they do not prove is 0. */
function qualityOf(weighed: Weighed | undefined): ExplainedModel['quality'] {
  if (weighed === undefined || weighed.standing.pairs === 0) return null;
  const { proven = 0, pairs } = weighed.standing;
  return { lower: proven, n: pairs };
}

/** The conversation that keeps the call at a model or an account. */
export function explainSession({ request, call, decided }: DecidedRequest): Explanation['session'] {
  const [first] = decided.candidates;
  const isKept = decided.auto?.isKept === true && decided.decision?.chosenBy !== 'budget';
  if (first === undefined || !(isKept || first.reason === warmReason)) return null;
  return { id: sessionIdOf({ ...request, call }), because: first.reason };
}

/** The experiment of the call and its arm; a call that names no unit is in no arm. */
export function explainExperiment({ decided }: DecidedRequest): Explanation['experiment'] {
  const { experimentId, arm } = decided.decision ?? {};
  return experimentId === undefined || arm === undefined ? null : { id: experimentId, arm };
}
