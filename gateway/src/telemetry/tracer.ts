import { toUsd } from '@ai-gateway/shared/money';
import { findVendor } from '../providers/providers.ts';
import type { ClosedCall } from '../usage/call-record.ts';
import type { AttemptSpan, CallEnd, CallReport, CallTrace } from './call-report.ts';
import { type Span, spanKind } from './span.ts';
import { newSpanId, newTraceId, readTraceContext } from './trace-context.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * A server span a call and a client span for each of its attempts, named by OpenTelemetry's conventions for HTTP and for generative
 * AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/). Never a text. The tokens are on the attempts only, so that
 * a sum over all spans counts them once.
 */
export class Tracer {
  readonly #export: (span: Span) => void;
  /** From `performance.now()` to Unix time. */
  readonly #originMs: number;

  constructor(options: { export: (span: Span) => void }) {
    this.#export = options.export;
    this.#originMs = performance.timeOrigin;
  }

  /** Undefined where the caller's trace is not recorded. */
  begin(headers: Headers): CallTrace | undefined {
    const parent = readTraceContext(headers.traceparent, headers.tracestate);
    if (parent?.isSampled === false) return undefined;
    return {
      traceId: parent?.traceId ?? newTraceId(),
      spanId: newSpanId(),
      parentSpanId: parent?.spanId,
      state: parent?.state,
      attempts: [],
      finishReasons: undefined,
    };
  }

  ended(report: CallReport, end: CallEnd, trace: CallTrace): void {
    const nowMs = performance.now();
    for (const [at, attempt] of trace.attempts.entries()) {
      const isLast = at === trace.attempts.length - 1;
      this.#export(this.#attemptSpan(report, trace, attempt, { isLast, nowMs }));
    }
    this.#export(this.#callSpan(report, end, trace, nowMs));
  }

  #callSpan(report: CallReport, end: CallEnd, trace: CallTrace, nowMs: number): Span {
    const { caller, tags, closed, endpoint } = report;
    const code = end.errorCode ?? closed?.errorCode;
    return {
      traceId: trace.traceId,
      spanId: trace.spanId,
      parentSpanId: trace.parentSpanId,
      traceState: trace.state,
      name: `POST ${endpoint}`,
      kind: spanKind.server,
      startMs: this.#originMs + report.startedAt,
      endMs: this.#originMs + nowMs,
      isError: end.status >= 500 || closed?.status === 'failed',
      attributes: {
        'http.request.method': 'POST',
        'http.route': endpoint,
        'url.path': endpoint,
        'http.response.status_code': end.status,
        'client.address': report.ip,
        'error.type': code,
        'gen_ai.operation.name': operationOf(endpoint),
        'gen_ai.request.model': report.modelRequested,
        'gateway.request.id': report.id,
        'gateway.background.id': report.background,
        'gateway.livemode': caller?.livemode,
        'gateway.workspace.id': caller?.workspaceId,
        'gateway.key.id': caller?.keyId,
        'gateway.key.name': caller?.keyName,
        'gateway.client_id': tags?.client,
        'gateway.project': tags?.project,
        'gateway.scenario_id': tags?.scenario,
        'gateway.scenario_platform': tags?.platform,
        'gateway.execution_id': tags?.execution,
        'gateway.route': closed?.route,
        'gateway.attempts': closed?.attempts,
        'gateway.status': closed?.status,
        ...costOf(closed, caller?.livemode),
      },
    };
  }

  #attemptSpan(
    { closed, last, endpoint, streamed }: CallReport,
    trace: CallTrace,
    { target, startedAt, endedAt, error, status }: AttemptSpan,
    { isLast, nowMs }: { isLast: boolean; nowMs: number },
  ): Span {
    const operation = operationOf(endpoint);
    const usage = isLast ? last?.usage : undefined;
    const failed = error ?? (isLast && closed?.status === 'failed' ? (closed.errorCode ?? 'failed') : undefined);
    const name = findVendor(target.kind)?.vendor.otelName ?? target.provider;
    return {
      traceId: trace.traceId,
      spanId: newSpanId(),
      parentSpanId: trace.spanId,
      traceState: trace.state,
      name: `${operation} ${target.model}`,
      kind: spanKind.client,
      startMs: this.#originMs + startedAt,
      endMs: this.#originMs + (endedAt ?? nowMs),
      isError: failed !== undefined,
      attributes: {
        'gen_ai.operation.name': operation,
        'gen_ai.provider.name': name,
        // The name before conventions 1.37, which many collectors still read.
        'gen_ai.system': name,
        'gen_ai.request.model': target.model,
        'gen_ai.request.stream': streamed,
        'gen_ai.response.model': isLast && failed === undefined ? closed?.model : undefined,
        'gen_ai.response.finish_reasons': isLast ? trace.finishReasons?.() : undefined,
        'gen_ai.usage.input_tokens': usage?.inputTokens,
        'gen_ai.usage.output_tokens': usage?.outputTokens,
        'gen_ai.usage.cache_read.input_tokens': usage?.cachedTokens,
        'gen_ai.usage.cache_creation.input_tokens': usage?.cacheWriteTokens,
        'gateway.usage.reasoning_tokens': usage?.reasoningTokens,
        'gateway.time_to_first_byte_ms': isLast ? closed?.ttftMs : undefined,
        'gateway.provider': target.provider,
        'http.response.status_code': status,
        'error.type': failed,
        ...addressOf(target.baseUrl),
      },
    };
  }
}

/** Rehearsed costs are not costs: a sum over all spans is what is billed. */
function costOf(
  closed: ClosedCall | undefined,
  livemode: boolean | undefined,
): Record<string, number | boolean | undefined> {
  if (closed === undefined) return {};
  const usd = toUsd(closed.costNanos);
  return livemode === true
    ? { 'gateway.cost_usd': usd, 'gateway.cost.estimated': closed.estimated }
    : { 'gateway.cost_usd': 0, 'gateway.rehearsed_cost_usd': usd };
}

function operationOf(endpoint: string): string {
  if (endpoint.endsWith('/embeddings')) return 'embeddings';
  return endpoint.endsWith('/count_tokens') ? 'count_tokens' : 'chat';
}

/** The sandbox has none. */
function addressOf(baseUrl: string | undefined): Record<string, string | number> {
  if (baseUrl === undefined || baseUrl === '' || !URL.canParse(baseUrl)) return {};
  const { hostname, port, protocol } = new URL(baseUrl);
  return { 'server.address': hostname, 'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}
