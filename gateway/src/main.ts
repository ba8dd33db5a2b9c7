import { ConfigError, loadConfig } from './config.ts';
import { greeting } from './greeting.ts';
import { type SystemdNotifier, systemdNotifier } from './notify-systemd.ts';
import { type RunningGateway, startGateway } from './start-gateway.ts';

/** The process: starts, says where it is, stops when told to. */
try {
  const config = loadConfig();
  const gateway = await startGateway(config, { onRefused: (text) => process.stdout.write(`${text}\n`) });
  const systemd = config.systemd && systemdNotifier(config.systemd, (text) => process.stderr.write(`${text}\n`));
  stopOnSignals(gateway, systemd);
  const providers = gateway.services.workspaces.operators.map(({ name }) => name);
  const testKeyGiven = config.bootstrapTestKey !== undefined;
  process.stdout.write(greeting({ ...gateway, providers, testKeyGiven, at: new Date() }));
  systemd?.ready();
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError || error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

/** Told to the whole process group, a stop comes twice: from whoever sent it, and passed on by the launcher. */
const echoMs = 2_000;

function stopOnSignals(gateway: RunningGateway, systemd: SystemdNotifier | undefined): void {
  let askedAt: number | undefined;
  const stop = (): void => {
    const sinceAskedMs = askedAt === undefined ? 0 : performance.now() - askedAt;
    // Asked again by somebody who has waited: now.
    if (sinceAskedMs >= echoMs) process.exit(1);
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
  // Whoever read our output may be gone (npm, a closed terminal): that is no reason to die in the middle of a call.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}
