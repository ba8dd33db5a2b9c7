import { toUsd } from '@ai-gateway/shared/money';
import { seesMargin } from '../accounts/own-tags.ts';
import type { Hit } from '../cache/response-cache.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import type { Decision } from '../routing/decide.ts';
import { billed } from '../usage/markup.ts';
import { savingsOfHit } from '../usage/savings.ts';
import type { Permit } from './admission.ts';
import type { CompletionPorts } from './completion-ports.ts';
import { closingComment } from './finish-stream.ts';
import { hidingCost } from './hide-cost.ts';
import type { ModelAnswer, ModelCall } from './model-call.ts';
import { openCall } from './open-call.ts';
import { closeHit, leastRemaining, routeOf, settledHeaders, usdText } from './settle-call.ts';
import type { StreamSink } from './stream-run.ts';

/**
 * Answers a call with what an equal one was answered. It is a call like any other, with a row of its own, durable before the first byte
 * leaves; but it holds no money and costs nothing, so it is answered though a budget is spent.
 */
export async function answerHit(
  services: Pick<CompletionPorts, 'journal' | 'ledger'>,
  input: {
    request: ModelCall;
    call: NeutralCall;
    permit: Permit;
    balances: readonly BudgetBalance[];
    decided: Decision;
    leftOut: readonly string[] | undefined;
    hit: Hit;
  },
): Promise<ModelAnswer> {
  const { request, call, permit, balances, decided, leftOut, hit } = input;
  const { model, provider, costNanos, dropped } = hit.answer;
  const [candidate] = decided.candidates;
  const running = openCall(services, {
    ...{ request, call, dialect: call.dialect, permit, leftOut, decision: decided.decision },
    inputTokens: 0,
    funding: { hold: undefined, holdNanos: 0n, candidates: decided.candidates, maxTokens: undefined },
    candidate: candidate && { ...candidate, provider, reason },
  });
  if (running.candidate !== undefined) request.report.target = running.candidate;
  running.firstByteAt = performance.now();
  const savings = savingsOfHit({
    baseline: decided.baseline?.price,
    lengthShare: candidate && decided.baseline?.lengthShare(candidate.model),
    price: candidate?.price,
    usage: hit.answer.usage,
    firstCostNanos: costNanos,
  });
  await closeHit(running, { model, provider, savings });
  // A client is not shown what the agency saves by its choice of models.
  const savedNanos = seesMargin(request.caller) ? savings.totalNanos : costNanos;
  const headers = settledHeaders(running, request.id, { dropped, costNanos: 0n, savedNanos });
  const left = leastRemaining(balances, running);
  if (left !== undefined) headers['x-gateway-budget-remaining-usd'] = usdText(left);
  const { body, tailBytes } = hit.answer;
  // It may have been kept for a key that sees what a server says of the price.
  const shown = hidingCost(request) ?? asItIs;
  if (!call.stream) return { kind: 'plain', headers, route: routeOf(running), body: shown(body) };
  const figures = {
    cost_usd: 0,
    ...(left === undefined ? {} : { budget_remaining_usd: toUsd(left) }),
    cache: 'hit',
    saved_usd: toUsd(billed(savedNanos, permit.markup)),
  };
  const end = body.length - tailBytes;
  return {
    kind: 'stream',
    headers: { ...headers, 'cache-control': 'no-cache' },
    pump: async (sink) => {
      await send(sink, shown(body.subarray(0, end)));
      return { tail: [closingComment(figures), shown(body.subarray(end))], whole: true };
    },
  };
}

const reason = 'response cache';

const asItIs = (bytes: Buffer): Buffer => bytes;

async function send(sink: StreamSink, bytes: Buffer): Promise<void> {
  if (bytes.length > 0 && !sink.write(bytes)) await new Promise<void>((resolve) => sink.drained(resolve));
}
