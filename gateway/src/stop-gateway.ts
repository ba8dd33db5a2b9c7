import type { Server } from 'node:http';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Cancellation } from './calls/cancellation.ts';
import type { Database } from './db/open-database.ts';
import type { ProcessLock } from './db/process-lock.ts';
import type { Authenticator } from './http/authenticate.ts';
import type { OpenPort } from './http/open-port.ts';
import type { SilentSockets } from './http/silent-sockets.ts';
import type { Jobs } from './jobs.ts';
import type { Services } from './services.ts';

/** Plus `lastWordsMs` this makes 30 s, Kubernetes' default grace period. */
export const drainMs = 28_000;
/** For the spans of the last calls. */
const traceEndMs = 3_000;
/** For the error events of streams that were not waited for. */
const lastWordsMs = 2_000;
const silentMs = 500;

interface Running {
  services: Services;
  server: Server;
  silent: SilentSockets;
  opened: OpenPort;
  jobs: Jobs;
  listener: { close(): Promise<void> };
  authenticator: Authenticator;
  processLock: ProcessLock;
  database: Database;
  /** Undefined: nobody collects traces. */
  spans: { stop(graceMs: number): Promise<void> } | undefined;
}

/** Finishes what is in flight, writes everything down and closes what was opened, in the other order. */
export async function stopGateway(running: Running, patienceMs: number): Promise<void> {
  const { services, server, silent, opened, jobs, listener, authenticator, processLock, database, spans } = running;
  const stoppedAt = performance.now();
  services.log.info('stopping: finishing what is in flight');
  services.live.stop();
  const until = performance.now() + patienceMs;
  const endStreams = (): void => {
    for (const stream of services.streams) stream.cancel('stopping');
  };
  await Promise.all([drain(server, opened, { patienceMs, endStreams, silent }), jobs.stop(patienceMs)]);
  await endLeft(services.left, until);
  // A cancelled call may still be settling.
  await services.ledger.idle(10_000);
  const isWritten = await services.journal.flush(10_000).then(
    () => true,
    (error: unknown) => {
      services.log.error({ err: error }, 'some calls could not be recorded before the end');
      return false;
    },
  );
  await Promise.all([
    services.tags.flush(),
    authenticator
      .noteUses()
      .catch((error: unknown) => services.log.warn({ err: error }, 'the last use of keys could not be written down')),
    services.responseCache.flush(),
    services.refusals.flush(),
    services.failureLog.flush(),
  ]);
  await services.outbox
    .stop()
    .catch((error: unknown) =>
      services.log.warn({ err: error }, 'deliveries did not end in time; they are tried again'),
    );
  await spans?.stop(traceEndMs);
  await services.httpPools.close();
  await listener.close();
  await services.ledger
    .stop()
    .catch((error: unknown) =>
      services.log.warn({ err: error }, 'leases could not be returned; another process adopts them'),
    );
  await processLock.release();
  await database.stop();
  const ms = Math.round(performance.now() - stoppedAt);
  services.log.info(
    { ms },
    isWritten ? 'stopped, everything written' : 'stopped; calls that could not be recorded are settled by estimate',
  );
  await services.logTo.end();
}

/** No new connections; idle ones are closed, busy ones are waited for. Then streams are ended, and what is left is cut. */
async function drain(
  server: Server,
  opened: OpenPort,
  { patienceMs, endStreams, silent }: { patienceMs: number; endStreams: () => void; silent: SilentSockets },
): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  // A request that is on its way still arrives.
  const hush = setTimeout(() => silent.close(), silentMs);
  const end = setTimeout(endStreams, patienceMs);
  const force = setTimeout(() => server.closeAllConnections(), patienceMs + lastWordsMs);
  const closed = opened.close();
  server.closeIdleConnections();
  await closed;
  // Node tells a server that its last connection is closed before it tells the answer on it: in a later turn of the loop.
  await turn();
  await turn();
  clearInterval(sweep);
  clearTimeout(hush);
  clearTimeout(end);
  clearTimeout(force);
}

/** Calls whose clients have left are waited for as others are, then ended and settled by what is known. */
async function endLeft(left: ReadonlySet<Cancellation>, until: number): Promise<void> {
  while (left.size > 0 && performance.now() < until) await sleep(20);
  for (const call of left) call.cancel('stopping');
  while (left.size > 0 && performance.now() < until + lastWordsMs) await sleep(20);
}
