import { parseUsd } from '@ai-gateway/shared/money';
import { isWhole } from '../cache/cached-answer.ts';
import { type AnswerContent, contentOf } from '../dialects/answer-content.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { agree, checkableOf } from '../routing/agreement.ts';
import type { AutoTrace } from '../routing/auto.ts';
import type { ModelJudge } from '../routing/auto-settings.ts';
import type { EvidenceCache } from '../routing/evidence-cache.ts';
import type { EvidenceView } from '../routing/evidence-view.ts';
import { shadowPercent } from '../routing/task-claim.ts';
import type { Weighed } from '../routing/weigh-models.ts';
import { finishReasonsOf } from '../telemetry/finish-reasons.ts';
import { isPending } from './is-pending.ts';
import { isJudgeableCall } from './judgeable.ts';
import type { ModelCall } from './model-call.ts';
import type { RunningCall } from './settle-call.ts';
import { isAtWarning, type Shadow, type ShadowQueue } from './shadow-queue.ts';
import { isStored } from './stored-answer.ts';

export interface OfferPorts {
  evidence: EvidenceCache;
  shadows: ShadowQueue;
}

/** A call that `auto` decided and that was answered. */
interface AnsweredCall {
  request: ModelCall;
  call: NeutralCall;
  inputTokens: number;
  trace: AutoTrace | undefined;
  routingVersion: number | undefined;
  running: RunningCall;
  body: Buffer | string;
}

/**
 * Puts a call on the list of those that the other class answers too, where its workspace learns, its task is known, and its answer can be
 * compared. Costs a look at two fields where nobody learns.
 */
export function offerShadow(services: OfferPorts, answered: AnsweredCall): void {
  const { trace } = answered;
  if (trace?.learning.enabled !== true || trace.task === undefined) return;
  // It was read to decide the call, so it is there.
  const view = services.evidence.of(answered.request.caller.workspaceId, answered.request.caller.livemode);
  if (!isPending(view)) offerLearned(services, { ...answered, trace, task: trace.task, view });
}

function offerLearned(
  services: OfferPorts,
  options: AnsweredCall & { trace: AutoTrace; task: string; view: EvidenceView },
): void {
  const { request, call, inputTokens, trace, task, view, running, body, routingVersion } = options;
  const { learning, models, quality, level } = trace;
  // Feedback is what people say of the answer they got: nobody sees a second one.
  if (learning.judge === 'feedback' || isAtWarning(running) || !isRepeatable(request, call)) return;
  const own = models.find(({ candidate }) => candidate.model === running.candidate?.model);
  if (own === undefined) return;
  const other = otherOf(own, models);
  if (other === undefined) return;
  const [weak, strong] = own.class === 'small' ? [own, other] : [other, own];
  const percent = shadowPercent(view.claimOf(task, weak.candidate.model, strong.candidate.model), {
    level: quality,
    samplePercent: learning.sample_percent,
    version: request.prompt?.version,
  });
  if (positionOf(request.id) >= percent) return;
  const answer = contentOf(call.dialect, JSON.parse(String(body)) as JsonObject);
  const judge = typeof learning.judge === 'object' && isJudgeable(call, body) ? learning.judge : undefined;
  const kind = comparableOf(answer, { mustBeJson: call.output.kind !== 'text', judge });
  services.shadows.add({
    ...{ request, call, inputTokens, task, routingVersion, answer, kind, judge },
    topic: trace.work.topic,
    model: own.candidate.model,
    isStrong: own.class === 'strong',
    other: `${other.candidate.provider}/${other.candidate.model}`,
    otherModel: other.candidate.model,
    level,
    dayLimitNanos: parseUsd(learning.max_usd_per_day) ?? 0n,
  });
}

/** JSON of long texts alone is free text, too. */
function comparableOf(
  answer: AnswerContent,
  { mustBeJson, judge }: { mustBeJson: boolean; judge: ModelJudge | undefined },
): Shadow['kind'] {
  const kind = checkableOf(answer, { mustBeJson });
  if (judge !== undefined) return kind ?? 'free';
  return kind === undefined || agree(kind, answer, answer) === 'texts' ? 'none' : kind;
}

/** The first of the other class: the one that `auto` would take. */
function otherOf(own: Weighed, models: readonly Weighed[]): Weighed | undefined {
  return models.find((one) => one.class !== own.class && one.candidate.price !== undefined);
}

/** May it be sent once more? Not where the vendor keeps something of it, uses tools of its own, or answers several times. */
function isRepeatable(request: ModelCall, call: NeutralCall): boolean {
  return (
    !call.stream &&
    !isStored(request) &&
    call.onlyNative.length === 0 &&
    call.extras === undefined &&
    (call.choices ?? 1) === 1
  );
}

/** An answer that was cut is worse for the cut alone. */
function isJudgeable(call: NeutralCall, body: Buffer | string): boolean {
  return isJudgeableCall(call) && isWhole(finishReasonsOf(body));
}

/** From 0 to 100, the same for the same id. */
function positionOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 42_949_672.96;
}
