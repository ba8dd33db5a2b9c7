import { Counter, Gauge, type Registry } from 'prom-client';
import { ping } from './db/ping.ts';
import type { Services } from './services.ts';
import { fullShare } from './telemetry/disk-space.ts';
import { type Remembered, remember } from './telemetry/remember.ts';
import { countPending } from './webhooks/delivery-store.ts';

/** Anybody may scrape where no METRICS_TOKEN is set: expensive figures are read this often at most. */
const databaseMs = 1_000;
const queueMs = 10_000;
const pingMs = 2_000;

/** Read off the services when they are scraped. */
export function registerServiceMetrics(services: Services): void {
  const { journal, ledger, db, circuits, workspaces, disk } = services;
  const registers = [services.metrics.registry];
  const sum = { registers, aggregator: 'sum' } as const;
  new Gauge({
    ...sum,
    name: 'gateway_journal_backlog',
    help: 'Calls that wait to be written to the journal',
    collect() {
      this.set(journal.backlog);
    },
  });
  new Gauge({
    ...sum,
    name: 'gateway_journal_waiting',
    help: 'Answers that wait for their call to be on record',
    collect() {
      this.set(journal.waiting);
    },
  });
  new Counter({
    ...sum,
    name: 'gateway_unwritten_calls_total',
    help: 'Calls whose row the database refused: they are in unwritten_calls, or in a file in DATA_DIR',
    collect() {
      this.reset();
      this.inc(journal.unwrittenCount);
    },
  });
  new Gauge({
    name: 'gateway_journal_available',
    help: 'Whether the database takes the journal (1); while it does not (0) no call is admitted',
    registers,
    aggregator: 'min',
    collect() {
      this.set(journal.available ? 1 : 0);
    },
  });
  new Gauge({
    ...sum,
    name: 'gateway_leases',
    help: 'Budget balances of which this process has leased money',
    collect() {
      this.set(ledger.leases().count);
    },
  });
  new Gauge({
    ...sum,
    name: 'gateway_leased_usd',
    help: 'Money leased from budgets, what calls under way hold included, in dollars',
    collect() {
      this.set(Number(ledger.leases().leasedNanos) / 1e9);
    },
  });
  new Gauge({
    ...sum,
    name: 'gateway_held_usd',
    help: 'Money that calls under way hold on budgets, in dollars',
    collect() {
      this.set(Number(ledger.leases().heldNanos) / 1e9);
    },
  });
  new Gauge({
    name: 'gateway_provider_up',
    help: 'Whether a provider account works (1), or is cooling down or refused (0)',
    labelNames: ['provider'],
    registers,
    aggregator: 'min',
    collect() {
      this.reset();
      // The operator's accounts alone: what workspaces bring along is their own affair.
      for (const { id } of workspaces.operators) this.set({ provider: id }, circuits.statusOf(id) === 'ok' ? 1 : 0);
    },
  });
  registerDatabase(services);
  const queued = remember(queueMs, () => countPending(db));
  new Gauge({
    name: 'gateway_webhook_deliveries_queued',
    help: 'Webhook deliveries that wait for their next try, of all processes',
    registers,
    aggregator: 'max',
    async collect() {
      await setOrLeaveOut(this, queued);
    },
  });
  new Gauge({
    name: 'gateway_disk_size_bytes',
    help: 'The size of the disk of DATA_DIR',
    registers,
    aggregator: 'max',
    async collect() {
      await setOrLeaveOut(this, async () => (await disk.read()).sizeBytes);
    },
  });
  new Gauge({
    name: 'gateway_disk_free_bytes',
    help: 'Free space on the disk of DATA_DIR',
    registers,
    aggregator: 'min',
    async collect() {
      await setOrLeaveOut(this, async () => (await disk.read()).freeBytes);
    },
  });
  new Gauge({
    name: 'gateway_disk_used_ratio',
    help: `How full the disk of DATA_DIR is, from 0 to 1; a warning is logged from ${fullShare} on`,
    registers,
    aggregator: 'max',
    async collect() {
      await setOrLeaveOut(this, async () => (await disk.read()).usedShare);
    },
  });
  const { logTo } = services;
  new Counter({
    name: 'gateway_log_lines_dropped_total',
    help: 'Log lines that were dropped because stderr was not read',
    registers,
    collect() {
      this.reset();
      this.inc(logTo.dropped);
    },
  });
}

/** Only on a server Postgres: nobody promotes a standby of the embedded one. */
export function registerTimelineMetrics(registry: Registry, guard: { refusedCount: number }): void {
  new Counter({
    name: 'gateway_database_refused_total',
    help: 'Connections that led to a server with another history, and were not used: two standbys may have been promoted',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(guard.refusedCount);
    },
  });
}

/** Only where traces are collected. */
export function registerTraceMetrics(registry: Registry, exporter: { exported: number; dropped: number }): void {
  const registers = [registry];
  new Counter({
    name: 'gateway_spans_exported_total',
    help: 'Spans that the collector of traces took',
    registers,
    collect() {
      this.reset();
      this.inc(exporter.exported);
    },
  });
  new Counter({
    name: 'gateway_spans_dropped_total',
    help: 'Spans that were dropped because the collector of traces did not take them',
    registers,
    collect() {
      this.reset();
      this.inc(exporter.dropped);
    },
  });
}

function registerDatabase({ db, metrics }: Services): void {
  const registers = [metrics.registry];
  const sum = { registers, aggregator: 'sum' } as const;
  new Gauge({
    ...sum,
    name: 'gateway_database_connections',
    help: 'Connections to the database, by state: in_use or idle',
    labelNames: ['state'],
    collect() {
      this.set({ state: 'in_use' }, db.totalCount - db.idleCount);
      this.set({ state: 'idle' }, db.idleCount);
    },
  });
  new Gauge({
    ...sum,
    name: 'gateway_database_connections_max',
    help: 'The most connections that the pool opens',
    collect() {
      this.set(db.options.max ?? 0);
    },
  });
  new Gauge({
    ...sum,
    name: 'gateway_database_waiting',
    help: 'Statements that wait for a connection',
    collect() {
      this.set(db.waitingCount);
    },
  });
  const seconds = remember(databaseMs, async () => {
    const startedAt = performance.now();
    await ping(db, pingMs);
    return (performance.now() - startedAt) / 1000;
  });
  new Gauge({
    name: 'gateway_database_up',
    help: 'Whether the database answers (1) or not (0)',
    registers,
    aggregator: 'min',
    async collect() {
      this.set(
        await seconds().then(
          () => 1,
          () => 0,
        ),
      );
    },
  });
  new Gauge({
    name: 'gateway_database_ping_seconds',
    help: 'How long the database took for an empty statement, connecting included; left out while it does not answer',
    registers,
    aggregator: 'max',
    async collect() {
      await setOrLeaveOut(this, seconds);
    },
  });
}

/** A figure that cannot be had is left out, rather than shown as it was. */
async function setOrLeaveOut(gauge: Gauge, read: Remembered<number>): Promise<void> {
  gauge.reset();
  try {
    gauge.set(await read());
  } catch {
    gauge.remove();
  }
}
