import { copyFileSync, existsSync, openSync, statSync, truncateSync } from 'node:fs';

const bytesMax = 10 * 1024 * 1024;
const lookMs = 10 * 60_000;

/** Opens the log of the embedded Postgres to be added to. */
export function openLog(file: string): number {
  trimLog(file);
  return openSync(file, 'a', 0o600);
}

/**
 * Begins a log anew that is over its size, and leaves a copy of it beside. Postgres holds the file open, so it keeps its name; it is opened to be
 * added to, so what comes next is at the new beginning.
 */
export function trimLog(file: string, most = bytesMax): void {
  if (!existsSync(file) || statSync(file).size <= most) return;
  try {
    copyFileSync(file, `${file}.1`);
  } catch {
    // The disk may be full: then room is worth more than the copy.
  }
  truncateSync(file);
}

/** Looks at the log from time to time: Postgres may run for months, and a statement that fails again and again is written down each time. */
export function watchLog(file: string): { stop(): void } {
  const timer = setInterval(() => {
    try {
      trimLog(file);
    } catch {
      // The next look tries again.
    }
  }, lookMs).unref();
  return { stop: () => clearInterval(timer) };
}
