import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from './open-database.ts';

/** The database of a gateway that serves; what happens to it is logged. */
export function openOwnDatabase(
  config: Pick<Config, 'databaseUrl' | 'databaseConnections' | 'databaseWaitMs' | 'dataDir'>,
  log: Logger,
): Promise<Database> {
  const { databaseUrl, databaseConnections: connections, databaseWaitMs, dataDir } = config;
  return openDatabase({
    databaseUrl,
    dataDir,
    connections,
    wait: {
      atMostMs: databaseWaitMs,
      onWait: (what) => log.warn(`waiting up to ${databaseWaitMs / 1_000} s (DATABASE_WAIT) for the database: ${what}`),
    },
    onError: ({ message }) => log.warn({ reason: message }, 'a database connection was lost'),
    watch: {
      ended: (how) => log.error(how, 'the embedded Postgres ended without being asked to; it is started again'),
      back: () => log.warn('the embedded Postgres is back'),
      givenUp: () => {
        log.fatal(`the embedded Postgres does not stay up; ${dataDir}/postgres.log may say why`);
        process.exit(1);
      },
    },
  });
}
