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
