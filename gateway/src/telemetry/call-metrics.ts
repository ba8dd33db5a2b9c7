import { Counter, Gauge, type Registry } from 'prom-client';
import type { ProviderKind } from '../dialects/neutral.ts';
import { findModel } from '../models/catalog.ts';
import type { ClosedCall } from '../usage/call-record.ts';
import type { CallEnd, CallReport } from './call-report.ts';
import { Distribution, LeanHistogram } from './lean-histogram.ts';

/**
 * Of OpenTelemetry's GenAI conventions (`gen_ai.client.operation.duration`, `gen_ai.server.time_to_first_token`), and two more for
 * answers that take minutes.
 */
const secondsBounds = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 327.68,
];

type Status = ClosedCall['status'];

/** Calls of one provider, model and status. */
interface StatusSeries {
  labels: { provider: string; model: string; status: Status };
  calls: number;
  seconds: Distribution;
  firstByte: Distribution;
}

/** Calls of one provider and model. */
interface ModelSeries {
  labels: { provider: string; model: string };
  byStatus: Partial<Record<Status, StatusSeries>>;
  input: number;
  cached: number;
  cacheWrite: number;
  output: number;
  reasoning: number;
  costNanos: bigint;
}

/** Names of models come from callers: how many are remembered is bounded. */
const namesMax = 5_000;
const noProvider = 'none';

/**
 * The metrics of calls. Labels are bounded: providers are kinds (an account of a workspace's own counts under its kind), models
 * are the catalogue's, statuses and codes are ours.
 */
export class CallMetrics {
  readonly #byName = new Map<string, Map<string, ModelSeries>>();
  readonly #series = new Map<string, ModelSeries>();
  readonly #requests = new Map<string, { endpoint: string; status: string; count: number }>();
  readonly #refusals = new Map<string, number>();
  readonly #failures = new Map<string, { provider: string; reason: string; count: number }>();
  #underWay = 0;

