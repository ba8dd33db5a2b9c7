import type { Logger } from 'pino';

/** So long another model of the class answers at once; then the vendor is asked again, since accounts gain models too. */
const rememberedMs = 3_600_000;
const rememberedMax = 1_000;

interface UnknownModel {
  provider: string;
  account: string;
  model: string;
  /** The vendor's words. */
  message: string;
}

/** Models of the classes and of fallbacks that a provider has said it does not know: retired, or not for this account. */
export class UnknownModels {
  readonly #now: () => number;
  readonly #log: Logger;
  readonly #untilMs = new Map<string, number>();

  constructor(options: { now: () => number; log: Logger }) {
    this.#now = options.now;
    this.#log = options.log;
  }

  has(account: string, model: string): boolean {
    // Nearly always empty: a look costs nothing then.
    if (this.#untilMs.size === 0) return false;
    const leftMs = (this.#untilMs.get(keyOf(account, model)) ?? 0) - this.#now();
    // More is left only after a clock was set back.
    return leftMs > 0 && leftMs <= rememberedMs;
  }

  /** Logged once, however many calls meet it meanwhile. */
  note({ provider, account, model, message }: UnknownModel): void {
    if (this.has(account, model)) return;
    if (this.#untilMs.size >= rememberedMax) this.#untilMs.clear();
    this.#untilMs.set(keyOf(account, model), this.#now() + rememberedMs);
    this.#log.warn(
      { provider, model, reason: message },
      'a provider does not know a model of the classes or of a fallback list; the next one answers. PUT /v1/routing/auto and PUT /v1/fallbacks change them',
    );
  }
}

function keyOf(account: string, model: string): string {
  return `${account} ${model}`;
}
