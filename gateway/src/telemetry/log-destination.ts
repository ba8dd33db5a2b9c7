import { type DestinationStream, pino } from 'pino';

/** Where log lines go. */
export interface LogDestination {
  stream: DestinationStream;
  /** Lines that found no room, since nobody read what was there. */
  readonly dropped: number;
  /** Writes what waits, for as long as somebody reads it, a second at most. */
  end(): Promise<void>;
}

/** So much waits for a slow reader; then lines are dropped and counted, and calls go on. */
const waitingBytesMax = 8 * 1024 * 1024;
/** Lines are gathered: a write of each by itself costs more than the line (15 µs of 20, measured). */
const gatherBytes = 4_096;
const gatherMs = 50;
const endMs = 1_000;

/**
 * stderr, written beside the calls and never waited for. Lines leave within 50 ms; the process's end writes the rest. A write takes
 * 16 KiB at most, what Docker reads at once.
 */
export function stderrDestination(): LogDestination {
  let dropped = 0;
  let endAt: number | undefined;
  const stream = pino.destination({
    dest: 2,
    sync: false,
    minLength: gatherBytes,
    maxLength: waitingBytesMax,
    periodicFlush: gatherMs,
    // A pipe that is full is tried again, while the process runs; its end waits for no reader.
    retryEAGAIN: () => endAt === undefined || performance.now() < endAt,
  });
  stream.on('drop', () => {
    dropped += 1;
  });
  // Nobody reads any more (a closed terminal): no reason to die in the middle of a call.
  stream.on('error', () => {});
  return {
    stream,
    get dropped() {
      return dropped;
    },
    end: () => {
      endAt = performance.now() + endMs;
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, endMs);
        stream.flush(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}

/** A stream that takes everything, as tests have it. */
export function plainDestination(stream: DestinationStream): LogDestination {
  return { stream, dropped: 0, end: () => Promise.resolve() };
}
