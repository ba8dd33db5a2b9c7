import { createServer, type Server } from 'node:http';
import { type DestinationStream, type Logger, pino } from 'pino';
import { gatewaySecret } from './accounts/gateway-secret.ts';
import { installationId } from './accounts/installation-id.ts';
import { newId } from './accounts/new-id.ts';
import { proveSecret } from './accounts/prove-secret.ts';
import { createApp } from './app.ts';
import { buildServices } from './build-services.ts';
import { adoptOrphans } from './calls/adopt-orphans-job.ts';
import { repeatErasures } from './clients/erase-client.ts';
import { repeatWorkspaces } from './clients/erase-workspace.ts';
import type { Config } from './config.ts';
import type { Database } from './db/open-database.ts';
import { openOwnDatabase } from './db/open-own-database.ts';
import { holdProcessLock, type ProcessLock } from './db/process-lock.ts';
import { clockFinding } from './doctor/check-clock.ts';
import { readHealth } from './doctor/database-health-store.ts';
import { Authenticator } from './http/authenticate.ts';
import { cannotListen, type OpenPort, openPort } from './http/open-port.ts';
import { refuseUnreadable } from './http/refuse-unreadable.ts';
import { answerWhileStarting } from './http/serve-starting.ts';
import { SilentSockets } from './http/silent-sockets.ts';
import { startJobs } from './jobs.ts';
import { requestPeerHistory, shareCounts } from './limits/share-counts.ts';
import { repeatErasedPeople } from './members/erased-people.ts';
import { type FirstSecrets, makeFirstSecrets } from './people/first-sign-in.ts';
import { checkAccounts } from './routing/check-accounts-job.ts';
import { registerServiceMetrics, registerTimelineMetrics, registerTraceMetrics } from './service-metrics.ts';
import type { Services } from './services.ts';
import { drainMs, stopGateway } from './stop-gateway.ts';
import { subscribe } from './subscribe.ts';
import { plainDestination, StderrLog } from './telemetry/log-destination.ts';
import { Metrics } from './telemetry/metrics.ts';
import { ensureCallPartitions } from './usage/call-store.ts';
import { version } from './version.ts';
import { webhookDeliverer } from './webhooks/deliver-webhook.ts';

export interface RunningGateway extends FirstSecrets {
  url: string;
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
  const ownSecret = gatewaySecret(config);
  const { secret } = ownSecret;
  const database = options.worker?.database(log) ?? (await openOwnDatabase(config, log));
  const { pool: db, connection, guard } = database;
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
  const silent = new SilentSockets(server);
  refuseUnreadable(server, now);
  let opened: OpenPort;
  let processLock: ProcessLock;
  const undo = [database.stop];
  try {
    await proveSecret(db, ownSecret);
    const port = options.worker?.openPort(server) ?? (await openPort(server, config).catch(cannotListen(config)));
    undo.unshift(async () => {
      const closed = port.close();
      server.closeAllConnections();
      await closed;
    });
    await ensureCallPartitions(db, now());
    const lock = await holdProcessLock(connection, newId('proc', now()), guard?.admit);
    undo.unshift(lock.release);
    // A rotation of the secret takes the proof away and then looks for processes: one of the two sees the other.
    await proveSecret(db, ownSecret);
    [opened, processLock] = [port, lock];
  } catch (error) {
    for (const step of undo) await step();
    throw error;
  }
  const authenticator = new Authenticator({ db, now });
  const traces =
    config.traces === undefined
      ? undefined
      : (await import('./telemetry/start-traces.ts')).startTraces(config.traces, {
          log,
          version,
          instance: processLock.id,
        });
  const services = await buildServices(config, {
    db,
    log,
    logTo,
    metrics,
    now,
    secret,
    process: processLock,
    authenticator,
    tracer: traces?.tracer,
    scrape: options.worker?.scrape,
    onRefused: options.onRefused,
  });
  registerServiceMetrics(services);
  if (guard !== undefined) registerTimelineMetrics(metrics.registry, guard);
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
  const listener = await subscribe(services, {
    connection,
    admit: guard?.admit,
    authenticator,
    counting,
    inBackground,
  });
  await requestPeerHistory(counting);
  await shareCounts(counting);
  await services.outbox.start(webhookDeliverer(services));
  // It is tried again every ten seconds; a database that refuses it must not keep every gateway from starting.
  await adoptOrphans(services).catch((error: unknown) =>
    log.error({ err: error }, 'the calls of processes that are gone cannot be settled yet'),
  );
  await repeatErasures(services);
  await repeatWorkspaces(services);
  await repeatErasedPeople(services);
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  services.publicUrl = config.publicUrl ?? `http://${host}:${opened.port}`;
  const jobs = startJobs(services, counting);
  const secrets =
    options.worker === undefined
      ? await makeFirstSecrets(db, { config, port: opened.port, log, nowMs: now() })
      : { firstKeys: undefined, signInUrl: undefined };
  let draining = false;
  server.off('request', starting);
  server.on('request', createApp({ services, authenticator, isDraining: () => draining, version }));

  log.info({ url: services.publicUrl, version, database: database.kind }, 'ready');
  inBackground('look at the disk', services.disk.look());
  if (database.kind === 'server') inBackground('compare the clocks', tellWrongClock(db, { now, log }));
  if (options.worker?.isFirst !== false) inBackground('try the provider keys', checkAccounts(services));

  const stop = (): Promise<void> => {
    draining = true;
    const running = { services, server, silent, opened, jobs, listener, authenticator, processLock, database };
    return stopGateway({ ...running, spans: traces?.exporter }, options.drainMs ?? drainMs);
  };
  const adopt = (): void => inBackground('settle what a process left', adoptOrphans(services));
  let stopped: Promise<void> | undefined;
  return {
    url: services.publicUrl,
    ...secrets,
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
