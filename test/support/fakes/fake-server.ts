import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bill, type Fault, lengthened, type RecordedRequest, type Script } from './script.ts';

/** How one vendor speaks: a pure rendering of scripts, and its words for its own mistakes and the caller's. */
export interface Vendor {
  /** The vendor's own refusal, or undefined: wrong key, unknown path, a body it would not take. */
  refuse(request: RecordedRequest): { status: number; body: unknown } | undefined;
  /** The user's last words: what the default answer echoes. */
  prompt(request: RecordedRequest): string;
  defaultScript(request: RecordedRequest): Script;
  plain(request: RecordedRequest, script: Script): unknown;
  /** Whole server-sent events, or undefined where no stream was asked for. */
  stream(request: RecordedRequest, script: Script): string[] | undefined;
  /** The answer to a request that costs nothing and generates nothing. */
  free?(request: RecordedRequest): unknown;
  errorBody(status: number): unknown;
  errorEvent(): string;
  bill(request: RecordedRequest, script: Script): Omit<Bill, 'complete'>;
}

/** A real HTTP server in the place of a vendor, with faults on cue. */
export class FakeServer {
  readonly requests: RecordedRequest[] = [];
  readonly book: Bill[] = [];
  /** Lists of models that were asked for: how a key is tried. They are no calls and use up no fault. */
  readonly lists: RecordedRequest[] = [];
  port = 0;
  /** Cuts every stream into writes of so many bytes, in the middle of characters and events. */
  splitBytes: number | undefined;
  crlf = false;
  readonly #vendor: Vendor;
  readonly #basePath: string;
  readonly #scripts: Script[] = [];
  readonly #faults: Fault[] = [];
  readonly #held: (() => void)[] = [];
  #always: Fault | undefined;
  #usual: Script | undefined;
  #server: Server | undefined;

  constructor(vendor: Vendor, basePath: string) {
    this.#vendor = vendor;
    this.#basePath = basePath;
  }

  /** As the vendor's SDK means it. */
  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}${this.#basePath}`;
  }

  async start(): Promise<this> {
    const server = createServer((req, res) => void this.#serve(req, res).catch(() => res.destroy()));
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    return this;
  }

  /** From now on connections are refused; `start` comes back on the same port. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** Answers the next requests so, one each. */
  reply(...scripts: Script[]): void {
    this.#scripts.push(...scripts);
  }

  /** Answers every request so that has no script of its own, until `reset`. */
  usually(script: Script): void {
    this.#usual = script;
  }

  /** The next requests fail so, one each. */
  fault(...faults: Fault[]): void {
    this.#faults.push(...faults);
  }

  /** Every request fails so, until `reset`. */
  always(fault: Fault | undefined): void {
    this.#always = fault;
  }

  /** Requests that are held are answered, and no others are held. */
  release(): void {
    if (this.#always?.kind === 'held') this.#always = undefined;
    for (const answer of this.#held.splice(0)) answer();
  }

  reset(): void {
    this.release();
    this.requests.length = 0;
    this.book.length = 0;
    this.lists.length = 0;
    this.#scripts.length = 0;
    this.#faults.length = 0;
    this.#always = undefined;
    this.#usual = undefined;
    this.splitBytes = undefined;
    this.crlf = false;
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const request = await record(req);
    if (request.method === 'GET' && /\/models(\?|$)/.test(request.path)) {
      this.lists.push(request);
      const refusal = this.#vendor.refuse(request);
      // An empty body is no fault of a list; a key is.
      if (refusal !== undefined && /api.key|unauthorized/i.test(JSON.stringify(refusal.body)))
        return send(res, refusal.status, refusal.body);
      const always = this.#always;
      return always?.kind === 'status'
        ? send(res, always.status, always.body ?? this.#vendor.errorBody(always.status))
        : send(res, 200, { data: [] });
    }
    this.requests.push(request);
    res.on('close', () => {
      if (!res.writableFinished) request.aborted = true;
    });
    const refusal = this.#vendor.refuse(request);
    if (refusal !== undefined) return send(res, refusal.status, refusal.body);
    const fault = this.#faults.shift() ?? this.#always;
    switch (fault?.kind) {
      case 'status':
        return send(res, fault.status, fault.body ?? this.#vendor.errorBody(fault.status), fault.headers);
      case 'hang':
        return;
      case 'reset':
        req.socket.destroy();
        return;
      case 'body':
        res.writeHead(200, { 'content-type': fault.contentType ?? 'application/json' }).end(fault.body);
        return;
      case 'trickle':
        res.writeHead(200, { 'content-type': 'application/json' });
        while (!res.destroyed) {
          res.write(' ');
          await sleep(fault.everyMs);
        }
        return;
      case 'held':
        await new Promise<void>((resolve) => this.#held.push(resolve));
        break;
      case 'delay':
        await sleep(fault.ms);
    }
    const free = this.#vendor.free?.(request);
    if (free !== undefined) return send(res, 200, free);
    const asked = this.#scripts.shift() ?? this.#usual ?? this.#vendor.defaultScript(request);
    if (asked.status !== undefined) return send(res, asked.status, this.#vendor.errorBody(asked.status));
    const script = lengthened(asked, request, this.#vendor.prompt(request));
    const events = this.#vendor.stream(request, script);
    const bill = { ...this.#vendor.bill(request, script), complete: false };
    this.book.push(bill);
    if (events === undefined && fault?.kind === 'cut-body') await sendHalf(res, this.#vendor.plain(request, script));
    else if (events === undefined) send(res, 200, this.#vendor.plain(request, script));
    else await this.#stream(res, events, script, fault);
    bill.complete =
      !request.aborted &&
      fault?.kind !== 'cut-body' &&
      fault?.kind !== 'cut' &&
      fault?.kind !== 'error-event' &&
      fault?.kind !== 'stall';
  }

  async #stream(
    res: ServerResponse,
    events: readonly string[],
    script: Script,
    fault: Fault | undefined,
  ): Promise<void> {
    res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    let sent = 0;
    for (const event of events) {
      if (fault !== undefined && 'afterEvents' in fault && sent === fault.afterEvents) {
        if (fault.kind === 'stall') return;
        if (fault.kind === 'error-event') {
          res.end(this.#vendor.errorEvent());
          return;
        }
        // The written bytes must leave before the socket is cut.
        await sleep(20);
        res.destroy();
        return;
      }
      if (res.destroyed) return;
      await this.#write(res, this.crlf ? event.replaceAll('\n', '\r\n') : event);
      sent += 1;
      if (script.chunkDelayMs !== undefined) await sleep(script.chunkDelayMs);
    }
    res.end();
  }

  async #write(res: ServerResponse, event: string): Promise<void> {
    const bytes = Buffer.from(event);
    const step = this.splitBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += step) {
      res.write(bytes.subarray(at, at + step));
      if (this.splitBytes !== undefined) await sleep(1);
    }
  }
}

async function record(req: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return {
    method: req.method ?? '',
    path: req.url ?? '',
    headers: req.headers,
    text,
    json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    aborted: false,
  };
}

function send(res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const text = Buffer.from(JSON.stringify(body));
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length, ...headers }).end(text);
}

async function sendHalf(res: ServerResponse, body: unknown): Promise<void> {
  const text = Buffer.from(JSON.stringify(body));
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
  res.write(text.subarray(0, text.length >> 1));
  // The written bytes must leave before the socket is cut.
  await sleep(20);
  res.destroy();
}

export const frame = (data: unknown, event?: string): string =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
