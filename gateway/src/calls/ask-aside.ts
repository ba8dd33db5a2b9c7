import { isGatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { newId } from '../accounts/new-id.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import type { Candidate } from '../routing/candidate.ts';
import { routeCall } from '../routing/route.ts';
import { returnToDay, takeFromDay } from '../routing/shadow-day-store.ts';
import type { CallObserver } from '../telemetry/call-observer.ts';
import type { CallDecision } from '../usage/call-record.ts';
import type { Permit } from './admission.ts';
import { answerFrom } from './answer-from-candidates.ts';
import { Cancellation } from './cancellation.ts';
import type { CompletionPorts } from './completion-ports.ts';
import { maxCostOf } from './max-cost.ts';
import type { ModelCall } from './model-call.ts';
import { circuitsOf, openCall } from './open-call.ts';
import { closeUnanswered, settleCall } from './settle-call.ts';

export interface AsidePorts extends CompletionPorts {
  db: Pool;
  observer: CallObserver;
}

/** A call that nobody but the gateway asks for. */
export interface AsideCall {
  /** With the body that goes out; its caller and key are those of the customer's call. */
  request: ModelCall;
  call: NeutralCall;
  inputTokens: number;
  /** As the settings name it. */
  model: string;
  endpoint: string;
  maxTokens: number;
  dayLimitNanos: bigint;
  decision: CallDecision;
}

/** Dollars of a day that were set aside for several calls, and the count of those that have not gone out yet. */
export interface Purse {
  day: ReturnType<typeof dayOf>;
  nanos: bigint;
  calls: number;
  /** The number of the calls that are second answers. */
  answers: number;
  /** The prices of the calls as they were set aside for. */
  prices: ReadonlyMap<AsideCall, Priced>;
}

/** The model, and the most that asking it can cost. */
interface Priced {
  candidate: Candidate;
  holdNanos: bigint;
}

/**
 * Asks a model beside the customer's call: a call of its own with a row of its own, without tags, paid from the purse, and from the day's budget for
 * learning where the purse has too little. No budget and no rate limit of the customer is touched. Undefined where the model cannot take it, the
 * budget is spent, or the model failed.
 */
export async function askAside(
  services: AsidePorts,
  asked: AsideCall,
  { signal, purse }: { signal: AbortSignal; purse: Purse },
): Promise<{ model: string; body: Buffer | string } | undefined> {
  const priced = purse.prices.get(asked) ?? (await priceOf(services, asked));
  if (priced === undefined) return undefined;
  const { candidate, holdNanos } = priced;
  if (purse.nanos < holdNanos && !(await fillPurse(services, purse, { asked, nanos: holdNanos - purse.nanos })))
    return undefined;
  purse.nanos -= holdNanos;
  purse.calls -= 1;
  purse.answers -= answersOf(asked);
  let costNanos = 0n;
  try {
    const done = await ask(services, { ...asked, candidate, holdNanos }, signal);
    costNanos = done.costNanos;
    return done.body === undefined ? undefined : { model: candidate.model, body: done.body };
  } finally {
    purse.nanos += holdNanos - costNanos;
  }
}

/**
 * Sets the most that these calls can cost aside, all of it or nothing, so that no other call takes what a later one of them needs. Undefined where
 * the day has less, or one of the models cannot be asked.
 */
export async function setAside(
  services: AsidePorts,
  asked: readonly [AsideCall, ...AsideCall[]],
): Promise<Purse | undefined> {
  const prices = new Map<AsideCall, Priced>();
  let [nanos, answers] = [0n, 0];
  for (const one of asked) {
    const priced = prices.get(one) ?? (await priceOf(services, one));
    if (priced === undefined) return undefined;
    prices.set(one, priced);
    nanos += priced.holdNanos;
    answers += answersOf(one);
  }
  const [{ request, dayLimitNanos }] = asked;
  const purse = { day: dayOf(services, request), nanos, calls: asked.length, answers, prices };
  const isTaken = await takeFromDay(services.db, purse.day, { ...purse, limitNanos: dayLimitNanos });
  return isTaken ? purse : undefined;
}

function answersOf({ decision }: AsideCall): number {
  return decision.task === undefined ? 0 : 1;
}

/** Takes more of the day for calls that are counted already; false where it has less. */
async function fillPurse(
  { db }: AsidePorts,
  purse: Purse,
  { asked, nanos }: { asked: AsideCall; nanos: bigint },
): Promise<boolean> {
  const isTaken = await takeFromDay(db, purse.day, { nanos, limitNanos: asked.dayLimitNanos, calls: 0, answers: 0 });
  if (isTaken) purse.nanos += nanos;
  return isTaken;
}

/** Gives back what was not spent, and does not count what did not go out. */
export async function emptyPurse({ db }: Pick<AsidePorts, 'db'>, purse: Purse): Promise<void> {
  if (purse.nanos !== 0n || purse.calls !== 0) await returnToDay(db, purse.day, purse);
}

function dayOf({ now }: Pick<AsidePorts, 'now'>, { caller }: ModelCall) {
  const { workspaceId, livemode } = caller;
  return { workspaceId, livemode, day: new Date(now()).toISOString().slice(0, 10) };
}

/** Undefined where the model cannot be asked now, or has no price. */
async function priceOf(services: AsidePorts, asked: AsideCall): Promise<Priced | undefined> {
  const candidate = await candidateFor(services, asked);
  if (candidate?.price === undefined) return undefined;
  const { call, inputTokens, maxTokens } = asked;
  return { candidate, holdNanos: maxCostOf([candidate], call, { inputOf: () => inputTokens, most: maxTokens }) };
}

/** The model, if it can take the call and its provider is well. */
async function candidateFor(
  services: AsidePorts,
  { request, call, inputTokens, model }: AsideCall,
): Promise<Candidate | undefined> {
  const { workspaceId, livemode } = request.caller;
  const workspace = await services.workspaces.view(workspaceId);
  try {
    const [candidate] = routeCall({
      call: { ...call, model },
      kind: 'chat',
      inputTokens,
      fallbacks: 'none',
      workspaceFallbacks: {},
      pool: workspace.pool,
      accounts: workspace.accounts,
      livemode,
      ...circuitsOf(services, workspaceId),
      isUnknown: (account, name) => services.unknownModels.has(account, name),
      nowMs: services.now(),
    });
    return candidate;
  } catch (error) {
    if (isGatewayError(error)) return undefined;
    throw error;
  }
}

const noPermit: Permit = { headers: {}, markup: undefined, countRepeat: undefined, release: () => {} };
const noTags: ModelCall['tags'] = {};

async function ask(
  services: AsidePorts,
  asked: AsideCall & { candidate: Candidate; holdNanos: bigint },
  signal: AbortSignal,
): Promise<{ costNanos: bigint; body: Buffer | string | undefined }> {
  const { call, candidate, holdNanos, maxTokens, inputTokens, decision, endpoint, model } = asked;
  const receivedAtMs = services.now();
  const startedAt = performance.now();
  const report = services.observer.begin({ id: newId('req', receivedAtMs), endpoint, startedAt });
  report.caller = asked.request.caller;
  report.tags = noTags;
  report.modelRequested = model;
  const cancellation = new Cancellation();
  const stop = (): void => cancellation.cancel('stopping');
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const request: ModelCall = {
    ...asked.request,
    ...{ id: report.id, receivedAtMs, startedAt, report, cancellation },
    tags: noTags,
    fallbacks: 'none',
    // A cache write would be paid for nobody.
    wishes: { promptCache: 'none' },
    strict: false,
  };
  const funding = { hold: undefined, holdNanos, candidates: [candidate], maxTokens, inputTokens };
  const running = openCall(services, {
    ...{ request, funding, inputTokens, permit: noPermit, dialect: call.dialect, decision },
    call: { ...call, model },
  });
  try {
    const answer = await answerFrom(services, { request, call, running, funding, decision: undefined });
    if (answer.kind !== 'plain') throw new Error('a call that nobody waits for is never streamed');
    running.firstByteAt = answer.firstByteAt;
    running.model = answer.model;
    await settleCall(running, { status: 'succeeded', usage: answer.usage, text: answer.text, checks: answer.checks });
    return { costNanos: report.closed?.costNanos ?? 0n, body: answer.body };
  } catch (error) {
    if (!running.settled) await closeUnanswered(running, 'failed', 'internal_error').catch(() => {});
    // That the other model fails is no news to anybody: its row says so.
    if (!isGatewayError(error) && running.report.closed === undefined) throw error;
    return { costNanos: report.closed?.costNanos ?? 0n, body: undefined };
  } finally {
    signal.removeEventListener('abort', stop);
    services.observer.ended(report, {
      status: report.closed?.status === 'succeeded' ? 200 : 502,
      errorCode: report.closed?.errorCode,
      error: undefined,
    });
  }
}
