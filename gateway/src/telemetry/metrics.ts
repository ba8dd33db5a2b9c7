import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { CallMetrics } from './call-metrics.ts';
import { Distribution, LeanHistogram } from './lean-histogram.ts';

/** Gauges that end in `_total`, which Prometheus keeps for counters (`promtool check metrics` refuses them). */
const misnamed = ['handles', 'requests', 'resources'].map((what) => `gateway_nodejs_active_${what}_total`);

/** Sampled every 10 ms, as prom-client has it, an idle process wakes up a hundred times a second for that alone. */
const loopSampleMs = 50;

const batchSecondsBounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const batchCallsBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/**
 * Everything that this process counts, in one registry. Each metric says by its `aggregator` how those of several processes come
 * together (prom-client's AggregatorRegistry; a sum unless it says otherwise). Gauges that are read off the services when they are
 * scraped are in service-metrics.ts.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly calls: CallMetrics;
  readonly #deliveries: Counter<'result'>;
  readonly #jobFailures: Counter<'background_job'>;
  readonly #jobSuccess: Gauge<'background_job'>;
  readonly #batchSeconds = new Distribution(batchSecondsBounds);
  readonly #batchCalls = new Distribution(batchCallsBounds);

  constructor({ version }: { version: string }) {
    const { registry } = this;
    const registers = [registry];
    collectDefaultMetrics({ register: registry, prefix: 'gateway_', eventLoopMonitoringPrecision: loopSampleMs });
    for (const name of misnamed) registry.removeSingleMetric(name);
    new Gauge({
      name: 'gateway_build_info',
      help: 'The version that runs; always 1',
      labelNames: ['version', 'node'],
      registers,
      aggregator: 'first',
    }).set({ version, node: process.version }, 1);
    this.calls = new CallMetrics(registry);
    new LeanHistogram<never>({
      name: 'gateway_journal_batch_seconds',
      help: 'How long the database took for a batch of the journal',
      bounds: batchSecondsBounds,
      registers,
      read: () => [{ labels: {}, distribution: this.#batchSeconds }],
    });
    new LeanHistogram<never>({
      name: 'gateway_journal_batch_calls',
      help: 'How many calls a batch of the journal holds',
      bounds: batchCallsBounds,
      registers,
      read: () => [{ labels: {}, distribution: this.#batchCalls }],
    });
    this.#deliveries = new Counter({
      name: 'gateway_webhook_deliveries_total',
      help: 'Tries of webhook deliveries: delivered, failed for good, or to be tried again',
      labelNames: ['result'],
      registers,
    });
    this.#jobFailures = new Counter({
      name: 'gateway_job_failures_total',
      help: 'Runs of a job in the background that failed; it is tried again',
      labelNames: ['background_job'],
      registers,
    });
    this.#jobSuccess = new Gauge({
      name: 'gateway_job_last_success_timestamp_seconds',
      help: 'When a job in the background last succeeded; of several processes, the one where that is longest ago',
      labelNames: ['background_job'],
      registers,
      aggregator: 'min',
    });
    for (const result of ['delivered', 'failed', 'pending'] as const)
      this.#deliveries.inc({ result: results[result] }, 0);
  }

  /** As it goes over to another process. */
  snapshot(): Promise<MetricsSnapshot> {
    return this.registry.getMetricsAsJSON();
  }

  /** A batch of the journal is in the database. */
  batchWritten({ calls, ms }: { calls: number; ms: number }): void {
    this.#batchSeconds.add(ms / 1000);
    this.#batchCalls.add(calls);
  }

  /** `job` is one of the names in jobs.ts. */
  jobEnded(job: string, { isDone }: { isDone: boolean }): void {
    if (isDone) this.#jobSuccess.set({ background_job: job }, Math.round(Date.now() / 1000));
    else this.#jobFailures.inc({ background_job: job });
  }

  /** `status` as the delivery has it after a try. */
  deliveryTried(status: keyof typeof results): void {
    this.#deliveries.inc({ result: results[status] });
  }
}

const results = { delivered: 'delivered', failed: 'failed', pending: 'retried' } as const;

export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Those of several processes as one. */
export function joinRegistries(snapshots: readonly MetricsSnapshot[]): Registry {
  return AggregatorRegistry.aggregate([...snapshots]);
}
