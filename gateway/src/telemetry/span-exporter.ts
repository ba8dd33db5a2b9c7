import type { Logger } from 'pino';
import { Pool } from 'undici';
import { otlpBody, type Span } from './span.ts';

/** Some 2 ms of writing JSON: calls wait no longer for it. */
const batchMax = 200;
/** The most spans that wait for a slow or absent collector; further ones are dropped and counted. */
const queueMax = 8_192;
const gatherMs = 1_000;
const answerMs = 10_000;
const backOffMaxMs = 30_000;
/** By OTLP/HTTP, these are worth another try; any other refusal is final. */
const worthAgain: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export interface ExporterOptions {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/traces` is added. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  resource: Readonly<Record<string, string>>;
  version: string;
  log: Logger;
}

/** Sends spans by OTLP/HTTP in batches, beside the calls: no call waits for it, and spans that a collector refuses are dropped. */
export class SpanExporter {
  readonly #options: ExporterOptions;
  readonly #pool: Pool;
  readonly #path: string;
  #queue: Span[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #backOffMs = 0;
  #isDown = false;
  #isStopping = false;
  exported = 0;
  dropped = 0;

  constructor(options: ExporterOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.endpoint);
    this.#path = `${pathname.replace(/\/+$/, '')}/v1/traces`;
    this.#pool = new Pool(origin, { connections: 1, headersTimeout: answerMs, bodyTimeout: answerMs });
  }

  add(span: Span): void {
    if (this.#queue.length >= queueMax) this.dropped += 1;
    else this.#queue.push(span);
    if (this.#backOffMs === 0 && this.#queue.length >= batchMax) this.#send();
    else this.#plan(gatherMs);
  }

  /** Sends what waits, for as long at most; the rest is dropped. */
  async stop(atMostMs: number): Promise<void> {
    this.#isStopping = true;
    const until = performance.now() + atMostMs;
    while ((this.#queue.length > 0 || this.#sending !== undefined) && performance.now() < until && !this.#isDown) {
      this.#send();
      const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(until - performance.now())));
      await Promise.race([this.#sending, new Promise((resolve) => timeout.addEventListener('abort', resolve))]);
    }
    this.dropped += this.#queue.length;
    this.#queue = [];
    clearTimeout(this.#timer);
    await this.#pool.destroy();
  }

  #plan(ms: number): void {
    if (this.#timer !== undefined || this.#sending !== undefined) return;
    this.#timer = setTimeout(() => this.#send(), ms).unref();
  }

  #send(): void {
    if (this.#sending !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#queue.splice(0, batchMax);
    if (batch.length === 0) return;
    this.#sending = this.#post(batch).then((outcome) => {
      this.#sending = undefined;
      this.#settle(batch, outcome);
      if (this.#queue.length > 0 && !this.#isStopping)
        this.#plan(this.#backOffMs > 0 ? this.#backOffMs : this.#queue.length >= batchMax ? 0 : gatherMs);
    });
  }

  #settle(
    batch: readonly Span[],
    { taken, reason, again }: { taken: boolean; reason?: string; again?: boolean },
  ): void {
    const { log, endpoint } = this.#options;
    if (taken) {
      this.exported += batch.length;
      this.#backOffMs = 0;
      if (this.#isDown) log.info({ endpoint: shown(endpoint) }, 'The collector of traces answers again.');
      this.#isDown = false;
      return;
    }
    if (!this.#isDown)
      log.warn(
        { endpoint: shown(endpoint), reason },
        'The collector does not take traces. Calls go on; 8,192 spans wait, further ones are dropped.',
      );
    this.#isDown = true;
    this.#backOffMs = Math.min(backOffMaxMs, Math.max(1_000, this.#backOffMs * 2));
    // The newest are the first to go where there is no room.
    const room = again === true ? queueMax - this.#queue.length : 0;
    this.#queue = [...batch.slice(0, room), ...this.#queue];
    this.dropped += Math.max(0, batch.length - room);
  }

  async #post(batch: readonly Span[]): Promise<{ taken: boolean; reason?: string; again?: boolean }> {
    const { resource, version, headers } = this.#options;
    try {
      const { statusCode, body } = await this.#pool.request({
        method: 'POST',
        path: this.#path,
        headers: { ...headers, 'content-type': 'application/json' },
        body: otlpBody(batch, { resource, version }),
        signal: AbortSignal.timeout(answerMs),
      });
      await body.dump();
      return statusCode < 300
        ? { taken: true }
        : { taken: false, reason: `answered ${statusCode}`, again: worthAgain.has(statusCode) };
    } catch (error) {
      return { taken: false, reason: error instanceof Error ? error.message : String(error), again: true };
    }
  }
}

/** A URL may hold a password. */
function shown(endpoint: string): string {
  const { origin, pathname } = new URL(endpoint);
  return origin + pathname;
}