  constructor(registry: Registry) {
    const registers = [registry];
    const { all, statuses } = { all: () => this.#series.values(), statuses: () => this.#statuses() };
    new Counter({
      name: 'gateway_calls_total',
      help: 'Calls to models that are over; status is succeeded, failed or cancelled',
      labelNames: ['provider', 'model', 'status'],
      registers,
      collect() {
        this.reset();
        for (const { labels, calls } of statuses()) this.inc(labels, calls);
      },
    });
    new LeanHistogram({
      name: 'gateway_call_duration_seconds',
      help: 'From the arrival of a call to the end of its answer',
      labelNames: ['provider', 'model', 'status'],
      bounds: secondsBounds,
      registers,
      read: () => statuses().map(({ labels, seconds }) => ({ labels, distribution: seconds })),
    });
    new LeanHistogram({
      name: 'gateway_first_byte_seconds',
      help: 'From the arrival of a call to the first byte of its provider',
      labelNames: ['provider', 'model', 'status'],
      bounds: secondsBounds,
      registers,
      read: () => statuses().map(({ labels, firstByte }) => ({ labels, distribution: firstByte })),
    });
    new Counter({
      name: 'gateway_tokens_total',
      help: 'Tokens used; kind input includes cached and cache_write, kind output includes reasoning',
      labelNames: ['provider', 'model', 'kind'],
      registers,
      collect() {
        this.reset();
        for (const { labels, input, cached, cacheWrite, output, reasoning } of all()) {
          this.inc({ ...labels, kind: 'input' }, input);
          this.inc({ ...labels, kind: 'cached' }, cached);
          this.inc({ ...labels, kind: 'cache_write' }, cacheWrite);
          this.inc({ ...labels, kind: 'output' }, output);
          this.inc({ ...labels, kind: 'reasoning' }, reasoning);
        }
      },
    });
    new Counter({
      name: 'gateway_cost_usd_total',
      help: 'Cost of calls at their providers, in dollars; provider sandbox is test mode, which costs nothing',
      labelNames: ['provider', 'model'],
      registers,
      collect() {
        this.reset();
        for (const { labels, costNanos } of all()) this.inc(labels, Number(costNanos) / 1e9);
      },
    });
    const failures = this.#failures;
    new Counter({
      name: 'gateway_failed_attempts_total',
      help: 'Attempts that failed, also where a fallback then answered the call',
      labelNames: ['provider', 'reason'],
      registers,
      collect() {
        this.reset();
        for (const { count, ...labels } of failures.values()) this.inc(labels, count);
      },
    });
    const refusals = this.#refusals;
    new Counter({
      name: 'gateway_refusals_total',
      help: 'Requests that the gateway refused before any provider was asked, by the code of the error',
      labelNames: ['code'],
      registers,
      collect() {
        this.reset();
        for (const [code, count] of refusals) this.inc({ code }, count);
      },
    });
    const requests = this.#requests;
    new Counter({
      name: 'gateway_http_requests_total',
      help: 'Requests by endpoint and HTTP status; 499: the client left before its answer began',
      labelNames: ['endpoint', 'status'],
      registers,
      collect() {
        this.reset();
        for (const { count, ...labels } of requests.values()) this.inc(labels, count);
      },
    });
    const underWay = (): number => this.#underWay;
    new Gauge({
      name: 'gateway_calls_under_way',
      help: 'Requests to model endpoints that are not over',
      registers,
      aggregator: 'sum',
      collect() {
        this.set(underWay());
      },
    });
  }

  began(): void {
    this.#underWay += 1;
  }

  putOff(): void {
    this.#underWay -= 1;
  }

  ended({ endpoint, background, closed, target, modelRequested, failures }: CallReport, end: CallEnd): void {
    this.#underWay -= 1;
    // A call that is answered by callback was answered with a 202 long ago.
    if (background === undefined) this.answered(endpoint, end.status);
    if (failures !== undefined) for (const { kind, error } of failures) this.#failed(kind, error);
    if (closed === undefined) {
      if (end.errorCode !== undefined) this.refused(end.errorCode);
      return;
    }
    const series = this.#seriesOf(target?.kind ?? noProvider, target?.model ?? modelRequested ?? '');
    const { usage, status } = closed;
    series.input += usage.inputTokens;
    series.cached += usage.cachedTokens;
    series.cacheWrite += usage.cacheWriteTokens;
    series.output += usage.outputTokens;
    series.reasoning += usage.reasoningTokens;
    series.costNanos += closed.costNanos;
    let ofStatus = series.byStatus[status];
    if (ofStatus === undefined) {
      ofStatus = {
        labels: { ...series.labels, status },
        calls: 0,
        seconds: new Distribution(secondsBounds),
        firstByte: new Distribution(secondsBounds),
      };
      series.byStatus[status] = ofStatus;
    }
    ofStatus.calls += 1;
    ofStatus.seconds.add(closed.totalMs / 1000);
    if (closed.ttftMs !== undefined) ofStatus.firstByte.add(closed.ttftMs / 1000);
  }

  /** `endpoint` is a pattern (`/v1/budgets/:id`), never what a caller wrote. */
  answered(endpoint: string, status: number): void {
    const key = `${endpoint} ${status}`;
    const known = this.#requests.get(key);
    if (known === undefined) this.#requests.set(key, { endpoint, status: String(status), count: 1 });
    else known.count += 1;
  }

  refused(code: string): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  #failed(provider: string, reason: string): void {
    const key = `${provider} ${reason}`;
    const known = this.#failures.get(key);
    if (known === undefined) this.#failures.set(key, { provider, reason, count: 1 });
    else known.count += 1;
  }

  #statuses(): StatusSeries[] {
    return [...this.#series.values()].flatMap(({ byStatus }) => Object.values(byStatus));
  }

  #seriesOf(provider: ProviderKind | typeof noProvider, name: string): ModelSeries {
    let names = this.#byName.get(provider);
    if (names === undefined) {
      names = new Map();
      this.#byName.set(provider, names);
    }
    let series = names.get(name);
    if (series === undefined) {
      if (names.size >= namesMax) names.clear();
      series = this.#labelled(provider, modelLabel(name));
      names.set(name, series);
    }
    return series;
  }

  #labelled(provider: string, model: string): ModelSeries {
    const key = `${provider} ${model}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = {
        labels: { provider, model },
        byStatus: {},
        input: 0,
        cached: 0,
        cacheWrite: 0,
        output: 0,
        reasoning: 0,
        costNanos: 0n,
      };
      this.#series.set(key, series);
    }
    return series;
  }
}

/**
 * The catalogue's name for a model: its rules take endless names (`gpt-4o-anything`), so the name a caller uses would make a series
 * of each. `auto` is no model, but what was asked where no candidate was tried.
 */
function modelLabel(name: string): string {
  if (/^auto(:\w+)?$/.test(name)) return 'auto';
  return findModel(name)?.entry?.id ?? 'other';
}
