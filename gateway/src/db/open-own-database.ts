import { statfsSync } from 'node:fs';
import type { Logger } from 'pino';
import { databaseHome } from './embedded-postgres.ts';
import { type Database, openDatabase } from './open-database.ts';
import { TimelineGuard } from './timeline-guard.ts';

/** The database of a gateway that serves; what happens to it is logged. */
export function openOwnDatabase(
  config: {
    databaseUrl: string | undefined;
    databaseConnections: number;
    databaseWaitMs: number;
    dataDir: string;
    workers: number;
  },
  log: Logger,
): Promise<Database> {
  const { databaseUrl, databaseConnections: connections, databaseWaitMs, dataDir, workers } = config;
  return openDatabase({
    databaseUrl,
    dataDir,
    connections,
    processes: workers,
    guard: new TimelineGuard({ dataDir, log }),
    wait: {
      atMostMs: databaseWaitMs,
      onWait: (what) => log.warn(`waiting up to ${databaseWaitMs / 1_000} s (DATABASE_WAIT) for the database: ${what}`),
    },
    onError: ({ message }) => log.warn({ reason: message }, 'a database connection was lost'),
    watch: {
      ended: (how) =>
        log.error(
          how,
          hasRoom(dataDir)
            ? 'the embedded Postgres ended unexpectedly; it is being restarted'
            : `the disk of ${databaseHome(dataDir)} is full, so the embedded Postgres cannot run; it is tried every 5 seconds until there is room`,
        ),
      isWaiting: () => !hasRoom(dataDir),
      back: () => log.warn('the embedded Postgres is back'),
      givenUp: () => {
        log.fatal(`the embedded Postgres does not stay up; ${dataDir}/postgres.log may say why`);
        process.exit(1);
      },
    },
  });
}

/** Two segments of Postgres's write-ahead log, 16 MiB each: it needs them to start. */
const roomBytes = 32 * 1024 * 1024;

function hasRoom(dataDir: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(databaseHome(dataDir));
    return bavail * bsize >= roomBytes;
  } catch {
    return true;
  }
}
