import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import { findKey } from '../accounts/key-store.ts';
import { newId } from '../accounts/new-id.ts';
import { seesMargin } from '../accounts/own-tags.ts';
import { type BackgroundOutcome, readRequest, sealFor, unsealFor } from '../background/background.ts';
import {
  type BackgroundRow,
  dropBackground,
  finishBackground,
  putOff,
  queueAgain,
  takeAbandoned,
  takeQueued,
} from '../background/background-store.ts';
import { outlivesClient } from '../background/erase-waiting.ts';
import type { TaskPool } from '../background/task-pool.ts';
import { withTransaction } from '../db/transaction.ts';
import { untilWritten } from '../db/until-written.ts';
import { chat } from '../dialects/chat.ts';
import { withPlainKeys } from '../dialects/edit-json.ts';
import { parseMembers } from '../dialects/exact-json.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { readUsedName } from '../prompts/prompt.ts';
import type { CallObserver } from '../telemetry/call-observer.ts';
import { type CallReport, nameOf } from '../telemetry/call-report.ts';
import { Cancellation } from './cancellation.ts';
import { completeCall } from './complete-call.ts';
import type { CompletionPorts } from './completion-ports.ts';
import type { PlainAnswer } from './model-call.ts';

export interface AbandonedPorts {
  db: Pool;
  processId: string;
  secret: string;
}

interface BackgroundPorts extends CompletionPorts, AbandonedPorts {
  observer: CallObserver;
}

/** Begins the background calls that wait, as many as there is room for. `signal` ends those under way when the process stops. */
export async function runBackground(services: BackgroundPorts, tasks: TaskPool, signal: AbortSignal): Promise<void> {
  if (tasks.free === 0) return;
  for (const row of await take(services, tasks))
    tasks.add(row.id, runOne(services, row, signal), (cause) =>
      services.log.warn({ err: cause, backgroundId: row.id }, 'the outcome of a background call could not be stored'),
    );
}

/** Calls taken by an answer that was lost are nobody's: nothing was sent for them, so they wait again. */
async function take(services: BackgroundPorts, tasks: TaskPool): Promise<BackgroundRow[]> {
  if (tasks.inDoubt) await queueAgain(services.db, services.processId, tasks.ids);
  tasks.inDoubt = true;
  const rows = await takeQueued(services.db, services.processId, tasks.free);
  tasks.inDoubt = false;
  return rows;
}

async function runOne(services: BackgroundPorts, row: BackgroundRow, signal: AbortSignal): Promise<void> {
  // Its answer would bring the name back.
  if (await untilWritten(() => outlivesClient(services, row), signal))
    return untilWritten(() => dropBackground(services.db, row), signal);
  const receivedAtMs = services.now();
  const report = services.observer.begin({
    id: newId('req', receivedAtMs),
    endpoint: '/v1/chat/completions/background',
    background: row.id,
    startedAt: performance.now(),
  });
  const { outcome, status, error } = await answer(services, row, { report, receivedAtMs, signal });
  // It was taken with a 202: nothing was asked of a provider yet, so it is tried again when there is room.
  if (outcome.error?.code === 'rate_limited' && (await waits(services, row, signal))) return services.observer.putOff();
  services.observer.ended(report, { status, errorCode: outcome.error?.code, error });
  const sealed = sealFor(services.secret, row, 'outcome', JSON.stringify(outcome));
  const state = outcome.error === undefined ? 'completed' : 'failed';
  // The call is paid for: its outcome is not lost because the database is away for a while.
  await untilWritten(() => finishBackground(services.db, row, { state, sealed }), signal);
}

const rateLimitedMs = 5_000;

function waits(services: BackgroundPorts, row: BackgroundRow, signal: AbortSignal): Promise<boolean> {
  const { db, processId } = services;
  return untilWritten(() => putOff(db, row, { processId, delayMs: rateLimitedMs }), signal);
}

