import type { Config } from './config.ts';
import { joinDatabase } from './db/open-database.ts';
import { ParentLink } from './workers/parent-link.ts';

/** One of the workers of a parent: serves with what the parent has opened, and ends when the parent says so or is gone. */
export async function runWorker(config: Config, stopOnSignals: (gateway: Stoppable) => void): Promise<void> {
  let gateway: (Stoppable & { adopt(): void }) | undefined;
  const stop = (): void => {
    // Nothing is in flight in a worker that is not ready.
    if (gateway === undefined) process.exit(0);
    gateway.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  const parent = new ParentLink({ stop, adopt: () => gateway?.adopt() });
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
              onError: ({ message }) => log.warn({ reason: message }, 'a database connection was lost'),
            }),
          isFirst: isFirstStart && number === 1,
          openPort: (server) => parent.openPort(server, port),
        },
      },
    );
    gateway = {
      adopt: () => started.adopt(),
      stop: () => {
        parent.tell({ kind: 'stopping' });
        return started.stop();
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
