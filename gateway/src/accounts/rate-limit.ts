/** The most that a key, a client or a scenario may do; undefined: not limited. */
export interface RateLimit {
  callsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
  concurrent?: number | undefined;
}

export type LimitKind = 'key' | 'client' | 'scenario';

/** As it is stored and sent. */
export interface RateLimitFields {
  calls_per_minute?: number | null | undefined;
  tokens_per_minute?: number | null | undefined;
  concurrent?: number | null | undefined;
}

export function readRateLimit(fields: RateLimitFields | null | undefined): RateLimit | undefined {
  if (fields === null || fields === undefined) return undefined;
  const limit: RateLimit = {
    ...(fields.calls_per_minute == null ? {} : { callsPerMinute: fields.calls_per_minute }),
    ...(fields.tokens_per_minute == null ? {} : { tokensPerMinute: fields.tokens_per_minute }),
    ...(fields.concurrent == null ? {} : { concurrent: fields.concurrent }),
  };
  return Object.keys(limit).length === 0 ? undefined : limit;
}

/** Both hold: the smaller of each. */
export function stricter(a: RateLimit | undefined, b: RateLimit | undefined): RateLimit | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const least = (x: number | undefined, y: number | undefined): number | undefined =>
    x === undefined ? y : y === undefined ? x : Math.min(x, y);
  return {
    callsPerMinute: least(a.callsPerMinute, b.callsPerMinute),
    tokensPerMinute: least(a.tokensPerMinute, b.tokensPerMinute),
    concurrent: least(a.concurrent, b.concurrent),
  };
}
