import type { Dispatcher } from 'undici';
import type { Destination, ExchangeLimits } from '../http-pools/http-pools.ts';
import type { Cancellation } from './cancellation.ts';

export interface ExchangeRequest extends Destination {
  headers: Record<string, string>;
  body: Buffer | string;
  limits: ExchangeLimits;
}

/** Why an exchange came to nothing. `refused`: no connection; `timeout`: silence; `broken`: the connection was cut; `aborted`: by us. */
export class ExchangeError extends Error {
  readonly kind: 'refused' | 'timeout' | 'broken' | 'aborted';
  /** False where nothing of the request has gone out: nobody was asked, and nobody bills it. */
  sent = true;
  constructor(kind: ExchangeError['kind'], cause: unknown) {
    super(`exchange ${kind}`, { cause });
    this.kind = kind;
  }
}

interface Head {
  resolve: (exchange: Exchange) => void;
  reject: (error: ExchangeError) => void;
}

const heldBytesMax = 65_536;

export interface BodyListener {
  data(chunk: Buffer): void;
  end(): void;
  error(error: ExchangeError): void;
}

/**
 * One request to a provider and its answer, on undici's `dispatch`: no stream objects between the socket and the client,
 * which is what keeps a relayed chunk at a few microseconds (measured: `request` is a third slower, `fetch` four times).
 */
export class Exchange implements Dispatcher.DispatchHandler {
  status = 0;
  headers: Record<string, string | string[] | undefined> = {};
  /** When the provider's first body byte came in, by `performance.now()`. */
  firstByteAt: number | undefined;

  /** When the request was handed over, by `performance.now()`. */
  readonly sentAt = performance.now();

  #controller: Dispatcher.DispatchController | undefined;
  #abortReason: ExchangeError | undefined;
  #listener: BodyListener | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #ended = false;
  #failure: ExchangeError | undefined;
  #cancellation: Cancellation | undefined;
  readonly #head: Head;

  readonly #totalMs: number;

  private constructor(head: Head, totalMs: number) {
    this.#head = head;
    this.#totalMs = totalMs;
  }

  /** Sends the request; resolves with the answer's head. Rejects with an ExchangeError. */
  static send(request: ExchangeRequest, cancellation: Cancellation): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      const { pool, path, headers, body, limits } = request;
      const exchange = new Exchange({ resolve, reject }, limits.totalMs);
      if (cancellation.cancelled) return exchange.abort();
      exchange.#cancellation = cancellation;
      cancellation.listen((because) => {
        if (because === 'stopping' || !limits.readsOn) exchange.abort();
      });
      pool.dispatch(
        { method: 'POST', path, headers, body, headersTimeout: limits.silenceMs, bodyTimeout: limits.silenceMs },
        exchange,
      );
    });
  }

  /** The body from here on. Bytes that came before are handed over first; backpressure is by `pause` and `resume`. */
  listen(listener: BodyListener): void {
    this.#listener = listener;
    const held = this.#held;
    this.#held = [];
    for (const chunk of held) listener.data(chunk);
    if (this.#failure) listener.error(this.#failure);
    else if (this.#ended) listener.end();
    else if (this.#heldBytes > heldBytesMax) this.resume();
  }

  /** The whole body, or an ExchangeError when it is cut or longer than `limitBytes`. */
  collect(limitBytes: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      this.listen({
        data: (chunk) => {
          size += chunk.length;
          if (size > limitBytes) {
            this.abort();
            reject(new ExchangeError('broken', new Error(`the provider's answer is over ${limitBytes} bytes`)));
          } else chunks.push(chunk);
        },
        end: () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
        error: reject,
      });
    });
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(): void {
    if (this.#ended || this.#failure) return;
    this.#abortReason ??= new ExchangeError('aborted', undefined);
    if (this.#controller) this.#controller.abort(this.#abortReason);
    else this.#fail(this.#abortReason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#abortReason) controller.abort(this.#abortReason);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    this.#head.resolve(this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const now = performance.now();
    this.firstByteAt ??= now;
    if (now - this.sentAt > this.#totalMs) {
      // A server that sends a blank now and then is never silent, so silence alone would not end it.
      this.#abortReason ??= new ExchangeError('timeout', undefined);
      controller.abort(this.#abortReason);
      return;
    }
    if (this.#listener) this.#listener.data(chunk);
    else {
      // Nobody listens yet (the head was handed over this very turn): keep a little, then let the socket wait.
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes > heldBytesMax) controller.pause();
    }
  }

  onResponseEnd(): void {
    this.#ended = true;
    this.#cancellation?.listen(undefined);
    this.#listener?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#fail(this.#abortReason ?? new ExchangeError(kindOf(error, this.status), error));
  }

  #fail(error: ExchangeError): void {
    if (this.#failure || this.#ended) return;
    this.#failure = error;
    error.sent = this.#controller !== undefined;
    this.#cancellation?.listen(undefined);
    this.#head.reject(error);
    this.#listener?.error(error);
  }
}

function kindOf(error: Error, status: number): ExchangeError['kind'] {
  const code = (error as { code?: string }).code ?? '';
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return 'timeout';
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPRIVATE|CERT|ERR_TLS|SELF_SIGNED/.test(code))
    return 'refused';
  return status === 0 && code === 'ECONNRESET' ? 'refused' : 'broken';
}
