import type { NeutralCall } from '../dialects/neutral.ts';
import { noteAttempt, noteFailure } from '../telemetry/call-report.ts';
import type { CallDecision } from '../usage/call-record.ts';
import { coolingDown, errorOf, type FailedAttempt, mayGoOn, unaffordable } from './attempt.ts';
import type { Answered } from './attempt-outcome.ts';
import type { CompletionPorts } from './completion-ports.ts';
import { endCancelled } from './end-cancelled.ts';
import type { Funding } from './funding.ts';
import { holdNext } from './hold-next.ts';
import { ceilingToAsk } from './max-cost.ts';
import type { ModelCall } from './model-call.ts';
import { turnTo } from './open-call.ts';
import { promptCacheKey, withPromptMarks } from './prompt-cache.ts';
import { bookAttempt, closeUnanswered, type RunningCall } from './settle-call.ts';
import { prepareAttempt, tryCandidate } from './try-candidate.ts';
import { classUnknown, isNeedless, isUnknownModel, mostTelling } from './unknown-model.ts';
import { noteWarm, sessionOf } from './warm-session.ts';
import { withRoute } from './with-headers.ts';

/** Tries the candidates in order, never one twice, until one answers. */
export async function answerFrom(
  services: CompletionPorts,
  options: {
    request: ModelCall;
    call: NeutralCall;
    running: RunningCall;
    funding: Funding;
    decision: CallDecision | undefined;
  },
): Promise<Answered> {
  const { request, call, running, funding, decision } = options;
  // A second answer is no part of the conversation: the next call goes where the customer's own did.
  const session = running.isSecondAnswer ? undefined : sessionOf(request);
  const tried: FailedAttempt[] = [];
  for (const candidate of funding.candidates) {
    const { provider, account, model } = candidate;
    if (isNeedless(candidate, tried)) continue;
    const { workspaceId } = request.caller;
    const attempt = services.circuits.begin({ account, model, workspaceId }, tried.length > 0);
    if (attempt === undefined) {
      tried.push({ provider, model: candidate.model, failure: coolingDown });
      noteFailure(request.report, candidate, coolingDown);
      continue;
    }
    if (running.earlier !== undefined && !(await holdNext(services, { request, running, candidate, funding }))) {
      services.circuits.abandoned(attempt);
      tried.push({ provider, model: candidate.model, failure: unaffordable });
      noteFailure(request.report, candidate, unaffordable);
      continue;
    }
    const ceiling = ceilingToAsk(candidate, call, running.maxTokens);
    const cacheKey = promptCacheKey(services, { request, candidate, decision });
    const prepared = prepareAttempt({ request, call, candidate, ceiling, cacheKey });
    if ('unsupported' in prepared) {
      services.circuits.abandoned(attempt);
      // The call stays with the candidate that was asked last: its errors and its record name that one.
      if (tried.length > 0) continue;
      turnTo(running, candidate, attempt);
      await closeUnanswered(running, 'failed', prepared.unsupported.code);
      throw withRoute(prepared.unsupported, running);
    }
    turnTo(running, candidate, attempt);
    const { providerRequest } = prepared;
    const marked = withPromptMarks(services, providerRequest.body, { request, call, candidate });
    if (marked !== undefined) prepared.providerRequest = { ...providerRequest, body: marked };
    running.isMarked = marked !== undefined;
    running.attempts += 1;
    noteAttempt(request.report, candidate, running.attemptAt);
    const outcome = await tryCandidate(services, prepared);
    if (outcome.kind === 'gone') {
      services.circuits.abandoned(attempt);
      if (outcome.spent !== undefined) await bookAttempt(running, outcome.spent);
      throw await endCancelled(running, request);
    }
    if (outcome.kind !== 'failed') {
      // A stream has only begun: how it ends is what counts.
      if (session !== undefined) noteWarm(services, session, { request, candidate });
      if (outcome.kind === 'stream') services.circuits.abandoned(attempt);
      else services.circuits.succeeded(attempt);
      return outcome;
    }
    // The sandbox fails on request. That rests nothing: the next rehearsal, and every other workspace's, is answered.
    if (candidate.kind === 'sandbox') services.circuits.abandoned(attempt);
    else services.circuits.failed(attempt, outcome.failure);
    noteFailure(request.report, candidate, outcome.failure);
    if (outcome.spent !== undefined) await bookAttempt(running, outcome.spent);
    // Nobody waits for another try.
    if (request.cancellation.cancelled) throw await endCancelled(running, request);
    const isFirst = tried.every(({ failure }) => isUnknownModel(failure));
    tried.push({ provider, model: candidate.model, failure: outcome.failure });
    if (isUnknownModel(outcome.failure) && !candidate.named) {
      services.unknownModels.note({ ...candidate, message: outcome.failure.message });
      continue;
    }
    if (!mayGoOn(outcome.failure, isFirst)) break;
  }
  const error = classUnknown(funding.candidates[0], tried) ?? errorOf(mostTelling(tried));
  await closeUnanswered(running, 'failed', error.code);
  throw withRoute(error, running);
}
