import { createParser } from 'eventsource-parser';
import type { RelayScanner, StreamWriter } from '../dialects/dialect.ts';
import { GrowingText } from '../dialects/growing-text.ts';
import type { Usage } from '../dialects/neutral.ts';
import { dataOf } from '../dialects/scan-frame.ts';
import { createFrameSplitter, firstFrameEnd, lastFrameEnd } from '../dialects/sse-frames.ts';
import type { StreamReader } from '../providers/adapter.ts';

export type Bytes = Buffer | string;

/** Turns a provider's stream into the client's, chunk by chunk. Pure; one for each stream. */
export interface StreamTransform {
  /** The bytes to send on now, perhaps none. */
  push(chunk: Buffer): Bytes[];
  /** The provider's stream is over: what is left to send. */
  end(): Bytes[];
  /**
   * `open`: more may come. `complete`: the answer is whole, and `last` leaves when the journal is closed.
   * `failed`: the provider said inside the stream that it failed; `failure` is its message, or undefined where its own error
   * event was passed on already. After either nothing more is read.
   */
  readonly state: 'open' | 'complete' | 'failed';
  readonly last: Bytes | undefined;
  readonly failure: string | undefined;
  /** The provider's own error inside the stream, as JSON text. */
  readonly errorBody: string | undefined;
  readonly usage: Usage | undefined;
  /** The usage that a provider reports before its answer is over: the input is whole in it, the output is not. */
  readonly begun: Usage | undefined;
  readonly model: string | undefined;
  /** The number of the next event, in a dialect that numbers them. */
  readonly nextNumber?: number | undefined;
  /** Ids under which the vendor may keep the answer. */
  readonly answerIds?: readonly string[] | undefined;
  /** Answer text so far, for an estimate when usage never comes. */
  readonly text: string;
}

/**
 * Same dialect on both sides: bytes are passed on as they come, complete events only, and merely scanned. An error event that
 * `isOurs` (our account is refused) is not passed on. `restore` gives events back the caller's own names.
 */
export function relayTransform(
  scanner: RelayScanner,
  isOurs: (errorBody: string) => boolean,
  restore?: (bytes: Buffer) => Buffer,
): StreamTransform {
  const splitter = createFrameSplitter();
  let state: StreamTransform['state'] = 'open';
  let last: Buffer | undefined;
  let errorBody: string | undefined;
  let failure: string | undefined;
  const judge = (frames: readonly Buffer[], out: Buffer[]): void => {
    for (const frame of frames) {
      const verdict = scanner.frame(frame);
      if (verdict === 'relay') out.push(frame);
      else if (verdict === 'last') {
        state = 'complete';
        last = restore?.(frame) ?? frame;
        return;
      } else if (verdict === 'error') {
        errorBody = dataOf(frame);
        if (isOurs(errorBody)) failure = oursInside;
        else out.push(frame);
        state = 'failed';
        return;
      }
    }
  };
  return {
    push(chunk) {
      const out: Buffer[] = [];
      if (state !== 'open') return out;
      let from = 0;
      if (!splitter.isBetween) {
        from = firstFrameEnd(chunk) || chunk.length;
        judge(splitter.push(chunk.subarray(0, from)), out);
      }
      if (state === 'open' && from < chunk.length) {
        const rest = from === 0 ? chunk : chunk.subarray(from);
        const frames = rest.subarray(0, splitter.isBetween ? lastFrameEnd(rest) : 0);
        const skimmed = frames.length > 0 && scanner.skim?.(frames) === true;
        if (skimmed) out.push(frames);
        judge(splitter.push(skimmed ? rest.subarray(frames.length) : rest), out);
      }
      // Frames of one chunk are neighbours in memory: send them as the one piece they arrived in.
      const whole = out.length > 1 ? [joinNeighbours(out)] : out;
      return restore === undefined ? whole : whole.map(restore);
    },
    end: () => [],
    get state() {
      return state;
    },
    get last() {
      return last;
    },
    get failure() {
      return failure;
    },
    get errorBody() {
      return errorBody;
    },
    get usage() {
      return scanner.usage;
    },
    get begun() {
      return scanner.begun;
    },
    get model() {
      return scanner.model;
    },
    get nextNumber() {
      return scanner.nextNumber;
    },
    get answerIds() {
      return scanner.answerIds;
    },
    get text() {
      return scanner.text;
    },
  };
}

