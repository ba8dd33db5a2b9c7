import type { ServerResponse } from 'node:http';
import type { StreamSink } from '../calls/stream-run.ts';
import type { Bytes } from '../calls/stream-transform.ts';

/** The client's socket as a sink. A reader that is slow is waited for; one that has gone takes everything and keeps nothing. */
export function responseSink(res: ServerResponse): StreamSink {
  return {
    write: (bytes) => res.destroyed || res.write(bytes),
    drained: (callback) => {
      const go = (): void => {
        res.off('drain', go);
        res.off('close', go);
        callback();
      };
      res.once('drain', go);
      res.once('close', go);
    },
  };
}

/** A sink that also keeps what goes through it, for answers that may be asked for again. */
export function captureSink(sink: StreamSink): StreamSink & { bytes(): Buffer } {
  const kept: Buffer[] = [];
  return {
    write: (bytes: Bytes) => {
      kept.push(Buffer.from(bytes));
      return sink.write(bytes);
    },
    drained: (callback) => sink.drained(callback),
    bytes: () => Buffer.concat(kept),
  };
}
