import type { LimitKind, RateLimit } from '../accounts/rate-limit.ts';
import { MapRounds } from './map-rounds.ts';
import { type Ages, SlidingCount } from './sliding-count.ts';

/** A key, client or scenario with a limit. */
export interface Limited {
  /** Unique over kinds and workspaces. */
  key: string;
  kind: LimitKind;
  limit: RateLimit;
}

/** The limit that refuses the call, and for how long. */
export interface Excess {
  kind: LimitKind;
  what: 'calls_per_minute' | 'tokens_per_minute' | 'concurrent';
  most: number;
  retryAfterSeconds: number;
}

/** OpenAI's headers, of the limit with least left. */
export type LimitHeaders = Record<string, string>;

/** A gauge in use becomes the last to be dropped this often. */
const movedMs = 20_000;

interface Gauge {
  calls: SlidingCount;
  tokens: SlidingCount;
  concurrent: number;
  usedAtMs: number;
  /** When it last became the one that is dropped last. */
  movedAtMs: number;
}

/** The counts of a key in one process since its last message to the others. */
export interface CountDelta {
  key: string;
  calls: number;
  tokens: number;
  concurrent: number;
}

/** A process's message to a new one: the last minute of everything it counts. */
export interface CountHistory {
  key: string;
  calls: Ages;
  tokens: Ages;
}

const minute = { bucketMs: 1_000, buckets: 60 };
/** Another process's count of running calls is valid for this long. */
const peerStaleMs = 3_000;
/** Keys that are looked at in one sweep, four times a second: a limit for each client has a count for each. */
const sweptAtOnce = 2_000;
/** Keys that are counted, some 2 kB each; of more than this the one that was met first is forgotten. */
const gaugesMax = 100_000;

/**
 * Calls, tokens and concurrency in the last minute, in memory. Several processes tell each other four times a second what they
 * let through, so a limit holds for all of them together, half a second late.
 */
export class RateLimiter {
  readonly #gauges = new Map<string, Gauge>();
  readonly #rounds = new MapRounds(this.#gauges);
  /** A key that is only looked at gets no gauge: refusals would push out the counts that refuse them. */
  readonly #none = emptyGauge(0);
  /** The keys with calls under way. */
  readonly #running = new Set<string>();
  readonly #deltas = new Map<string, { calls: number; tokens: number }>();
  readonly #peerCounts = new Map<string, Map<string, { concurrent: number; atMs: number }>>();
  /** Nothing is gathered for others while there are none. */
  hasOthers = false;

  /** Counts the call under every limit, or under none when it exceeds one of them. */
  admit(limits: readonly Limited[], tokens: number, nowMs: number): Excess | undefined {
    for (const limited of limits) {
      const excess = this.#excess(limited, tokens, nowMs);
      if (excess !== undefined) return excess;
    }
    for (const { key } of limits) {
      const gauge = this.#gauge(key, nowMs);
      gauge.calls.add(nowMs, 1);
      gauge.tokens.add(nowMs, tokens);
      gauge.concurrent += 1;
      if (gauge.concurrent === 1) this.#running.add(key);
      this.#note(key, 1, tokens);
    }
    return undefined;
  }

  /** Ends the call; `tokens` corrects the estimate it was admitted with. */
  release(limits: readonly Limited[], tokens: number, nowMs: number): void {
    for (const { key } of limits) {
      const gauge = this.#gauge(key, nowMs);
      gauge.concurrent = Math.max(0, gauge.concurrent - 1);
      if (gauge.concurrent === 0) this.#running.delete(key);
      gauge.tokens.add(nowMs, tokens);
      this.#note(key, 0, tokens);
    }
  }

  headers(limits: readonly Limited[], nowMs: number): LimitHeaders {
    const headers: LimitHeaders = {};
    let fewestCalls = Number.POSITIVE_INFINITY;
    let fewestTokens = Number.POSITIVE_INFINITY;
    for (const { key, limit } of limits) {
      const gauge = this.#gauges.get(key) ?? this.#none;
      if (limit.callsPerMinute !== undefined) {
        const left = Math.max(0, limit.callsPerMinute - gauge.calls.sum(nowMs));
        if (left < fewestCalls) {
          fewestCalls = left;
          headers['x-ratelimit-limit-requests'] = String(limit.callsPerMinute);
          headers['x-ratelimit-remaining-requests'] = String(left);
          headers['x-ratelimit-reset-requests'] = duration(gauge.calls.msUntil(nowMs, 0));
        }
      }
      if (limit.tokensPerMinute !== undefined) {
        const left = Math.max(0, Math.floor(limit.tokensPerMinute - gauge.tokens.sum(nowMs)));
        if (left < fewestTokens) {
          fewestTokens = left;
          headers['x-ratelimit-limit-tokens'] = String(limit.tokensPerMinute);
          headers['x-ratelimit-remaining-tokens'] = String(left);
          headers['x-ratelimit-reset-tokens'] = duration(gauge.tokens.msUntil(nowMs, 0));
        }
      }
    }
    return headers;
  }

