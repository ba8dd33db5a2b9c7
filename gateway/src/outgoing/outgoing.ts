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

/** Connections to the outside: one pool for each origin, made when first needed. */
export class Outgoing {
  readonly #options: { timeoutMs: number; allowPrivateNetwork: boolean };
  readonly plainLimits: ExchangeLimits;
  readonly streamLimits: ExchangeLimits;
  readonly #pools = new Map<string, Pool>();
  readonly #trusted = new Map<string, Destination>();
  readonly #untrusted = new Map<string, Destination>();

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
  }

  /** Where a URL leads. Taken apart once: it is the same for call after call. */
  destination(url: string, trusted: boolean): Destination {
    const remembered = trusted ? this.#trusted : this.#untrusted;
    let destination = remembered.get(url);
    if (destination === undefined) {
      const { origin, pathname, search } = new URL(url);
      destination = { pool: this.pool(origin, trusted), path: pathname + search };
      if (remembered.size >= rememberedMax) remembered.clear();
      remembered.set(url, destination);
    }
    return destination;
  }

  /**
   * `trusted` origins are the operator's own (the environment's base URLs); every other one is connected to only where its
   * name resolves to a public address, looked at in the very look-up the connection uses.
   */
  pool(origin: string, trusted: boolean): Pool {
    const open = trusted || this.#options.allowPrivateNetwork;
    const key = `${open ? 'open' : 'guarded'} ${origin}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      const timeout = Math.min(10_000, this.#options.timeoutMs);
      pool = new Pool(origin, {
        connections: 2048,
        // HTTP/1.1 with a socket to a call: one slow stream cannot hold up another, and a cut socket cuts one call.
        allowH2: false,
        pipelining: 1,
        connect: open ? { timeout } : guardedConnector(timeout),
        headersTimeout: this.#options.timeoutMs,
        bodyTimeout: this.#options.timeoutMs,
      });
      this.#pools.set(key, pool);
    }
    return pool;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
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

export const guardedLookup: LookupFunction = (hostname, options, callback) => {
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
