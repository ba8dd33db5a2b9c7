import { spawn } from 'node:child_process';

export interface SystemdNotifier {
  /** Everything is served now. Call it once, in the process that SIGTERM goes to. */
  ready(): void;
  /** A stop has begun. */
  stopping(): void;
}

/**
 * Tells systemd (`Type=notify`) how this process is doing. The address is a Unix datagram socket, which Node cannot open, so
 * `systemd-notify` writes to it, which is wherever systemd is. `MAINPID` makes this process the unit's main one, whichever npm,
 * launcher or shell systemd began; the unit has to say `NotifyAccess=all`, since the sender is a child. With `watchdogMs`
 * (`WatchdogSec=`) systemd hears twice in that time that the event loop turns, and restarts the unit when it does not.
 */
export function systemdNotifier(
  { watchdogMs }: { watchdogMs: number | undefined },
  onFault: (text: string) => void,
): SystemdNotifier {
  let isFaulty = false;
  const tell = (...words: readonly string[]): void => {
    const child = spawn('systemd-notify', words, { stdio: 'ignore' });
    child.once('error', ({ message }) => {
      if (!isFaulty)
        onFault(`NOTIFY_SOCKET is set, and systemd-notify cannot be run (${message}): systemd is not notified.`);
      isFaulty = true;
    });
    child.unref();
  };
  return {
    ready: () => {
      tell('READY=1', `MAINPID=${process.pid}`, 'STATUS=Serving');
      if (watchdogMs !== undefined) setInterval(() => tell('WATCHDOG=1'), watchdogMs / 2).unref();
    },
    stopping: () => tell('STOPPING=1', 'STATUS=Finishing what is in flight'),
  };
}