function joinNeighbours(frames: readonly Buffer[]): Buffer {
  const [first] = frames;
  const final = frames.at(-1);
  if (first === undefined || final === undefined) return Buffer.alloc(0);
  let expected = first.byteOffset;
  for (const frame of frames) {
    if (frame.buffer !== first.buffer || frame.byteOffset !== expected) return Buffer.concat(frames);
    expected += frame.length;
  }
  return Buffer.from(first.buffer as ArrayBuffer, first.byteOffset, expected - first.byteOffset);
}

/** Another dialect on each side: events are read by the adapter and written anew by the dialect. */
export function translateTransform(
  reader: StreamReader,
  writer: StreamWriter,
  isOurs: (errorBody: string) => boolean,
): StreamTransform {
  const decoder = new TextDecoder();
  const sink = new NeutralSink(writer, isOurs);
  let out = '';
  const parser = createParser({
    onEvent: (event) => {
      for (const neutral of reader.push(event))
        out += sink.take(neutral.kind === 'error' ? { ...neutral, body: event.data } : neutral);
    },
  });
  const flush = (): Bytes[] => {
    const text = out;
    out = '';
    return text === '' ? [] : [text];
  };
  return sink.transform({
    push(chunk) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      return flush();
    },
    end() {
      parser.feed(decoder.decode());
      const { events, complete } = reader.end();
      for (const neutral of events) out += sink.take(neutral);
      if (complete && sink.state === 'open') out += sink.finish();
      return flush();
    },
  });
}

/** Neutral events made inside the gateway (the sandbox), written in the caller's dialect. */
export function writeTransform(writer: StreamWriter): {
  transform: StreamTransform;
  take: NeutralSink['take'];
  finish: NeutralSink['finish'];
} {
  const sink = new NeutralSink(writer);
  return {
    transform: sink.transform({ push: () => [], end: () => [] }),
    take: (event) => sink.take(event),
    finish: () => sink.finish(),
  };
}

/** Follows the neutral events on their way to the writer: usage, model, text, failure. */
class NeutralSink {
  readonly #writer: StreamWriter;
  state: StreamTransform['state'] = 'open';
  #last: string | undefined;
  #failure: string | undefined;
  #errorBody: string | undefined;
  #usage: Usage | undefined;
  #begun: Usage | undefined;
  #model: string | undefined;
  readonly #text = new GrowingText();

  readonly #isOurs: (errorBody: string) => boolean;

  constructor(writer: StreamWriter, isOurs: (errorBody: string) => boolean = () => false) {
    this.#writer = writer;
    this.#isOurs = isOurs;
  }

  take(event: Parameters<StreamWriter['push']>[0]): string {
    if (this.state !== 'open') return '';
    if (event.kind === 'start') this.#model = event.model;
    else if (event.kind === 'usage') {
      if (event.isPartial) this.#begun = event.usage;
      else this.#usage = event.usage;
    } else if (
      event.kind === 'text' ||
      event.kind === 'reasoning' ||
      event.kind === 'refusal' ||
      event.kind === 'tool-arguments'
    ) {
      if (this.#text.length < textMax) this.#text.add(event.text);
    } else if (event.kind === 'error') {
      this.state = 'failed';
      this.#errorBody = event.body;
      this.#failure = event.body !== undefined && this.#isOurs(event.body) ? oursInside : event.message;
      return '';
    }
    return this.#writer.push(event);
  }

  finish(): string {
    const { frames, last } = this.#writer.end();
    this.#last = last;
    this.state = 'complete';
    return frames;
  }

  transform(steps: Pick<StreamTransform, 'push' | 'end'>): StreamTransform {
    const sink = this;
    return {
      ...steps,
      get state() {
        return sink.state;
      },
      get last() {
        return sink.#last;
      },
      get failure() {
        return sink.#failure;
      },
      get errorBody() {
        return sink.#errorBody;
      },
      get usage() {
        return sink.#usage;
      },
      get begun() {
        return sink.#begun;
      },
      get model() {
        return sink.#model;
      },
      get nextNumber() {
        const next = sink.#writer.nextNumber;
        // An event that takes the place of the last one has its number.
        return next !== undefined && sink.#last !== undefined ? next - 1 : next;
      },
      get text() {
        return `${sink.#text}`;
      },
    };
  }
}

/** For people, in the place of a vendor's words about our account. */
const oursInside = 'it rejected the gateway’s account';

const textMax = 4 * 1024 * 1024;
