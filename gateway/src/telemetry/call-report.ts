import type { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import type { ProviderKind } from '../dialects/neutral.ts';
import type { ClosedCall } from '../usage/call-record.ts';

/** Where an attempt went. */
export interface AttemptTarget {
  provider: string;
  kind: ProviderKind;
  /** As that provider names it. */
  model: string;
}

/** An attempt that failed; the vendor's message is left out, since it may quote the caller. */
export interface AttemptReport extends AttemptTarget {
  /** `busy`, `timeout`, `account` … */
  error: string;
  status: number | undefined;
  /** Undefined for a provider that was passed over without being asked. */
  ms: number | undefined;
}

/** The facts of one request to a model endpoint, filled as it proceeds, for log, metrics and traces. Never a text, a header or a key. */
export interface CallReport {
  /** `req_…` */
  readonly id: string;
  readonly endpoint: string;
  readonly startedAt: number;
  readonly ip: string | undefined;
  /** `bg_…` of a call that is answered by callback. */
  readonly background: string | undefined;
  caller: Caller | undefined;
  tags: CallTags | undefined;
  modelRequested: string | undefined;
  streamed: boolean;
  /** The first answer to its Idempotency-Key was sent again. */
  replayed: boolean;
  /** The provider that counted the tokens, where only a count was asked for: it has no row. */
  provider: string | undefined;
  failures: AttemptReport[] | undefined;
  /** The attempt under way, with its start by `performance.now()`. */
  attempt: AttemptTarget | undefined;
  attemptStartedAt: number;
  /** The candidate that answered, or the last one tried; undefined where none was. */
  target: AttemptTarget | undefined;
  /** As the journal has it; undefined where the call was refused before it was opened. */
  closed: ClosedCall | undefined;
  /** The same without what earlier attempts came to. */
  last: ClosedCall | undefined;
  /** Undefined unless the call is traced. */
  trace: CallTrace | undefined;
}

export function newReport({
  id,
  endpoint,
  startedAt,
  ip,
  background,
}: Pick<CallReport, 'id' | 'endpoint' | 'startedAt'> & Partial<Pick<CallReport, 'ip' | 'background'>>): CallReport {
  return {
    id,
    endpoint,
    startedAt,
    ip,
    background,
    caller: undefined,
    tags: undefined,
    modelRequested: undefined,
    streamed: false,
    replayed: false,
    provider: undefined,
    failures: undefined,
    attempt: undefined,
    attemptStartedAt: 0,
    target: undefined,
    closed: undefined,
    last: undefined,
    trace: undefined,
  };
}

/** An attempt at one provider. */
export interface AttemptSpan {
  target: TracedTarget;
  /** By `performance.now()`. */
  startedAt: number;
  /** Undefined of the one that answered, which ends with the call. */
  endedAt: number | undefined;
  error: string | undefined;
  status: number | undefined;
}

export type TracedTarget = AttemptTarget & { baseUrl: string };

export interface CallTrace {
  traceId: string;
  spanId: string;
  /** The caller's own. */
  parentSpanId: string | undefined;
  state: string | undefined;
  attempts: AttemptSpan[];
  /** Known once the answer has gone by. */
  finishReasons: (() => readonly string[]) | undefined;
}

/** An attempt goes out. */
export function noteAttempt(report: CallReport, target: TracedTarget, startedAt: number): void {
  report.attempt = target;
  report.attemptStartedAt = startedAt;
  report.trace?.attempts.push({ target, startedAt, endedAt: undefined, error: undefined, status: undefined });
}

/** How it went for the client. */
export interface CallEnd {
  /** The HTTP status; 499 for a client that left before its answer began. */
  status: number;
  errorCode: string | undefined;
  /** The code of the client's error, where the call was refused or failed. */
  error?: GatewayError | undefined;
}

/** Names what came of an attempt, by its kind: what the vendor said of it may be the caller's own text. */
export function noteFailure(
  report: CallReport,
  target: AttemptTarget,
  failure: { kind: string; status?: number | undefined },
): void {
  report.failures ??= [];
  const { provider, kind, model } = target;
  const wentOut = report.attempt === target;
  report.attempt = undefined;
  const ms = wentOut ? Math.round(performance.now() - report.attemptStartedAt) : undefined;
  report.failures.push({ provider, kind, model, error: failure.kind, status: failure.status, ms });
  const attempt = report.trace?.attempts.at(-1);
  // A candidate that is cooling down was not tried.
  if (attempt === undefined || attempt.target !== target || attempt.endedAt !== undefined) return;
  attempt.endedAt = performance.now();
  attempt.status = failure.status;
  attempt.error = failure.status === undefined ? failure.kind : String(failure.status);
}

/** The model a body asks for, as far as it is a name: a text longer than any name is cut. */
export function nameOf(model: unknown): string | undefined {
  return typeof model === 'string' ? model.slice(0, nameMax) : undefined;
}

const nameMax = 200;
