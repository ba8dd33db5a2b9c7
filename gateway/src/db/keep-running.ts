import type { ChildProcess } from 'node:child_process';

/** Called when a child ends without having been asked to. */
export interface Watch {
  ended(how: { code: number | null; signal: NodeJS.Signals | null }): void;
  back(): void;
  /** Will it start once something outside has changed (room on the disk)? Then it is tried without end. */
  isWaiting?(): boolean;
  /** It failed so often in a row that nothing more is tried. */
  givenUp(): void;
}

export interface KeptRunning {
  current(): ChildProcess;
  /** Starts it no more; the caller ends the process that is returned. */
  release(): ChildProcess;
}

/** Up for so long, and the trouble before is over. */
const soundAfterMs = 60_000;
/**
 * With their delays some half a minute: longer than any statement may run in what is left of a killed Postgres, which keeps a new
 * one out for as long.
 */
const failuresMax = 12;

/** Starts a child again whenever it ends unasked: at once, then later and later while it does not last. */
export function keepRunning(
  first: ChildProcess,
  options: { start(): { child: ChildProcess; ready: Promise<void> }; watch: Watch | undefined },
): KeptRunning {
  const { start, watch } = options;
  let child = first;
  let startedAt = performance.now();
  let failures = 0;
  let isReleased = false;
  let timer: NodeJS.Timeout | undefined;

  function follow(): void {
    let isOver = false;
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (isOver || isReleased) return;
      isOver = true;
      watch?.ended({ code, signal });
      if (performance.now() - startedAt > soundAfterMs) failures = 0;
      startLater();
    };
    child.once('exit', end);
    // A child that could not be started raises no other event.
    child.once('error', () => end(null, null));
  }

  function startLater(): void {
    if (failures >= failuresMax && watch?.isWaiting?.() !== true) {
      watch?.givenUp();
      return;
    }
    timer = setTimeout(startAgain, Math.min(100 * 2 ** failures, 5_000));
    failures = Math.min(failures + 1, failuresMax);
  }

  function startAgain(): void {
    startedAt = performance.now();
    try {
      const next = start();
      child = next.child;
      follow();
      // A failed start is noticed by the end of the child.
      next.ready.then(
        () => watch?.back(),
        () => {},
      );
    } catch {
      startLater();
    }
  }

  follow();
  return {
    current: () => child,
    release: () => {
      isReleased = true;
      clearTimeout(timer);
      return child;
    },
  };
}