  /** The deltas for the others, given once. */
  takeDeltas(nowMs: number): CountDelta[] {
    const deltas = [...this.#deltas].map(([key, { calls, tokens }]) => ({
      key,
      calls,
      tokens,
      concurrent: this.#gauge(key, nowMs).concurrent,
    }));
    // Calls that last are reported for as long as they do.
    for (const key of this.#running)
      if (!this.#deltas.has(key))
        deltas.push({ key, calls: 0, tokens: 0, concurrent: this.#gauges.get(key)?.concurrent ?? 0 });
    this.#deltas.clear();
    return deltas;
  }

  /** One after the other, so that a process which counts very many keys can send them in pieces; the clock is read for each. */
  *history(now: () => number): Generator<CountHistory> {
    for (const key of [...this.#gauges.keys()]) {
      const gauge = this.#gauges.get(key);
      const nowMs = now();
      if (gauge === undefined || nowMs - gauge.usedAtMs > minute.bucketMs * minute.buckets) continue;
      const [calls, tokens] = [gauge.calls.ages(nowMs), gauge.tokens.ages(nowMs)];
      if (calls.length + tokens.length > 0) yield { key, calls, tokens };
    }
  }

  mergeHistory(histories: readonly CountHistory[], nowMs: number): void {
    for (const { key, calls, tokens } of histories) {
      const gauge = this.#gauge(key, nowMs);
      gauge.calls.addAges(nowMs, calls);
      gauge.tokens.addAges(nowMs, tokens);
    }
  }

  merge(processId: string, deltas: readonly CountDelta[], nowMs: number): void {
    for (const { key, calls, tokens, concurrent } of deltas) {
      const gauge = this.#gauge(key, nowMs);
      gauge.calls.add(nowMs, calls);
      gauge.tokens.add(nowMs, tokens);
      const peers = this.#peerCounts.get(key) ?? new Map<string, { concurrent: number; atMs: number }>();
      this.#peerCounts.set(key, peers.set(processId, { concurrent, atMs: nowMs }));
    }
  }

  /** How many keys are counted. */
  get size(): number {
    return this.#gauges.size;
  }

  sweep(nowMs: number): void {
    for (const [key, gauge] of this.#rounds.next(sweptAtOnce)) {
      // In either direction: after a clock was set back it would be counted until the clock has caught up.
      if (gauge.concurrent === 0 && Math.abs(nowMs - gauge.usedAtMs) > 120_000) this.#forget(key);
      const peers = this.#peerCounts.get(key);
      if (peers === undefined) continue;
      // A process that has ended says no more.
      for (const [processId, { atMs }] of peers) if (isStale(atMs, nowMs)) peers.delete(processId);
      if (peers.size === 0) this.#peerCounts.delete(key);
    }
  }

  /** How many counts of running calls of other processes there are. */
  get peerCounts(): number {
    return [...this.#peerCounts.values()].reduce((sum, { size }) => sum + size, 0);
  }

  #forget(key: string): void {
    this.#gauges.delete(key);
    this.#peerCounts.delete(key);
  }

  /** A key with calls under way stays: its calls are still to end. */
  #makeRoom(): void {
    for (const [key, { concurrent }] of this.#gauges) {
      if (concurrent > 0) continue;
      this.#forget(key);
      return;
    }
  }

  #excess({ key, kind, limit }: Limited, tokens: number, nowMs: number): Excess | undefined {
    const gauge = this.#gauges.get(key) ?? this.#none;
    const { callsPerMinute, tokensPerMinute, concurrent } = limit;
    if (callsPerMinute !== undefined && gauge.calls.sum(nowMs) + 1 > callsPerMinute) {
      const ms = gauge.calls.msUntil(nowMs, callsPerMinute - 1);
      return { kind, what: 'calls_per_minute', most: callsPerMinute, retryAfterSeconds: seconds(ms) };
    }
    if (tokensPerMinute !== undefined && gauge.tokens.sum(nowMs) + tokens > tokensPerMinute) {
      const ms = gauge.tokens.msUntil(nowMs, Math.max(0, tokensPerMinute - tokens));
      return { kind, what: 'tokens_per_minute', most: tokensPerMinute, retryAfterSeconds: seconds(ms) };
    }
    if (concurrent !== undefined && gauge.concurrent + this.#concurrentAtPeers(key, nowMs) + 1 > concurrent)
      return { kind, what: 'concurrent', most: concurrent, retryAfterSeconds: 1 };
    return undefined;
  }

  #concurrentAtPeers(key: string, nowMs: number): number {
    let sum = 0;
    for (const { concurrent, atMs } of this.#peerCounts.get(key)?.values() ?? [])
      if (!isStale(atMs, nowMs)) sum += concurrent;
    return sum;
  }

  #note(key: string, calls: number, tokens: number): void {
    if (!this.hasOthers) return;
    const delta = this.#deltas.get(key);
    if (delta === undefined) this.#deltas.set(key, { calls, tokens });
    else {
      delta.calls += calls;
      delta.tokens += tokens;
    }
  }

  #gauge(key: string, nowMs: number): Gauge {
    let gauge = this.#gauges.get(key);
    if (gauge === undefined) {
      if (this.#gauges.size >= gaugesMax) this.#makeRoom();
      gauge = emptyGauge(nowMs);
      this.#gauges.set(key, gauge);
    } else if (Math.abs(nowMs - gauge.movedAtMs) > movedMs) {
      // Those that are used stay: the one that was not for longest gives way.
      gauge.movedAtMs = nowMs;
      this.#gauges.delete(key);
      this.#gauges.set(key, gauge);
    }
    gauge.usedAtMs = nowMs;
    return gauge;
  }
}

function emptyGauge(nowMs: number): Gauge {
  const [calls, tokens] = [new SlidingCount(minute), new SlidingCount(minute)];
  return { calls, tokens, concurrent: 0, usedAtMs: nowMs, movedAtMs: nowMs };
}

/** In either direction: a clock that was set back would let a stale count stay for as long as the clock was ahead. */
function isStale(atMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - atMs) >= peerStaleMs;
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/** As OpenAI writes it: `1s`, `6m0s`, `250ms`. */
function duration(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const whole = Math.ceil(ms / 1000);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${whole % 60}s`;
}
