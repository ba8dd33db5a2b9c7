import { isGatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { findKey } from '../accounts/key-store.ts';
import { newId } from '../accounts/new-id.ts';
import type { TaskPool } from '../background/task-pool.ts';
import { wasErased } from '../clients/erase-client.ts';
import { withTransaction } from '../db/transaction.ts';
import { contentOf } from '../dialects/answer-content.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import type { NewEvent } from '../events/event.ts';
import type { Outbox } from '../events/outbox.ts';
import { pauseFor } from '../limits/policy-store.ts';
import { agree } from '../routing/agreement.ts';
import { featuresOf } from '../routing/call-structure.ts';
import type { Candidate } from '../routing/candidate.ts';
import { addSample } from '../routing/learned-heads-store.ts';
import { routeCall } from '../routing/route.ts';
import { sealFeatures } from '../routing/sealed-features.ts';
import { returnToDay, takeFromDay } from '../routing/shadow-day-store.ts';
import { addPair } from '../routing/task-claim-store.ts';
import type { CallObserver } from '../telemetry/call-observer.ts';
import { isLocked, type Permit } from './admission.ts';
import { answerFrom } from './answer-from-candidates.ts';
import { Cancellation } from './cancellation.ts';
import type { CompletionPorts } from './completion-ports.ts';
import { maxCostOf } from './max-cost.ts';
import type { ModelCall } from './model-call.ts';
import { circuitsOf, openCall } from './open-call.ts';
import { stopFor } from './refuse-stopped.ts';
import { closeUnanswered, settleCall } from './settle-call.ts';
import type { Shadow, ShadowQueue } from './shadow-queue.ts';

/**
 * Second answers: how `auto` learns, without a human, whether a small model does a task as well as a strong one.
 *
 *     an answer has left ──▶ queue ──▶ the other class answers the same call ──▶ its row is settled ──▶ compared ──▶ the task's claim
 *
 * A second answer is a call of its own with a row of its own (`shadow_of`), paid from the day's budget of the settings. No budget, rate
 * limit or tag of the customer is touched, and neither text is kept.
 */
interface ShadowPorts extends CompletionPorts {
  db: Pool;
  outbox: Outbox;
  observer: CallObserver;
  secret: string;
  shadows: ShadowQueue;
}

/** Begins as many as there is room for, none once the jobs stop. `signal` ends those under way. */
export function answerTwice(
  services: ShadowPorts,
  tasks: TaskPool,
  { signal, isStopping }: { signal: AbortSignal; isStopping: () => boolean },
): void {
  while (tasks.free > 0 && !isStopping()) {
    const shadow = services.shadows.next();
    if (shadow === undefined) return;
    const { id } = shadow.request;
    const task = answerOne(services, shadow, signal).finally(() => {
      services.shadows.ended();
      // The next one does not wait for the timer.
      setImmediate(() => answerTwice(services, tasks, { signal, isStopping }));
    });
    tasks.add(id, task, (cause) =>
      services.log.warn({ err: cause, shadowOf: id }, 'a second answer could not be compared'),
    );
  }
}

/** The answers that are compared are short; a model that thinks needs room beside. */
const answerTokensMax = 8_192;

async function answerOne(services: ShadowPorts, shadow: Shadow, signal: AbortSignal): Promise<void> {
  if (!(await isStillWanted(services, shadow))) return;
  const candidate = await candidateFor(services, shadow);
  if (candidate?.price === undefined) return;
  const { caller } = shadow.request;
  const { workspaceId, livemode } = caller;
  const maxTokens = Math.min(shadow.call.maxTokens ?? answerTokensMax, answerTokensMax);
  const holdNanos = maxCostOf([candidate], shadow.call, { inputOf: () => shadow.inputTokens, most: maxTokens });
  const day = new Date(services.now()).toISOString().slice(0, 10);
  const scope = { workspaceId, livemode, day };
  if (!(await takeFromDay(services.db, scope, { nanos: holdNanos, limitNanos: shadow.dayLimitNanos }))) return;
  let costNanos = 0n;
  try {
    const done = await ask(services, { shadow, candidate, holdNanos, maxTokens, signal });
    costNanos = done.costNanos;
    if (done.body !== undefined) await learn(services, { shadow, candidate, body: done.body });
  } finally {
    if (holdNanos !== costNanos) await returnToDay(services.db, scope, holdNanos - costNanos);
  }
}

/** Nobody has stopped, paused, locked or erased where the call comes from, nor deleted its key, since it was made. */
async function isStillWanted(services: ShadowPorts, { request }: Shadow): Promise<boolean> {
  const { caller, tags, receivedAtMs } = request;
  const { workspaceId, livemode, keyId, person } = caller;
  const policy = await services.policies.of(workspaceId, livemode);
  if (stopFor(policy.stops, tags) !== undefined || pauseFor(policy, tags) !== undefined || isLocked(policy, tags))
    return false;
  // People have sessions in the place of keys.
  if (person === undefined) {
    const key = await findKey(services.db, { workspaceId, id: keyId });
    if (key === undefined || (key.expiresAt !== undefined && key.expiresAt.getTime() <= services.now())) return false;
  }
  const { client } = tags;
  if (client === undefined) return true;
  return !(await wasErased(services, { workspaceId, livemode }, { name: client, sinceMs: receivedAtMs }));
}

/** The other model, if it can take the call and its provider is well. */
async function candidateFor(
  services: ShadowPorts,
  { request, call, inputTokens, other }: Shadow,
): Promise<Candidate | undefined> {
  const { workspaceId, livemode } = request.caller;
  const workspace = await services.workspaces.view(workspaceId);
  try {
    const [candidate] = routeCall({
      call: { ...call, model: other },
      kind: 'chat',
      inputTokens,
      fallbacks: 'none',
      workspaceFallbacks: {},
      pool: workspace.pool,
      accounts: workspace.accounts,
      livemode,
      ...circuitsOf(services, workspaceId),
      isUnknown: (account, model) => services.unknownModels.has(account, model),
      nowMs: services.now(),
    });
    return candidate;
  } catch (error) {
    if (isGatewayError(error)) return undefined;
    throw error;
  }
}

const noPermit: Permit = { headers: {}, markup: undefined, countRepeat: undefined, release: () => {} };

async function ask(
  services: ShadowPorts,
  options: { shadow: Shadow; candidate: Candidate; holdNanos: bigint; maxTokens: number; signal: AbortSignal },
): Promise<{ costNanos: bigint; body: Buffer | string | undefined }> {
  const { shadow, candidate, holdNanos, maxTokens, signal } = options;
  const { call, inputTokens, task, routingVersion } = shadow;
  const receivedAtMs = services.now();
  const startedAt = performance.now();
  const report = services.observer.begin({ id: newId('req', receivedAtMs), endpoint: 'second answer', startedAt });
  report.caller = shadow.request.caller;
  report.tags = noTags;
  report.modelRequested = shadow.other;
  const cancellation = new Cancellation();
  const stop = (): void => cancellation.cancel('stopping');
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const request: ModelCall = {
    ...shadow.request,
    ...{ id: report.id, receivedAtMs, startedAt, report, cancellation },
    tags: noTags,
    fallbacks: 'none',
    // A cache write would be paid for nobody.
    wishes: { promptCache: 'none' },
    strict: false,
  };
  const funding = { hold: undefined, holdNanos, candidates: [candidate], maxTokens, inputTokens };
  const running = openCall(services, {
    ...{ request, funding, inputTokens, permit: noPermit, dialect: call.dialect },
    call: { ...call, model: shadow.other },
    decision: { task, routingVersion, shadowOf: shadow.request.id },
  });
  try {
    const body = await answered(services, { request, running, funding, call, decision: undefined });
    return { costNanos: report.closed?.costNanos ?? 0n, body };
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

async function answered(
  services: ShadowPorts,
  { request, running, funding, call }: Parameters<typeof answerFrom>[1],
): Promise<Buffer | string | undefined> {
  const answer = await answerFrom(services, { request, call, running, funding, decision: undefined });
  if (answer.kind !== 'plain') throw new Error('a second answer is never streamed');
  running.firstByteAt = answer.firstByteAt;
  running.model = answer.model;
  await settleCall(running, { status: 'succeeded', usage: answer.usage, text: answer.text, checks: answer.checks });
  return answer.body;
}

const noTags: ModelCall['tags'] = {};

async function learn(
  services: ShadowPorts,
  { shadow, candidate, body }: { shadow: Shadow; candidate: Candidate; body: Buffer | string },
): Promise<void> {
  const other = contentOf(shadow.call.dialect, JSON.parse(String(body)) as JsonObject);
  const agrees = agree(shadow.kind, shadow.answer, other);
  if (agrees === undefined) return;
  const [weak, strong] = shadow.isStrong ? [candidate.model, shadow.model] : [shadow.model, candidate.model];
  const { workspaceId, livemode } = shadow.request.caller;
  const { task, topic, level } = shadow;
  await withTransaction(services.db, async (tx) => {
    await addSample(tx, {
      ...{ workspaceId, livemode, id: shadow.request.id, task },
      clientId: shadow.request.tags.client,
      sealedFeatures: sealFeatures(services.secret, { workspaceId, id: shadow.request.id }, featuresOf(shadow.call)),
      ...{ agreed: agrees, weak, strong },
    });
    const { claim, before, turned } = await addPair(
      tx,
      { workspaceId, livemode, task, topic, weak, strong, agrees },
      level,
    );
    if (turned === undefined) return;
    const seen = turned === 'cleared' ? claim : before;
    const event: NewEvent = {
      workspaceId,
      livemode,
      type: turned === 'cleared' ? 'auto.task_cleared' : 'auto.task_withdrawn',
      data: {
        task,
        model: weak,
        baseline_model: strong,
        pairs: seen.pairs,
        agreement: seen.pairs === 0 ? null : seen.agreed / seen.pairs,
        lower: claim.lower,
        level,
        scenario_id: shadow.request.tags.scenario ?? null,
      },
    };
    await services.outbox.record(tx, [event]);
  });
  services.outbox.deliverSoon();
}
