import type { StreamSink } from './stream-run.ts';
import type { Bytes } from './stream-transform.ts';

/** A sink that also keeps what goes through it, for answers that may be asked for again: up to one byte more than `most`. */
export function captureSink(sink: StreamSink, most: number): StreamSink & { bytes(): Buffer } {
  const kept: Buffer[] = [];
  let size = 0;
  return {
    write: (bytes: Bytes) => {
      if (size <= most) {
        const piece = Buffer.from(bytes).subarray(0, most + 1 - size);
        kept.push(piece);
        size += piece.length;
      }
      return sink.write(bytes);
    },
    drained: (callback) => sink.drained(callback),
    bytes: () => Buffer.concat(kept),
  };
}
