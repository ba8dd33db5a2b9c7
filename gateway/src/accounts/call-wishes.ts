/** What a call asks of the gateway in headers, as it was written. */
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
