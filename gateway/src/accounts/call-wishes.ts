/** The wishes of a call in its headers, as they were written. */
export interface CallWishes {
  /** `X-Session-ID` */
  session?: string | undefined;
  /** `X-Gateway-Auto`: `min_quality=0.97, max_usd=0.02` */
  auto?: string | undefined;
  /** `X-Gateway-Cache`: `ttl=3600, scope=client` */
  cache?: string | undefined;
  /** `X-Gateway-Prompt-Cache`: `none` */
  promptCache?: string | undefined;
}

/** The headers of a call that say how it is to be made. */
export interface CallHeaders {
  /** `X-Gateway-Fallback`, which wins over the body: a list, or none at all; undefined where the call says nothing. */
  fallbacks: readonly string[] | 'none' | undefined;
  /** `X-Gateway-Strict`: refuse rather than drop a parameter. */
  strict: boolean;
  /** Undefined where no header asks for anything. */
  wishes: CallWishes | undefined;
  /** The only headers of a caller that reach a provider, and only Anthropic. */
  anthropicHeaders: Record<string, string>;
}