async function answer(
  services: BackgroundPorts,
  row: BackgroundRow,
  { report, receivedAtMs, signal }: { report: CallReport; receivedAtMs: number; signal: AbortSignal },
): Promise<{ outcome: BackgroundOutcome; status: number; error?: GatewayError }> {
  const cancellation = new Cancellation();
  const stop = (): void => cancellation.cancel('stopping');
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    if (row.sealedRequest === undefined) throw new Error('a background call that waits has its request');
    const request = readRequest(unsealFor(services.secret, row, 'request', row.sealedRequest));
    const caller = await callerNow(services, row, signal);
    const body = Buffer.from(request.body);
    const outline = outlineJson(body);
    const json = parseMembers(withPlainKeys(body, outline).toString('utf8'), outline);
    report.caller = caller;
    report.tags = request.tags;
    report.modelRequested = nameOf(json.model);
    const answered = await completeCall(services, {
      id: report.id,
      receivedAtMs,
      startedAt: performance.now(),
      caller,
      tags: request.tags,
      dialect: chat,
      body,
      outline,
      json,
      fallbacks: request.fallbacks,
      strict: request.strict,
      wishes: request.wishes,
      acceptedLabel: request.promptLabel,
      anthropicHeaders: {},
      cancellation,
      report,
    });
    if (answered.kind !== 'plain') throw new Error('a background call is never streamed');
    const outcome: BackgroundOutcome = {
      response: JSON.parse(answered.body.toString('utf8')) as JsonObject,
      billed: !seesMargin(caller),
      request_id: report.id,
      ...figuresIn(answered),
    };
    return { outcome, status: 200 };
  } catch (error) {
    const refusal = isGatewayError(error) ? error : unforeseen(services, error, row.id);
    return { outcome: { error: tell(refusal) }, status: refusal.status, error: refusal };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The gateway's figures beside an answer, where it has them. */
function figuresIn({ headers, route }: PlainAnswer): Omit<BackgroundOutcome, 'response' | 'error' | 'billed'> {
  const budget = headers['x-gateway-budget-remaining-usd'];
  const saved = headers['x-gateway-saved-usd'];
  const provider = headers['x-gateway-provider'];
  const cache = headers['x-gateway-cache'];
  const prompt = headers['x-gateway-prompt'];
  return {
    cost_usd: Number(headers['x-gateway-cost-usd']),
    ...(budget === undefined ? {} : { budget_remaining_usd: Number(budget) }),
    ...(saved === undefined ? {} : { saved_usd: Number(saved) }),
    ...(provider === undefined ? {} : { provider }),
    ...(route === undefined ? {} : { route }),
    ...(cache === undefined ? {} : { cache: cache.split(';')[0] ?? cache }),
    ...(prompt === undefined ? {} : { prompt: readUsedName(prompt) }),
  };
}

/** The key as it is now: one that was deleted or has expired since has nothing run any more. */
async function callerNow(
  { db, now }: Pick<BackgroundPorts, 'db' | 'now'>,
  { workspaceId, keyId }: BackgroundRow,
  signal: AbortSignal,
): Promise<Caller> {
  const caller = await untilWritten(() => findKey(db, { workspaceId, id: keyId }), signal);
  if (caller === undefined || (caller.expiresAt !== undefined && caller.expiresAt.getTime() <= now()))
    throw new GatewayError(
      'invalid_api_key',
      'The API key of this background call was deleted or has expired, so the call was not made.',
    );
  return caller;
}

function unforeseen(services: BackgroundPorts, cause: unknown, id: string): GatewayError {
  services.log.error({ err: cause, backgroundId: id }, 'a background call failed unexpectedly');
  return new GatewayError('internal_error', 'Something went wrong inside the gateway. Try again.');
}

function tell(error: GatewayError): { message: string; code: string } {
  return { message: error.message, code: error.code };
}

/** Calls that a dead process was running count as failed: whether their provider was paid is unknown, so they are not run twice. */
export async function failAbandoned(services: AbandonedPorts): Promise<void> {
  const error = tell(
    new GatewayError('internal_error', 'The gateway stopped while this call was running. Send it again.'),
  );
  const outcome = JSON.stringify({ error } satisfies BackgroundOutcome);
  await withTransaction(services.db, async (tx) => {
    for (const row of await takeAbandoned(tx, services.processId))
      await finishBackground(tx, row, { state: 'failed', sealed: sealFor(services.secret, row, 'outcome', outcome) });
  });
}
