import { type Exchange, ExchangeError } from './exchange.ts';
import type { Bytes, StreamTransform } from './stream-transform.ts';

/** Where a streamed answer goes: a client's socket, or a buffer. */
export interface StreamSink {
  /** False asks the writer to wait for `drained`. */
  write(bytes: Bytes): boolean;
  drained(callback: () => void): void;
}

/** How a stream ended. `complete`: only `transform.last` is still to be sent. */
export type StreamEnd =
  | { kind: 'complete' }
  | { kind: 'failed'; message: string | undefined }
  | { kind: 'broken'; error: ExchangeError };

/**
 * One provider stream on its way through a transform to a sink. It starts reading by itself, holds what comes until a sink is
 * attached, and reads no faster than the sink takes. The chunks of one read of the provider's socket are looked at together and
 * leave as one piece: for each chunk alone, the writes and their garbage are most of what a relayed event costs.
 */
export class StreamRun {
  readonly transform: StreamTransform;
  /** Resolves at the first output, or when the stream has ended without one: only now is it known whether it is an answer. */
  readonly ready: Promise<void>;
  readonly #exchange: Exchange;
  #arrived: Buffer[] = [];
  #held: Bytes[] = [];
  #sink: StreamSink | undefined;
  #end: StreamEnd | undefined;
  #onReady: () => void = () => {};
  #onEnd: (end: StreamEnd) => void = () => {};

  constructor(exchange: Exchange, transform: StreamTransform) {
    this.#exchange = exchange;
    this.transform = transform;
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    exchange.listen({
      data: (chunk) => {
        if (this.#arrived.push(chunk) === 1) process.nextTick(this.#takeArrived);
      },
      end: () => this.#finish(undefined),
      error: (error) => this.#finish(error),
    });
  }

  /** How the stream ended, where it has. */
  get ended(): StreamEnd | undefined {
    return this.#end;
  }

  /** Sends what was held and all that follows; resolves when nothing but the last event is left to send. */
  attach(sink: StreamSink): Promise<StreamEnd> {
    this.#sink = sink;
    const held = this.#held;
    this.#held = [];
    const end = new Promise<StreamEnd>((resolve) => {
      this.#onEnd = resolve;
    });
    this.#send(held);
    if (this.#end) this.#onEnd(this.#end);
    return end;
  }

  abort(): void {
    this.#exchange.abort();
  }

  readonly #takeArrived = (): void => {
    const [first, ...others] = this.#arrived;
    this.#arrived = [];
    if (this.#end || first === undefined) return;
    let out: Bytes[];
    try {
      out = this.transform.push(others.length === 0 ? first : Buffer.concat([first, ...others]));
    } catch (error) {
      // A frame beyond all bounds, or text that is no text: the provider's stream cannot be followed any further.
      this.#exchange.abort();
      this.#conclude({ kind: 'broken', error: new ExchangeError('broken', error) });
      return;
    }
    this.#send(out);
    this.#concludeBy(this.transform.state);
  };

  #finish(error: ExchangeError | undefined): void {
    this.#takeArrived();
    if (this.#end) return;
    if (error === undefined) {
      this.#send(this.transform.end());
      this.#concludeBy(this.transform.state);
    }
    if (this.#end === undefined)
      this.#conclude({ kind: 'broken', error: error ?? new ExchangeError('broken', undefined) });
  }

  #concludeBy(state: StreamTransform['state']): void {
    if (state === 'complete') this.#conclude({ kind: 'complete' });
    else if (state === 'failed') this.#conclude({ kind: 'failed', message: this.transform.failure });
  }

  #conclude(end: StreamEnd): void {
    this.#end ??= end;
    this.#onReady();
    this.#onEnd(this.#end);
  }

  #send(out: readonly Bytes[]): void {
    if (out.length === 0) return;
    this.#onReady();
    const sink = this.#sink;
    if (sink === undefined) {
      this.#held.push(...out);
      this.#exchange.pause();
      this.#resumeOnAttach = true;
      return;
    }
    let room = true;
    for (const bytes of out) room = sink.write(bytes);
    if (room) {
      if (this.#resumeOnAttach) this.#exchange.resume();
    } else {
      this.#exchange.pause();
      sink.drained(() => this.#exchange.resume());
    }
    this.#resumeOnAttach = false;
  }

  #resumeOnAttach = false;
}
