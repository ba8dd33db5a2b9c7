import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { FirstKeys } from './accounts/bootstrap.ts';
import { makeFirstKeys } from './accounts/first-keys.ts';
import { gatewaySecret } from './accounts/gateway-secret.ts';
import { installationId } from './accounts/installation-id.ts';
import { idTimeMs, newId } from './accounts/new-id.ts';
import { proveSecret } from './accounts/prove-secret.ts';
import { operatorAccounts } from './accounts/provider-accounts.ts';
import { SettingsCache } from './accounts/settings-cache.ts';
import { WorkspaceCache } from './accounts/workspace-cache.ts';
import { createApp } from './app.ts';
import { BudgetCache } from './budgets/budget-cache.ts';
import { adoptOrphans } from './calls/adopt-orphans-job.ts';
import type { Cancellation } from './calls/cancellation.ts';
import { repeatErasures } from './clients/erase-client.ts';
import { repeatWorkspaces } from './clients/erase-workspace.ts';
import { TagRegistry } from './clients/tag-registry.ts';
import type { Config } from './config.ts';
import { databaseHome } from './db/embedded-postgres.ts';
import { listen as listenToDatabase } from './db/listen.ts';
import type { Database } from './db/open-database.ts';
import { openOwnDatabase } from './db/open-own-database.ts';
import { cutConnections } from './db/pool.ts';
import { holdProcessLock } from './db/process-lock.ts';
import { clockFinding } from './doctor/check-clock.ts';
import { readHealth } from './doctor/database-health-store.ts';
import { Authenticator } from './http/authenticate.ts';
import { type OpenPort, openPort, portTaken } from './http/open-port.ts';
import { answerWhileStarting } from './http/serve-starting.ts';
import { HttpPools } from './http-pools/http-pools.ts';
import { startJobs } from './jobs.ts';
import { BalanceReader } from './ledger/balance-reader.ts';
import { CallJournal } from './ledger/call-journal.ts';
import { Ledger } from './ledger/ledger.ts';
import { SpendBackfill } from './limits/backfill-spend.ts';
import { LoopDetector } from './limits/loop-detector.ts';
import { PolicyCache } from './limits/policy-cache.ts';
import { RateLimiter } from './limits/rate-limiter.ts';
import { mergePeerCounts, onPeerHistory, requestPeerHistory, shareCounts } from './limits/share-counts.ts';
import { checkAccounts } from './routing/check-accounts-job.ts';
import { CircuitBreakers } from './routing/circuit-breakers.ts';
import { refusalText } from './routing/refusal-text.ts';
import { UnknownModels } from './routing/unknown-models.ts';
import { registerServiceMetrics, registerTraceMetrics } from './service-metrics.ts';
import type { Services } from './services.ts';
import { CallObserver } from './telemetry/call-observer.ts';
import { DiskWatch } from './telemetry/disk-watch.ts';
import { plainDestination, StderrLog } from './telemetry/log-destination.ts';
import { Metrics } from './telemetry/metrics.ts';
import { ensureCallPartitions } from './usage/call-store.ts';
import { FailureLog } from './usage/failure-log.ts';
import { RefusalLog } from './usage/refusal-log.ts';
import { UnwrittenFile } from './usage/unwritten-file.ts';
import { version } from './version.ts';
import { findBossHome } from './webhooks/boss-home-store.ts';
import { webhookDeliverer } from './webhooks/deliver-webhook.ts';
import { PgBossOutbox } from './webhooks/pg-boss-outbox.ts';

/** Plus `lastWordsMs` this makes 30 s, Kubernetes' default grace period. */
const drainMs = 28_000;
/** For the spans of the last calls. */
const traceEndMs = 3_000;
/** For the error events of streams that were not waited for. */
const lastWordsMs = 2_000;

export interface RunningGateway {
  url: string;
  /** The owner's keys of the first workspace, on the start that drew them. */
  firstKeys: FirstKeys | undefined;
  database: 'embedded' | 'server';
  services: Services;
  /** Stops accepting, finishes what is in flight, writes everything down. Safe to call twice. */
  stop(): Promise<void>;
  /** Settles what processes that are gone have left, and does not wait for the next look. */
  adopt(): void;
}

