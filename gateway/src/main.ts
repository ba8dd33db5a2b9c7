import cluster from 'node:cluster';
import { type Config, loadConfig } from './config.ts';
import { explainStart } from './explain-start.ts';
import { greeting } from './greeting.ts';
import { type SystemdNotifier, systemdNotifier } from './notify-systemd.ts';
import { runWorker } from './run-worker.ts';

/** The process: starts, says where it is, stops by a signal. Of several workers it is the parent, or one of them. */
try {
  const config = loadConfig();
  if (cluster.isWorker) await runWorker(config, stopOnSignals);
  else {
    const gateway = await start(config);
    const systemd = config.systemd && systemdNotifier(config.systemd, (text) => process.stderr.write(`${text}\n`));
    stopOnSignals(gateway, systemd);
    const providers = config.providers.map(({ kind }) => kind);
    const testKeyGiven = config.bootstrapTestKey !== undefined;
    const notes = [...config.notes, ...(gateway.signInUrl === undefined ? [] : await leftBehind(config))];
    process.stdout.write(greeting({ ...gateway, providers, testKeyGiven, notes, at: new Date() }));
    systemd?.ready();
  }
} catch (error) {
  process.stderr.write(`${explainStart(error)}\n`);
  process.exit(1);
}

/** Each way loads what it needs: the parent of workers serves no call. */
async function start(config: Config) {
  const onRefused = (text: string): void => void process.stdout.write(`${text}\n`);
  if (config.workers > 1) {
    const { startWorkers } = await import('./start-workers.ts');
    return startWorkers(config, { onRefused });
  }
  const { startGateway } = await import('./start-gateway.ts');
  return startGateway(config, { onRefused });
}

/** DATABASE_URL was added to an installation, which begins again without its data: that is in DATA_DIR still. */
async function leftBehind({ databaseUrl, dataDir }: Config): Promise<string[]> {
  if (databaseUrl === undefined) return [];
  const { hasCluster } = await import('./db/embedded-postgres.ts');
  return hasCluster(dataDir)
    ? [
        `This database is new. The keys and calls of before are in the embedded one in ${dataDir}: docs/backup.md says how to move them.`,
      ]
    : [];
}

/** A signal to the whole process group comes twice: from its sender, and passed on by the launcher. */
const echoMs = 2_000;

function stopOnSignals(gateway: { stop(): Promise<void>; kill?(): void }, systemd?: SystemdNotifier): void {
  let askedAt: number | undefined;
  const stop = (): void => {
    const sinceAskedMs = askedAt === undefined ? 0 : performance.now() - askedAt;
    // A second signal later than that is from a person who has waited: end at once.
    if (sinceAskedMs >= echoMs) {
      gateway.kill?.();
      process.exit(1);
    }
    if (askedAt === undefined) systemd?.stopping();
    askedAt ??= performance.now();
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // A closed terminal.
  process.on('SIGHUP', stop);
  // The reader of the output may be gone (npm, a closed terminal); calls go on.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}
