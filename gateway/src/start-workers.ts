import { pino } from 'pino';
import { gatewaySecret } from './accounts/gateway-secret.ts';
import { proveSecret } from './accounts/prove-secret.ts';
import type { Config } from './config.ts';
import { openOwnDatabase } from './db/open-own-database.ts';
import { cannotListen } from './http/open-port.ts';
import { type FirstSecrets, makeFirstSecrets } from './people/first-sign-in.ts';
import { StderrLog } from './telemetry/log-destination.ts';
import { onceInAWhile } from './workers/once-in-a-while.ts';
import { SharedPort } from './workers/shared-port.ts';
import { WorkerPool } from './workers/worker-pool.ts';

/** A parent and its workers. */
export interface RunningWorkers extends FirstSecrets {
  url: string;
  database: 'embedded' | 'server';
  /** Every worker finishes what is in flight; then the database is closed. */
  stop(): Promise<void>;
  /** At once, whatever is in flight. */
  kill(): void;
}

/**
 * The parent of several workers: it owns the port and the embedded database, makes what is made once (secret, schema, first keys)
 * and replaces a worker that ends or hangs. It serves no call itself.
 */
export async function startWorkers(
  config: Config,
  options: { onRefused: (text: string) => void },
): Promise<RunningWorkers> {
  const logTo = new StderrLog();
  const log = pino({ level: config.logLevel, base: null }, logTo.stream);
  const secret = gatewaySecret(config);
  const shared = new SharedPort();
  const pool = new WorkerPool({
    count: config.workers,
    port: shared,
    log,
    onRefused: onceInAWhile(options.onRefused),
  });
  try {
    const database = await openOwnDatabase(config, log);
    try {
      await proveSecret(database.pool, secret);
      const port = await shared.listen(config).catch(cannotListen(config));
      const embedded = database.kind === 'embedded' ? database.connection : undefined;
      const url = await pool.start({ port, embedded });
      const secrets = await makeFirstSecrets(database.pool, { config, port, log, nowMs: Date.now() });
      let stopped: Promise<void> | undefined;
      // A stop that the whole process group is told of comes twice.
      const stop = (): Promise<void> => (stopped ??= stopAll());
      return { url, ...secrets, database: database.kind, stop, kill: () => pool.kill() };
    } catch (error) {
      pool.kill();
      await database.stop();
      throw error;
    }

    async function stopAll(): Promise<void> {
      const inOrder = await pool.stop();
      await database.stop();
      await logTo.end();
      if (!inOrder) throw new Error('A worker did not end properly; its open calls are settled at the next start.');
    }
  } catch (error) {
    pool.kill();
    throw error;
  }
}
