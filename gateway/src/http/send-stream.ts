import type { ServerResponse } from 'node:http';
import type { StreamSink } from '../calls/stream-run.ts';

/** A reader that takes nothing for so long has gone, whatever its socket says: it holds money, and a connection to a provider. */
const stalledMs = 120_000;

/** The client's socket as a sink. A reader that is slow is waited for; one that has gone takes everything and keeps nothing. */
export function responseSink(res: ServerResponse, { patienceMs = stalledMs } = {}): StreamSink {
  return {
    write: (bytes) => res.destroyed || res.write(bytes),
    drained: (callback) => {
      const stalled = setTimeout(() => res.destroy(), patienceMs);
      const go = (): void => {
        clearTimeout(stalled);
        res.off('drain', go);
        res.off('close', go);
        callback();
      };
      res.once('drain', go);
      res.once('close', go);
    },
  };
}
