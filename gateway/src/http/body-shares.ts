import { GatewayError } from '@ai-gateway/shared/errors';

/** Bodies that are this small are not counted: their number is bounded by the connections. */
const countedFromBytes = 64 * 1024;
const keyBytesMax = 128 * 1024 * 1024;
const processBytesMax = 384 * 1024 * 1024;

/**
 * How many bytes of request bodies are held, by key and in all: from the first byte that is read until the answer is over. A
 * body is some three times its size once it is parsed, so these bounds keep a process under 1.5 GB whatever is sent to it.
 */
export class BodyShares {
  #all = 0;
  readonly #byKey = new Map<string, number>();

  /** Takes room for `bytes` more of a key's bodies; throws `rate_limited` or `service_unavailable` where there is none. */
  take(key: string, bytes: number): void {
    const ofKey = (this.#byKey.get(key) ?? 0) + bytes;
    if (ofKey > keyBytesMax) {
      throw new GatewayError(
        'rate_limited',
        `The request bodies of this key's calls in progress are over ${keyBytesMax / 1024 / 1024} MiB. Try again when some of them are answered.`,
        { details: { limit: 'body_bytes', of: 'key', most: keyBytesMax }, retryAfterSeconds: 1 },
      );
    }
    if (this.#all + bytes > processBytesMax) {
      throw new GatewayError(
        'service_unavailable',
        'The gateway has no room for another large request body. Try again in a moment.',
        { retryAfterSeconds: 1 },
      );
    }
    this.#all += bytes;
    this.#byKey.set(key, ofKey);
  }

  give(key: string, bytes: number): void {
    this.#all -= bytes;
    const left = (this.#byKey.get(key) ?? 0) - bytes;
    if (left > 0) this.#byKey.set(key, left);
    else this.#byKey.delete(key);
  }

  /** Room for one body, as it grows; `end` gives back what it took. */
  forKey(key: string): BodyRoom {
    let taken = 0;
    return {
      grow: (toBytes) => {
        if (toBytes <= countedFromBytes || toBytes <= taken) return;
        this.take(key, toBytes - taken);
        taken = toBytes;
      },
      end: () => {
        if (taken > 0) this.give(key, taken);
        taken = 0;
      },
    };
  }
}

export interface BodyRoom {
  grow(toBytes: number): void;
  end(): void;
}
