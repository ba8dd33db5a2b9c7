/** Cuts a byte stream of server-sent events into whole frames, each with the blank line that ends it. */
export interface FrameSplitter {
  /** The frames this chunk completes, as views into it where they lie in one piece. */
  push(chunk: Buffer): Buffer[];
}

const LF = 10;
const CR = 13;
const frameBytesMax = 16 * 1024 * 1024;

/**
 * Line ends may be LF, CR LF or CR (and CR LF may be split between two chunks). Throws when a frame is over 16 MiB: a
 * provider that never ends a line would fill the memory.
 */
export function createFrameSplitter(): FrameSplitter {
  let rest: Buffer | undefined;
  return {
    push(chunk) {
      const data = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      const frames: Buffer[] = [];
      // What was held is known to end no frame but at its very end, where a line end may have been cut in two.
      let from = rest === undefined ? 0 : Math.max(0, rest.length - 3);
      let start = 0;
      for (;;) {
        const end = frameEnd(data, from);
        if (end < 0) break;
        frames.push(data.subarray(start, end));
        start = end;
        from = end;
      }
      rest = start === data.length ? undefined : data.subarray(start);
      if (rest !== undefined && rest.length > frameBytesMax) throw new Error('a server-sent event is over 16 MiB');
      return frames;
    },
  };
}

/** The index behind the first blank line at or after `from`, or -1. */
function frameEnd(data: Buffer, from: number): number {
  // Nearly every stream ends its lines with LF alone: one native search a frame.
  for (let at = data.indexOf(LF, from); at >= 0; at = data.indexOf(LF, at + 1)) {
    const next = data[at + 1];
    if (next === LF) return at + 2;
    if (next === CR && data[at + 2] === LF) return at + 3;
  }
  return data.indexOf(CR, from) < 0 ? -1 : frameEndByCr(data, from);
}

/** Lines that end with a bare CR: allowed by the standard and seen nowhere, so it may be slow. */
function frameEndByCr(data: Buffer, from: number): number {
  for (let at = data.indexOf(CR, from); at >= 0; at = data.indexOf(CR, at + 1)) {
    if (data[at + 1] === CR) return at + 2;
  }
  return -1;
}