/** Opens everything in order and closes it in the other. Throws with a sentence for the operator when something is amiss. */
export async function startGateway(
  config: Config,
  options: {
    logTo?: DestinationStream;
    /** Calls in flight are waited for this long. */
    drainMs?: number;
    /** Is told in a sentence when a provider refuses the gateway's account, or one of its models. */
    onRefused?: (text: string) => void;
    /** One of several: its parent has opened the database and makes the first keys. */
    worker?: {
      database: (log: Logger) => Database;
      openPort: (server: Server) => OpenPort;
      scrape: () => Promise<string>;
      isFirst: boolean;
    };
  } = {},
): Promise<RunningGateway> {
  const logTo = options.logTo === undefined ? new StderrLog() : plainDestination(options.logTo);
  const log = pino({ level: config.logLevel, base: null }, logTo.stream);
  const metrics = new Metrics({ version });
  const now = (): number => Date.now();
  const { secret, source } = gatewaySecret(config);
  const database = options.worker?.database(log) ?? (await openOwnDatabase(config, log));
  const { pool: db, connection } = database;
  const starting = answerWhileStarting({ now, log, installation: installationId(secret) });
  const server = createServer(
    // Slow senders: heads within ten seconds, bodies within a minute; the second Host header is refused by the app.
    {
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      // Node looks for the late ones every 30 s by itself, and so gives a half-sent head up to 40 s.
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 75_000,
      requireHostHeader: false,
    },
    starting,
  );
  let opened: OpenPort;
  try {
    await proveSecret(db, secret, source);
    opened = options.worker?.openPort(server) ?? (await openPort(server, config).catch(portTaken(config.port)));
  } catch (error) {
    await database.stop();
    throw error;
  }
  await ensureCallPartitions(db, now());
  const processLock = await holdProcessLock(connection, newId('proc', now()));
  const outbox = new PgBossOutbox({ db, now, log, home: await findBossHome(db), workers: config.workers });
  const budgets = new BudgetCache({ db });
  const ledger = new Ledger({ db, process: processLock, views: budgets, now });
  const unwritten = new UnwrittenFile({ dataDir: config.dataDir, processId: processLock.id });
  const journal = new CallJournal({
    unwritten,
    db,
    processId: processLock.id,
    fencingToken: () => processLock.fencingToken(),
    log,
    record: (tx, events) => outbox.record(tx, events),
    recorded: () => outbox.deliverSoon(),
    onFenced: () => ledger.fenced(),
    onOverdraft: (balance) => void ledger.requestReturnOfAll(balance),
    onWritten: (batch) => metrics.batchWritten(batch),
  });
  const httpPools = new HttpPools({
    timeoutMs: config.firstByteTimeoutMs,
    answerTimeoutMs: config.answerTimeoutMs,
    allowPrivateNetwork: config.allowPrivateNetwork,
  });
  const operators = operatorAccounts(config.providers);
  const workspaces = new WorkspaceCache({ db, secret, operators });
  const authenticator = new Authenticator({ db, now });
  const traces =
    config.traces === undefined
      ? undefined
      : (await import('./telemetry/start-traces.ts')).startTraces(config.traces, {
          log,
          version,
          instance: processLock.id,
        });
  const refusals = new RefusalLog({ db, log });
  const failureLog = new FailureLog({ db, log });
  const services: Services = {
    db,
    log,
    logTo,
    metrics,
    observer: new CallObserver({
      log,
      logTo: logTo.stream,
      metrics,
      logRequests: config.logRequests,
      tracer: traces?.tracer,
      onRefused: ({ id, caller, tags, modelRequested: model }, error) => {
        if (caller !== undefined) refusals.add({ id, caller, tags, model }, error, now());
      },
      onFailures: ({ id, caller }, failures) => {
        if (caller === undefined) return;
        const attempts = failures.map(({ provider, model, error, status, ms }) => ({
          provider,
          model,
          error,
          status: status ?? null,
          ms: ms ?? null,
        }));
        failureLog.add({
          workspaceId: caller.workspaceId,
          createdAtMs: idTimeMs(id) ?? now(),
          callId: id,
          failures: attempts,
        });
      },
    }),
    refusals,
    failureLog,
    disk: new DiskWatch({ folders: [config.dataDir, databaseHome(config.dataDir)], log, now }),
    now,
    processId: processLock.id,
    dataDir: config.dataDir,
    secret,
    publicUrl: config.publicUrl ?? '',
    allowPrivateNetwork: config.allowPrivateNetwork,
    proxies: config.proxies,
    operatorKey: config.operatorKey,
    scrape: options.worker?.scrape ?? (() => metrics.registry.metrics()),
    metricsToken: config.metricsToken,
    callsKeptDays: config.callsKeptDays,
    smtp: config.smtp,
    journal,
    unwritten,
    budgets,
    ledger,
    balances: new BalanceReader({ db, processId: processLock.id, ledger }),
    policies: new PolicyCache({ db }),
    rateLimiter: new RateLimiter(),
    loopDetector: new LoopDetector(),
    spendBackfill: new SpendBackfill({ db }),
    tags: new TagRegistry({ db, log }),
    outbox,
    httpPools,
    workspaces,
    settings: new SettingsCache({ db }),
    circuits: new CircuitBreakers({
      now,
      onRefused: (refusal) => {
        const tell = (name?: string): void => {
          const text = refusalText(refusal, name);
          log.warn(refusal, text);
          options.onRefused?.(text);
        };
        if (operators.some(({ id }) => id === refusal.account)) tell();
        // An account that a workspace has stored: its name says more than its id.
        else
          workspaces.ownerOf(refusal.account).then(
            (owner) => tell(owner && `${owner.name} of ${owner.workspaceId}`),
            () => tell(),
          );
      },
    }),
    unknownModels: new UnknownModels({ now, log }),
    streams: new Set(),
    left: new Set(),
    forgetKey: (keyId) => authenticator.forget(keyId),
    noteKeyUses: () => authenticator.noteUses(),
  };
  registerServiceMetrics(services);
  if (traces !== undefined) registerTraceMetrics(metrics.registry, traces.exporter);
  const inBackground = (what: string, work: Promise<unknown>): void => {
    work.catch((error: unknown) => log.warn({ err: error, what }, 'something in the background failed'));
  };
  const counting = {
    db,
    processId: processLock.id,
    rateLimiter: services.rateLimiter,
    loopDetector: services.loopDetector,
    now,
  };
  const onChannel: Record<string, (payload: string) => void> = {
    keys: (id) => authenticator.forget(id),
    workspaces: (id) => {
      workspaces.forget(id);
      services.settings.forget(id);
      services.tags.forget(id);
      // A caller carries its workspace's name.
      authenticator.forgetWorkspace(id);
    },
    guards: (id) => services.policies.forget(id),
    budgets: (id) => inBackground('reload the budgets', ledger.changed(id)),
    recalls: (payload) => inBackground('return leased money', ledger.onReturnRequest(payload)),
    resumed: (key) => services.loopDetector.clear(key),
    counts: (payload) => mergePeerCounts(payload, counting),
    counts_past: (payload) => inBackground('tell what was counted', onPeerHistory(payload, counting)),
  };
  const listener = await listenToDatabase(connection, {
    channels: Object.keys(onChannel),
    onNotification: (channel, payload) => onChannel[channel]?.(payload),
    onGap: () => {
      authenticator.forget();
      workspaces.forget();
      services.settings.forget();
      services.policies.forget();
      inBackground('reload the budgets', ledger.changed());
    },
    onSilent: () => {
      log.error('the database does not answer; requests that wait for it are refused');
      cutConnections(db);
    },
  });
  await requestPeerHistory(counting);
  await shareCounts(counting);
  await outbox.start(webhookDeliverer(services));
  // It is tried again every ten seconds; a database that refuses it must not keep every gateway from starting.
  await adoptOrphans(services).catch((error: unknown) =>
    log.error({ err: error }, 'the calls of processes that are gone cannot be settled yet'),
  );
  await repeatErasures(services);
  await repeatWorkspaces(services);
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  services.publicUrl = config.publicUrl ?? `http://${host}:${opened.port}`;
  const jobs = startJobs(services, counting);
  const firstKeys = options.worker === undefined ? await makeFirstKeys(db, { config, log, nowMs: now() }) : undefined;
  let draining = false;
  server.off('request', starting);
  server.on('request', createApp({ services, authenticator, isDraining: () => draining, version }));

  log.info({ url: services.publicUrl, version, database: database.kind }, 'ready');
  inBackground('look at the disk', services.disk.look());
  if (database.kind === 'server') inBackground('compare the clocks', tellWrongClock(db, { now, log }));
  if (options.worker?.isFirst !== false) inBackground('try the provider keys', checkAccounts(services, 'all'));

  const stop = async (): Promise<void> => {
    draining = true;
    const stoppedAt = performance.now();
    log.info('stopping: finishing what is in flight');
    const patienceMs = options.drainMs ?? drainMs;
    const until = performance.now() + patienceMs;
    const endStreams = (): void => {
      for (const stream of services.streams) stream.cancel('stopping');
    };
    await Promise.all([drain(server, opened, { patienceMs, endStreams }), jobs.stop(patienceMs)]);
    await endLeft(services.left, until);
    // A cancelled call may still be settling.
    await ledger.idle(10_000);
    const isWritten = await journal.flush(10_000).then(
      () => true,
      (error: unknown) => {
        log.error({ err: error }, 'some calls could not be recorded before the end');
        return false;
      },
    );
    await services.tags.flush();
    await authenticator
      .noteUses()
      .catch((error: unknown) => log.warn({ err: error }, 'the last use of keys could not be written down'));
    await refusals.flush();
    await failureLog.flush();
    await outbox
      .stop()
      .catch((error: unknown) => log.warn({ err: error }, 'deliveries did not end in time; they are tried again'));
    await traces?.exporter.stop(traceEndMs);
    await httpPools.close();
    await listener.close();
    await ledger
      .stop()
      .catch((error: unknown) => log.warn({ err: error }, 'leases could not be returned; another process adopts them'));
    await processLock.release();
    await database.stop();
    const ms = Math.round(performance.now() - stoppedAt);
    log.info(
      { ms },
      isWritten ? 'stopped, everything written' : 'stopped; calls that could not be recorded are settled by estimate',
    );
    await logTo.end();
  };
  const adopt = (): void => inBackground('settle what a process left', adoptOrphans(services));
  let stopped: Promise<void> | undefined;
  return {
    url: services.publicUrl,
    firstKeys,
    database: database.kind,
    services,
    stop: () => (stopped ??= stop()),
    adopt,
  };
}

