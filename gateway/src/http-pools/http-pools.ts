import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector, Pool } from 'undici';
import { isPublicAddress, privateAddress } from './address.ts';

/** Where a request goes: the connections to its origin, and its path there. */
export interface Destination {
  pool: Pool;
  path: string;
}

/** How long a provider is waited for, and whether its answer is read on when the client has gone. */
export interface ExchangeLimits {
  /** Silence longer than this, before the head or between two pieces of the body, is a failure. */
  silenceMs: number;
  /** The whole answer takes no longer. */
  totalMs: number;
  /** A plain answer is billed whole, so it is read to its end. A stream is aborted. */
  readsOn: boolean;
}

/** URLs are few (a provider's endpoints; with Gemini one a model), but who knows what models are named. */
const rememberedMax = 1_000;

/** A pool costs some 23 kB, and hosts of callbacks, webhooks and providers are as many as callers name. */
const idleMs = 60_000;
const sweepMs = 30_000;
/** Of more hosts than this those are let go that nobody has asked for in five seconds. */
const poolsMax = 2_000;
const busyMs = 5_000;

/** A connection takes no more requests after this long: one in steady use would never see that its host has moved to another address. */
const connectionMs = 10 * 60_000;

interface PoolEntry {
  pool: Pool;
  /** The operator's own, of which there are a handful: never let go, and so never looked after on a call's way. */
  trusted: boolean;
  usedAtMs: number;
}

/** Connections to the outside: one pool for each origin, made when first needed; a host that callers name is let go a minute after its last request. */
export class HttpPools {
  readonly #options: { timeoutMs: number; allowPrivateNetwork: boolean };
  readonly plainLimits: ExchangeLimits;
  readonly streamLimits: ExchangeLimits;
  readonly #pools = new Map<string, PoolEntry>();
  #madeRoomAtMs = Number.NEGATIVE_INFINITY;
  readonly #sweep: NodeJS.Timeout;
  readonly #trusted = new Map<string, Destination>();
  readonly #untrusted = new Map<string, Destination & { kept: PoolEntry }>();

  constructor(options: {
    /** A stream silent for longer, before the first byte or between two, has failed. */
    timeoutMs: number;
    /** A plain answer that takes longer has failed. */
    answerTimeoutMs: number;
    allowPrivateNetwork: boolean;
  }) {
    this.#options = options;
    const { timeoutMs, answerTimeoutMs } = options;
    this.plainLimits = { silenceMs: answerTimeoutMs, totalMs: answerTimeoutMs, readsOn: true };
    this.streamLimits = { silenceMs: timeoutMs, totalMs: Number.POSITIVE_INFINITY, readsOn: false };
    this.#sweep = setInterval(() => this.closeIdle(performance.now()), sweepMs).unref();
  }

  /** Where a URL leads. Taken apart once: it is the same for call after call. */
  destination(url: string, trusted: boolean): Destination {
    if (!trusted) return this.#untrustedDestination(url);
    let destination = this.#trusted.get(url);
    if (destination === undefined) {
      const { origin, pathname, search } = new URL(url);
      destination = { pool: this.pool(origin, trusted), path: pathname + search };
      if (this.#trusted.size >= rememberedMax) this.#trusted.clear();
      this.#trusted.set(url, destination);
    }
    return destination;
  }

  #untrustedDestination(url: string): Destination {
    let destination = this.#untrusted.get(url);
    if (destination === undefined) {
      const { origin, pathname, search } = new URL(url);
      const kept = this.#kept(origin, false);
      destination = { pool: kept.pool, path: pathname + search, kept };
      if (this.#untrusted.size >= rememberedMax) this.#untrusted.clear();
      this.#untrusted.set(url, destination);
    }
    destination.kept.usedAtMs = performance.now();
    return destination;
  }

  /**
   * `trusted` origins are the operator's own (the environment's base URLs); every other one is connected to only where its
   * name resolves to a public address, looked at in the very look-up the connection uses.
   */
  pool(origin: string, trusted: boolean): Pool {
    const kept = this.#kept(origin, trusted);
    kept.usedAtMs = performance.now();
    return kept.pool;
  }

  /** Closes what has neither been asked for lately nor has a request under way. `nowMs` is by `performance.now()`. */
  closeIdle(nowMs: number, afterMs = idleMs): void {
    for (const [key, { pool, trusted, usedAtMs }] of this.#pools) {
      if (trusted || nowMs - usedAtMs < afterMs || pool.stats.size > 0) continue;
      this.#pools.delete(key);
      for (const [url, destination] of this.#untrusted) if (destination.pool === pool) this.#untrusted.delete(url);
      pool.close().catch(() => {});
    }
  }

  /** How many origins there are pools for. */
  get size(): number {
    return this.#pools.size;
  }

  #kept(origin: string, trusted: boolean): PoolEntry {
    const open = trusted || this.#options.allowPrivateNetwork;
    const key = `${open ? 'open' : 'guarded'} ${origin}`;
    let kept = this.#pools.get(key);
    if (kept === undefined) {
      if (this.#pools.size >= poolsMax) this.#makeRoom();
      const timeout = Math.min(10_000, this.#options.timeoutMs);
      const pool = new Pool(origin, {
        connections: 2048,
        // HTTP/1.1 with a socket to a call: one slow stream cannot hold up another, and a cut socket cuts one call.
        allowH2: false,
        pipelining: 1,
        clientTtl: connectionMs,
        connect: open ? { timeout } : guardedConnector(timeout),
        headersTimeout: this.#options.timeoutMs,
        bodyTimeout: this.#options.timeoutMs,
      });
      kept = { pool, trusted, usedAtMs: performance.now() };
      this.#pools.set(key, kept);
    }
    kept.trusted ||= trusted;
    return kept;
  }

  /** Looked for now and then: where all are in use there is no room to be made. */
  #makeRoom(): void {
    const nowMs = performance.now();
    if (nowMs - this.#madeRoomAtMs < busyMs) return;
    this.#madeRoomAtMs = nowMs;
    this.closeIdle(nowMs, busyMs);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.destroy()));
  }
}

/**
 * Looks at the address of every connection, by whatever way it was given: names as they are looked up, and literals, of which Node
 * asks no look-up. An address that was stored while ALLOW_PRIVATE_NETWORK was set obeys the flag as it is now.
 */
function guardedConnector(timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout, lookup: guardedLookup });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) === 0 || isPublicAddress(host)) connect(options, callback);
    else callback(Object.assign(new Error(`${host} ${privateAddress}`), { code: 'EPRIVATE' }), null);
  };
}

const guardedLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const safe = (addresses as LookupAddress[]).filter(({ address }) => isPublicAddress(address));
    const [first] = safe;
    if (first === undefined || safe.length < addresses.length) {
      return callback(Object.assign(new Error(`${hostname} ${privateAddress}`), { code: 'EPRIVATE' }), '', 0);
    }
    if (options.all) return callback(null, safe);
    callback(null, first.address, isIP(first.address));
  });
};
