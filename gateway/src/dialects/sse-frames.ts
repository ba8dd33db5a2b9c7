/** Cuts a byte stream of server-sent events into whole frames, each with the blank line that ends it. */
export interface FrameSplitter {
  /** The frames this chunk completes: views into it, but for one that began in an earlier chunk. */
  push(chunk: Buffer): Buffer[];
  /** The last byte ended a frame, or there was none yet. */
  readonly isBetween: boolean;
  /** The bytes that wait for their blank line. */
  readonly rest: Buffer;
}

/** Throws when one frame is over 16 MiB: a provider that never ends a line would fill the memory. */
export function createFrameSplitter(): FrameSplitter {
  // Pieces are joined once, when their frame is whole: joining at every chunk would copy a long frame over and over.
  let held: Buffer[] = [];
  let heldBytes = 0;
  const ends = new BlankLines();
  return {
    push(chunk) {
      const frames: Buffer[] = [];
      // Nearly every stream ends its lines with LF alone: one native search a chunk, then one a line.
      const lineEnd = chunk.includes(CR) ? eitherEnd : feedEnd;
      let start = 0;
      for (let end = ends.next(chunk, 0, lineEnd); end >= 0; end = ends.next(chunk, start, lineEnd)) {
        const piece = chunk.subarray(start, end);
        frames.push(held.length === 0 ? piece : Buffer.concat([...held, piece]));
        held = [];
        heldBytes = 0;
        start = end;
      }
      if (start < chunk.length) {
        held.push(chunk.subarray(start));
        heldBytes += chunk.length - start;
        if (heldBytes > frameBytesMax) throw new Error('a server-sent event is over 16 MiB');
      }
      return frames;
    },
    get isBetween() {
      return held.length === 0;
    },
    get rest() {
      return Buffer.concat(held);
    },
  };
}

const LF = 10;
const CR = 13;
const frameBytesMax = 16 * 1024 * 1024;

/**
 * Finds the ends of blank lines, by the standard's three line ends (LF, CR LF, CR) in any mixture, and the same ones however
 * the bytes are cut into chunks. CR CR ends a frame at once; an LF behind it is then a blank line of its own, which
 * means nothing to a reader. Otherwise a CR in a blank line waits for its LF: no stream is known that has CR alone there.
 */
class BlankLines {
  #after: 'text' | 'LF' | 'CR' | 'LF CR' = 'text';

  /** The index behind the first blank line that ends at or after `from`, or -1 when all of the chunk is looked through. */
  next(chunk: Buffer, from: number, lineEnd: typeof feedEnd): number {
    for (let at = from; at < chunk.length; ) {
      const byte = chunk[at];
      switch (this.#after) {
        case 'text':
          at = lineEnd(chunk, at) + 1;
          if (at === 0) return -1;
          this.#after = chunk[at - 1] === LF ? 'LF' : 'CR';
          break;
        case 'LF':
          if (byte === LF) return this.#found(at + 1);
          this.#after = byte === CR ? 'LF CR' : 'text';
          at += 1;
          break;
        case 'CR':
          if (byte === CR) return this.#found(at + 1);
          this.#after = byte === LF ? 'LF' : 'text';
          at += 1;
          break;
        case 'LF CR':
          return this.#found(byte === LF ? at + 1 : at);
      }
    }
    return -1;
  }

  #found(end: number): number {
    this.#after = 'text';
    return end;
  }
}

/** The next line end, or -1. */
function feedEnd(chunk: Buffer, from: number): number {
  return chunk.indexOf(LF, from);
}

function eitherEnd(chunk: Buffer, from: number): number {
  for (let at = from; at < chunk.length; at++) if (chunk[at] === LF || chunk[at] === CR) return at;
  return -1;
}

/** The index behind the first blank line of LF alone, or 0. */
export function firstFrameEnd(chunk: Buffer): number {
  const at = chunk.indexOf(blankLine);
  return at < 0 ? 0 : at + blankLine.length;
}

/** The index behind the last blank line, where all line ends are LF alone, or 0. */
export function lastFrameEnd(chunk: Buffer): number {
  const at = chunk.includes(CR) ? -1 : chunk.lastIndexOf(blankLine);
  return at < 0 ? 0 : at + blankLine.length;
}

const blankLine = Buffer.from('\n\n');
