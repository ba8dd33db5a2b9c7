import type { Config } from './config.ts';
import { joinDatabase } from './db/open-database.ts';
import { TimelineGuard } from './db/timeline-guard.ts';
import { joinRegistries } from './telemetry/metrics.ts';
import { ParentLink } from './workers/parent-link.ts';

/** One of the workers of a parent: serves with what the parent has opened, and ends when the parent says so or is gone. */
export async function runWorker(config: Config, stopOnSignals: (gateway: Stoppable) => void): Promise<void> {
  let gateway: (Stoppable & { adopt(): void; measure(): Promise<void> }) | undefined;
  const stop = (): void => {
    // Nothing is in flight in a worker that is not ready.
    if (gateway === undefined) process.exit(0);
    gateway.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  const parent = new ParentLink({ stop, adopt: () => gateway?.adopt(), measure: () => void gateway?.measure() });
  try {
    // Loaded while the parent opens the database.
    const { startGateway } = await import('./start-gateway.ts');
    parent.tell({ kind: 'loaded' });
    const { embedded, port, number, isFirstStart } = await parent.order;
    const started = await startGateway(
      { ...config, port },
      {
        onRefused: (text) => parent.tell({ kind: 'refused', text }),
        worker: {
          database: (log) =>
            joinDatabase({
              embedded,
              databaseUrl: config.databaseUrl,
              connections: config.databaseConnections,
              guard: new TimelineGuard({ dataDir: config.dataDir, log }),
              onError: ({ message }) => log.warn({ reason: message }, 'a database connection was lost'),
            }),
          scrape: async () => joinRegistries(await parent.gatherMetrics()).metrics(),
          isFirst: isFirstStart && number === 1,
          openPort: (server) => parent.openPort(server, port),
        },
      },
    );
    const measure = async (): Promise<void> =>
      parent.tell({ kind: 'measured', snapshot: await started.services.metrics.snapshot() });
    gateway = {
      adopt: () => started.adopt(),
      measure,
      stop: async () => {
        parent.tell({ kind: 'stopping' });
        await started.stop();
        await measure();
      },
    };
    stopOnSignals(gateway);
    parent.tell({ kind: 'ready', url: started.url });
  } catch (error) {
    await parent.fail(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

export interface Stoppable {
  stop(): Promise<void>;
}