/** Periods of budgets go by this clock, and expiries by the database's. */
async function tellWrongClock(db: Services['db'], { now, log }: { now: () => number; log: Logger }): Promise<void> {
  const askedMs = now();
  const { nowMs: thereMs } = await readHealth(db);
  const { level, text } = clockFinding("the database's", { hereMs: (askedMs + now()) / 2, thereMs });
  if (level !== 'ok') log.warn(text);
}

/** No new connections; idle ones are closed, busy ones are waited for. Then streams are ended, and what is left is cut. */
async function drain(
  server: Server,
  opened: OpenPort,
  { patienceMs, endStreams }: { patienceMs: number; endStreams: () => void },
): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const end = setTimeout(endStreams, patienceMs);
  const force = setTimeout(() => server.closeAllConnections(), patienceMs + lastWordsMs);
  const closed = opened.close();
  server.closeIdleConnections();
  await closed;
  clearInterval(sweep);
  clearTimeout(end);
  clearTimeout(force);
}

/** Plain answers whose clients have left are waited for as others are, then ended and settled by what is known. */
async function endLeft(left: ReadonlySet<Cancellation>, until: number): Promise<void> {
  while (left.size > 0 && performance.now() < until) await sleep(20);
  for (const call of left) call.cancel('stopping');
  while (left.size > 0 && performance.now() < until + lastWordsMs) await sleep(20);
}
