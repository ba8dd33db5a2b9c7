/** The unit that is counted; bytes are shown as kB, MB and GB. */
export type Unit = 'bytes' | 'rows' | 'hours';

/** Where a long command shows how far it is: the standard error, since data may go to the standard output. */
export interface Screen {
  isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** Adds to the amount that is done. */
  add(amount: number): void;
  /** Removes the line from a terminal. Returns what was done and how long it took, for the summary: "1.2 GB", "14 s". */
  end(): { amount: string; time: string };
}

const terminalEveryMs = 200;
const linesEveryMs = 5_000;

/**
 * Shows how far a long command is: on a terminal one line that is updated in place, with the rate and the time left; in a log a line
 * every five seconds. A command that ends within the first moment prints nothing.
 */
export function showProgress(options: {
  /** A verb: "Copying". */
  verb: string;
  unit: Unit;
  /** Undefined where it is not known beforehand. */
  total?: number;
  screen?: Screen;
  nowMs?: () => number;
}): Progress {
  const { verb, unit, total, screen = process.stderr, nowMs = () => performance.now() } = options;
  const startedMs = nowMs();
  const everyMs = screen.isTTY ? terminalEveryMs : linesEveryMs;
  let done = 0;
  let shownMs = startedMs;
  return {
    add: (amount) => {
      done += amount;
      const atMs = nowMs();
      if (atMs - shownMs < everyMs) return;
      shownMs = atMs;
      const line = progressLine({ verb, unit, done, total, elapsedMs: atMs - startedMs });
      screen.write(screen.isTTY ? `\r${line}\u001b[K` : `${line}\n`);
    },
    end: () => {
      if (screen.isTTY && shownMs !== startedMs) screen.write('\r\u001b[K');
      return { amount: amountOf(done, unit), time: durationOf(nowMs() - startedMs) };
    },
  };
}

/** "Copying: 41 %, 1.2 GB of 2.9 GB, 85 MB a second, 20 s left". */
function progressLine(at: {
  verb: string;
  unit: Unit;
  done: number;
  total: number | undefined;
  elapsedMs: number;
}): string {
  const { verb, unit, done, total, elapsedMs } = at;
  const perMs = elapsedMs > 0 ? done / elapsedMs : 0;
  const rate = `${amountOf(perMs * 1_000, unit)} a second`;
  if (total === undefined) return `${verb}: ${amountOf(done, unit)}, ${rate}`;
  // A table may grow while it is copied.
  const share = total > 0 ? Math.min(99, Math.floor((100 * done) / total)) : 99;
  const left = perMs > 0 ? `, ${durationOf(Math.max(0, total - done) / perMs)} left` : '';
  return `${verb}: ${share} %, ${amountOf(done, unit)} of ${amountOf(total, unit)}, ${rate}${left}`;
}

const sizes = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** "1.2 GB", "12,400 rows". */
export function amountOf(amount: number, unit: Unit): string {
  if (unit !== 'bytes') return `${Math.round(amount).toLocaleString('en-US')} ${unit}`;
  let step = 0;
  let size = amount;
  for (; size >= 999.5 && step < sizes.length - 1; step++) size /= 1_000;
  return `${size < 10 && step > 0 ? size.toFixed(1) : Math.round(size)} ${sizes[step]}`;
}

/** "0.4 s", "14 s", "3 min 20 s", "2 h 5 min". */
export function durationOf(ms: number): string {
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
